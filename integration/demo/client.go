package demo

import (
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Mode is how a connection is protected.
type Mode int

// The modes of an IMAP connection: plain on loopback, STARTTLS, TLS from the start.
const (
	Plain Mode = iota
	STARTTLS
	TLS
)

// Modes are all of them, for tests that go through each.
var Modes = []Mode{Plain, STARTTLS, TLS}

// String returns the mode's name in test output.
func (m Mode) String() string { return [...]string{"plain", "starttls", "tls"}[m] }

// Address returns where a replica listens for IMAP in this mode, host:port.
func (m Mode) Address(r Replica) string {
	if m == TLS {
		return r.IMAPS
	}
	return r.IMAP
}

// Client is a go-imap client that is logged in.
type Client struct{ *imapclient.Client }

// Dial connects to a replica in a mode and logs in with the first account. options may be nil.
func (d *Demo) Dial(t testing.TB, replica int, mode Mode, options *imapclient.Options) Client {
	t.Helper()
	c, err := d.TryDial(replica, mode, options, d.TLS(t))
	if err != nil {
		t.Fatalf("replica %d, %v: %v", replica, mode, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TLS returns the configuration that trusts the demo's certificate authority alone.
func (d *Demo) TLS(t testing.TB) *tls.Config {
	t.Helper()
	name := d.Name
	if name == "" {
		name = "127.0.0.1"
	}
	return &tls.Config{RootCAs: d.Roots(t), ServerName: name}
}

// TryDial is Dial for goroutines that expect the program to be killed under them.
func (d *Demo) TryDial(replica int, mode Mode, options *imapclient.Options, conf *tls.Config) (Client, error) {
	var o imapclient.Options
	if options != nil {
		o = *options
	}
	o.TLSConfig = conf
	var c *imapclient.Client
	var err error
	address := mode.Address(d.Replicas[replica])
	switch mode {
	case Plain:
		c, err = imapclient.DialInsecure(address, &o)
	case STARTTLS:
		c, err = imapclient.DialStartTLS(address, &o)
	default:
		c, err = imapclient.DialTLS(address, &o)
	}
	if err != nil {
		return Client{}, err
	}
	if err := c.Login(d.Accounts[0].Address, d.Accounts[0].Password).Wait(); err != nil {
		c.Close()
		return Client{}, fmt.Errorf("login: %w", err)
	}
	return Client{c}, nil
}

// Message is what a test knows of a stored message.
type Message struct {
	UID   imap.UID
	Flags []imap.Flag
	Body  []byte
}

// Put appends a message and returns its UID and the mailbox's UIDVALIDITY. With an error, the outcome is
// unknown, unless the server said NO or BAD (an *imap.Error).
func (c Client) Put(mailbox string, body []byte, flags ...imap.Flag) (uid imap.UID, validity uint32, err error) {
	cmd := c.Append(mailbox, int64(len(body)), &imap.AppendOptions{Flags: flags})
	if _, err := cmd.Write(body); err != nil {
		return 0, 0, err
	}
	if err := cmd.Close(); err != nil {
		return 0, 0, err
	}
	data, err := cmd.Wait()
	if err != nil {
		return 0, 0, err
	}
	return data.UID, data.UIDValidity, nil
}

// All selects a mailbox read-only and returns all its messages by UID, and its UIDVALIDITY.
func (c Client) All(mailbox string) ([]Message, uint32, error) {
	return c.Newest(mailbox, math.MaxUint32)
}

// Newest selects a mailbox read-only and returns its newest messages, at most limit, by UID, and its UIDVALIDITY.
func (c Client) Newest(mailbox string, limit uint32) ([]Message, uint32, error) {
	selected, err := c.Select(mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return nil, 0, err
	}
	if selected.NumMessages == 0 {
		return nil, selected.UIDValidity, nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	newest := imap.SeqSet{}
	newest.AddRange(selected.NumMessages-min(limit, selected.NumMessages)+1, selected.NumMessages)
	got, err := c.Fetch(newest, &imap.FetchOptions{UID: true, Flags: true,
		BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return nil, 0, err
	}
	var messages []Message
	for _, m := range got {
		// An answer without a body is news of flags that others changed meanwhile.
		if body := m.FindBodySection(section); body != nil {
			messages = append(messages, Message{m.UID, m.Flags, body})
		}
	}
	return messages, selected.UIDValidity, nil
}

// RawDial opens a bare TCP connection to a replica's IMAP port, for tests that break the protocol.
func (d *Demo) RawDial(t testing.TB, replica int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", d.Replicas[replica].IMAP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
