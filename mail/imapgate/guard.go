package imapgate

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"troxymail/mail/limit"
)

// guard is one client connection. Towards the client it is the whole server until login, and the
// framer of commands ever after; towards the engine it is a net.Conn that carries one harmless command
// at a time.
type guard struct {
	framer
	server *Server
	ticket *limit.Ticket
	raw    net.Conn // as accepted; closing it ends everything
	conn   *timed   // raw, or TLS over it
	reader *bufio.Reader
	out    outbox
	peer   netip.Addr
	secure bool
	guest  Guest

	ctx      context.Context // of all session calls; ends with the connection
	cancel   context.CancelFunc
	deadline time.Time // to have logged in
	closed   sync.Once
	linger   bool // the client may still be sending what was refused

	mu          sync.Mutex // guards conn's replacement and the two below
	stopped     bool       // kick was called
	handshaking bool

	session  Session // nil before login
	mailbox  bool    // one is selected
	received int     // commands before login
	failures int     // refused passwords
	bads     int     // BAD answers in a row

	// What follows belongs to the command the engine is at work on.
	input    []byte   // what the engine has not read yet
	current  *command // nil when the engine has none
	upload   *upload  // its message, if it is an APPEND
	appended bool     // the engine came to the message, so it will look for the line end
	answered bool     // the tagged answer was written
	greeted  bool     // the engine's greeting was swallowed
	open     bool     // a message of a FETCH response is
}

// newGuard makes the guard of an accepted connection.
func newGuard(s *Server, raw net.Conn, ticket *limit.Ticket, peer netip.Addr) *guard {
	g := &guard{server: s, raw: raw, ticket: ticket, peer: peer, guest: s.options.Sessions.Guest(peer)}
	g.ctx, g.cancel = context.WithCancel(s.ctx)
	g.deadline = time.Now().Add(s.limits.PreAuth)
	g.speakOver(raw)
	return g
}

// speakOver starts the conversation anew over c: nothing that was read before remains.
func (g *guard) speakOver(c net.Conn) {
	conn := &timed{Conn: c, limits: g.server.limits, total: g.deadline}
	g.out.redirect(conn)
	g.reader = bufio.NewReaderSize(flushing{g}, readBufferBytes)
	g.framer = framer{r: g.reader, began: conn.inside, proceed: g.proceed, admit: g.admitLiteral}

	g.mu.Lock()
	defer g.mu.Unlock()
	g.conn = conn
	g.handshaking = false
	if g.stopped {
		conn.kick()
	}
}

// kick ends a wait of the connection for a command or for a handshake; a command at work is finished
// first. It may be called from any goroutine.
func (g *guard) kick() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = true
	g.conn.kick()
	if g.handshaking {
		g.cancel()
	}
}

// flushing reads from the client once all answers are on their way.
type flushing struct{ g *guard }

func (f flushing) Read(p []byte) (int, error) {
	if err := f.g.out.flush(); err != nil {
		return 0, err
	}
	return f.g.conn.Read(p)
}

// write answers the client.
func (g *guard) write(s string) error {
	_, err := g.out.Write([]byte(s))
	return err
}

// proceed asks for a synchronising literal. The text is for people only.
func (g *guard) proceed() error { return g.write("+ Ready for literal data\r\n") }

// state is where the connection is.
func (g *guard) state() state {
	switch {
	case g.session == nil:
		return notAuthenticated
	case g.mailbox:
		return selected
	default:
		return authenticated
	}
}

// admit says whether a command may run.
func (g *guard) admit(c *command) *fault {
	if f := admit(c, g.state()); f != nil {
		return f
	}
	if (c.name == "LOGIN" || c.name == "AUTHENTICATE") && !g.mayLogin() {
		return no(c.tag, "PRIVACYREQUIRED", "Start TLS before you log in")
	}
	return nil
}

// admitLiteral says whether a command may send a literal. Before login only the strings of LOGIN can
// need one.
func (g *guard) admitLiteral(c *command) *fault {
	f := g.admit(c)
	if f == nil && g.session == nil && c.name != "LOGIN" {
		f = fatal(c.tag, "This command has no literals")
	}
	return f
}

// mayLogin reports whether passwords may be sent over this connection.
func (g *guard) mayLogin() bool {
	return g.secure || g.server.options.PlainOnLoopback && g.peer.IsLoopback()
}

// refuse answers with a fault and reports whether the connection must end.
func (g *guard) refuse(f *fault) (end bool) {
	g.write(f.lines())
	if f.kind == "BAD" {
		g.bads++
	}
	g.linger = g.linger || f.fatal
	return f.fatal || g.tooManyBad()
}

// tooManyBad says goodbye to a client that sends nothing but nonsense.
func (g *guard) tooManyBad() bool {
	if g.bads < badCommands {
		return false
	}
	g.linger = true
	g.bye("Too many bad commands")
	return true
}

// bye tells the client that the connection ends.
func (g *guard) bye(text string) { g.write(statusLine("*", "BYE", "", text)) }

// nextCommand reads a command that the state allows. It answers what it refuses; io.EOF means that the
// connection is over and the client knows why, as far as it can be told.
func (g *guard) nextCommand(b bounds) (*command, error) {
	for {
		g.conn.wait()
		if g.conn.isKicked() {
			return nil, g.over(errKicked)
		}
		c, err := g.framer.next(b)
		var f *fault
		if err == nil {
			if f = g.admit(c); f == nil {
				f = check(c)
			}
		} else if !errors.As(err, &f) {
			return nil, g.over(err)
		}
		switch {
		case f == nil:
			return c, nil
		case g.refuse(f):
			return nil, io.EOF
		}
		if g.session == nil && g.overused() {
			return nil, io.EOF
		}
	}
}

// overused counts a command before login and says goodbye when there were too many.
func (g *guard) overused() bool {
	if g.received++; g.received <= preAuthCommands {
		return false
	}
	g.linger = true
	g.bye("Too many commands before login")
	return true
}

// over ends the conversation for a reader's error and returns io.EOF.
func (g *guard) over(err error) error {
	var f *fault
	switch {
	case errors.As(err, &f):
		g.refuse(f)
	case errors.Is(err, errKicked) && g.server.stopping():
		g.bye("Server is shutting down, please reconnect")
	case errors.Is(err, errKicked) && g.server.farewell() != "":
		g.bye(g.server.farewell())
	case errors.Is(err, errKicked):
		g.bye("Mailbox updates are not available now, please reconnect")
	case errors.Is(err, os.ErrDeadlineExceeded):
		g.bye("Idle for too long")
	}
	return io.EOF
}

// kill cuts the connection from any goroutine; whoever works for it finds out at its next read, write
// or session call.
func (g *guard) kill() {
	g.cancel()
	g.raw.Close()
}

// finish releases all that the connection holds, once. No goroutine works for it any more.
func (g *guard) finish() {
	g.closed.Do(func() {
		if g.out.flush() == nil && g.linger {
			g.drain()
		}
		g.out.close()
		g.ticket.Close() // its place is free when the client sees the end
		g.conn.Close()   // over TLS this sends close_notify
		g.kill()
		g.server.forget(g)
	})
}

// drain lets a client read why it was refused before it finds the connection reset, which is what TCP
// does to a connection that is closed with bytes unread.
func (g *guard) drain() {
	half, ok := g.conn.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	g.raw.SetReadDeadline(time.Now().Add(lingerTime))
	io.CopyN(io.Discard, g.raw, lingerBytes)
}
