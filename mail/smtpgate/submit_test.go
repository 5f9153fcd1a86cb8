package smtpgate

import (
	"encoding/base64"
	"strings"
	"testing"

	"troxymail/integration/scram"
)

func TestLogins(t *testing.T) {
	f := newFixture(t, nil)
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	good := b64("\x00alice@example.org\x00right")
	for _, script := range [][]string{
		{"AUTH PLAIN " + good, "235"},
		{"AUTH PLAIN", "334", good, "235"},
		{"auth plain " + b64("alice@example.org\x00alice@example.org\x00right"), "235"},
		{"AUTH PLAIN " + b64("bob@example.org\x00alice@example.org\x00right"), "535 5.7.8"},
		{"AUTH LOGIN", "334 VXNlcm5hbWU6", b64("alice@example.org"), "334 UGFzc3dvcmQ6", b64("right"), "235"},
		{"AUTH LOGIN " + b64("alice@example.org"), "334 UGFzc3dvcmQ6", b64("right"), "235"},
		{"AUTH LOGIN " + b64("alice@example.org"), "334", b64("wrong"), "535 5.7.8"},
		{"AUTH PLAIN " + b64("\x00off@example.org\x00x"), "535 5.7.13"},
		{"AUTH PLAIN " + b64("\x00down@example.org\x00x"), "454 4.7.0"},
		{"AUTH PLAIN " + b64("nothing"), "501"},
		{"AUTH PLAIN ***", "501 5.5.2"},
		{"AUTH PLAIN", "334", "***", "501"},
		{"AUTH PLAIN", "334", "*", "501"},
		{"AUTH PLAIN", "334", b64("\x00u\x00" + strings.Repeat("p", 9000)), "535"},
		{"AUTH PLAIN " + b64("\x00u\x00"+strings.Repeat("p", 9000)), "535"},
		{"AUTH XOAUTH2 x", "501"}, {"AUTH CRAM-MD5", "504"}, {"AUTH", "501"},
	} {
		c := f.dial(Submission)
		c.do("EHLO there", "250")
		for i := 0; i < len(script); i += 2 {
			c.do(script[i], script[i+1])
		}
		c.do("NOOP", "250")
		c.conn.Close()
	}
	for password, code := range map[string]string{"right": "235 2.", "wrong": "535 5.7.8"} {
		c := f.dial(Submission)
		c.do("EHLO there", "250")
		client := scram.New("alice@example.org", password)
		_, response, _ := client.Start()
		line := "AUTH SCRAM-SHA-256 " + base64.StdEncoding.EncodeToString(response)
		for {
			c.send(line + "\r\n")
			r := c.reply()
			challenge, more := strings.CutPrefix(r, "334 ")
			if !more {
				if !strings.HasPrefix(r, code) || client.Verified != (password == "right") {
					t.Errorf("SCRAM with the %s password: %q", password, r)
				}
				break
			}
			said, err := base64.StdEncoding.DecodeString(strings.TrimSpace(challenge))
			if err != nil {
				t.Fatal(err)
			}
			if response, err = client.Next(said); err != nil {
				t.Fatal(err)
			}
			line = base64.StdEncoding.EncodeToString(response)
		}
		c.do("NOOP", "250")
	}
	c := f.dial(Submission)
	if r := c.do("EHLO there", "250"); !strings.Contains(r, "AUTH SCRAM-SHA-256 PLAIN LOGIN\r\n") {
		t.Errorf("offers %q", r)
	}
	for range failedLogins {
		c.do("AUTH PLAIN "+b64("\x00alice@example.org\x00wrong"), "535")
	}
	c.want("421")
	c.closed()
	if r := f.dial(Intake).do("EHLO x", "250"); strings.Contains(r, "AUTH") {
		t.Errorf("intake offers logins: %q", r)
	}
}

func TestSubmissionSendsAsItself(t *testing.T) {
	f := newFixture(t, nil)
	c := f.dial(Submission)
	c.do("EHLO there", "250")
	c.do("MAIL FROM:<alice@example.org>", "530 5.7.0")
	c.do("AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", "235")
	c.do("MAIL FROM:<bob@example.org>", "550 5.7.1")
	c.do("MAIL FROM:<Alice+news@Example.ORG>", "250")
	c.do("RCPT TO:<bob@elsewhere.net>", "550 5.7.1 This server cannot send")
	c.do("RCPT TO:<bob@example.org>", "250")
	c.do("DATA", "354")
	c.send("From: bob@example.org\r\n\r\nx\r\n.\r\n")
	c.want("550 5.7.1")
	c.do("MAIL FROM:<>", "250")
	c.do("RSET", "250")
	f.post.ended = true
	c.do("MAIL FROM:<alice@example.org>", "535")
	c.want("421")
	c.closed()
	if n := len(f.post.stored()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestMessagesPerConnection(t *testing.T) {
	f := newFixture(t, nil)
	c := f.dial(Intake)
	c.do("EHLO x", "250")
	for range connectionMessages {
		c.send("MAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nBDAT 1 LAST\r\nx")
		c.want("250")
		c.want("250")
		c.want("250")
	}
	c.want("421")
	c.closed()
}
