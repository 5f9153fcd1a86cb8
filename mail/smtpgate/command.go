package smtpgate

import (
	"encoding/base64"
	"io"
	"strings"
)

// command takes one command. Its error ends the engine.
func (g *guard) command(l *line, text string) error {
	g.asked = request{}
	verb, argument := splitCommand(text)
	rule, known := commands[verb]
	if foreign[verb] {
		g.fatal = replyForeign // a browser that was sent here: nothing of it must be taken for mail
		return io.EOF
	}
	if !known {
		g.refuse(replyUnknown)
		return nil
	}
	if r := g.tooMany(verb, rule); r != nil {
		g.fatal = r
		return io.EOF
	}
	refusal := rule.refuse(g.state())
	if verb == "BDAT" {
		return g.chunk(argument, refusal)
	}
	if refusal == nil && rule.bare && argument != "" {
		refusal = replyArgument
	}
	if refusal != nil {
		g.refuse(refusal)
		return nil
	}
	switch verb {
	case "QUIT":
		g.fatal = replyBye
		return io.EOF
	case "STARTTLS":
		return g.acceptTLS(l)
	case "DATA":
		return g.data()
	case "MAIL", "RCPT":
		return g.readEnvelope(verb, argument)
	case "HELO", "EHLO":
		if !isHelo(argument) {
			g.refuse(replyHelo)
			return nil
		}
		g.ask(verb, argument)
		return nil
	case "AUTH":
		return g.readAuth(argument)
	case "NOOP":
		g.say(replyOK)
	case "VRFY":
		g.say(replyVrfy)
	case "HELP":
		g.say(replyHelp)
	default:
		g.ask(verb, "")
	}
	return nil
}

// ask gives the engine a command.
func (g *guard) ask(verb, argument string) {
	g.asked.verb = verb
	if argument != "" {
		verb += " " + argument
	}
	g.feed = []byte(verb + "\r\n")
	g.asked.name = argument
}

// tooMany counts commands; the reply ends the connection.
func (g *guard) tooMany(verb string, r rule) *reply {
	if g.mode == Submission && g.identity == nil {
		if g.commands++; g.commands > preAuthCommands {
			return replyCommands
		}
	}
	if verb != "BDAT" {
		if g.busy++; g.busy > transactionCommands {
			return replyCommands
		}
	}
	if r.idle {
		if g.idle++; g.idle > idleCommands {
			return replyCommands
		}
	}
	return nil
}

// acceptTLS answers STARTTLS, when nothing came behind it: that would have been sent before the key was known.
func (g *guard) acceptTLS(l *line) error {
	if g.input.Buffered() > 0 {
		g.fatal = replyEarlyTLS
		return io.EOF
	}
	g.say(replyGoTLS)
	g.flush()
	l.upgrade = true
	return io.EOF
}

// readEnvelope reads the argument of MAIL or RCPT and gives the engine what is left to do.
func (g *guard) readEnvelope(verb, argument string) error {
	mail := verb == "MAIL"
	prefix, bad := "TO:", replyPath
	if mail {
		prefix, bad = "FROM:", replyReversePath
	}
	if len(argument) < len(prefix) || !strings.EqualFold(argument[:len(prefix)], prefix) {
		g.refuse(replyArgument)
		return nil
	}
	p, rest, ok := readPath(strings.TrimLeft(argument[len(prefix):], " "))
	if !ok || !mail && p.address.IsNull() {
		g.refuse(bad)
		return nil
	}
	parameters, wrong := readParameters(rest, mail, g.server.limits.MessageBytes)
	allowed := parameters.utf8
	if !mail {
		allowed = g.mail.parameters.utf8
	}
	if wrong == nil && p.utf8 && !allowed {
		wrong = replyUTF8
	}
	if wrong != nil {
		g.refuse(wrong)
		return nil
	}
	g.asked = request{verb: verb, path: p, params: parameters}
	g.feed = []byte(verb + " " + prefix + "<checked@invalid>\r\n") // go-smtp parses no path of a client's
	return nil
}

// readAuth checks what go-smtp would answer by the wrong code, and gives it the rest.
func (g *guard) readAuth(argument string) error {
	words := strings.Fields(argument)
	if len(words) == 0 || len(words) > 2 {
		g.refuse(replyArgument)
		return nil
	}
	if len(words) == 2 && words[1] != "=" {
		if _, err := base64.StdEncoding.DecodeString(words[1]); err != nil {
			g.refuse(replyBase64)
			return nil
		}
	}
	g.ask("AUTH", strings.Join(words, " "))
	return nil
}
