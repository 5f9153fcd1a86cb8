package processes

import (
	"bytes"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"troxymail/integration/demo"
)

// addOthers makes accounts beside the one that clients use; args may follow the address, as in "--quota 1K".
func (c *Cluster) addOthers(t *testing.T, accounts ...string) {
	t.Helper()
	for _, a := range accounts {
		args := append([]string{"account", "add"}, strings.Fields(a)...)
		cmd := exec.Command(Binary(t, "troxymail"), append(args, "--admin", c.File("cluster.json"), "--password-stdin")...)
		cmd.Stdin = strings.NewReader(password)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("account add %s: %v\n%s", a, err, out)
		}
	}
}

// inbox returns the bodies in an account's INBOX, as a replica shows them.
func (c *Cluster) inbox(t *testing.T, replica int, address string) []string {
	t.Helper()
	d := *c.Demo
	d.Accounts = []demo.Account{{Address: address, Password: password}}
	client := d.Dial(t, replica, demo.TLS, nil)
	defer client.Close()
	messages, _, err := client.All("INBOX")
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range messages {
		bodies = append(bodies, string(m.Body))
	}
	return bodies
}

// refusal checks that err is a reply that begins with want.
func refusal(t *testing.T, what string, err error, want string) {
	t.Helper()
	var said *textproto.Error
	if !errors.As(err, &said) || !strings.HasPrefix(fmt.Sprintf("%d %s", said.Code, said.Msg), want) {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// trace is what is written on top of a message of this test, by gate.
func trace(g demo.Gate, subject string) *regexp.Regexp {
	with := [...]string{"UTF8SMTP", "UTF8SMTPS", "UTF8SMTPSA", "UTF8SMTPSA"}[g] // net/smtp asks for SMTPUTF8 where it is offered
	peer := ` \(\[127\.0\.0\.1\]\)`
	if g.Sends() {
		peer = "" // where people write from is nobody's business
	}
	return regexp.MustCompile(`^Return-Path: <\S+>\r\nReceived: from sender\.example\.net` + peer + `\r\n` +
		`\tby example\.org with ` + with + ` id \w+;\r\n\t\w{3}, [^\r]+\r\nDate: [^\r]+\r\nMessage-ID: <\w+@example\.org>\r\n` +
		`From: alice@example\.org\r\nSubject: ` + subject + `\r\n\r\nHello\.\r\n\z`)
}

// TestMailIsDelivered sends by every gate of every replica, to two accounts in one transaction, and reads it at
// the next replica.
func TestMailIsDelivered(t *testing.T) {
	c := Start(t, 3)
	c.addOthers(t, "bob@example.org", "small@example.org --quota 4K", "off@example.org")
	Command(t, "account", "disable", "off@example.org", "--admin", c.File("cluster.json"))
	want := 0
	for r := range c.Replicas {
		for _, g := range demo.Gates {
			subject := fmt.Sprintf("%d-%d", r, g)
			m := c.Mailer(t, r, g)
			to := []string{"alice@example.org", "bob+work@example.org"}
			err := demo.Post(m, "alice@example.org", to, []byte("From: alice@example.org\r\nSubject: "+subject+"\r\n\r\nHello.\r\n"))
			if err != nil {
				t.Fatalf("replica %d, %v: %v", r, g, err)
			}
			m.Quit()
			want++
			for _, account := range []string{"alice@example.org", "bob@example.org"} {
				all := c.inbox(t, (r+1)%3, account)
				if len(all) != want || !trace(g, subject).MatchString(all[len(all)-1]) {
					t.Fatalf("%s has %d messages, want %d, the last %q", account, len(all), want, all[max(0, len(all)-1):])
				}
			}
		}
	}
	c.refusals(t)
	c.withoutQuorum(t)
}

// refusals asks for what may not be.
func (c *Cluster) refusals(t *testing.T) {
	t.Helper()
	in, out := c.Mailer(t, 0, demo.Intake), c.Mailer(t, 1, demo.Submissions)
	for _, q := range []struct {
		m        *smtp.Client
		to, want string
	}{
		{in, "nobody@example.org", "550 5.1.1"}, {in, "bob@elsewhere.net", "550 5.7.1 Relaying refused"},
		{in, "off@example.org", "550 5.2.1"}, {out, "nobody@example.org", "550 5.1.1"},
		{out, "bob@elsewhere.net", "550 5.7.1 This server cannot send mail to other domains yet"},
	} {
		refusal(t, q.to, demo.Post(q.m, "alice@example.org", []string{q.to}, nil), q.want)
		q.m.Reset()
	}
	refusal(t, "another's sender", out.Mail("bob@example.org"), "550 5.7.1")
	refusal(t, "another's From", demo.Post(out, "alice@example.org", []string{"bob@example.org"}, []byte("From: bob@example.org\r\n\r\nx\r\n")), "550 5.7.1")
	c.overQuota(t, in)
}

// overQuota sends what one recipient cannot take: nobody gets it, whether that is known before or after.
func (c *Cluster) overQuota(t *testing.T, in *smtp.Client) {
	t.Helper()
	before := len(c.inbox(t, 0, "bob@example.org"))
	large := append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte("0123456789\r\n"), 400)...)
	refusal(t, "a large message", demo.Post(in, "x@elsewhere.net", []string{"bob@example.org", "small@example.org"}, large), "452 4.2.2")
	in.Reset()
	id, err := in.Text.Cmd("MAIL FROM:<x@elsewhere.net> SIZE=%d", len(large))
	if err != nil {
		t.Fatal(err)
	}
	in.Text.StartResponse(id)
	if _, _, err := in.Text.ReadResponse(250); err != nil {
		t.Fatal(err)
	}
	in.Text.EndResponse(id)
	refusal(t, "a large message, announced", in.Rcpt("small@example.org"), "552 5.2.2")
	if n := len(c.inbox(t, 0, "bob@example.org")); n != before {
		t.Errorf("bob has %d messages, had %d: a message that one cannot take goes to nobody", n, before)
	}
}

// withoutQuorum stops two hosts of three: every step that asks the cluster ends in 451, also the end of a message
// whose recipients were accepted before. Once they go on, mail is taken again.
func (c *Cluster) withoutQuorum(t *testing.T) {
	t.Helper()
	begun, idle := c.Mailer(t, 0, demo.Intake), c.Mailer(t, 0, demo.Intake)
	sending := c.Mailer(t, 0, demo.Submissions)
	for _, err := range []error{begun.Mail("x@elsewhere.net"), begun.Rcpt("bob@example.org")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range []int{1, 2} {
		c.Hosts[i].Signal(t, syscall.SIGSTOP)
	}
	var group sync.WaitGroup // each waits as long as the others
	group.Go(func() {
		err := demo.Data(begun, []byte("Subject: without a quorum\r\n\r\nx\r\n"))
		refusal(t, "the end of a message", err, "451 4.3.0")
	})
	group.Go(func() {
		err := demo.Post(idle, "x@elsewhere.net", []string{"bob@example.org"}, nil)
		refusal(t, "a recipient", err, "451 4.3.0")
	})
	group.Go(func() { refusal(t, "a sender", sending.Mail("alice@example.org"), "451 4.3.0") })
	group.Wait()
	for _, i := range []int{1, 2} {
		c.Hosts[i].Signal(t, syscall.SIGCONT)
	}
	c.AwaitServing(t, 0)
	if err := demo.Post(c.Mailer(t, 0, demo.Intake), "x@elsewhere.net", []string{"bob@example.org"}, []byte("Subject: after\r\n\r\nx\r\n")); err != nil {
		t.Error(err)
	}
	all := strings.Join(c.inbox(t, 1, "bob@example.org"), "\x00")
	if n := strings.Count(all, "Subject: without a quorum"); n > 1 {
		t.Errorf("the message without an answer is there %d times", n)
	}
}
