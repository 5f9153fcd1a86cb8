package processes

import (
	"crypto/tls"
	"net/smtp"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/integration/demo"
	"troxymail/integration/scram"
)

// proof is a SCRAM client in the form that net/smtp takes.
type proof struct{ *scram.Client }

// Start implements smtp.Auth.
func (p proof) Start(*smtp.ServerInfo) (string, []byte, error) { return p.Client.Start() }

// Next implements smtp.Auth.
func (p proof) Next(challenge []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	return p.Client.Next(challenge)
}

// logins tries a password at a replica by IMAP and SMTP, each by SCRAM and in plain.
func (c *Cluster) logins(t *testing.T, replica int, password string) map[string]bool {
	t.Helper()
	r, conf := c.Replicas[replica], c.TLS(t)
	const user = "alice@example.org"
	return map[string]bool{
		"imap plain": imapLogin(t, r, conf, func(m *imapclient.Client) error { return m.Login(user, password).Wait() }),
		"imap scram": imapLogin(t, r, conf, func(m *imapclient.Client) error { return m.Authenticate(scram.New(user, password)) }),
		"smtp plain": smtpLogin(t, r, conf, smtp.PlainAuth("", user, password, "127.0.0.1")),
		"smtp scram": smtpLogin(t, r, conf, proof{scram.New(user, password)}),
	}
}

func imapLogin(t *testing.T, r demo.Replica, conf *tls.Config, login func(*imapclient.Client) error) bool {
	t.Helper()
	m, err := imapclient.DialTLS(r.IMAPS, &imapclient.Options{TLSConfig: conf})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	return login(m) == nil
}

func smtpLogin(t *testing.T, r demo.Replica, conf *tls.Config, a smtp.Auth) bool {
	t.Helper()
	conn, err := tls.Dial("tcp", r.Submissions, conf)
	if err != nil {
		t.Fatal(err)
	}
	m, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	return m.Auth(a) == nil
}

// TestAppPasswords gives an account a password for one program: it opens the account by every mechanism at every
// replica, and no longer once it was taken back, also for sessions that it had opened.
func TestAppPasswords(t *testing.T) {
	c := Start(t, 3)
	admin := []string{"--admin", c.File("cluster.json")}
	command := func(args ...string) string {
		return Command(t, append(append([]string{"account", "app-password"}, args...), admin...)...)
	}
	out := strings.Fields(command("add", "Alice@example.org", "--name", "phone"))
	app := out[len(out)-1]
	want := func(replica int, password string, good bool) {
		t.Helper()
		for how, in := range c.logins(t, replica, password) {
			if in != good {
				t.Errorf("replica %d, %s: %v, want %v", replica, how, in, good)
			}
		}
	}
	for i := range c.Replicas {
		want(i, app, true)
		want(i, password, true)
	}
	want(1, strings.Repeat("a", 24), false)
	command("add", "alice@example.org", "--name", "Laptop äöü")
	if got := strings.Split(strings.TrimSpace(command("list", "alice@example.org")), "\n"); !slices.Equal(got, []string{"phone", "Laptop äöü"}) {
		t.Errorf("list: %q", got)
	}
	if got := command("list", "alice@example.org", "--json"); got != `{"address":"alice@example.org","app_passwords":["phone","Laptop äöü"]}`+"\n" {
		t.Errorf("list: %s", got)
	}
	d := *c.Demo
	d.Accounts = []demo.Account{{Address: "alice@example.org", Password: app}}
	session := d.Dial(t, 2, demo.TLS, nil)
	command("remove", "alice@example.org", "--name", "phone")
	if _, err := session.Select("INBOX", nil).Wait(); err == nil {
		t.Error("a session outlives the app password that opened it")
	}
	want(0, app, false)
	want(2, password, true)
}
