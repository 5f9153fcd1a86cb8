package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// offlineimapSyncs keeps a Maildir and a mailbox the same: it pulls, then pushes a flag, a removal and a new
// message, going to the next replica for the second run. The name localhost is what its certificate check can
// match.
func offlineimapSyncs(t *testing.T, c cell) {
	box := c.box("Offline")
	_, bodies := c.filled(t, box, "offlineimap read", "offlineimap removed")
	dir := t.TempDir()
	near := filepath.Join(dir, "mail", box)
	sync := func(c cell) {
		t.Helper()
		_, port := c.imap(t)
		tls := [...]string{"ssl = no\nstarttls = no", "ssl = no\nstarttls = yes\nsslcacertfile = " + c.d.CA,
			"ssl = yes\nsslcacertfile = " + c.d.CA}[c.mode]
		file := filepath.Join(dir, "offlineimaprc")
		must(t, os.WriteFile(file, fmt.Appendf(nil, "[general]\naccounts = a\nmetadata = %s/state\n\n"+
			"[Account a]\nlocalrepository = near\nremoterepository = far\n\n[Repository near]\ntype = Maildir\nlocalfolders = %[1]s/mail\n\n"+
			"[Repository far]\ntype = IMAP\nremotehost = %s\nremoteport = %s\nremoteuser = %s\nremotepass = %s\n%s\n"+
			"folderfilter = lambda name: name == '%s'\n", dir, c.host("localhost"), port, c.account().Address, c.account().Password, tls, box), 0o600))
		ok(t, "", []string{"HOME=" + dir}, "offlineimap", "-o", "-1", "-u", "basic", "-c", file)
	}
	sync(c)
	var read, removed string
	for _, sub := range []string{"new", "cur"} {
		names, err := filepath.Glob(filepath.Join(near, sub, "*"))
		must(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(t, err)
			switch strings.TrimRight(string(text), "\n") + "\n" {
			case strings.ReplaceAll(string(bodies[0]), "\r\n", "\n"):
				read = name
			case strings.ReplaceAll(string(bodies[1]), "\r\n", "\n"):
				removed = name
			}
		}
	}
	if read == "" || removed == "" {
		t.Fatalf("pulled %q and %q", read, removed)
	}
	base, _, _ := strings.Cut(filepath.Base(read), ":")
	must(t, os.Rename(read, filepath.Join(near, "cur", base+":2,S")))
	must(t, os.Remove(removed))
	written := mail("offlineimap written")
	must(t, os.WriteFile(filepath.Join(near, "new", "1.local.test"), []byte(strings.ReplaceAll(string(written), "\r\n", "\n")), 0o600))
	next := c
	next.replica = (c.replica + 1) % len(c.d.Replicas)
	sync(next)
	got := c.elsewhere(t, box)
	if len(got) != 2 || got[0].UID != 1 || !hasFlag(got[0], `\Seen`) || !strings.HasSuffix(string(got[1].Body), tail(written)) {
		t.Fatalf("after the push another replica shows %+v", got)
	}
}

// tail is a message's text with the blank line before it.
func tail(message []byte) string { return string(message[strings.Index(string(message), "\r\n\r\n"):]) }
