package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// curlReads lists, stores, finds, reads, flags and expunges mail with curl, each step a connection of its own.
func curlReads(t *testing.T, at cell) {
	c := curl(at)
	box := at.box("Curl")
	c.ok(t, "", "-X", "CREATE "+box)
	if got := c.ok(t, ""); !strings.Contains(got, "INBOX") || !strings.Contains(got, box) {
		t.Fatalf("LIST shows %q", got)
	}
	bodies := [][]byte{mail("curl apples"), mail("curl pears"), mail("curl plums")}
	for _, body := range bodies {
		c.ok(t, box, "-T", write(t, body))
	}
	if got := c.ok(t, box+"?SUBJECT%20pears"); strings.TrimSpace(got) != "* SEARCH 2" {
		t.Fatalf("SEARCH shows %q", got)
	}
	for i, body := range bodies {
		if got := c.ok(t, fmt.Sprintf("%s/;UID=%d", box, i+1)); got != string(body) {
			t.Fatalf("UID %d reads %q, want %q", i+1, got, body)
		}
	}
	c.ok(t, box, "-X", `UID STORE 1 +FLAGS (\Flagged)`)
	c.ok(t, box, "-X", `UID STORE 2 +FLAGS.SILENT (\Deleted)`)
	c.ok(t, box, "-X", "EXPUNGE")
	got := at.elsewhere(t, box)
	if len(got) != 2 || got[0].UID != 1 || got[1].UID != 3 || !hasFlag(got[0], `\Flagged`) ||
		hasFlag(got[1], `\Flagged`) || string(got[1].Body) != string(bodies[2]) {
		t.Fatalf("another replica shows %+v", got)
	}
	c.fails(t, "NoSuchMailbox", "-X", "NOOP")
	c.ok(t, "", "-X", "DELETE "+box)
	c.fails(t, box, "-X", "NOOP")
}

// curlSends submits a message.
func curlSends(t *testing.T, at cell) {
	scheme := "smtp://"
	args := []string{"--mail-from", at.account().Address, "--mail-rcpt", at.account().Address, "--crlf"}
	switch at.mode {
	case demo.TLS:
		scheme = "smtps://"
	case demo.STARTTLS:
		args = append(args, "--ssl-reqd")
	}
	subject, text := at.sendable()
	args = append(args, "-sS", "--cacert", at.d.CA, "-K", "-", "-T", write(t, []byte(text)))
	host, port := at.submission(t)
	ok(t, curl(at).secret(), nil, "curl", append(args, scheme+host+":"+port)...)
	at.arrived(t, subject)
}

// TestCurlDistrustsOtherAuthorities shows that the checks of curl are on: without the demo's authority
// there is no connection.
func TestCurlDistrustsOtherAuthorities(t *testing.T) {
	d := fresh(t)
	_, errs, err := run(t, "", nil, "curl", "-sS", "imaps://"+d.Replicas[0].IMAPS+"/")
	if err == nil || !strings.Contains(errs, "certificate") {
		t.Fatalf("without the CA file: %v: %s", err, errs)
	}
}

type curl cell

// secret is configuration for curl's standard input.
func (c curl) secret() string {
	account := cell(c).account()
	return fmt.Sprintf("user = %q\n", account.Address+":"+account.Password)
}

// run runs curl on a path below the replica; the password goes through standard input.
func (c curl) run(t *testing.T, path string, args ...string) (string, string, error) {
	t.Helper()
	scheme := "imap://"
	switch c.mode {
	case demo.TLS:
		scheme = "imaps://"
	case demo.STARTTLS:
		args = append(args, "--ssl-reqd")
	}
	args = append([]string{"-sS", "--cacert", c.d.CA, "-K", "-"}, args...)
	host, port := cell(c).imap(t)
	url := scheme + host + ":" + port + "/" + path
	return run(t, c.secret(), nil, "curl", append(args, url)...)
}

func (c curl) ok(t *testing.T, path string, args ...string) string {
	t.Helper()
	out, errs, err := c.run(t, path, args...)
	if err != nil {
		t.Fatalf("curl %v %s: %v: %s%s", args, path, err, out, errs)
	}
	return out
}

func (c curl) fails(t *testing.T, path string, args ...string) {
	t.Helper()
	if out, _, err := c.run(t, path, args...); err == nil {
		t.Fatalf("curl %v %s succeeded: %s", args, path, out)
	}
}

func write(t *testing.T, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "message")
	must(t, os.WriteFile(path, body, 0o600))
	return path
}
