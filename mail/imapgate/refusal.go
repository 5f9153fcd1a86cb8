package imapgate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// refusal turns an error of the session layer into what the client is told: an *imap.Error as it is,
// anything else a general sentence. The others are logged by kind; their text could hold content.
func (s *Server) refusal(tag, command string, err error) *fault {
	var known *imap.Error
	if errors.As(err, &known) && known.Type != imap.StatusResponseTypeOK {
		f := &fault{tag: tag, kind: "NO", code: oneLine(string(known.Code)), text: oneLine(known.Text)}
		if known.Type == imap.StatusResponseTypeBad {
			f.kind = "BAD"
		}
		if f.text == "" {
			f.text = "Refused"
		}
		return f
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.Error("imap command failed", "command", command, "kind", kinds(err))
	}
	return no(tag, "", "Internal error, please try again")
}

// oneLine makes a text safe to stand in a response.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// kindDepth bounds how deep kinds looks.
const kindDepth = 8

// kinds names the types in an error's chain, which hold no content.
func kinds(err error) string {
	var names []string
	for range kindDepth {
		if err == nil {
			break
		}
		names = append(names, fmt.Sprintf("%T", err))
		err = errors.Unwrap(err)
	}
	return strings.Join(names, " < ")
}

// panicked counts and logs a panic: where, and of which type, never its value.
func (s *Server) panicked(where string, v any) {
	s.panics.Add(1)
	s.log.Error("panic, connection closed", "where", where, "kind", fmt.Sprintf("%T", v))
}

// Panics is the number of panics that were recovered since New.
func (s *Server) Panics() uint64 { return s.panics.Load() }

// engineLog takes the engine's messages. Their arguments can hold content, so only the constant
// formats are logged.
type engineLog struct{ s *Server }

// Printf logs a message without its arguments.
func (l engineLog) Printf(format string, args ...any) {
	if strings.HasPrefix(format, "panic") && len(args) > 0 {
		l.s.panicked("imap engine", args[0])
		return
	}
	message, _, _ := strings.Cut(format, ":")
	l.s.log.Debug("imap engine", "message", message)
}
