package imapgate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/session"
)

var (
	errExpungeNow = errors.New("imapgate: EXPUNGE told where sequence numbers must stay")
	errMidMessage = errors.New("imapgate: update told inside a message")
)

// updates tells the client what changed, past the engine: the engine has written its responses to
// their end whenever the session has the word, but for a message that is open.
type updates struct {
	g       *guard
	expunge bool // EXPUNGE may be told (RFC 3501 section 7.4.1)
}

var _ session.Updates = updates{}

// Expunge tells that a message is gone.
func (u updates) Expunge(seq uint32) error {
	if !u.expunge {
		return errExpungeNow
	}
	return u.tell(fmt.Sprintf("* %d EXPUNGE\r\n", seq))
}

// Exists tells the number of messages.
func (u updates) Exists(n uint32) error { return u.tell(fmt.Sprintf("* %d EXISTS\r\n", n)) }

// Flags tells the flags of a message.
func (u updates) Flags(seq uint32, uid imap.UID, flags []imap.Flag) error {
	return u.tell(fmt.Sprintf("* %d FETCH (UID %d FLAGS (%s))\r\n", seq, uid, joinFlags(flags)))
}

// MailboxFlags tells the flags in use in the mailbox.
func (u updates) MailboxFlags(flags []imap.Flag) error {
	return u.tell("* FLAGS (" + joinFlags(flags) + ")\r\n")
}

func (u updates) tell(line string) error {
	if u.g.open {
		return errMidMessage
	}
	return u.g.write(line)
}

// joinFlags renders flags; what is no flag is left out, as it would break the line.
func joinFlags(flags []imap.Flag) string {
	var b strings.Builder
	for _, f := range validFlags(flags) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(f))
	}
	return b.String()
}

// validFlags returns the flags that can be written: atoms, after an optional backslash, and \*.
func validFlags(flags []imap.Flag) []imap.Flag {
	if !slices.ContainsFunc(flags, invalidFlag) {
		return flags
	}
	return slices.DeleteFunc(slices.Clone(flags), invalidFlag)
}

func invalidFlag(f imap.Flag) bool { return f != imap.FlagWildcard && !flagText(string(f)) }

// flagText reports flag-keyword or flag-extension of RFC 3501 section 9.
func flagText(s string) bool {
	s = strings.TrimPrefix(s, `\`)
	for i := range len(s) {
		if !atomChar(s[i]) {
			return false
		}
	}
	return s != ""
}

// recorded keeps updates for later. It is bounded by the messages of one mailbox.
type recorded struct {
	calls []func(session.Updates) error
}

var _ session.Updates = (*recorded)(nil)

// Expunge keeps the update.
func (r *recorded) Expunge(seq uint32) error {
	return r.add(func(w session.Updates) error { return w.Expunge(seq) })
}

// Exists keeps the update.
func (r *recorded) Exists(n uint32) error {
	return r.add(func(w session.Updates) error { return w.Exists(n) })
}

// Flags keeps the update.
func (r *recorded) Flags(seq uint32, uid imap.UID, flags []imap.Flag) error {
	return r.add(func(w session.Updates) error { return w.Flags(seq, uid, flags) })
}

// MailboxFlags keeps the update.
func (r *recorded) MailboxFlags(flags []imap.Flag) error {
	return r.add(func(w session.Updates) error { return w.MailboxFlags(flags) })
}

func (r *recorded) add(call func(session.Updates) error) error {
	r.calls = append(r.calls, call)
	return nil
}

// replay tells everything in the order it came.
func (r *recorded) replay(w session.Updates) error {
	for _, call := range r.calls {
		if err := call(w); err != nil {
			return err
		}
	}
	return nil
}

// silent swallows updates: CLOSE does not tell what it expunged (RFC 3501 section 6.4.2).
type silent struct{}

var _ session.Updates = silent{}

// Expunge does nothing.
func (silent) Expunge(uint32) error { return nil }

// Exists does nothing.
func (silent) Exists(uint32) error { return nil }

// Flags does nothing.
func (silent) Flags(uint32, imap.UID, []imap.Flag) error { return nil }

// MailboxFlags does nothing.
func (silent) MailboxFlags([]imap.Flag) error { return nil }
