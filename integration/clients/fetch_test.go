package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// fetchmailFetches takes mail out of a mailbox: what arrived is handed to a program and removed from the
// server, a second run finds nothing. The name localhost is what its certificate check can match.
func fetchmailFetches(t *testing.T, c cell) {
	box := c.box("Fetchmail")
	_, bodies := c.filled(t, box, "fetchmail one", "fetchmail two")
	_, port := c.imap(t)
	host := c.host("localhost")
	tls := [...]string{"sslproto ''", "sslproto TLS1.2+ sslcertck sslcertfile " + c.d.CA,
		"ssl sslcertck sslcertfile " + c.d.CA}[c.mode]
	spool := filepath.Join(t.TempDir(), "spool")
	dir, file := home(t, "fetchmailrc", fmt.Sprintf("poll %s port %s protocol IMAP auth password\n"+
		"  user %q password %q folder %s %s\n  no keep fetchall no rewrite mda \"cat >>%s\"\n",
		host, port, c.account().Address, c.account().Password, box, tls, spool))
	env := []string{"HOME=" + dir, "FETCHMAILHOME=" + dir}
	ok(t, "", env, "fetchmail", "--nosyslog", "-f", file)
	got, err := os.ReadFile(spool)
	must(t, err)
	for _, body := range bodies {
		_, text, _ := strings.Cut(string(body), "\r\n\r\n")
		if !strings.Contains(string(got), strings.TrimSpace(text)) {
			t.Errorf("%q was not fetched: %q", text, got)
		}
	}
	if left := c.elsewhere(t, box); len(left) != 0 {
		t.Errorf("left on the server: %+v", left)
	}
	if out, errs, err := run(t, "", env, "fetchmail", "--nosyslog", "-f", file); err == nil || !strings.Contains(out+errs, "No mail") {
		t.Errorf("with nothing to fetch: %v: %s%s", err, out, errs) // status 1 says so
	}
}

// getmailFetches hands on what is new and leaves it on the server; a second run takes nothing. It delivers over
// LMTP, because its other ways start a child whose end it may miss (a race of its own), and then wait for ever.
func getmailFetches(t *testing.T, c cell) {
	box := c.box("Getmail")
	client, _ := c.filled(t, box)
	var bodies [][]byte
	for _, subject := range []string{"getmail one", "getmail two"} { // the sender that it tells LMTP is in Return-Path
		bodies = append(bodies, append([]byte("Return-Path: <bob@example.net>\r\n"), mail(subject)...))
		_, _, err := demo.Client{Client: client}.Put(box, bodies[len(bodies)-1])
		must(t, err)
	}
	host, port := c.imap(t)
	kind := "SimpleIMAPRetriever"
	if c.mode == demo.TLS {
		kind = "SimpleIMAPSSLRetriever\nca_certs = " + c.d.CA
	}
	delivered, lmtp := newSink(t)
	dir, file := home(t, "getmailrc", fmt.Sprintf("[retriever]\ntype = %s\nserver = %s\nport = %s\nusername = %s\npassword = %s\n"+
		"mailboxes = (%q,)\n\n[destination]\ntype = MDA_lmtp\nhost = 127.0.0.1\nport = %s\noverride = here@localhost\n\n"+
		"[options]\nread_all = false\ndelivered_to = false\nreceived = false\n",
		kind, host, port, c.account().Address, c.account().Password, box, lmtp))
	for range 2 {
		ok(t, "", []string{"HOME=" + dir}, "getmail", "--getmaildir", dir, "--rcfile", file)
		got := delivered.all()
		for _, body := range bodies {
			_, whole, _ := strings.Cut(strings.ReplaceAll(string(body), "\r\n", "\n"), "\n")
			head, text, _ := strings.Cut(whole, "\n\n")
			if strings.Count(got, head) != 1 || strings.Count(got, "\n\n"+text) != 1 { // it adds fields between
				t.Fatalf("%q and %q are not there once: %q", head, text, got)
			}
		}
	}
	if left := c.elsewhere(t, box); len(left) != len(bodies) {
		t.Errorf("on the server: %+v", left)
	}
}
