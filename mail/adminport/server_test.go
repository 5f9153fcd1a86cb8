package adminport

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
	"troxymail/mail/accounts"
	"troxymail/mail/adminapi"
	"troxymail/mail/auth"
)

// book is an Accounts in memory.
type book struct {
	mu   sync.Mutex
	list []accounts.Account
	err  error // of every call, when set
	asks []string
}

func (b *book) call(what, address string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asks = append(b.asks, what+" "+address)
	return b.err
}

func (b *book) Create(_ context.Context, address, _ string, _ uint64) error {
	return b.call("add", address)
}
func (b *book) SetPassword(_ context.Context, address, _ string) error {
	return b.call("passwd", address)
}
func (b *book) Enable(_ context.Context, address string, on bool) error {
	return b.call(fmt.Sprint("enable ", on), address)
}
func (b *book) Remove(_ context.Context, address string) error { return b.call("remove", address) }
func (b *book) List(context.Context) ([]accounts.Account, error) {
	return b.list, b.call("list", "")
}

func (b *book) AddAppPassword(_ context.Context, address, label, _ string) error {
	return b.call("app "+label, address)
}
func (b *book) RemoveAppPassword(_ context.Context, address, label string) error {
	return b.call("unapp "+label, address)
}
func (b *book) AppPasswords(_ context.Context, address string) ([]string, error) {
	return []string{"phone"}, b.call("apps", address)
}

func (b *book) Propose(_ context.Context, members []wire.ReplicaID) (*refound.Plan, error) {
	if err := b.call(fmt.Sprint("propose ", members), ""); err != nil {
		return nil, err
	}
	return &refound.Plan{Replicas: 3}, nil
}
func (b *book) Order(_ context.Context, order []byte) error { return b.call("order", string(order)) }

func (b *book) asked() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.asks, ", ")
}

// port is a running server with what a test needs to speak to it.
type port struct {
	*Server
	book    *book
	address string
	key     ed25519.PrivateKey
	roots   *x509.CertPool
	active  atomic.Bool
}

func start(t *testing.T) *port {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate, roots := certify(t)
	p := &port{book: &book{}, key: private, roots: roots}
	p.Server = New(Options{
		Replica: 1, Genesis: [32]byte{7}, Admin: public, TLS: &tls.Config{Certificates: []tls.Certificate{certificate}},
		Accounts: p.book, Active: p.active.Load, Refounding: p.book, Rand: rand.Reader,
		Status: func(context.Context) adminapi.Status { return adminapi.Status{Replica: 1, Replicas: 3} },
		Beside: map[string]Handler{"echo/1": {
			TLS:   &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"echo/1"}},
			Serve: func(_ context.Context, c *tls.Conn) { _, _ = io.CopyN(c, c, 4) },
		}},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	return p
}

func certify(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// client is one connection.
type client struct {
	t       *testing.T
	c       *tls.Conn
	context adminapi.Context
}

func (p *port) dial(t *testing.T) *client {
	t.Helper()
	c, err := tls.Dial("tcp", p.address, &tls.Config{RootCAs: p.roots, ServerName: "localhost", NextProtos: []string{Protocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	frame, err := adminapi.ReadFrame(c, adminapi.MaxHelloBytes)
	if err != nil {
		t.Fatal(err)
	}
	h, err := adminapi.DecodeHello(frame)
	if err != nil || h.Replica != 1 || h.Genesis != [32]byte{7} {
		t.Fatalf("%+v, %v", h, err)
	}
	state := c.ConnectionState()
	exporter, err := state.ExportKeyingMaterial(adminapi.ExporterLabel, nil, adminapi.ExporterBytes)
	if err != nil || state.Version != tls.VersionTLS13 {
		t.Fatalf("TLS %x, %v", state.Version, err)
	}
	return &client{t: t, c: c, context: adminapi.Context{Genesis: h.Genesis, Nonce: h.Nonce, Exporter: [32]byte(exporter)}}
}

func (c *client) send(frame []byte) {
	c.t.Helper()
	if _, err := c.c.Write(adminapi.AppendFrame(nil, frame)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) receive() adminapi.Response {
	c.t.Helper()
	frame, err := adminapi.ReadFrame(c.c, adminapi.MaxResponseBytes)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := adminapi.DecodeResponse(frame)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) ended() {
	c.t.Helper()
	if _, err := c.c.Read(make([]byte, 1)); err == nil || !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		c.t.Fatalf("the connection goes on: %v", err)
	}
}

func TestOperations(t *testing.T) {
	p := start(t)
	c := p.dial(t)
	status := adminapi.Request{Op: adminapi.OpStatus}
	add := adminapi.Request{Op: adminapi.OpAdd, Address: "a@example.org", Password: "secret"}
	c.send(c.context.Sign(p.key, 0, &status))
	if r := c.receive(); r.Result != adminapi.ResultOK || r.Status == nil || r.Status.Replicas != 3 {
		t.Fatalf("status before the replica serves: %+v", r)
	}
	c.send(c.context.Sign(p.key, 1, &add))
	if r := c.receive(); r.Result != adminapi.ResultNotServing || p.book.asked() != "" {
		t.Fatalf("add before the replica serves: %+v, %s", r, p.book.asked())
	}
	p.active.Store(true)
	n := uint64(2)
	for _, q := range []adminapi.Request{
		add, {Op: adminapi.OpPassword, Address: "b"}, {Op: adminapi.OpDisable, Address: "c"}, {Op: adminapi.OpEnable, Address: "d"},
		{Op: adminapi.OpRemove, Address: "e"}, {Op: adminapi.OpList},
		{Op: adminapi.OpAppAdd, Address: "f", Label: "phone", Password: "x"}, {Op: adminapi.OpAppRemove, Address: "g", Label: "pc"},
		{Op: adminapi.OpAppList, Address: "h"},
	} {
		c.send(c.context.Sign(p.key, n, &q))
		n++
		if r := c.receive(); r.Result != adminapi.ResultOK || (len(r.Labels) > 0) != (q.Op == adminapi.OpAppList) {
			t.Errorf("%v: %+v", q, r)
		}
	}
	if got := p.book.asked(); got != "add a@example.org, passwd b, enable false c, enable true d, remove e, list , app phone f, unapp pc g, apps h" {
		t.Error(got)
	}
	odd := adminapi.Request{Op: 77}
	c.send(c.context.Sign(p.key, n, &odd))
	if r := c.receive(); r.Result != adminapi.ResultUnsupported {
		t.Errorf("a request of a later version: %+v", r)
	}
}

// A refounding is for replicas that do not serve; every way in which an order can be wrong is told.
func TestRefounding(t *testing.T) {
	p := start(t)
	c := p.dial(t)
	n := uint64(0)
	ask := func(q adminapi.Request) adminapi.Response {
		c.send(c.context.Sign(p.key, n, &q))
		n++
		return c.receive()
	}
	if r := ask(adminapi.Request{Op: adminapi.OpRefound, Members: 5}); r.Result != adminapi.ResultOK || r.Plan == nil || r.Plan.Replicas != 3 {
		t.Errorf("%+v", r)
	}
	ask(adminapi.Request{Op: adminapi.OpRefound})
	if r := ask(adminapi.Request{Op: adminapi.OpOrder, Order: "order"}); r.Result != adminapi.ResultOK {
		t.Errorf("%+v", r)
	}
	if got := p.book.asked(); got != "propose [0 2] , propose [] , order order" {
		t.Error(got)
	}
	for err, want := range map[error]adminapi.Result{
		refound.ErrOther: adminapi.ResultOtherPlan, refound.ErrWords: adminapi.ResultFailed, refound.ErrSignature: adminapi.ResultInvalid,
		fmt.Errorf("%w: short", refound.ErrFormat): adminapi.ResultInvalid, context.DeadlineExceeded: adminapi.ResultUnknown,
		errors.New("else"): adminapi.ResultFailed,
	} {
		p.book.mu.Lock()
		p.book.err = err
		p.book.mu.Unlock()
		if r := ask(adminapi.Request{Op: adminapi.OpOrder}); r.Result != want || r.Text == "" || strings.HasPrefix(r.Text, "refound:") {
			t.Errorf("%v: %+v", err, r)
		}
		if r := ask(adminapi.Request{Op: adminapi.OpRefound, Members: 3}); r.Result == adminapi.ResultOK || r.Plan != nil {
			t.Errorf("%v: %+v", err, r)
		}
	}
}

func TestErrors(t *testing.T) {
	p := start(t)
	p.active.Store(true)
	c := p.dial(t)
	n := uint64(0)
	for err, want := range map[error]adminapi.Result{
		accounts.ErrExists: adminapi.ResultExists, accounts.ErrNoAccount: adminapi.ResultNoAccount,
		fmt.Errorf("%w: no @", accounts.ErrAddress): adminapi.ResultInvalid, auth.ErrPasswordLength: adminapi.ResultInvalid,
		auth.ErrBusy: adminapi.ResultNotServing, accounts.ErrUnavailable: adminapi.ResultUnknown,
		context.DeadlineExceeded: adminapi.ResultUnknown, accounts.ErrRefused: adminapi.ResultFailed,
		errors.New("else"): adminapi.ResultFailed, auth.ErrNoLabel: adminapi.ResultNoLabel, auth.ErrLabelTaken: adminapi.ResultExists,
		auth.ErrLabel: adminapi.ResultInvalid, auth.ErrAppPassword: adminapi.ResultInvalid, auth.ErrFull: adminapi.ResultInvalid,
	} {
		p.book.mu.Lock()
		p.book.err = err
		p.book.mu.Unlock()
		q := adminapi.Request{Op: adminapi.OpRemove, Address: "a@example.org"}
		c.send(c.context.Sign(p.key, n, &q))
		n++
		if r := c.receive(); r.Result != want || r.Text == "" || strings.HasPrefix(r.Text, "accounts:") {
			t.Errorf("%v: %+v", err, r)
		}
	}
}

func TestListPages(t *testing.T) {
	p := start(t)
	p.active.Store(true)
	for i := range adminapi.MaxPage + 3 {
		p.book.list = append(p.book.list, accounts.Account{Address: fmt.Sprintf("a%05d@example.org", i)})
	}
	c := p.dial(t)
	first := adminapi.Request{Op: adminapi.OpList}
	c.send(c.context.Sign(p.key, 0, &first))
	page := c.receive()
	if !page.More || len(page.Accounts) != adminapi.MaxPage {
		t.Fatalf("%d accounts, more %v", len(page.Accounts), page.More)
	}
	second := adminapi.Request{Op: adminapi.OpList, After: page.Accounts[adminapi.MaxPage-1].Address}
	c.send(c.context.Sign(p.key, 1, &second))
	if page = c.receive(); page.More || len(page.Accounts) != 3 || page.Accounts[0] != adminapi.Account(p.book.list[adminapi.MaxPage]) {
		t.Fatalf("%+v", page)
	}
}

// Only what the administrator's key signed for this connection and this place in it is done.
func TestOnlyTheAdministrator(t *testing.T) {
	p := start(t)
	p.active.Store(true)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	remove := adminapi.Request{Op: adminapi.OpRemove, Address: "a@example.org"}
	first := p.dial(t)
	replay := first.context.Sign(p.key, 0, &remove)
	first.send(replay)
	if r := first.receive(); r.Result != adminapi.ResultOK {
		t.Fatalf("%+v", r)
	}
	first.send(replay)
	denied := first.receive()
	if denied.Result != adminapi.ResultDenied {
		t.Errorf("a repeated request: %+v", denied)
	}
	first.ended()
	for name, frame := range map[string]func(c *client) []byte{
		"another key":        func(c *client) []byte { return c.context.Sign(stranger, 0, &remove) },
		"another connection": func(*client) []byte { return replay },
		"another number":     func(c *client) []byte { return c.context.Sign(p.key, 1, &remove) },
		"another genesis": func(c *client) []byte {
			x := c.context
			x.Genesis[0]++
			return x.Sign(p.key, 0, &remove)
		},
		"no signature": func(*client) []byte {
			s := adminapi.Signed{Request: remove.Append(nil)}
			return s.Append(nil)
		},
		"garbage": func(*client) []byte { return []byte("GET / HTTP/1.1") },
		"nothing": func(*client) []byte { return nil },
	} {
		c := p.dial(t)
		c.send(frame(c))
		if r := c.receive(); r.Result != denied.Result || r.Text != denied.Text {
			t.Errorf("%s: %+v", name, r)
		}
		c.ended()
	}
	if got := p.book.asked(); got != "remove a@example.org" {
		t.Errorf("was done: %s", got)
	}
}

func TestFramesAndConnectionsAreBounded(t *testing.T) {
	p := start(t)
	c := p.dial(t)
	if _, err := c.c.Write([]byte{0xff, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	c.ended()
	raw, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Write([]byte("not TLS at all\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, raw); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatal(err)
	}
	for range connectionCaps.PreAuth + 5 {
		c, err := net.Dial("tcp", p.address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	extra, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer extra.Close()
	if n, err := extra.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Fatal("a connection over the cap was kept")
	}
}

// Neither an older TLS nor another protocol gets as far as the nonce.
func TestTLS(t *testing.T) {
	p := start(t)
	for name, c := range map[string]*tls.Config{
		"TLS 1.2":          {MaxVersion: tls.VersionTLS12, NextProtos: []string{Protocol}},
		"another protocol": {NextProtos: []string{"imap"}},
		"no protocol":      {},
	} {
		c.RootCAs, c.ServerName = p.roots, "localhost"
		conn, err := tls.Dial("tcp", p.address, c)
		if err != nil {
			continue
		}
		if _, err := adminapi.ReadFrame(conn, adminapi.MaxHelloBytes); err == nil {
			t.Errorf("%s got a nonce", name)
		}
		conn.Close()
	}
}

// Another protocol at the port gets its own connections and none of the administrator's.
func TestBeside(t *testing.T) {
	p := start(t)
	c, err := tls.Dial("tcp", p.address, &tls.Config{RootCAs: p.roots, ServerName: "localhost", NextProtos: []string{"echo/1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got := make([]byte, 4)
	if _, err := c.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "ping" {
		t.Fatalf("%q, %v", got, err)
	}
	q := adminapi.Request{Op: adminapi.OpStatus}
	d := p.dial(t)
	d.send(d.context.Sign(p.key, 0, &q))
	if r := d.receive(); r.Result != adminapi.ResultOK {
		t.Fatalf("%+v", r)
	}
}
