package clients

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/integration/demo"
)

// mbsyncSyncs keeps a Maildir and a mailbox the same both ways, going to the next replica for each step:
// mbsync refuses a mailbox whose UIDVALIDITY changed, so that all replicas must agree on every UID.
func mbsyncSyncs(t *testing.T, c cell) {
	box := c.box("Sync")
	m := newMaildir(t, c, box)
	there, _ := c.filled(t, box, "mbsync kept", "mbsync read here", "mbsync deleted here")
	next := func(i int) int { return (c.replica + i) % len(c.d.Replicas) }

	m.sync(t, c.replica) // pull
	if got := m.subjects(t); strings.Join(got, ",") != "deleted here,kept,read here" {
		t.Fatalf("pulled %q", got)
	}
	validity := m.validity(t)

	m.reflag(t, "read here", "S") // change here
	m.reflag(t, "deleted here", "T")
	added := mail("mbsync written here")
	m.add(t, added)
	m.sync(t, next(1)) // push, expunge
	got := c.elsewhere(t, box)
	if len(got) != 3 || hasFlag(got[0], `\Seen`) || !hasFlag(got[1], `\Seen`) || got[2].UID != 4 {
		t.Fatalf("after the push another replica shows %+v", got)
	}
	if body := withoutTUID(got[2].Body); body != string(added) {
		t.Fatalf("pushed message reads %q, want %q", body, added)
	}

	_, err := there.Select(box, nil).Wait() // change there
	must(t, err)
	flag := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagFlagged}, Silent: true}
	must(t, there.Store(imap.UIDSetNum(1), flag, nil).Close())
	flag.Flags = []imap.Flag{imap.FlagDeleted}
	must(t, there.Store(imap.UIDSetNum(2), flag, nil).Close())
	must(t, there.Expunge().Close())
	m.sync(t, next(2)) // pull flags and the expunge
	if got := m.subjects(t); strings.Join(got, ",") != "kept,written here" {
		t.Fatalf("after changes on the server the Maildir holds %q", got)
	}
	if path := m.find(t, "kept"); !strings.Contains(filepath.Base(path), ":2,F") {
		t.Fatalf("the flag set on the server is not in %s", path)
	}
	if now := m.validity(t); now != validity {
		t.Fatalf("UIDVALIDITY changed from %s to %s", validity, now)
	}
	if got := c.elsewhere(t, box); len(got) != 2 {
		t.Fatalf("at the end another replica shows %+v", got)
	}
}

// maildir is a local copy that mbsync keeps.
type maildir struct {
	d    *demo.Demo
	mode demo.Mode
	host string
	dir  string
	box  string
}

func newMaildir(t *testing.T, c cell, box string) maildir {
	t.Helper()
	return maildir{c.d, c.mode, c.host("localhost"), t.TempDir(), box}
}

// sync runs mbsync against a replica. The name localhost is what its certificate check can match.
func (m maildir) sync(t *testing.T, r int) {
	t.Helper()
	_, port, err := net.SplitHostPort(m.mode.Address(m.d.Replicas[r]))
	must(t, err)
	protect := [...]string{"SSLType None\nAuthMechs LOGIN",
		"SSLType STARTTLS\nCertificateFile " + m.d.CA, "SSLType IMAPS\nCertificateFile " + m.d.CA}[m.mode]
	account := m.d.Accounts[0]
	conf := fmt.Sprintf("IMAPStore far\nHost %s\nPort %s\nUser %s\nPass %q\n%s\n\n"+
		"MaildirStore near\nPath %s/\nInbox %s/INBOX\nSubFolders Verbatim\n\n"+
		"Channel all\nFar :far:\nNear :near:\nPatterns %s\nCreate Near\nExpunge Both\nSync All\nSyncState *\n",
		m.host, port, account.Address, account.Password, protect, m.dir, m.dir, m.box)
	path := filepath.Join(m.dir, "mbsyncrc")
	must(t, os.WriteFile(path, []byte(conf), 0o600))
	out, errs, err := run(t, "", []string{"HOME=" + m.dir}, "mbsync", "-V", "-c", path, "all")
	if err != nil {
		t.Fatalf("mbsync at replica %d: %v\n%s%s", r, err, out, errs)
	}
}

func (m maildir) files(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, sub := range []string{"cur", "new"} {
		found, err := filepath.Glob(filepath.Join(m.dir, m.box, sub, "*"))
		must(t, err)
		all = append(all, found...)
	}
	sort.Strings(all)
	return all
}

var subjectOf = regexp.MustCompile(`(?m)^Subject: mbsync (.*?)\r?$`)

// subjects returns the subjects in the Maildir, sorted, without their common first word.
func (m maildir) subjects(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, path := range m.files(t) {
		all = append(all, subject(t, path))
	}
	sort.Strings(all)
	return all
}

func (m maildir) find(t *testing.T, want string) string {
	t.Helper()
	for _, path := range m.files(t) {
		if subject(t, path) == want {
			return path
		}
	}
	t.Fatalf("no message %q in the Maildir", want)
	return ""
}

func subject(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	if found := subjectOf.FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return "?" + filepath.Base(path)
}

// reflag gives a message flags in the way of Maildir: by its name.
func (m maildir) reflag(t *testing.T, subject, flags string) {
	t.Helper()
	path := m.find(t, subject)
	name, _, _ := strings.Cut(filepath.Base(path), ":")
	must(t, os.Rename(path, filepath.Join(m.dir, m.box, "cur", name+":2,"+flags)))
}

// add puts a new message into the Maildir, with bare line feeds as local programs do.
func (m maildir) add(t *testing.T, body []byte) {
	t.Helper()
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	must(t, os.WriteFile(filepath.Join(m.dir, m.box, "new", "1.local.test"), []byte(text), 0o600))
}

// validity returns the server's UIDVALIDITY as mbsync noted it.
func (m maildir) validity(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, m.box, ".mbsyncstate"))
	must(t, err)
	found := regexp.MustCompile(`(?m)^(?:Far|Master)UidValidity (\d+)$`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no UIDVALIDITY in mbsync's state:\n%s", text)
	}
	return string(found[1])
}

// withoutTUID removes the header by which mbsync finds its upload again.
func withoutTUID(body []byte) string {
	return regexp.MustCompile(`(?m)^X-TUID: .*\r\n`).ReplaceAllString(string(body), "")
}
