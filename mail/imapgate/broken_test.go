package imapgate

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/limit"
)

// A panic in any session call ends that connection and nothing else, and its value is not logged.
func TestPanicsEndOneConnection(t *testing.T) {
	const content = "the very private content"
	for _, tc := range []struct{ call, send string }{
		{"LOGIN", ""}, {"CLOSED", "a LOGOUT\r\n"},
		{"LIST", "a LIST \"\" *\r\n"}, {"STATUS", "a STATUS x (SIZE)\r\n"},
		{"CREATE", "a CREATE x\r\n"}, {"DELETE", "a DELETE x\r\n"}, {"RENAME", "a RENAME x y\r\n"},
		{"SUBSCRIBE", "a SUBSCRIBE x\r\n"}, {"UNSUBSCRIBE", "a UNSUBSCRIBE x\r\n"},
		{"APPEND", "a APPEND INBOX {3+}\r\nabc\r\n"}, {"NAMESPACE", "a NAMESPACE\r\n"},
		{"SELECT", "a SELECT INBOX\r\n"}, {"UNSELECT", "a UNSELECT\r\n"}, {"POLL", "a NOOP\r\n"},
		{"FETCH", "a FETCH 1 FLAGS\r\n"}, {"STORE", "a STORE 1 FLAGS ()\r\n"}, {"SEARCH", "a SEARCH ALL\r\n"},
		{"COPY", "a COPY 1 x\r\n"}, {"MOVE", "a MOVE 1 x\r\n"}, {"EXPUNGE", "a EXPUNGE\r\n"},
	} {
		t.Run(tc.call, func(t *testing.T) {
			var log syncBuffer
			g := open(t, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			var c *client
			if tc.call != "LOGIN" {
				c = g.selectInbox()
			} else {
				c = g.dial()
				tc.send = "a LOGIN x y\r\n"
			}
			witness := g.login()
			g.fake.hook = func(_ context.Context, call string) error {
				if strings.HasPrefix(call, tc.call) {
					panic(content)
				}
				return nil
			}
			c.send(tc.send)
			c.rest()
			g.fake.mu.Lock()
			g.fake.hook = nil
			g.fake.mu.Unlock()
			witness.send("z NOOP\r\n")
			witness.expect("z OK")
			ctxShutdown(t, g)
			if g.server.Panics() == 0 {
				t.Error("not counted")
			}
			if strings.Contains(log.String(), content) {
				t.Errorf("logged: %s", log.String())
			}
		})
	}
}

// An error of the session layer that is no *imap.Error reaches neither client nor log as text.
func TestErrorsKeepTheirText(t *testing.T) {
	const content = "private/mailbox name"
	var log syncBuffer
	g := open(t, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	c := g.login()
	g.fake.hook = refuseCall("CREATE", contentError(content))
	c.send("a CREATE x\r\n")
	if line, _ := c.line(); line != "a NO Internal error, please try again" {
		t.Errorf("got %q", line)
	}
	if strings.Contains(log.String(), content) || !strings.Contains(log.String(), "contentError") {
		t.Errorf("log: %s", log.String())
	}
	g.fake.hook = refuseCall("CREATE", &imap.Error{Type: "NO", Code: "CANNOT", Text: "two\r\nx lines"})
	c.send("b CREATE x\r\n")
	c.expect("b NO [CANNOT] two  x lines")
	g.fake.hook = refuseCall("CREATE", &imap.Error{Type: "NO", Code: imap.ResponseCodeServerBug, Text: "Internal error"})
	c.send("c CREATE x\r\n")
	c.expect("c NO [SERVERBUG] Internal error") // and not that the client's syntax is wrong
}

type contentError string

func (e contentError) Error() string { return string(e) }

// A response that the session leaves unfinished cannot be followed by another.
func TestUnfinishedMessageEndsTheConnection(t *testing.T) {
	g := open(t)
	g.fake.short = true
	c := g.selectInbox()
	c.send("a FETCH 1 BODY[]\r\nb CREATE x\r\n")
	for _, l := range c.rest() {
		if strings.HasPrefix(l, "a ") || strings.HasPrefix(l, "b ") {
			t.Errorf("answered %q", l)
		}
	}
	if calls := without(g.fake.took(), "FETCH", "CLOSED", "POLL"); len(calls) != 0 {
		t.Errorf("ran %q", calls)
	}
}

func TestBodyStructureIsMadeWritable(t *testing.T) {
	inner := &imap.BodyStructureMultiPart{Subtype: "mixed"} // no part, no extension data
	for _, b := range []imap.BodyStructure{
		nil,
		&imap.BodyStructureSinglePart{Type: "text", Subtype: "plain"},
		inner,
		&imap.BodyStructureMultiPart{Subtype: "mixed", Children: []imap.BodyStructure{inner, nil}},
		&imap.BodyStructureSinglePart{
			Type: "message", Subtype: "rfc822",
			MessageRFC822: &imap.BodyStructureMessageRFC822{BodyStructure: inner},
		},
	} {
		g := open(t)
		g.fake.structure = b
		c := g.selectInbox()
		c.send("a FETCH 1 (BODY BODYSTRUCTURE)\r\n")
		c.until("a OK")
		if g.server.Panics() != 0 || len(inner.Children) != 0 || inner.Extended != nil {
			t.Errorf("%T: panicked, or changed what it was given", b)
		}
	}
}

// Items come back by the names that they were asked for: some clients look for their own words.
func TestNamesOfFetchItems(t *testing.T) {
	g := open(t)
	c := g.selectInbox()
	c.send("a FETCH 1 (RFC822 BODY.PEEK[HEADER.FIELDS (Subject \"From\")] BODY[HEADER.FIELDS.NOT (To)]<0.9> " +
		"BODY[2.HEADER.FIELDS (X-A)] BODY[HEADER.FIELDS (\"a\\\"b\" C)] BODY[HEADER.FIELDS (\"a]\")])\r\n")
	got := strings.Join(c.until("a OK"), "\n")
	for _, want := range []string{"(RFC822 {", "BODY[HEADER.FIELDS (Subject From)] {", "BODY[HEADER.FIELDS.NOT (To)]<0> {",
		"BODY[2.HEADER.FIELDS (X-A)] {", `BODY[HEADER.FIELDS ("a\"b" "C")] {`, `BODY[HEADER.FIELDS ("a]")] {`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
}

func TestTooManyBadCommands(t *testing.T) {
	g := open(t)
	c := g.selectInbox()
	c.send(strings.Repeat("a FROB\r\nb FETCH 1:x FLAGS\r\n", badCommands))
	bad := 0
	for _, l := range c.rest() {
		if strings.Contains(l, " BAD ") {
			bad++
		}
	}
	if bad != badCommands {
		t.Errorf("%d BAD answers, want %d", bad, badCommands)
	}
}

func TestTooManyCommandsBeforeLogin(t *testing.T) {
	g := open(t)
	c := g.dial()
	c.send(strings.Repeat("a NOOP\r\n", preAuthCommands+1))
	if got := c.rest(); len(got) != preAuthCommands+1 || !strings.HasPrefix(got[preAuthCommands], "* BYE") {
		t.Errorf("%d answers, the last %q", len(got), got[len(got)-1])
	}
}

// Another protocol is not talked to.
func TestOtherProtocolsBeforeLogin(t *testing.T) {
	for _, send := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "EHLO x\r\n", "a XYZ\r\n"} {
		g := open(t)
		c := g.dial()
		c.send(send)
		if got := c.rest(); len(got) != 2 || !strings.HasPrefix(got[1], "* BYE") {
			t.Errorf("%q: got %q", send, got)
		}
	}
}

func TestConnectionCaps(t *testing.T) {
	g := open(t, func(o *Options) {
		o.Conns = limit.NewConns(limit.Caps{Total: 3, PreAuth: 3, PerAddress: 2, PerNetwork: 2})
	})
	g.dial()
	second := g.dial()
	third := newClient(t, mustDial(t, g.plain.String()))
	third.expect("* BYE Too many connections")
	third.expectClosed()
	second.send("a LOGOUT\r\n")
	second.rest()
	g.dial()
}

func TestShutdown(t *testing.T) {
	g := open(t)
	before, waiting, idling, busy := g.dial(), g.login(), g.selectInbox(), g.login()
	idling.send("a IDLE\r\n")
	idling.expect("+ idling")
	release, started := make(chan struct{}), make(chan struct{})
	g.fake.mu.Lock()
	g.fake.hook = func(_ context.Context, call string) error {
		if strings.HasPrefix(call, "CREATE") {
			close(started)
			<-release
		}
		return nil
	}
	g.fake.mu.Unlock()
	busy.send("a CREATE x\r\nb CREATE y\r\n")
	<-started
	done := make(chan error)
	go func() { done <- g.server.Shutdown(context.Background()) }()
	for _, c := range []*client{before, waiting, idling} {
		c.expect("* BYE")
		c.expectClosed()
	}
	close(release)
	busy.expect("a OK", "* BYE") // the command at work is finished, the next is not begun
	busy.expectClosed()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestShutdownGivesUp(t *testing.T) {
	g := open(t)
	c := g.login()
	started := make(chan struct{})
	g.fake.mu.Lock()
	g.fake.hook = func(ctx context.Context, call string) error {
		if strings.HasPrefix(call, "CREATE") {
			close(started)
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	g.fake.mu.Unlock()
	c.send("a CREATE x\r\n")
	<-started
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.server.Shutdown(ctx); err == nil {
		t.Fatal("a command that never ends was waited for")
	}
	c.rest()
}

// Should the engine ever ask for more than its command before it has answered, it gets no more.
func TestEngineThatLosesItsPlaceGetsNoMore(t *testing.T) {
	g := open(t)
	ours, theirs := net.Pipe()
	defer ours.Close()
	guard := newGuard(g.server, theirs, nil, netip.Addr{})
	defer guard.kill()
	guard.current = &command{tag: "a", name: "LIST"}
	if n, err := guard.Read(make([]byte, 10)); n != 0 || err != io.EOF {
		t.Fatalf("read %d bytes, error %v", n, err)
	}
}

// What a connection holds before login, whatever it sends, is bounded: here many send as much of a
// command as they may, and neither end nor log in.
func TestMemoryBeforeLogin(t *testing.T) {
	// bytes: 64 KiB for the server and 32 KiB for the client, which is in this process too
	const clients, each = 100, 96 << 10
	g := open(t, func(o *Options) {
		o.Conns = limit.NewConns(limit.Caps{
			Total: clients, PreAuth: clients, PerAddress: clients, PerNetwork: clients,
		})
	})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before := heap()
	for range clients {
		conn, err := tls.Dial("tcp", g.implicit.String(), g.clientTLS)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, conn)
		c.expect("* OK")
		c.send("a NOOP\r\nb AUTHENTICATE PLAIN " + strings.Repeat("A", authLineBytes-30))
		c.expect("a OK")
	}
	if after := heap(); after > before+clients*each {
		t.Errorf("%d bytes for each connection", (after-before)/clients)
	} else {
		t.Logf("%d bytes for each connection", (after-before)/clients)
	}
}

func TestPeers(t *testing.T) {
	if loopback := netip.MustParseAddr("::ffff:127.0.0.1").Unmap(); !loopback.IsLoopback() {
		t.Fatal("an IPv4 loopback address in IPv6 form is none")
	}
	g := &guard{server: &Server{options: Options{PlainOnLoopback: true}}}
	for addr, want := range map[string]bool{
		"127.0.0.9": true, "::1": true, "192.0.2.1": false, "2001:db8::1": false,
	} {
		if g.peer = netip.MustParseAddr(addr); g.mayLogin() != want {
			t.Errorf("%s may log in without TLS: %v", addr, !want)
		}
	}
	if g.peer = (netip.Addr{}); g.mayLogin() {
		t.Error("a peer without address may log in without TLS")
	}
}

// syncBuffer is a buffer that several goroutines log to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
