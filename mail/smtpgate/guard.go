package smtpgate

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"time"

	"troxymail/mail/delivery"
	"troxymail/mail/limit"
	"troxymail/mail/session"
)

// guard is one connection. After serve, one goroutine of an engine at a time works for it.
type guard struct {
	server *Server
	mode   Mode
	raw    net.Conn // the socket
	timed  *timed   // over the socket: deadlines
	stream net.Conn // what is spoken on: timed, or TLS over it
	input  *bufio.Reader
	output []byte // replies that were not written yet
	ticket *limit.Ticket
	peer   netip.Addr
	ctx    context.Context
	cancel context.CancelFunc

	tls      bool
	helo     string
	extended bool
	guest    Guest
	identity *session.Identity // who logged in
	mail     *transaction

	asked    request // what the engine works on
	feed     []byte  // what the engine reads next
	answer   []byte  // of the engine, incomplete
	greeted  bool    // the current engine said its greeting
	dialogue bool    // the next line answers a challenge of AUTH

	stored   string // the id of the last message
	ended    bool   // finish was called
	deaf     bool   // a reply could not be written
	fatal    *reply // the connection ends with it
	commands int    // before login
	idle     int    // since the last message
	busy     int    // commands since the last message
	refused  int
	failures int // logins
	messages int
}

// transaction is a mail transaction (RFC 5321, 3.3).
type transaction struct {
	from       path
	parameters parameters
	rcpts      []path
	recipients []*delivery.Recipient
	text       *text // once BDAT or DATA has begun
	chunks     int
	noQuorum   bool // no quorum answered a RCPT: the others of this transaction are not asked about
}

// request is one command on its way through the engine.
type request struct {
	verb   string
	name   string // of HELO and EHLO: what the client calls itself
	silent bool   // its reply is not the client's
	path   path   // of MAIL and RCPT
	params parameters
}

func newGuard(s *Server, c net.Conn, m Mode, ticket *limit.Ticket, peer netip.Addr) *guard {
	g := &guard{server: s, mode: m, raw: c, ticket: ticket, peer: peer}
	g.ctx, g.cancel = context.WithCancel(s.ctx)
	g.timed = &timed{Conn: c, limits: &s.limits}
	g.guest = s.options.Guests(peer)
	g.listenTo(g.timed)
	return g
}

// listenTo speaks on c from now on.
func (g *guard) listenTo(c net.Conn) {
	g.stream = c
	g.input = bufio.NewReaderSize(flushing{g}, readBufferBytes)
}

// flushing reads from the client once all replies are on their way: nobody waits for what lies here, also when the
// input ends amid a line. A client that takes no replies is read from no more.
type flushing struct{ g *guard }

func (f flushing) Read(p []byte) (int, error) {
	f.g.flush()
	if f.g.deaf {
		return 0, io.EOF
	}
	return f.g.stream.Read(p)
}

// serve begins the connection and hands it to an engine.
func (g *guard) serve(implicitTLS bool) {
	defer func() {
		if recover() != nil {
			g.server.panicked("serve", debug.Stack())
			g.finish()
		}
	}()
	known := g.server.limits.FirstRcpt
	if g.mode == Submission {
		known = g.server.limits.PreAuth
	}
	g.timed.until(time.Now().Add(known))
	if implicitTLS && !g.handshake() || g.early(implicitTLS) {
		g.finish()
		return
	}
	note := ""
	if g.server.options.Simulated {
		note = " (SIMULATED enclave, development only)"
	}
	g.say(&reply{220, "", g.server.options.Hostname + " ESMTP Troxymail" + note})
	if !g.hand() {
		g.finish()
	}
}

// early reports whether an intake client talked before it was greeted, and turns it away.
func (g *guard) early(implicitTLS bool) bool {
	if g.mode != Intake || implicitTLS {
		return false
	}
	g.raw.SetReadDeadline(time.Now().Add(g.server.limits.GreetPause))
	_, err := io.ReadFull(g.raw, make([]byte, 1))
	switch {
	case err == nil:
		g.say(replyEarly)
		g.flush()
		return true
	case errors.Is(err, os.ErrDeadlineExceeded):
		return false
	}
	return true
}

// hand gives the connection to the engine that fits.
func (g *guard) hand() bool {
	g.greeted, g.asked, g.feed, g.answer, g.dialogue = false, request{}, nil, nil, false
	i := withoutTLS
	if g.tls {
		i = withTLS
	}
	return g.server.engines[i].put(&line{g: g})
}

// handshake puts TLS over the socket.
func (g *guard) handshake() bool {
	ctx, cancel := context.WithTimeout(g.ctx, g.server.limits.Handshake)
	defer cancel()
	c := tls.Server(g.timed, g.server.tls)
	g.timed.inside()
	if err := c.HandshakeContext(ctx); err != nil {
		return false
	}
	g.tls = true
	g.listenTo(c)
	return true
}

// startTLS follows STARTTLS: nothing that was said before counts any more (RFC 3207, 4.2).
func (g *guard) startTLS() bool {
	g.helo, g.extended = "", false
	return g.handshake() && g.hand()
}

// finish ends the connection, once.
func (g *guard) finish() {
	if g.ended {
		return
	}
	g.ended = true
	g.cancel()
	g.endMail()
	if g.fatal != nil {
		g.say(g.fatal)
	}
	g.flush()
	g.stream.SetWriteDeadline(time.Now().Add(acceptPause))
	g.stream.Close()
	g.raw.Close()
	g.ticket.Close()
	g.server.forget(g)
}

// crash ends the connection after a panic in the guard itself.
func (g *guard) crash() { g.fatal = replyCrashed }

// state is what the table judges by.
func (g *guard) state() *state {
	s := &state{
		mode: g.mode, tls: g.tls, offerTLS: g.server.tls != nil, hello: g.helo != "", extended: g.extended,
		plainOK: g.server.options.PlainOnLoopback && g.peer.IsLoopback(), authed: g.identity != nil,
	}
	if g.mail != nil {
		s.mail, s.rcpts, s.chunked = true, len(g.mail.rcpts), g.mail.text != nil
	}
	return s
}

// say puts a reply behind those that were not written yet.
func (g *guard) say(r *reply) {
	g.output = append(g.output, r.line()...)
	if len(g.output) >= flushBytes {
		g.flush()
	}
}

// flush writes what was said. A client that takes nothing is read from no more.
func (g *guard) flush() {
	if len(g.output) == 0 || g.deaf {
		return
	}
	if _, err := g.stream.Write(g.output); err != nil {
		g.deaf = true
	}
	g.output = nil
}

// refuse says no, and ends the connection when that was once too often.
func (g *guard) refuse(r *reply) {
	g.say(r)
	g.count(r.code)
}

// count counts a refusal.
func (g *guard) count(code int) {
	if code < 400 {
		return
	}
	if g.refused++; g.refused >= refusedCommands && g.fatal == nil {
		g.fatal = replyErrors
	}
}
