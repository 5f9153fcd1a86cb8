package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// TestMutt opens a mailbox in mutt on a terminal, reads, flags, deletes and files mail by its key
// bindings, quits, and looks at the outcome at another replica.
func TestMutt(t *testing.T) {
	d := fresh(t)
	each(t, d, func(t *testing.T, r int, mode demo.Mode) {
		box := fmt.Sprintf("Mutt-%v-%d", mode, r)
		c := d.Dial(t, r, demo.TLS, nil)
		must(t, c.Create(box, nil).Wait())
		must(t, c.Create(box+"-filed", nil).Wait())
		var bodies [][]byte
		for _, subject := range []string{"mutt flagged", "mutt deleted", "mutt filed", "mutt kept"} {
			bodies = append(bodies, mail(subject))
			_, _, err := c.Put(box, bodies[len(bodies)-1])
			must(t, err)
		}
		screen := mutt(t, d, r, mode, box, "<first-entry><display-message><exit><flag-message>"+
			"<next-entry><delete-message>"+
			"<jump>3<enter><tag-message><tag-prefix><save-message><kill-line>="+box+"-filed<enter>"+
			"<sync-mailbox><quit>")
		for _, subject := range []string{"mutt flagged", "mutt kept"} {
			if !strings.Contains(screen, subject) {
				t.Errorf("mutt's screen never showed %q", subject)
			}
		}
		got := stored(t, d, r, box)
		if len(got) != 2 || got[0].UID != 1 || !hasFlag(got[0], `\Flagged`) || !hasFlag(got[0], `\Seen`) ||
			got[1].UID != 4 || hasFlag(got[1], `\Flagged`) || string(got[1].Body) != string(bodies[3]) {
			t.Fatalf("%s holds %+v\nscreen:\n%s", box, got, screen)
		}
		filed := stored(t, d, r, box+"-filed")
		if len(filed) != 1 || string(filed[0].Body) != string(bodies[2]) {
			t.Fatalf("%s-filed holds %+v\nscreen:\n%s", box, filed, screen)
		}
	})
}

// mutt runs mutt on a pseudo-terminal with keys pushed at its start and returns what it drew.
func mutt(t *testing.T, d *demo.Demo, r int, mode demo.Mode, box, keys string) string {
	t.Helper()
	need(t, "mutt")
	home := t.TempDir()
	scheme := "imap"
	tls := "set ssl_starttls=no\nset ssl_force_tls=no\n"
	switch mode {
	case demo.TLS:
		scheme, tls = "imaps", "set ssl_force_tls=yes\n"
	case demo.STARTTLS:
		tls = "set ssl_starttls=yes\nset ssl_force_tls=yes\n"
	}
	folder := fmt.Sprintf("%s://%s/", scheme, mode.Address(d.Replicas[r]))
	account := d.Accounts[0]
	rc := tls + fmt.Sprintf("set folder=%q\nset spoolfile=%q\nset imap_user=%q\nset imap_pass=%q\n"+
		"set ssl_ca_certificates_file=%q\nset certificate_file=%q\nset ssl_verify_host=yes\n"+
		"set imap_authenticators='plain:login'\nset delete=yes\nset quit=yes\nset confirmappend=no\n"+
		"set confirmcreate=no\nset resolve=no\nset sort=mailbox-order\nset wait_key=no\nset mark_old=no\n"+
		"set move=no\nset header_cache=\"\"\nset record=\"\"\nset tmpdir=%q\nset pager_stop=yes\n"+
		"push %q\n", folder, folder+box, account.Address, account.Password, d.CA, d.CA, home, keys)
	path := filepath.Join(home, "muttrc")
	must(t, os.WriteFile(path, []byte(rc), 0o600))
	// script(1) gives mutt a terminal and ends with mutt's own status.
	out, errs, err := run(t, "", []string{"HOME=" + home, "TERM=xterm", "LINES=40", "COLUMNS=120", "LANG=C"},
		"script", "-q", "-e", "-c", "stty rows 40 cols 120; exec mutt -n -F "+path, "/dev/null")
	if err != nil {
		t.Fatalf("mutt: %v\n%s%s", err, out, errs)
	}
	return out
}
