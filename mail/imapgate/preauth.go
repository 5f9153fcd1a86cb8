package imapgate

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/sasl"
)

var errInjected = errors.New("imapgate: data after STARTTLS before the handshake")

// serve talks to the client until it has logged in, then hands the connection to the engine. It runs
// in the connection's own goroutine.
func (g *guard) serve(implicitTLS bool) {
	handed := false
	defer func() {
		if v := recover(); v != nil {
			g.server.panicked("connection", v)
		}
		if !handed {
			g.closeSession()
			g.finish()
		}
	}()
	if implicitTLS {
		if err := g.startTLS(); err != nil {
			return
		}
	}
	if text := g.server.farewell(); text != "" {
		g.bye(text) // RFC 3501 section 7.1.5: a greeting may be BYE
		return
	}
	g.write(g.greeting())
	for g.session == nil {
		c, err := g.nextCommand(preAuthBounds)
		if err != nil || g.overused() || g.before(c) != nil {
			return
		}
	}
	g.conn.until(time.Time{})
	g.ticket.LoggedIn()
	handed = g.server.hand(g)
}

// closeSession ends a session the engine never got.
func (g *guard) closeSession() {
	if g.session != nil {
		g.session.Close()
	}
}

// before runs a command before login. An error ends the connection.
func (g *guard) before(c *command) error {
	switch c.name {
	case "STARTTLS":
		return g.startTLSCommand(c)
	case "LOGIN":
		return g.login(c)
	case "AUTHENTICATE":
		return g.authenticate(c)
	default:
		return g.local(c)
	}
}

// startTLSCommand is RFC 3501 section 6.2.1. What a client sends after STARTTLS and before the
// handshake is not protected, so it is not read as commands, neither before nor after: bytes that came
// with the command end the connection, later ones are part of the handshake, and fail it.
func (g *guard) startTLSCommand(c *command) error {
	switch {
	case g.secure:
		return g.answer(bad(c.tag, "TLS is active already"))
	case g.server.tls == nil:
		return g.answer(no(c.tag, "", "TLS is not available"))
	case c.arguments() != "":
		return g.answer(bad(c.tag, "STARTTLS has no arguments"))
	case g.reader.Buffered() > 0:
		g.refuse(fatal(c.tag, "Data after STARTTLS"))
		return errInjected
	}
	g.write(statusLine(c.tag, "OK", "", "Begin TLS negotiation now"))
	if err := g.out.flush(); err != nil {
		return err
	}
	return g.startTLS()
}

// startTLS does the handshake and starts the conversation anew over TLS. The time to log in goes on.
func (g *guard) startTLS() error {
	deadline := time.Now().Add(g.server.limits.Handshake)
	if g.deadline.Before(deadline) {
		deadline = g.deadline
	}
	g.mu.Lock()
	g.handshaking = !g.stopped
	stopped := g.stopped
	g.mu.Unlock()
	if stopped {
		return errKicked
	}
	g.raw.SetDeadline(deadline)
	conn := tls.Server(g.raw, g.server.tls)
	if err := conn.HandshakeContext(g.ctx); err != nil {
		return err
	}
	g.raw.SetDeadline(time.Time{})
	g.speakOver(conn)
	g.secure = true
	return nil
}

// login is RFC 3501 section 6.2.3.
func (g *guard) login(c *command) error {
	username, rest, ok := astring(c.arguments())
	if ok {
		rest, ok = strings.CutPrefix(rest, " ")
	}
	var password string
	if ok {
		password, rest, ok = astring(rest)
	}
	if !ok || rest != "" {
		return g.answer(bad(c.tag, "LOGIN has two arguments: user name and password"))
	}
	return g.enter(c.tag, g.guest.CheckPassword(g.ctx, username, password))
}

// authenticate is RFC 3501 section 6.2.2 with the initial response of RFC 4959.
func (g *guard) authenticate(c *command) error {
	mechanism, initial, given := strings.Cut(c.arguments(), " ")
	x := sasl.Begin(mechanism, g.guest, rand.Text())
	if x == nil {
		return g.answer(no(c.tag, "CANNOT", "That mechanism is not offered"))
	}
	var response []byte // nil: none yet
	if given {
		var err error
		if response, err = decodeResponse(initial); err != nil {
			return g.answer(bad(c.tag, "Malformed base64"))
		}
	}
	for {
		challenge, done, err := x.Next(g.ctx, response)
		if err != nil || done {
			return g.enter(c.tag, err)
		}
		if err := g.write("+ " + base64.StdEncoding.EncodeToString(challenge) + "\r\n"); err != nil {
			return err
		}
		g.conn.wait()
		line, err := g.framer.rawLine(authLineBytes)
		if err != nil {
			return g.over(err)
		}
		if string(line) == "*" {
			return g.answer(bad(c.tag, "AUTHENTICATE cancelled"))
		}
		if response, err = decodeResponse(string(line)); err != nil {
			return g.answer(bad(c.tag, "Malformed base64"))
		}
	}
}

// decodeResponse reads what a client says in AUTHENTICATE; never nil. "=" is an empty initial response (RFC 4959).
func decodeResponse(s string) ([]byte, error) {
	if s == "" || s == "=" {
		return []byte{}, nil
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}

// enter lets a client in, unless err says why not. The session layer slows failures down; here their number is
// bounded.
func (g *guard) enter(tag string, err error) error {
	var s Session
	if err == nil {
		s, err = g.guest.Open()
	}
	switch {
	case err == nil:
		g.session = s
		return g.write(statusLine(tag, "OK", "CAPABILITY "+g.capabilities(), "Logged in"))
	case errors.Is(err, sasl.ErrMalformed):
		return g.answer(bad(tag, "Malformed SASL response"))
	case errors.Is(err, sasl.ErrIdentity):
		return g.answer(no(tag, "AUTHORIZATIONFAILED", "You can log in only as yourself"))
	case errors.Is(err, sasl.ErrBinding):
		return g.answer(no(tag, "CANNOT", "Channel binding is not offered"))
	}
	refusal := g.server.refusal(tag, "LOGIN", err)
	if refusal.code != string(imap.ResponseCodeUnavailable) {
		g.failures++
	}
	g.write(refusal.lines())
	if g.failures >= failedLogins {
		g.linger = true
		g.bye("Too many failed logins")
		return io.EOF
	}
	return nil
}

// answer refuses a command, and reports an error when that was once too often.
func (g *guard) answer(f *fault) error {
	if g.refuse(f) {
		return io.EOF
	}
	return nil
}
