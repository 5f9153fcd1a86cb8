package imapgate

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// The guard as the engine's net.Conn. Read and Write are called by the engine's goroutine only.

var errDesync = errors.New("imapgate: engine wants more than the command it got")

// emptyLiteral stands in for an APPEND's message: the engine takes it for a literal that was sent
// unasked, finds it empty, and calls the session's Append.
const emptyLiteral = "{0+}\r\n"

// Read gives the engine the rest of its command, or runs the conversation with the client until there
// is a command for it. The only error is io.EOF.
func (g *guard) Read(p []byte) (int, error) {
	if len(g.input) == 0 {
		if err := g.refill(); err != nil {
			return 0, io.EOF
		}
	}
	n := copy(p, g.input)
	g.input = g.input[n:]
	return n, nil
}

// refill puts the next thing the engine may read into input. An error ends the connection.
func (g *guard) refill() error {
	if g.appended {
		g.appended = false
		g.input = []byte("\r\n")
		return nil
	}
	if err := g.commandDone(); err != nil {
		return err
	}
	for {
		c, err := g.nextCommand(sessionBounds)
		if err != nil {
			return err
		}
		if c.name == "APPEND" && c.message != nil {
			if refused, err := g.receive(c); err != nil {
				return err
			} else if refused {
				continue
			}
		}
		if !commands[c.name].engine {
			if err := g.local(c); err != nil {
				return err
			}
			continue
		}
		g.current = c
		g.answered = false
		g.input = append(c.line, "\r\n"...)
		if c.message != nil {
			g.input = append(c.line, emptyLiteral...)
		}
		return nil
	}
}

// receive prepares for an APPEND's message, or refuses it.
func (g *guard) receive(c *command) (refused bool, err error) {
	m := c.message
	u := &upload{g: g, tag: c.tag, size: m.size, left: m.size, sync: m.sync, asked: !m.sync}
	var f *fault
	switch {
	case m.size == 0:
		f = no(c.tag, "CANNOT", "A message has at least one byte")
	case m.size > int64(g.session.AppendLimit()):
		f = no(c.tag, "TOOBIG", "Message larger than the limit")
	default:
		g.upload = u
		return false, nil
	}
	if err := u.finish(); err != nil {
		return true, g.over(err)
	}
	return true, g.answer(f)
}

// commandDone ends the command the engine was at work on.
func (g *guard) commandDone() error {
	c, u := g.current, g.upload
	g.current, g.upload = nil, nil
	if c == nil {
		return nil
	}
	if !g.answered {
		g.server.log.Error("imap engine lost its place, connection closed", "command", c.name)
		g.bye("Internal error")
		return errDesync
	}
	if u != nil {
		if err := u.finish(); err != nil {
			return g.over(err)
		}
	}
	if g.tooManyBad() {
		return io.EOF
	}
	return nil
}

// Write passes the engine's answers on. The engine writes each response whole, or from its beginning,
// in one call.
func (g *guard) Write(p []byte) (int, error) {
	out := p
	if !g.greeted {
		// The engine believes that it greets; the client was greeted long ago.
		end := bytes.IndexByte(p, '\n')
		g.greeted = end >= 0
		out = p[end+1:]
		if end < 0 {
			out = nil
		}
	}
	if c := g.current; c != nil && !g.answered {
		if status, ok := bytes.CutPrefix(out, []byte(c.tag+" ")); ok {
			g.answered = true
			out = g.tagged(c, out, status)
		}
	}
	if len(out) > 0 {
		if _, err := g.out.Write(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// engineBug begins the engine's answer to input it cannot parse in some places. A session that failed by a fault of
// the server's own says so under the same code, in other words: that is not the client's fault.
const engineBug = "NO [SERVERBUG] Internal server error"

// tagged looks at the engine's answer to the current command and puts right what it calls by the
// wrong name.
func (g *guard) tagged(c *command, line, status []byte) []byte {
	switch {
	case bytes.HasPrefix(status, []byte(engineBug)):
		g.bads++
		return []byte(statusLine(c.tag, "BAD", "", "Syntax error"))
	case bytes.HasPrefix(status, []byte("BAD ")):
		g.bads++
	case bytes.HasPrefix(status, []byte("OK ")):
		g.bads = 0
	}
	return line
}

// Close is the last thing the engine does with a connection.
func (g *guard) Close() error {
	g.finish()
	return nil
}

// The deadlines are the guard's own.

// SetDeadline does nothing.
func (g *guard) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (g *guard) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (g *guard) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr is the address the client connected to.
func (g *guard) LocalAddr() net.Addr { return g.raw.LocalAddr() }

// RemoteAddr is the client's address.
func (g *guard) RemoteAddr() net.Addr { return g.raw.RemoteAddr() }

var _ net.Conn = (*guard)(nil)
