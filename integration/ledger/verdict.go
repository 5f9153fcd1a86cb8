package ledger

import (
	"fmt"
	"sort"
)

// Stored is one message as a replica shows it.
type Stored struct {
	Mailbox  string
	UID      uint32
	Validity uint32
	Message  string // the message's own id, "" when its header names none
	SHA256   string // of what the client sent, without what SMTP writes on top
	Flagged  bool
	Sent     bool // it has what SMTP writes on top
}

// Verdict is what joining a ledger with one replica's mailboxes found.
type Verdict struct {
	Sent           int      // messages that SMTP acknowledged
	Acked          int      // messages that were acknowledged and must be there
	Unknown        int      // messages without an answer
	UnknownPresent int      // of these, found once
	Faults         []string // one sentence each, sorted: lost, changed, doubled, forged, undone
}

// String sums the verdict up in one line.
func (v Verdict) String() string {
	return fmt.Sprintf("acknowledged %d (by SMTP %d), without an answer %d (stored %d), faults %d", v.Acked, v.Sent,
		v.Unknown, v.UnknownPresent, len(v.Faults))
}

// fate is what the ledger says of one message.
type fate struct {
	intent                        Line
	ack                           *Line
	expungeIntended, expungeAcked bool
	flagAcked                     bool
	found                         []Stored
}

// Join compares a ledger with everything that one replica shows.
func Join(lines []Line, shown []Stored) Verdict {
	var v Verdict
	fault := func(format string, args ...any) { v.Faults = append(v.Faults, fmt.Sprintf(format, args...)) }
	fates := fatesOf(lines)
	validity := map[string]uint32{}
	uids := map[string]map[uint32]bool{}
	for _, s := range shown {
		if uids[s.Mailbox] == nil {
			uids[s.Mailbox] = map[uint32]bool{}
		}
		if uids[s.Mailbox][s.UID] {
			fault("two messages with UID %d in %s", s.UID, s.Mailbox)
		}
		uids[s.Mailbox][s.UID] = true
		if old, ok := validity[s.Mailbox]; ok && old != s.Validity {
			fault("%s has two UIDVALIDITY values", s.Mailbox)
		}
		validity[s.Mailbox] = s.Validity
		f := fates[s.Message]
		if f == nil {
			fault("forged: UID %d in %s (%q) was never sent", s.UID, s.Mailbox, s.Message)
			continue
		}
		f.found = append(f.found, s)
	}
	for id, f := range fates {
		v.judge(id, f, fault)
	}
	sort.Strings(v.Faults)
	return v
}

func (v *Verdict) judge(id string, f *fate, fault func(string, ...any)) {
	if len(f.found) > 1 {
		fault("doubled: %s is there %d times", id, len(f.found))
	}
	for _, s := range f.found {
		if s.SHA256 != f.intent.SHA256 {
			fault("changed: %s at UID %d has other bytes", id, s.UID)
		}
		if s.Sent != (f.intent.Kind == Submit) {
			fault("changed: %s has the header that SMTP adds: %v", id, s.Sent)
		}
		if s.Mailbox != f.intent.Mailbox {
			fault("changed: %s is in %s, was sent to %s", id, s.Mailbox, f.intent.Mailbox)
		}
		if f.expungeAcked {
			fault("undone: %s was expunged and is there again", id)
		}
		if f.flagAcked && !s.Flagged {
			fault("undone: the flag of %s is gone", id)
		}
		if f.ack != nil && f.intent.Kind == Append && (s.UID != f.ack.UID || s.Validity != f.ack.Validity) {
			fault("changed: %s was acknowledged as %d/%d and is %d/%d", id, f.ack.Validity, f.ack.UID,
				s.Validity, s.UID)
		}
	}
	if f.ack == nil {
		v.Unknown++
		if len(f.found) == 1 {
			v.UnknownPresent++
		}
		return
	}
	if f.intent.Kind == Submit {
		v.Sent++
	}
	if !f.expungeIntended {
		v.Acked++
		if len(f.found) == 0 {
			fault("lost: %s, acknowledged (%s, UID %d) in %s by replica %d", id, f.intent.Kind, f.ack.UID,
				f.intent.Mailbox, f.intent.Replica)
		}
	}
}

func fatesOf(lines []Line) map[string]*fate {
	fates := map[string]*fate{}
	commands := map[string]Line{}
	for _, line := range lines {
		if !line.Ack {
			commands[line.ID] = line
			switch line.Kind {
			case Append, Submit:
				fates[line.Message] = &fate{intent: line}
			case Expunge:
				fates[line.Message].expungeIntended = true
			}
			continue
		}
		command := commands[line.ID]
		f := fates[command.Message]
		switch command.Kind {
		case Append, Submit:
			f.ack = &line
		case Flag:
			f.flagAcked = true
		case Expunge:
			f.expungeAcked = true
		}
	}
	return fates
}

// Stale returns what a read did not show although it had to: messages that the ledger calls acknowledged before the
// read began, and whose removal nobody had asked for when it ended. Sorted.
func Stale(before, after []Line, shown []Stored) []string {
	there := map[string]bool{}
	for _, s := range shown {
		there[s.Message] = true
	}
	fates := fatesOf(after)
	var stale []string
	for id, f := range fatesOf(before) {
		if f.ack != nil && !fates[id].expungeIntended && !there[id] {
			stale = append(stale, fmt.Sprintf("stale: %s was acknowledged (%s, UID %d in %s) before the read", id,
				f.intent.Kind, f.ack.UID, f.intent.Mailbox))
		}
	}
	sort.Strings(stale)
	return stale
}
