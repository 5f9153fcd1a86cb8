package smtpgate

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"

	"troxymail/mail/delivery"
)

// replied takes what the engine writes, line by line.
func (g *guard) replied(p []byte) error {
	g.answer = append(g.answer, p...)
	for {
		end := bytes.IndexByte(g.answer, '\n')
		if end < 0 {
			return nil
		}
		line := string(g.answer[:end+1])
		g.answer = g.answer[end+1:]
		if len(line) >= 5 {
			g.repliedLine(line)
		}
	}
}

// repliedLine passes one line of the engine's replies on, in our words where those are better.
func (g *guard) repliedLine(line string) {
	code, _ := strconv.Atoi(line[:3])
	last := line[3] == ' '
	switch {
	case !g.greeted: // the client was greeted long ago
		g.greeted = last
		return
	case g.asked.silent:
		return
	case g.asked.verb == "DATA" && code == 354: // the client has sent its text already
		return
	case g.asked.verb == "AUTH" && code == 334:
		g.dialogue = true
	case g.asked.verb == "EHLO" && strings.HasPrefix(line, "250-Hello "):
		line = "250-" + g.server.options.Hostname + "\r\n"
	case code == 250 && last:
		line = g.accepted(line)
	}
	g.output = append(g.output, line...)
	if !last {
		return
	}
	g.count(code)
	if g.asked.verb != "AUTH" || code != 334 {
		g.asked.verb = ""
	}
	if len(g.output) >= flushBytes {
		g.flush()
	}
}

// accepted notes what a command that the engine accepted means, and returns our words for it.
func (g *guard) accepted(line string) string {
	switch g.asked.verb {
	case "HELO", "EHLO":
		g.helo, g.extended = g.asked.name, g.asked.verb == "EHLO"
		if !g.extended {
			return (&reply{250, "", g.server.options.Hostname}).line()
		}
		return line
	case "MAIL":
		return replyMail.line()
	case "RCPT":
		return replyRcpt.line()
	case "DATA":
		return (&reply{250, "2.0.0", "Stored as " + g.stored}).line()
	}
	return replyOK.line()
}

// withTime returns a context for one question to the cluster.
func (g *guard) withTime() (context.Context, context.CancelFunc) {
	return context.WithTimeout(g.ctx, g.server.limits.Command)
}

// loggedIn notes who logged in.
func (g *guard) loggedIn() {
	identity := g.guest.Identity()
	g.identity = &identity
	g.ticket.LoggedIn()
	g.timed.until(time.Time{})
}

// beginMail opens a transaction: a submission's sender must be its account's own, and the account as it was.
func (g *guard) beginMail() *reply {
	from := g.asked.path
	if g.mode == Submission {
		if !from.address.IsNull() && !delivery.Owns(g.identity.Address, from.address) {
			return replyNotYours
		}
		ctx, cancel := g.withTime()
		defer cancel()
		valid, err := g.server.options.Courier.Valid(ctx, g.identity.Account, g.identity.Version)
		switch {
		case err != nil:
			return deliveryReply(err)
		case !valid:
			g.fatal = replyBusy
			return replyEnded
		}
	}
	g.mail = &transaction{from: from, parameters: g.asked.params}
	return nil
}

// addRecipient finds the account of a recipient.
func (g *guard) addRecipient() *reply {
	if g.mail.noQuorum {
		return replyNoQuorum
	}
	if len(g.mail.rcpts) >= delivery.MaxRecipients {
		return replyManyRcpts
	}
	ctx, cancel := g.withTime()
	defer cancel()
	r, err := g.server.options.Courier.Find(ctx, g.asked.path.address, g.mail.parameters.size)
	if err != nil {
		answer := deliveryReply(err)
		switch {
		case answer == replyNoQuorum:
			g.mail.noQuorum = true
		case answer == replyRelay && g.mode == Submission:
			answer = replyNoQueue
		}
		return answer
	}
	g.mail.rcpts = append(g.mail.rcpts, g.asked.path)
	g.mail.recipients = append(g.mail.recipients, r)
	if g.mode == Intake {
		g.ticket.LoggedIn()
		g.timed.until(time.Time{})
	}
	return nil
}

// deliver delivers the message of the transaction.
func (g *guard) deliver() *reply {
	m := g.mail
	t := &delivery.Trace{Helo: g.helo, By: g.server.options.Hostname, With: g.protocol(), Sender: m.from.String()}
	if g.mode == Submission {
		t.Account = g.identity.Address
	} else {
		t.Peer = g.peer
	}
	if len(m.rcpts) == 1 {
		t.For = m.rcpts[0].String()
	}
	courier := g.server.options.Courier
	raw, id, err := courier.Compose(m.text.bytes, t)
	if err != nil {
		return deliveryReply(err)
	}
	m.text.bytes = nil // its memory stays counted until the transaction ends
	patience := g.server.limits.Delivery + time.Duration(len(raw)>>20)*time.Second
	ctx, cancel := context.WithTimeout(g.ctx, patience)
	defer cancel()
	if err := courier.Deliver(ctx, raw, m.recipients); err != nil {
		return deliveryReply(err)
	}
	g.stored = id
	return nil
}

// protocol is the name of what was spoken (RFC 3848, RFC 6531).
func (g *guard) protocol() string {
	name := "ESMTP"
	switch {
	case !g.extended:
		return "SMTP"
	case g.mail.parameters.utf8:
		name = "UTF8SMTP"
	}
	if g.tls {
		name += "S"
	}
	if g.identity != nil {
		name += "A"
	}
	return name
}

// endMail ends the transaction and gives back its memory. It may be called without one.
func (g *guard) endMail() *reply {
	if g.mail != nil && g.mail.text != nil {
		g.mail.text.drop()
	}
	g.mail = nil
	return nil
}
