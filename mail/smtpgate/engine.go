package smtpgate

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	gosasl "github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"troxymail/mail/delivery"
	"troxymail/mail/sasl"
)

// engine is a go-smtp server and the listener from which it accepts connections that are ready for it.
type engine struct {
	server *smtp.Server
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// start runs the engine. One with TLS below it offers no STARTTLS; the other offers it when the server has it.
// STARTTLS itself never reaches either.
func (e *engine) start(s *Server, overTLS bool) {
	e.conns, e.closed = make(chan net.Conn), make(chan struct{})
	e.server = smtp.NewServer(smtp.BackendFunc(newBackend))
	e.server.Domain = s.options.Hostname
	e.server.MaxRecipients = delivery.MaxRecipients
	e.server.MaxMessageBytes = s.limits.MessageBytes
	e.server.MaxLineLength = 0 // the guard's affair, as all deadlines are
	e.server.AllowInsecureAuth = true
	e.server.EnableSMTPUTF8 = true
	e.server.ErrorLog = engineLog{s}
	if !overTLS && s.tls != nil {
		e.server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} // only so that EHLO offers it
	}
	s.loop.Go(func() { e.server.Serve(e) })
}

// put gives a connection to the engine; false when the server is closed.
func (e *engine) put(c net.Conn) bool {
	select {
	case e.conns <- c:
		return true
	case <-e.closed:
		return false
	}
}

// Accept waits for a connection; net.ErrClosed after Close.
func (e *engine) Accept() (net.Conn, error) {
	select {
	case c := <-e.conns:
		return c, nil
	case <-e.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and put. It may be called more than once.
func (e *engine) Close() error {
	e.once.Do(func() { close(e.closed) })
	return nil
}

// Addr names no address.
func (e *engine) Addr() net.Addr { return engineAddr{} }

type engineAddr struct{}

// Network names the engine in its own errors.
func (engineAddr) Network() string { return "handoff" }

// String names the engine.
func (engineAddr) String() string { return "smtpgate" }

// engineLog takes the engine's log: its texts may hold what clients sent, so only that there was one counts.
type engineLog struct{ s *Server }

// Printf implements smtp.Logger.
func (l engineLog) Printf(format string, _ ...any) { l.s.log.Warn("smtp engine", "format", format) }

// Println implements smtp.Logger.
func (l engineLog) Println(...any) { l.s.log.Warn("smtp engine") }

// line is the guard as one engine's connection. STARTTLS ends one and begins another.
type line struct {
	g    *guard
	over bool // the engine reads no more

	upgrade bool // STARTTLS was accepted: another line follows
	closed  bool
}

var _ net.Conn = (*line)(nil)

// Read gives the engine its next command. The only error is io.EOF.
func (l *line) Read(p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			l.g.server.panicked("read", debug.Stack())
			l.g.crash()
			n, err = 0, io.EOF
		}
	}()
	if l.over {
		return 0, io.EOF
	}
	n, err = l.g.read(l, p)
	if err != nil {
		l.over = true
		return 0, io.EOF
	}
	return n, nil
}

// Write takes the engine's replies.
func (l *line) Write(p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			l.g.server.panicked("write", debug.Stack())
			l.g.crash()
			n, err = 0, net.ErrClosed
		}
	}()
	if l.over {
		return 0, net.ErrClosed
	}
	return len(p), l.g.replied(p)
}

// Close is the last thing the engine does with its connection.
func (l *line) Close() error {
	if l.closed {
		return nil
	}
	l.closed, l.over = true, true
	defer func() {
		if recover() != nil {
			l.g.server.panicked("close", debug.Stack())
			l.g.finish()
		}
	}()
	if !l.upgrade || !l.g.startTLS() {
		l.g.finish()
	}
	return nil
}

// LocalAddr is the address the client connected to.
func (l *line) LocalAddr() net.Addr { return l.g.raw.LocalAddr() }

// RemoteAddr is the client's address.
func (l *line) RemoteAddr() net.Addr { return l.g.raw.RemoteAddr() }

// SetDeadline does nothing: deadlines are the guard's own.
func (l *line) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (l *line) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (l *line) SetWriteDeadline(time.Time) error { return nil }

// backend is a go-smtp session. Every error that it returns is an *smtp.SMTPError, and no panic leaves it.
type backend struct{ g *guard }

var _ smtp.AuthSession = backend{}

func newBackend(c *smtp.Conn) (smtp.Session, error) {
	l, ok := c.Conn().(*line)
	if !ok {
		return nil, errors.New("smtpgate: engine got a foreign connection")
	}
	return backend{l.g}, nil
}

// safely runs f and makes replies of what it returns, and of a panic.
func (b backend) safely(where string, f func() *reply) (err error) {
	defer func() {
		if recover() != nil {
			b.g.server.panicked(where, debug.Stack())
			b.g.fatal = replyCrashed
			err = replyInternal.err()
		}
	}()
	if r := f(); r != nil {
		return r.err()
	}
	return nil
}

// Mail implements smtp.Session; the guard has read the path itself, and tells the engine of none.
func (b backend) Mail(string, *smtp.MailOptions) error { return b.safely("mail", b.g.beginMail) }

// Rcpt implements smtp.Session.
func (b backend) Rcpt(string, *smtp.RcptOptions) error { return b.safely("rcpt", b.g.addRecipient) }

// Data implements smtp.Session; the guard has received the text itself.
func (b backend) Data(io.Reader) error { return b.safely("data", b.g.deliver) }

// Reset implements smtp.Session.
func (b backend) Reset() { _ = b.safely("reset", b.g.endMail) }

// Logout implements smtp.Session.
func (b backend) Logout() error { return b.safely("logout", b.g.endMail) }

// AuthMechanisms implements smtp.AuthSession.
func (b backend) AuthMechanisms() []string {
	s := b.g.state()
	if s.mode != Submission || !s.tls && !s.plainOK {
		return nil
	}
	return sasl.Mechanisms
}

// Auth implements smtp.AuthSession.
func (b backend) Auth(mechanism string) (gosasl.Server, error) {
	x := sasl.Begin(mechanism, b.g.guest, rand.Text())
	if x == nil {
		return nil, replyMechanism.err()
	}
	return exchange{b.g, x}, nil
}
