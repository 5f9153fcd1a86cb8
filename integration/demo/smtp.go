package demo

import (
	"crypto/tls"
	"net"
	"net/smtp"
	"testing"
	"time"
)

// Gate is a port that takes mail, and how a connection to it is protected.
type Gate int

// The gates: SMTP for mail from elsewhere without and with STARTTLS, submission with STARTTLS, submission over TLS.
const (
	Intake Gate = iota
	IntakeSTARTTLS
	Submission
	Submissions
)

// Gates are all of them, for tests that go through each.
var Gates = []Gate{Intake, IntakeSTARTTLS, Submission, Submissions}

// String returns the gate's name in test output.
func (g Gate) String() string {
	return [...]string{"intake", "intake with starttls", "submission", "submissions"}[g]
}

// Sends reports whether the gate is for accounts that log in.
func (g Gate) Sends() bool { return g >= Submission }

// Address returns where a replica has the gate, host:port.
func (g Gate) Address(r Replica) string {
	switch g {
	case Submission:
		return r.Submission
	case Submissions:
		return r.Submissions
	}
	return r.SMTP
}

// mailTime bounds a connection for mail, so that a test whose server is silent fails.
const mailTime = 2 * time.Minute

// Mailer opens a connection to a gate and logs in with the first account where the gate wants it.
func (d *Demo) Mailer(t testing.TB, replica int, g Gate) *smtp.Client {
	t.Helper()
	c, err := d.TryMailer(replica, g, d.TLS(t))
	if err != nil {
		t.Fatalf("replica %d, %v: %v", replica, g, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TryMailer is Mailer for goroutines that expect the program to be killed under them.
func (d *Demo) TryMailer(replica int, g Gate, conf *tls.Config) (*smtp.Client, error) {
	conn, err := net.DialTimeout("tcp", g.Address(d.Replicas[replica]), mailTime)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(mailTime))
	if g == Submissions {
		conn = tls.Client(conn, conf)
	}
	c, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		conn.Close()
		return nil, err
	}
	err = c.Hello("sender.example.net")
	if err == nil && (g == IntakeSTARTTLS || g == Submission) {
		err = c.StartTLS(conf)
	}
	if err == nil && g.Sends() {
		err = c.Auth(smtp.PlainAuth("", d.Accounts[0].Address, d.Accounts[0].Password, "127.0.0.1"))
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Post sends one message. nil: it was answered with 250. A *textproto.Error is the server's refusal; with any
// other error the outcome is unknown.
func Post(c *smtp.Client, from string, to []string, message []byte) error {
	if err := c.Mail(from); err != nil {
		return err
	}
	for _, r := range to {
		if err := c.Rcpt(r); err != nil {
			return err
		}
	}
	return Data(c, message)
}

// Data is the last step of Post.
func Data(c *smtp.Client, message []byte) error {
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	return w.Close()
}
