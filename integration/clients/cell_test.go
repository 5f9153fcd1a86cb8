package clients

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/integration/demo"
)

// box is a mailbox name of the cell's own.
func (c cell) box(name string) string { return fmt.Sprintf("%s-%v-%d", name, c.mode, c.replica) }

func (c cell) account() demo.Account { return c.d.Accounts[0] }

// host is what the program is told to connect to where it is a replica's address otherwise: a name of all
// replicas, if the cell has one.
func (c cell) host(otherwise string) string {
	if c.name != "" {
		return c.name
	}
	return otherwise
}

// imap returns where the cell's replica serves IMAP in its mode.
func (c cell) imap(t *testing.T) (host, port string) {
	t.Helper()
	host, port = split(t, c.mode.Address(c.d.Replicas[c.replica]))
	return c.host(host), port
}

// submission returns where it takes mail from the account.
func (c cell) submission(t *testing.T) (host, port string) {
	t.Helper()
	address := c.d.Replicas[c.replica].Submission
	if c.mode == demo.TLS {
		address = c.d.Replicas[c.replica].Submissions
	}
	host, port = split(t, address)
	return c.host(host), port
}

func split(t *testing.T, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	must(t, err)
	return host, port
}

// filled makes the cell's mailbox and puts messages into it, one for each subject.
func (c cell) filled(t *testing.T, box string, subjects ...string) (*imapclient.Client, [][]byte) {
	t.Helper()
	client := c.d.Dial(t, c.replica, demo.TLS, nil)
	must(t, client.Create(box, nil).Wait())
	var bodies [][]byte
	for _, subject := range subjects {
		bodies = append(bodies, mail(subject))
		_, _, err := client.Put(box, bodies[len(bodies)-1])
		must(t, err)
	}
	return client.Client, bodies
}

// elsewhere returns the messages of a mailbox as another replica shows them.
func (c cell) elsewhere(t *testing.T, box string) []demo.Message {
	t.Helper()
	return stored(t, c.d, c.replica, box)
}

// sendable returns a message of the account to itself, its lines ended by line feeds as local programs do.
func (c cell) sendable() (subject, text string) {
	subject = c.box("sent")
	return subject, fmt.Sprintf("From: %[1]s\nTo: %[1]s\nSubject: %[2]s\n\nText of %[2]s.\n.\n.. dots\n\xc3\xa4\n",
		c.account().Address, subject)
}

// arrived checks that exactly one message with the subject is in INBOX at another replica, its lines whole.
func (c cell) arrived(t *testing.T, subject string) {
	t.Helper()
	var found []string
	for _, m := range c.elsewhere(t, "INBOX") {
		if strings.Contains(string(m.Body), "\r\nSubject: "+subject+"\r\n") {
			found = append(found, string(m.Body))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d messages %q arrived, want 1", len(found), subject)
	}
	head, body, _ := strings.Cut(found[0], "\r\n\r\n")
	if want := "Text of " + subject + ".\r\n.\r\n.. dots\r\n\xc3\xa4\r\n"; body != want {
		t.Errorf("arrived as %q, want %q", body, want)
	}
	for _, field := range []string{"Received: from ", "Message-I", "Date: "} {
		if !strings.Contains("\r\n"+head, "\r\n"+field) {
			t.Errorf("no %s field in %q", field, head)
		}
	}
}

// home makes a home folder with one file of configuration and returns the paths of both.
func home(t *testing.T, name, text string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, name)
	must(t, os.WriteFile(file, []byte(text), 0o600))
	return dir, file
}

// ok runs a program that must succeed and returns what it wrote.
func ok(t *testing.T, input string, env []string, name string, args ...string) string {
	t.Helper()
	out, errs, err := run(t, input, env, name, args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, out, errs)
	}
	return out + errs
}
