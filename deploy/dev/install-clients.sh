#!/usr/bin/env bash
# Installs what the tests drive (mutt, mbsync, curl, Python's imaplib; script gives mutt a terminal) on a Debian
# or Ubuntu machine. Idempotent: does nothing, and needs no privilege, when all are there already.
set -euo pipefail

# command:package pairs; the command is what the tests start.
wanted=(curl:curl mutt:mutt mbsync:isync python3:python3 script:bsdutils make:make)

missing() {
  local pair
  for pair in "${wanted[@]}"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || echo "${pair##*:}"
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
