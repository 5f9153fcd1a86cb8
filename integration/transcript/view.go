package transcript

import "slices"

// message is what a client knows of one message.
type message struct {
	uid    uint64 // 0: not told
	above  uint64 // its UID is higher than this one
	known  bool   // its flags were told
	flags  flags
	toldAt int64 // when they were
	modseq uint64
}

// view is what a client knows of its selected mailbox.
type view struct {
	mailbox  string // "": none is selected
	counted  bool   // EXISTS was told
	messages []message
	next     uint64 // UIDNEXT, 0: not told
	old      int    // messages that were there when it was
	above    uint64 // the next new message has a higher UID
	modseq   uint64 // HIGHESTMODSEQ
}

// grow takes in that there are n messages; false when there were more.
func (v *view) grow(n int) bool {
	if n < len(v.messages) {
		return false
	}
	for len(v.messages) < n {
		v.messages = append(v.messages, message{above: v.above})
	}
	v.counted = true
	return true
}

// remove takes message n out; false when there is none.
func (v *view) remove(n uint64) (message, bool) {
	if n < 1 || n > uint64(len(v.messages)) {
		return message{}, false
	}
	i := int(n - 1)
	m := v.messages[i]
	v.messages = slices.Delete(v.messages, i, i+1)
	above := &v.above
	if i < len(v.messages) {
		above = &v.messages[i].above
	}
	*above = max(*above, m.uid, m.above)
	if i < v.old {
		v.old--
	}
	return m, true
}

// name takes in the UID of message n, which is there; what is wrong with it, or nothing.
func (v *view) name(n, uid uint64) string {
	i := int(n - 1)
	m := &v.messages[i]
	switch {
	case m.uid == uid:
		return ""
	case m.uid != 0:
		return "another UID than before"
	case v.next != 0 && i < v.old && uid >= v.next:
		return "a UID of the future: not below the UIDNEXT that was told"
	case v.next != 0 && i >= v.old && uid < v.next:
		return "a new message below the UIDNEXT that was told"
	case uid <= m.above:
		return "a UID not above that of a message before it"
	}
	for j := i - 1; j >= 0; j-- {
		if b := v.messages[j]; uid <= max(b.uid, b.above) {
			return "a UID not above that of a message before it"
		} else if b.uid != 0 {
			break
		}
	}
	for _, a := range v.messages[i+1:] {
		if a.uid != 0 {
			if uid >= a.uid {
				return "a UID not below that of a message behind it"
			}
			break
		}
	}
	m.uid = uid
	return ""
}

// find returns the number of the message with that UID, as far as it was told; 0 for none.
func (v *view) find(uid uint64) uint64 {
	return uint64(slices.IndexFunc(v.messages, func(m message) bool { return m.uid == uid }) + 1)
}

// vanish takes out the message with that UID: one whose UID was told, or one that can have it.
func (v *view) vanish(uid uint64) bool {
	n := v.find(uid)
	for i := 0; n == 0 && i < len(v.messages); i++ {
		if v.messages[i].uid == 0 {
			try := view{messages: slices.Clone(v.messages), next: v.next, old: v.old}
			if try.name(uint64(i+1), uid) == "" {
				n = uint64(i + 1)
				v.messages[i].uid = uid
			}
		}
	}
	_, ok := v.remove(n)
	return ok
}

// in calls f for the messages of a set, of numbers or of UIDs that were told.
func (v *view) in(set string, uid bool, f func(m *message)) {
	all, err := spans(set)
	if err != nil || len(v.messages) == 0 {
		return
	}
	last := uint64(len(v.messages)) // what "*" means
	if uid {
		if last = v.messages[len(v.messages)-1].uid; last == 0 {
			last = maxSpan - 1
		}
	}
	for i := range v.messages {
		m := &v.messages[i]
		at := uint64(i + 1)
		if uid {
			at = m.uid
		}
		if at != 0 && slices.ContainsFunc(all, func(s span) bool { return s.holds(at, last) }) {
			f(m)
		}
	}
}

// holds reports whether n may be in s, when the last one is last; maxSpan for a last one that nobody knows.
func (s span) holds(n, last uint64) bool {
	switch {
	case s.last != maxSpan:
		return s.first <= n && n <= s.last
	case s.first == maxSpan && last == maxSpan:
		return true
	}
	return min(s.first, last) <= n && n <= last
}
