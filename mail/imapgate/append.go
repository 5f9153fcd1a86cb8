package imapgate

import (
	"bytes"
	"errors"
	"io"
)

var (
	errNUL  = errors.New("imapgate: NUL byte in a message")
	errTail = errors.New("imapgate: more than a line end after a message")
)

// upload is the message of an APPEND on its way from the client to the session. The last bytes of the
// message are handed on only once the command's line end was read. One goroutine at a time uses it.
type upload struct {
	g     *guard
	tag   string
	size  int64 // bytes announced
	left  int64 // of them, not read yet
	sync  bool
	asked bool  // a continuation request was sent, or was not needed
	ended bool  // the command was read to its line end
	err   error // why the message is not to be stored
	stuck error // the connection cannot go on: a *fault, or a reader's error
}

// Read hands on the message's bytes; io.EOF after the announced number of them. Any other error means
// that the message is not whole or not wanted and must not be stored.
func (u *upload) Read(p []byte) (int, error) {
	switch {
	case u.err != nil:
		return 0, u.err
	case len(p) == 0:
		return 0, nil
	}
	if err := u.ask(); err != nil {
		return 0, err
	}
	if u.left == 0 {
		return 0, io.EOF
	}
	n, err := u.g.reader.Read(p[:min(int64(len(p)), u.left)])
	u.left -= int64(n)
	switch {
	case err != nil:
		return 0, u.stop(midway(err))
	case bytes.IndexByte(p[:n], 0) >= 0:
		u.err = errNUL
		return 0, u.err
	case u.left == 0:
		if u.tail(); u.err != nil {
			return 0, u.err
		}
	}
	return n, nil
}

// ask sends the continuation request a synchronising literal waits for, once.
func (u *upload) ask() error {
	if u.asked {
		return nil
	}
	u.asked = true
	if err := u.g.proceed(); err != nil {
		return u.stop(err)
	}
	return nil
}

// stop ends the upload and the connection.
func (u *upload) stop(err error) error {
	u.ended = true
	u.err, u.stuck = err, err
	return err
}

// tail reads on to the command's line end. Anything before that, a second message (MULTIAPPEND)
// above all, refuses the whole command; what the client sends of it unasked is skipped.
func (u *upload) tail() {
	u.ended = true
	for range tailRounds {
		s := scan{max: sessionBounds, line: []byte{' '}, refused: u.asFault()}
		header, err := s.piece(&u.g.framer, false)
		if err != nil {
			u.stop(err)
			return
		}
		if s.lineRead > 0 {
			u.err = errTail
		}
		if header == "" {
			return
		}
		lit, ok := parseLiteral(header)
		switch {
		case ok && lit.sync:
			return // the client waits; the refusal is its answer
		case !ok || lit.size > nonSyncLiteralBytes:
			u.stop(fatal(u.tag, "Malformed or too large literal"))
			return
		}
		if _, err := io.CopyN(io.Discard, u.g.reader, lit.size); err != nil {
			u.stop(midway(err))
			return
		}
	}
	u.stop(fatal(u.tag, "Too many literals"))
}

// asFault is the refusal with which a tail is scanned, so that none of it is kept.
func (u *upload) asFault() *fault { return bad(u.tag, "One message at a time") }

// finish reads what is left of the command, so that the next one can be read. An error ends the
// connection.
func (u *upload) finish() error {
	if u.ended {
		return u.stuck
	}
	if !u.asked {
		return nil // never asked for, so never sent
	}
	_, err := io.CopyN(io.Discard, u.g.reader, u.left)
	if err != nil {
		return u.stop(midway(err))
	}
	u.tail()
	return u.stuck
}
