package smtpgate

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// data receives a message and then tells the engine of it.
func (g *guard) data() error {
	g.say(replyGoAhead)
	g.mail.text = g.newText()
	err := g.receive(func(t *text) error { return readData(g.input, t) })
	if err != nil {
		return err
	}
	return g.complete()
}

func (g *guard) newText() *text {
	return &text{budget: &g.server.budgets[g.mode], limit: g.server.limits.MessageBytes,
		until: time.Now().Add(g.server.limits.Message)}
}

// receive runs what reads a message's text, in its time.
func (g *guard) receive(read func(*text) error) error {
	g.timed.inside()
	defer g.timed.within(time.Until(g.mail.text.until))()
	err := read(g.mail.text)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		g.fatal = replyIdle
	case errors.Is(err, errEndless):
		g.fatal = replyTooBig
	}
	return io.EOF
}

// complete is called when the whole text of a message is here: the engine has it delivered, or it is refused.
func (g *guard) complete() error {
	g.idle, g.busy = 0, 0
	if g.messages++; g.messages >= connectionMessages && g.fatal == nil {
		g.fatal = replyMessages
	}
	if fault := g.mail.text.fault; fault != nil {
		g.refuse(fault)
		g.resetEngine()
		return nil
	}
	g.ask("DATA", "")
	return nil
}

// resetEngine ends the transaction, in the engine too.
func (g *guard) resetEngine() {
	g.endMail()
	g.ask("RSET", "")
	g.asked.silent = true
}

// chunk takes a BDAT command with its chunk (RFC 3030). The chunk is read whatever becomes of it.
func (g *guard) chunk(argument string, refusal *reply) error {
	words := strings.Fields(argument)
	last := len(words) == 2 && strings.EqualFold(words[1], "LAST")
	if len(words) == 0 || len(words) > 2 || len(words) == 2 && !last || len(words[0]) > 12 {
		g.fatal = replyChunk // what follows cannot be told from commands
		return io.EOF
	}
	size, err := strconv.ParseUint(words[0], 10, 40)
	switch {
	case err != nil:
		g.fatal = replyChunk
		return io.EOF
	case int64(size) > g.server.limits.MessageBytes:
		g.fatal = replyChunkSize
		return io.EOF
	}
	if refusal != nil {
		g.timed.inside()
		defer g.timed.within(g.server.limits.PreAuth)()
		if err := skipChunk(g.input, int64(size)); err != nil {
			return io.EOF
		}
		g.refuse(refusal)
		return nil
	}
	if g.mail.text == nil {
		g.mail.text = g.newText()
	}
	t := g.mail.text
	if time.Now().After(t.until) {
		g.fatal = replyIdle
		return io.EOF
	}
	if err := g.receive(func(*text) error { return readChunk(g.input, int64(size), t) }); err != nil {
		return err
	}
	if last {
		t.end()
		return g.complete()
	}
	if g.mail.chunks++; t.fault == nil && g.mail.chunks < chunks {
		g.say(replyContinue)
		return nil
	}
	fault := t.fault
	if fault == nil {
		fault = replyTooBig
	}
	g.refuse(fault)
	g.resetEngine()
	return nil
}
