package imapgate

import (
	"errors"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// adapter is the engine's view of a session. The engine calls it from one goroutine; a panic in it is
// recovered by the engine, which then closes the connection.
type adapter struct{ g *guard }

var (
	_ imapserver.SessionNamespace   = adapter{}
	_ imapserver.SessionMove        = adapter{}
	_ imapserver.SessionAppendLimit = adapter{}
)

var (
	errNotHere  = errors.New("imapgate: the guard does this itself")
	errReadOnly = &imap.Error{Type: imap.StatusResponseTypeNo, Code: "READ-ONLY", Text: "Mailbox is read-only"}
)

// refused turns an error into one the engine may show.
func (a adapter) refused(err error) error {
	if err == nil {
		return nil
	}
	name := ""
	if a.g.current != nil {
		name = a.g.current.name
	}
	f := a.g.server.refusal("*", name, err)
	return &imap.Error{
		Type: imap.StatusResponseType(f.kind), Code: imap.ResponseCode(f.code), Text: f.text,
	}
}

// Close ends the session.
func (a adapter) Close() error {
	a.g.cancel()
	a.refused(a.g.session.Close()) // for the log
	return nil
}

// Login is never called: the engine starts after login.
func (a adapter) Login(string, string) error { return imapserver.ErrAuthFailed }

// Idle is never called: the guard answers IDLE.
func (a adapter) Idle(*imapserver.UpdateWriter, <-chan struct{}) error { return a.refused(errNotHere) }

// Poll tells what changed once a command is done. An error is only logged: the command's own outcome
// is known, and what changed is told after a later one.
func (a adapter) Poll(_ *imapserver.UpdateWriter, allowExpunge bool) error {
	if a.g.mailbox {
		a.refused(a.g.session.After(a.g.ctx, updates{g: a.g, expunge: allowExpunge}, allowExpunge))
	}
	return nil
}

// AppendLimit is the size of the largest message, bytes.
func (a adapter) AppendLimit() uint32 { return a.g.session.AppendLimit() }

// Append stores the message the guard holds back. The engine's literal is empty.
func (a adapter) Append(
	mailbox string, _ imap.LiteralReader, o *imap.AppendOptions,
) (*imap.AppendData, error) {
	a.g.appended = true
	u := a.g.upload
	if u == nil {
		return nil, a.refused(errDesync)
	}
	data, err := a.g.session.Append(a.g.ctx, mailbox, u, u.size, o)
	switch {
	case errors.Is(u.err, errNUL):
		return nil, &imap.Error{
			Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeCannot, Text: "Message has NUL bytes",
		}
	case errors.Is(u.err, errTail):
		return nil, &imap.Error{Type: imap.StatusResponseTypeBad, Text: "One message at a time"}
	case u.err != nil:
		return nil, &imap.Error{Type: imap.StatusResponseTypeBad, Text: "Message cut short"}
	}
	return data, a.refused(err)
}
