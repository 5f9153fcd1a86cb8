package session

import (
	"sort"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// view is what a session knows of its selected mailbox. The first told messages are those that the client
// knows, in the order of their sequence numbers; those behind came later and are not told yet.
type view struct {
	id       command.MailboxID
	readOnly bool
	deleted  bool // the mailbox was deleted: nothing is left but what is to be told

	messages []entry // in order of UID
	told     int
	since    uint64 // MODSEQ up to which the view is complete
	next     uint64 // since after the reading that goes on
	uidNext  command.UID
	hasDirty bool // some message may be dirty
	hasGone  bool // some message may be gone

	keywords     []imap.Flag // bit i is entry i
	tokens       []command.Token
	toldKeywords int
}

// entry is a message of a view.
type entry struct {
	command.Message
	dirty bool // its flags differ from what the client was told
	gone  bool // expunged, and the client was not told
	seen  bool // met in the complete reading that goes on
}

// index returns where the message with uid is, or would be.
func (v *view) index(uid command.UID) int {
	return sort.Search(len(v.messages), func(i int) bool { return v.messages[i].UID >= uid })
}

// put takes in a message as it is now. False when it is new and yet not behind all others, which a mailbox
// never does: a sequence number would change untold.
func (v *view) put(m *command.Message) bool {
	i := v.index(m.UID)
	if i == len(v.messages) {
		v.messages = append(v.messages, entry{Message: *m, seen: true})
		return true
	}
	e := &v.messages[i]
	if e.UID != m.UID {
		return false
	}
	if e.Flags != m.Flags || e.Keywords != m.Keywords {
		e.dirty, v.hasDirty = true, true
	}
	e.Message, e.seen = *m, true
	return true
}

// remove marks the messages of a range as gone; those that the client never knew leave at once.
func (v *view) remove(r command.UIDRange) {
	first := v.index(r.First)
	untold := false
	for i := first; i < len(v.messages) && v.messages[i].UID <= r.Last; i++ {
		v.messages[i].gone, v.hasGone = true, true
		untold = untold || i >= v.told
	}
	if untold {
		v.dropUntold()
	}
}

func (v *view) dropUntold() {
	kept := v.messages[:v.told]
	for _, e := range v.messages[v.told:] {
		if !e.gone {
			kept = append(kept, e)
		}
	}
	v.messages = kept
}

// unsee starts a complete reading, dropUnseen ends it: what it did not meet is gone.
func (v *view) unsee() {
	for i := range v.messages {
		v.messages[i].seen = false
	}
}

func (v *view) dropUnseen() {
	for i := range v.messages {
		if !v.messages[i].seen {
			v.messages[i].gone, v.hasGone = true, true
		}
	}
	v.dropUntold()
}

// vanish makes the view that of a deleted mailbox.
func (v *view) vanish() {
	v.deleted = true
	v.unsee()
	v.dropUnseen()
}

// tell tells what changed: new keywords, flags, expunges when they are allowed, and how many messages
// there are. Order: flags by the numbers that the client knows, then the numbers change.
func (v *view) tell(w Updates, allowExpunge bool) error {
	if err := v.tellKeywords(w); err != nil {
		return err
	}
	if v.hasDirty {
		if err := v.tellFlags(w); err != nil {
			return err
		}
		v.hasDirty = false
	}
	if allowExpunge && v.hasGone {
		if err := v.tellGone(w, func(e *entry) bool { return e.gone }); err != nil {
			return err
		}
		v.hasGone = false
	}
	return v.tellExists(w)
}

// tellKeywords tells the mailbox's flags when there is a keyword that the client does not know.
func (v *view) tellKeywords(w Updates) error {
	if len(v.keywords) <= v.toldKeywords {
		return nil
	}
	v.toldKeywords = len(v.keywords)
	return w.MailboxFlags(v.flags())
}

func (v *view) tellFlags(w Updates) error {
	for i := range v.messages[:v.told] {
		e := &v.messages[i]
		if !e.dirty {
			continue
		}
		e.dirty = false
		if err := w.Flags(uint32(i+1), imap.UID(e.UID), v.flagsOf(&e.Message)); err != nil {
			return err
		}
	}
	return nil
}

// tellExists tells the number of messages when it rose. Their flags are new with them.
func (v *view) tellExists(w Updates) error {
	if len(v.messages) == v.told {
		return nil
	}
	for i := v.told; i < len(v.messages); i++ {
		v.messages[i].dirty = false
	}
	v.told = len(v.messages)
	return w.Exists(uint32(v.told))
}

// tellGone removes the messages that chosen picks and tells the client, from the last to the first, so that
// no number of the rest changes meanwhile. A nil w tells nobody.
func (v *view) tellGone(w Updates, chosen func(*entry) bool) error {
	var failed error
	left := 0
	for i := v.told - 1; i >= 0; i-- {
		if !chosen(&v.messages[i]) {
			left++
			continue
		}
		if w != nil && failed == nil {
			failed = w.Expunge(uint32(i + 1))
		}
	}
	if left == v.told {
		return failed
	}
	kept := v.messages[:0]
	told := 0
	for i, e := range v.messages {
		if i < v.told && chosen(&e) {
			continue
		}
		if i < v.told {
			told++
		}
		kept = append(kept, e)
	}
	v.messages, v.told = kept, told
	return failed
}
