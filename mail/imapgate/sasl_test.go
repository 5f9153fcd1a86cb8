package imapgate

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	gosasl "github.com/emersion/go-sasl"

	"troxymail/integration/scram"
)

// Every mechanism lets the right client in, over the real session layer, and no other.
func TestMechanisms(t *testing.T) {
	g, _ := gates(t)
	for password, right := range map[string]bool{fakePassword: true, "wrong": false} {
		proving := scram.New(fakeUser, password)
		for name, client := range map[string]gosasl.Client{
			"SCRAM": proving, "PLAIN": gosasl.NewPlainClient("", fakeUser, password), "LOGIN": gosasl.NewLoginClient(fakeUser, password),
		} {
			c, err := imapclient.DialTLS(g.implicit.String(), &imapclient.Options{TLSConfig: g.clientTLS})
			if err != nil {
				t.Fatal(err)
			}
			err = c.Authenticate(client)
			var no *imap.Error
			if (err == nil) != right || err != nil && (!errors.As(err, &no) || no.Code != imap.ResponseCodeAuthenticationFailed) {
				t.Errorf("%s, password %q: %v", name, password, err)
			}
			if right {
				if _, err := c.Select("INBOX", nil).Wait(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			c.Close()
		}
		if proving.Verified != right {
			t.Errorf("password %q: the server's proof: %v", password, proving.Verified)
		}
	}
}

func TestOddAuthentications(t *testing.T) {
	g := open(t)
	c := g.dial()
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	c.send("a AUTHENTICATE SCRAM-SHA-256 " + b64("p=tls-exporter,,n=u,r=0123456789") + "\r\n")
	c.expect("a NO [CANNOT] Channel binding")
	c.send("b AUTHENTICATE SCRAM-SHA-256 " + b64("n,,n=u") + "\r\n")
	c.expect("b BAD")
	c.send("c AUTHENTICATE SCRAM-SHA-256-PLUS\r\nd AUTHENTICATE\r\n")
	c.expect("c NO [CANNOT]", "d ")
	c.send("e AUTHENTICATE SCRAM-SHA-256\r\n")
	c.expect("+ ")
	c.send("*\r\n")
	c.expect("e BAD")
	c.send("f AUTHENTICATE LOGIN\r\n")
	c.expect("+ VXNlcm5hbWU6")
	c.send(b64(fakeUser) + "\r\n")
	c.expect("+ UGFzc3dvcmQ6")
	c.send(b64(fakePassword) + "\r\n")
	c.expect("f OK")
}
