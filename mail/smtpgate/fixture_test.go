package smtpgate

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/auth"
	"troxymail/mail/delivery"
	"troxymail/mail/session"
	"troxymail/mailstore/command"
)

// post is a courier that remembers what it was given.
type post struct {
	mu       sync.Mutex
	messages []string
	to       []int
	traces   []delivery.Trace
	sizes    []int64
	ended    bool  // the account that logged in is another now
	fails    error // of Deliver
	panics   string
	finds    int
}

func (p *post) Domain() string { return "example.org" }

var addresses = map[string]error{
	"alice": nil, "bob": nil, "postmaster": nil, "a b": nil, "jürgen": nil,
	"full": delivery.ErrOverQuota, "small": delivery.ErrTooLarge, "off": delivery.ErrDisabled,
	"down": delivery.ErrUnavailable, "odd": errors.New("secret of the inside"),
}

func (p *post) Find(_ context.Context, a delivery.Address, size int64) (*delivery.Recipient, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finds++
	if p.panics == "find" {
		panic("secret of the inside")
	}
	p.sizes = append(p.sizes, size)
	local, _, _ := strings.Cut(strings.ToLower(a.Local), "+")
	if a.Domain != "" && a.Domain != "example.org" {
		return nil, delivery.ErrElsewhere
	}
	err, known := addresses[local]
	if !known {
		return nil, delivery.ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return &delivery.Recipient{}, nil
}

func (p *post) Valid(context.Context, command.AccountID, uint64) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.ended, nil
}

func (p *post) Compose(raw []byte, t *delivery.Trace) ([]byte, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.traces = append(p.traces, *t)
	if t.Account != "" && !strings.Contains(string(raw), "From: "+t.Account) {
		return nil, "", delivery.ErrFrom
	}
	return append([]byte(nil), raw...), "id", nil
}

func (p *post) Deliver(_ context.Context, raw []byte, to []*delivery.Recipient) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.panics == "deliver" {
		panic("secret of the inside")
	}
	if p.fails != nil {
		return p.fails
	}
	p.messages = append(p.messages, string(raw))
	p.to = append(p.to, len(to))
	return nil
}

func (p *post) stored() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.messages...)
}

// visitor logs alice in.
type visitor struct{}

var aliceSalt = auth.Salt{9}

func failed(code imap.ResponseCode) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code}
}

func (visitor) CheckPassword(_ context.Context, username, password string) error {
	switch {
	case username == "alice@example.org" && password == "right":
		return nil
	case username == "off@example.org":
		return failed(imap.ResponseCodeAuthorizationFailed)
	case username == "down@example.org":
		return failed(imap.ResponseCodeUnavailable)
	}
	return failed(imap.ResponseCodeAuthenticationFailed)
}

func (visitor) Challenge(string) (auth.Salt, int) { return aliceSalt, 4096 }

var aliceKnown = sync.OnceValues(func() (*auth.Authenticator, auth.Verifiers) {
	a, err := auth.New(auth.Options{Params: auth.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, Iterations: 4096, Rand: rand.Reader})
	if err != nil {
		panic(err)
	}
	v, err := a.NewPassword(context.Background(), aliceSalt, "right")
	if err != nil {
		panic(err)
	}
	return a, v
})

func (visitor) CheckProof(_ context.Context, username string, p *auth.Proof) (signature [32]byte, err error) {
	a, v := aliceKnown()
	signature, known := a.CheckProof(v, aliceSalt, p)
	if !known || username != "alice@example.org" {
		return signature, failed(imap.ResponseCodeAuthenticationFailed)
	}
	return signature, nil
}

func (visitor) Identity() session.Identity {
	return session.Identity{Address: "alice@example.org", Account: command.AccountID{1}, Version: 1}
}

func guests(netip.Addr) Guest { return visitor{} }

type fixture struct {
	t      testing.TB
	post   *post
	server *Server
	client *tls.Config
}

// newFixture runs a server. change may be nil.
func newFixture(t testing.TB, change func(o *Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, post: &post{}}
	server, client := testTLS(t)
	f.client = client
	o := Options{
		Courier: f.post, Guests: guests, TLSConfig: server,
		PlainOnLoopback: true, Limits: Limits{GreetPause: time.Nanosecond, MessageBytes: 1 << 20},
	}
	if change != nil {
		change(&o)
	}
	var err error
	if f.server, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = f.server.Shutdown(ctx)
	})
	return f
}

// client is one connection; its peer is this machine.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

// onLoopback is a pipe whose ends say that they are on this machine.
type onLoopback struct{ net.Conn }

func (onLoopback) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (onLoopback) LocalAddr() net.Addr  { return onLoopback{}.RemoteAddr() }

// dial opens a connection and reads the greeting.
func (f *fixture) dial(m Mode) *client {
	f.t.Helper()
	c := f.connect(m, false)
	c.want("220")
	return c
}

// connect opens a connection over TCP on this machine.
func (f *fixture) connect(m Mode, implicitTLS bool) *client {
	f.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		f.t.Fatal(err)
	}
	f.server.accept(accepted, m, implicitTLS)
	f.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second)) // a test that hangs fails
	return &client{t: f.t, conn: conn, r: bufio.NewReader(conn)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatalf("send %.40q: %v", text, err)
	}
}

// reply reads one whole reply; "" at the end of the connection.
func (c *client) reply() string {
	var all string
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return all
		}
		all += line
		if len(line) < 4 || line[3] != '-' {
			return all
		}
	}
}

// want reads one reply, which must begin with code.
func (c *client) want(code string) string {
	c.t.Helper()
	r := c.reply()
	if !strings.HasPrefix(r, code) {
		c.t.Fatalf("reply %q, want %s", r, code)
	}
	return r
}

// do sends a line and reads its reply, which must begin with code.
func (c *client) do(line, code string) string {
	c.t.Helper()
	c.send(line + "\r\n")
	return c.want(code)
}

// closed checks that nothing comes any more.
func (c *client) closed() {
	c.t.Helper()
	if r := c.reply(); r != "" {
		c.t.Fatalf("reply %q, want the end", r)
	}
}

// rest reads everything until the connection ends.
func (c *client) rest() string {
	b, _ := io.ReadAll(c.r)
	return string(b)
}

// envelope opens a transaction to alice on an intake connection.
func (c *client) envelope() {
	c.t.Helper()
	c.do("EHLO there", "250")
	c.do("MAIL FROM:<x@elsewhere.net>", "250 2.1.0")
	c.do("RCPT TO:<alice@example.org>", "250 2.1.5")
}
