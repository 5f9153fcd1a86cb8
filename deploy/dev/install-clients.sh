#!/usr/bin/env bash
# Installs what the tests drive (mail programs; script gives mutt a terminal, Xvfb gives Thunderbird a display;
# Dovecot is a source of imports, with a configuration of the test's own; ip and nft part networks, strace makes syncs
# fail, mkfs.ext4 makes small disks) on a Debian or Ubuntu machine.
# Idempotent: does nothing, and needs no privilege, when all are there already.
set -euo pipefail
PATH=$PATH:/usr/sbin # where servers are

# command:package pairs; the command is what the tests start.
wanted=(curl:curl mutt:mutt neomutt:neomutt mbsync:isync offlineimap:offlineimap3 getmail:getmail6 fetchmail:fetchmail
  msmtp:msmtp swaks:swaks thunderbird:thunderbird Xvfb:xvfb python3:python3 script:bsdutils make:make
  dovecot:dovecot-imapd ip:iproute2 nft:nftables strace:strace mkfs.ext4:e2fsprogs mount:mount)
# Packages without a command: what swaks needs for TLS, and names with several addresses for the tests.
libraries=(libnet-ssleay-perl libnss-wrapper)

missing() {
  local pair
  for pair in "${wanted[@]}"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || echo "${pair##*:}"
  done
  for pair in "${libraries[@]}"; do
    [ -s "/var/lib/dpkg/info/$pair.list" ] || ls "/var/lib/dpkg/info/$pair":*.list >/dev/null 2>&1 || echo "$pair"
  done
}

fail() {
  echo "install-clients: $*" >&2
  exit 1
}

packages=$(missing)
if [ -z "$packages" ]; then
  echo "install-clients: all clients are installed already"
  exit 0
fi
command -v apt-get >/dev/null 2>&1 ||
  fail "no apt-get here; install these yourself and run again:" $packages

root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail "neither root nor sudo; as root: apt-get install" $packages
  sudo -n true 2>/dev/null || fail "sudo asks for a password; run once: sudo apt-get install" $packages
  root=(sudo)
fi

# Foreign package lists that cannot be reached make update fail although Debian's own lists are there:
# only the install decides.
"${root[@]}" apt-get update -q || echo "install-clients: some package lists were not reachable" >&2
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages ||
  fail "apt-get could not install:" $packages

left=$(missing)
[ -z "$left" ] || fail "installed, but still not on the PATH:" $left
echo "install-clients: installed" $packages
