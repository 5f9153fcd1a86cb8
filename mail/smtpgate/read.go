package smtpgate

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strings"
)

// read gives the engine what it reads next: the rest of its command, the end of the empty text that stands in
// for a message, or the client's next command. An error ends the engine.
func (g *guard) read(l *line, p []byte) (int, error) {
	for len(g.feed) == 0 {
		if g.asked.verb == "DATA" {
			g.feed = []byte(".\r\n") // the text was received; the engine sees an empty one
			break
		}
		if err := g.next(l); err != nil {
			return 0, err
		}
	}
	n := copy(p, g.feed)
	g.feed = g.feed[n:]
	return n, nil
}

// next reads commands until there is one for the engine, or the connection ends.
func (g *guard) next(l *line) error {
	if g.fatal != nil {
		return io.EOF
	}
	text, err := g.readLine()
	switch {
	case err == nil:
	case errors.Is(err, errKicked):
		g.fatal = replyBusy
		return io.EOF
	case errors.Is(err, os.ErrDeadlineExceeded):
		g.fatal = replyIdle
		return io.EOF
	default:
		return io.EOF
	}
	switch {
	case text == nil: // it was refused
	case g.dialogue:
		g.dialogue = false
		g.feed = challengeAnswer(text)
	default:
		return g.command(l, string(text))
	}
	return nil
}

// challengeAnswer is what the engine gets of a client's answer to a challenge: what is no base64 cancels.
func challengeAnswer(text []byte) []byte {
	if _, err := base64.StdEncoding.DecodeString(string(text)); err != nil && string(text) != "=" {
		text = []byte("*")
	}
	return append(bytes.Clone(text), "\r\n"...)
}

// readLine reads one line, without its line break. Nil without an error: the line was refused. The result is
// good until the next read.
func (g *guard) readLine() ([]byte, error) {
	if g.deaf {
		return nil, io.EOF
	}
	g.timed.wait()
	if _, err := g.input.Peek(1); err != nil {
		return nil, err
	}
	g.timed.inside()
	defer g.timed.within(g.server.limits.Line)()
	piece, err := g.input.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return g.readLong(piece)
	}
	if err != nil {
		return nil, err
	}
	return g.checkLine(piece), nil
}

// readLong reads a line that is longer than the buffer: one of AUTH may be.
func (g *guard) readLong(start []byte) ([]byte, error) {
	most := commandBytes
	if g.dialogue || len(start) > 5 && strings.EqualFold(string(start[:5]), "AUTH ") && g.state().mode == Submission {
		most = authBytes
	}
	whole := append(make([]byte, 0, most), start[:min(len(start), most)]...)
	total := len(start)
	for {
		piece, err := g.input.ReadSlice('\n')
		total += len(piece)
		if total <= most {
			whole = append(whole, piece...)
		}
		switch {
		case err == nil && total <= most:
			return g.checkLine(whole), nil
		case err == nil:
			g.dialogue = false
			g.refuse(replyTooLong)
			g.fatalIfDialogue()
			return nil, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case total > skippedBytes:
			g.fatal = replyTooLong
			return nil, io.EOF
		}
	}
}

// fatalIfDialogue ends a connection whose engine waits for an answer that it will not get.
func (g *guard) fatalIfDialogue() {
	if g.asked.verb == "AUTH" && g.fatal == nil {
		g.fatal = replyErrors
	}
}

// checkLine cuts the line break off. Nil when it is not CR LF, or when a CR or NUL stands elsewhere.
func (g *guard) checkLine(b []byte) []byte {
	content, ok := bytes.CutSuffix(b, []byte("\r\n"))
	if !ok || bytes.ContainsAny(content, "\r\x00") {
		g.dialogue = false
		g.refuse(replyNoCRLF)
		g.fatalIfDialogue()
		return nil
	}
	if content == nil {
		content = []byte{}
	}
	return content
}
