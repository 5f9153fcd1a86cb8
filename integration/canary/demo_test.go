package canary

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/integration/demo"
)

func TestMain(m *testing.M) { demo.Main(m) }

// secrets are the canaries of one run: random, so that they stand nowhere else.
type secrets struct {
	subject, sender, body, large, attachment, mailbox, child, keyword, search, wrongUser, wrongPassword,
	noMailbox, cut, helo, returnPath, tag, noRecipient, otherFrom, cutMail Canary
}

func newSecrets() secrets {
	mark := func(role, format string) Canary { return Canary{role, fmt.Sprintf(format, rand.Text()[:14])} }
	return secrets{
		subject: mark("subject", "Quarterly %s Überraschung"), sender: mark("sender address", "%s@sender.example"),
		body: mark("body", "the body says %s clearly"), large: mark("large body", "far inside %s there"),
		attachment: mark("attachment name", "report-%s.pdf"), mailbox: mark("mailbox name", "Akte %s Ärzte"),
		child: mark("child mailbox name", "inner%s"), keyword: mark("keyword", "kw%s"),
		search: mark("search text", "sought%s"), wrongUser: mark("user of a failed login", "%s@nowhere.example"),
		wrongPassword: mark("password of a failed login", "guess-%s"),
		noMailbox:     mark("name of a missing mailbox", "absent%s"), cut: mark("body of a cut APPEND", "half of %s sent"),
		helo: mark("name that a client calls itself", "%s.client.example"), returnPath: mark("reverse path", "%s@path.example"),
		tag: mark("tag of a recipient", "tag%s"), noRecipient: mark("unknown recipient", "%s@example.org"),
		otherFrom: mark("forged sender", "%s@forged.example"), cutMail: mark("body of a cut DATA", "half a mail %s"),
	}
}

func (s secrets) all() []Canary {
	return []Canary{s.subject, s.sender, s.body, s.large, s.attachment, s.mailbox, s.child, s.keyword, s.search,
		s.wrongUser, s.wrongPassword, s.noMailbox, s.cut, s.helo, s.returnPath, s.tag, s.noRecipient, s.otherFrom, s.cutMail}
}

// message uses the canaries of a mail; size adds lines, and with them the canary for large bodies.
func (s secrets) message(size int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: <%s>\r\nTo: alice@example.org\r\nSubject: %s\r\nX-Trace: %s\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		s.sender.Text, s.subject.Text, s.subject.Text, s.body.Text)
	for b.Len() < size {
		fmt.Fprintf(&b, "%s\r\n", s.large.Text)
	}
	fmt.Fprintf(&b, "--xx\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=%q\r\n\r\nx\r\n--xx--\r\n",
		s.attachment.Text)
	return []byte(b.String())
}

// TestHostsSeeNoPlaintext sends marked mail through every replica and searches all that the hosts keep,
// and all that was logged, while the demo runs, after it was stopped, and after it was killed.
func TestHostsSeeNoPlaintext(t *testing.T) {
	s := newSecrets()
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	d := demo.Start(t, o)
	account := []Canary{{"account address", d.Accounts[0].Address}, {"account password", d.Accounts[0].Password}}
	for r := range d.Replicas {
		traffic(t, d, s, r, demo.Mode(r%3))
	}
	hidden(t, d, s, account, "while it runs")
	d.Stop(t)
	hidden(t, d, s, account, "after a stop")
	d = demo.Start(t, o)
	traffic(t, d, s, 1, demo.STARTTLS)
	d.Kill()
	hidden(t, d, s, account, "after a kill")
	d = demo.Start(t, o) // a replay of the log writes files and logs of its own
	traffic(t, d, s, 2, demo.TLS)
	hidden(t, d, s, account, "after a replay")
}

// hidden searches the folder and what was printed. The account stands in demo.json, and in what is
// printed for the person who started the demo; nothing else may name it.
func hidden(t *testing.T, d *demo.Demo, s secrets, account []Canary, when string) {
	t.Helper()
	all := New(append(s.all(), account...)...)
	finds, err := all.Folder(d.Dir, map[string]bool{demo.FactsFile: true})
	if err != nil {
		t.Fatal(err)
	}
	mail := New(s.all()...)
	for path, searcher := range map[string]*Searcher{filepath.Join(d.Dir, demo.FactsFile): mail, d.Stdout: mail, d.Stderr: all} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		finds = append(finds, searcher.Bytes(filepath.Base(path), text)...)
	}
	for _, f := range finds {
		t.Errorf("%s: %v", when, f)
	}
	searched(t, d.Dir, when)
}

// searched says how much there was to search, and fails when the folder holds no store at all.
func searched(t *testing.T, dir, when string) {
	t.Helper()
	files, size := 0, int64(0)
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // removed meanwhile
		}
		if info, err := e.Info(); err == nil {
			files++
			size += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: searched %d files, %d KiB", when, files, size>>10)
	if files < 3 || size < 3*100<<10 {
		t.Errorf("%s: the mail is not below %s", when, dir)
	}
}

// traffic uses each canary at a replica in each way that a client can.
func traffic(t *testing.T, d *demo.Demo, s secrets, r int, mode demo.Mode) {
	t.Helper()
	c := d.Dial(t, r, mode, nil)
	defer c.Close()
	box := s.mailbox.Text
	c.Create(box, nil).Wait() // NO at the second replica: it is there already
	child := fmt.Sprintf("%s/%s-%s", box, s.child.Text, rand.Text())
	c.Create(child, nil).Wait()
	if err := c.Subscribe(box).Wait(); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 20_000, 150_000} {
		if _, _, err := c.Put(box, s.message(size), imap.Flag(s.keyword.Text)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Select(box, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	section := &imap.FetchItemBodySection{Peek: true}
	_, err := c.Fetch(imap.SeqSetNum(1, 2, 3), &imap.FetchOptions{Envelope: true, Flags: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
		BodySection:   []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, criteria := range []*imap.SearchCriteria{{Body: []string{s.search.Text}},
		{Header: []imap.SearchCriteriaHeaderField{{Key: "Subject", Value: s.subject.Text}}},
		{Flag: []imap.Flag{imap.Flag(s.keyword.Text)}}} {
		if _, err := c.UIDSearch(criteria, nil).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Copy(imap.SeqSetNum(1), child).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Rename(child, child+"-renamed", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	missing(t, c, s)
	failedLogin(t, d, s, r)
	sent(t, d, s, r)
	cutAppend(t, d, s, r)
}

// missing makes the server refuse canaries, which it might log.
func missing(t *testing.T, c demo.Client, s secrets) {
	t.Helper()
	if _, err := c.Select(s.noMailbox.Text, nil).Wait(); err == nil {
		t.Error("SELECT of a missing mailbox works")
	}
	if err := c.Delete(s.noMailbox.Text).Wait(); err == nil {
		t.Error("DELETE of a missing mailbox works")
	}
}

func failedLogin(t *testing.T, d *demo.Demo, s secrets, r int) {
	t.Helper()
	c, err := imapclient.DialTLS(d.Replicas[r].IMAPS, &imapclient.Options{TLSConfig: d.TLS(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(s.wrongUser.Text, s.wrongPassword.Text).Wait(); err == nil {
		t.Error("a wrong password works")
	}
}

// cutAppend leaves an APPEND half sent.
func cutAppend(t *testing.T, d *demo.Demo, s secrets, r int) {
	t.Helper()
	c := d.Dial(t, r, demo.TLS, nil)
	body := s.cut.Text + strings.Repeat(" and more of it", 10_000)
	cmd := c.Append("INBOX", int64(len(body)), nil)
	if _, err := cmd.Write([]byte(body[:len(body)/2])); err != nil {
		t.Fatal(err)
	}
	c.Close()
}
