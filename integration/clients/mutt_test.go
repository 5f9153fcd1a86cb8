package clients

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

func muttReads(t *testing.T, c cell)    { readByKeys(t, c, "mutt") }
func neomuttReads(t *testing.T, c cell) { readByKeys(t, c, "neomutt") }
func muttSends(t *testing.T, c cell)    { sendByMutt(t, c, "mutt") }
func neomuttSends(t *testing.T, c cell) { sendByMutt(t, c, "neomutt") }

// readByKeys opens a mailbox in mutt or neomutt on a terminal, reads, flags, deletes and files mail by its
// key bindings, and quits.
func readByKeys(t *testing.T, c cell, program string) {
	t.Helper()
	box := c.box("Mutt")
	client, bodies := c.filled(t, box, "mutt flagged", "mutt deleted", "mutt filed", "mutt kept")
	must(t, client.Create(box+"-filed", nil).Wait())
	screen := muttAtTerminal(t, c, program, box, "<first-entry><display-message><exit><flag-message>"+
		"<next-entry><delete-message>"+
		"<jump>3<enter><tag-message><tag-prefix><save-message><kill-line>="+box+"-filed<enter>"+
		"<sync-mailbox><quit>")
	for _, subject := range []string{"mutt flagged", "mutt kept"} {
		if !strings.Contains(screen, subject) {
			t.Errorf("the screen never showed %q", subject)
		}
	}
	got := c.elsewhere(t, box)
	if len(got) != 2 || got[0].UID != 1 || !hasFlag(got[0], `\Flagged`) || !hasFlag(got[0], `\Seen`) ||
		got[1].UID != 4 || hasFlag(got[1], `\Flagged`) || string(got[1].Body) != string(bodies[3]) {
		t.Fatalf("%s holds %+v\nscreen:\n%s", box, got, screen)
	}
	filed := c.elsewhere(t, box+"-filed")
	if len(filed) != 1 || string(filed[0].Body) != string(bodies[2]) {
		t.Fatalf("%s-filed holds %+v\nscreen:\n%s", box, filed, screen)
	}
}

// muttTLS is the part of the configuration that says how connections are protected.
func muttTLS(c cell) string {
	tls := [...]string{"set ssl_starttls=no\nset ssl_force_tls=no\n", "set ssl_starttls=yes\nset ssl_force_tls=yes\n",
		"set ssl_force_tls=yes\n"}[c.mode]
	return tls + fmt.Sprintf("set ssl_ca_certificates_file=%q\nset certificate_file=%[1]q\nset ssl_verify_host=yes\n", c.d.CA)
}

// muttAtTerminal runs mutt or neomutt on a pseudo-terminal with keys pushed at its start and returns what it
// drew.
func muttAtTerminal(t *testing.T, c cell, program, box, keys string) string {
	t.Helper()
	env, args := muttCommand(t, c, program, box, keys)
	return ok(t, "", env, "script", args...)
}

// muttCommand prepares that run: what script(1) is started with, which gives mutt a terminal and ends with
// mutt's own status.
func muttCommand(t *testing.T, c cell, program, box, keys string) (env, args []string) {
	t.Helper()
	need(t, program)
	scheme := "imap"
	if c.mode == demo.TLS {
		scheme = "imaps"
	}
	host, port := c.imap(t)
	folder := fmt.Sprintf("%s://%s:%s/", scheme, host, port)
	dir := t.TempDir()
	_, file := home(t, "muttrc", muttTLS(c)+fmt.Sprintf("set folder=%q\nset spoolfile=%q\nset imap_user=%q\nset imap_pass=%q\n"+
		"set imap_authenticators='plain:login'\nset delete=yes\nset quit=yes\nset confirmappend=no\n"+
		"set confirmcreate=no\nset resolve=no\nset sort=mailbox-order\nset wait_key=no\nset mark_old=no\nset sleep_time=0\n"+
		"set move=no\nset header_cache=\"\"\nset record=\"\"\nset tmpdir=%q\nset pager_stop=yes\n"+
		"push %q\n", folder, folder+box, c.account().Address, c.account().Password, dir, keys))
	return []string{"HOME=" + dir, "TERM=xterm", "LINES=40", "COLUMNS=120", "LANG=C"},
		[]string{"-q", "-e", "-c", "stty rows 40 cols 120; exec " + program + " -n -F " + file, "/dev/null"}
}

// sendByMutt submits a message that mutt or neomutt composes from its standard input.
func sendByMutt(t *testing.T, c cell, program string) {
	t.Helper()
	scheme := "smtp"
	if c.mode == demo.TLS {
		scheme = "smtps"
	}
	host, port := c.submission(t)
	server := url.URL{Scheme: scheme, User: url.User(c.account().Address), Host: host + ":" + port}
	dir, file := home(t, "muttrc", muttTLS(c)+fmt.Sprintf("set smtp_url=%q\nset smtp_pass=%q\nset smtp_authenticators=plain\n"+
		"set from=%q\nset realname=\"\"\nset use_from=yes\nset copy=no\nset charset=utf-8\nset send_charset=utf-8\nset allow_8bit=yes\n"+
		"set use_envelope_from=yes\n", server.String(), c.account().Password, c.account().Address))
	subject, text := c.sendable()
	_, body, _ := strings.Cut(text, "\n\n")
	ok(t, body, []string{"HOME=" + dir, "LC_ALL=C.UTF-8", "TMPDIR=" + filepath.Clean(dir)}, program, "-n", "-F", file,
		"-s", subject, "--", c.account().Address)
	c.arrived(t, subject)
}
