package imapgate

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
)

var errIdleEnded = errors.New("imapgate: session ended IDLE by itself")

// local runs a command the guard answers itself. An error ends the connection.
func (g *guard) local(c *command) error {
	switch c.name {
	case "ID": // RFC 2971: what the client says of itself is not kept
		return g.write("* ID (\"name\" \"Troxymail\")\r\n" + completed(c))
	case "ENABLE": // RFC 5161: nothing that could be enabled is offered
		return g.write("* ENABLED\r\n" + completed(c))
	}
	if c.arguments() != "" {
		return g.answer(bad(c.tag, c.name+" has no arguments"))
	}
	switch c.name {
	case "CAPABILITY":
		return g.write("* CAPABILITY " + g.capabilities() + "\r\n" + completed(c))
	case "NOOP", "CHECK":
		return g.noop(c)
	case "IDLE":
		return g.idle(c)
	default: // LOGOUT
		g.bye("Logging out")
		g.write(completed(c))
		return io.EOF
	}
}

// completed is the tagged answer to a command that went well.
func completed(c *command) string { return statusLine(c.tag, "OK", "", c.name+" completed") }

// noop tells what changed in the mailbox (RFC 3501 section 6.1.2).
func (g *guard) noop(c *command) error {
	if g.mailbox {
		if err := g.session.Poll(g.ctx, updates{g: g, expunge: true}, true); err != nil {
			return g.answer(g.server.refusal(c.tag, c.name, err))
		}
	}
	g.bads = 0
	return g.write(completed(c))
}

// idle is RFC 2177. The session's Idle runs beside the wait for DONE and is joined before anything
// else is done. When it ends by itself, the client could wait for news forever: it gets BYE.
//
// What changed before IDLE leaves with the continuation, in one write. Thunderbird goes to sleep when it has read that, and
// does not hear what comes while it is about to (nsImapProtocol looks at a flag, m_idle, that it sets a moment
// after it asked to be woken): news that came a millisecond later were shown at its next look, in ten minutes, say.
func (g *guard) idle(c *command) error {
	if err := g.write("+ idling\r\n"); err != nil {
		return err
	}
	told, join := g.startIdle()
	select {
	case <-told:
	case <-time.After(g.server.idleNews):
	}
	g.conn.wait()
	line, err := g.framer.rawLine(idleBytes)
	join()
	switch {
	case err != nil:
		return g.over(err)
	case !strings.EqualFold(string(line), "DONE"):
		return g.answer(fatal(c.tag, "Expected DONE"))
	}
	g.bads = 0
	return g.write(completed(c))
}

// startIdle lets the session tell what changes, until join is called. told is closed once it has looked for the first time.
// If that ends before, the connection is kicked: out of the wait for DONE, or of the next wait after it.
func (g *guard) startIdle() (told <-chan struct{}, join func()) {
	looked := make(chan struct{})
	if !g.mailbox {
		close(looked)
		return looked, func() {}
	}
	ctx, cancel := context.WithCancel(g.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		look := sync.OnceFunc(func() { close(looked) })
		defer look()
		if err := g.runIdle(ctx, look); ctx.Err() == nil {
			g.server.refusal("*", "IDLE", err) // for the log
			g.conn.kick()
		}
	}()
	return looked, func() {
		cancel()
		<-done
	}
}

// runIdle is the session's Idle with a recover of its own. looked is called after each of its readings, when its news have
// left.
func (g *guard) runIdle(ctx context.Context, looked func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			g.server.panicked("IDLE", v)
			err = errIdleEnded
		}
	}()
	told := func() error {
		defer looked()
		return g.out.flush()
	}
	if err := g.session.Idle(ctx, updates{g: g, expunge: true}, told); err != nil {
		return err
	}
	return errIdleEnded
}
