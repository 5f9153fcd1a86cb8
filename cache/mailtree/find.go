package mailtree

import (
	"math"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// Rank returns how many messages have a UID below uid. The error is a *Missing.
func (t *Tree) Rank(uid command.UID) (uint32, error) {
	n, c, ok, err := t.top()
	if !ok {
		return 0, err
	}
	rank := uint32(0)
	for {
		i := 0
		for i < len(c) && last(n, i) < uid {
			rank += c[i].Tally.Messages
			i++
		}
		if i == len(c) || c[i].Tally.Messages == 0 || first(n, i) >= uid {
			return rank, nil
		}
		if n.level == 0 {
			list, err := t.block(n, i, &c)
			for k := range list {
				if list[k].UID < uid {
					rank++
				}
			}
			return rank, err
		}
		if n = n.below(i, &c); err == nil {
			c, err = t.node(n)
		}
		if err != nil {
			return 0, err
		}
	}
}

// At returns the message with so many messages before it; false when there are not so many. The error is a *Missing.
func (t *Tree) At(rank uint32) (Entry, bool, error) {
	return t.descend(func(y verify.Tally) bool {
		if rank < y.Messages {
			return true
		}
		rank -= y.Messages
		return false
	}, func(Entry) bool {
		rank--
		return rank == math.MaxUint32
	})
}

// FirstUnseen returns the first message without \Seen; false when all have it. The error is a *Missing.
func (t *Tree) FirstUnseen() (Entry, bool, error) {
	return t.descend(func(y verify.Tally) bool { return y.Unseen > 0 },
		func(e Entry) bool { return e.Flags&command.FlagSeen == 0 })
}

// descend goes down by the first child that child says yes to, to the first message that message says yes to.
func (t *Tree) descend(child func(verify.Tally) bool, message func(Entry) bool) (Entry, bool, error) {
	n, c, ok, err := t.top()
	if !ok {
		return Entry{}, false, err
	}
	rank := uint32(0)
	for {
		i := 0
		for i < len(c) && (c[i].Tally.Messages == 0 || !child(c[i].Tally)) {
			rank += c[i].Tally.Messages
			i++
		}
		if i == len(c) {
			return Entry{}, false, nil
		}
		if n.level == 0 {
			list, err := t.block(n, i, &c)
			for k := range list {
				if message(list[k]) {
					list[k].Rank = rank + uint32(k)
					return list[k], true, nil
				}
			}
			return Entry{}, false, err
		}
		n = n.below(i, &c)
		if c, err = t.node(n); err != nil {
			return Entry{}, false, err
		}
	}
}

// Find returns the message with that UID; false when there is none. The error is a *Missing.
func (t *Tree) Find(uid command.UID) (e Entry, ok bool, err error) {
	err = t.Walk(&Range{First: uid, Last: uid}, func(found *Entry) bool {
		e, ok = *found, true
		return false
	})
	return e, ok, err
}

// Record returns all that is known of the message with that UID; false when there is none. The error is a *Missing that
// reaches to ahead, if that is higher: the messages up to there are wanted next.
func (t *Tree) Record(uid, ahead command.UID) (m command.Message, ok bool, err error) {
	n, c, ok, err := t.top()
	if !ok {
		return m, false, err
	}
	for {
		i := slotOf(n, uid)
		if i < 0 || c[i].Tally.Messages == 0 {
			return m, false, nil
		}
		if n.level == 0 {
			v, known := t.get(c[i].Digest)
			if !known {
				return m, false, &Missing{First: max(1, first(n, i)), Last: max(uid, ahead), Records: true}
			}
			b := command.Block{Records: v}
			for _, m := range b.Messages() {
				if m.UID == uid {
					return m, true, nil
				}
			}
			return m, false, nil
		}
		n = n.below(i, &c)
		if c, err = t.node(n); err != nil {
			return m, false, err
		}
	}
}

// slotOf returns the child of n that covers uid, -1 when n does not.
func slotOf(n nodeName, uid command.UID) int {
	for i := range verify.Fanout {
		if first(n, i) <= uid && uid <= last(n, i) {
			return i
		}
	}
	return -1
}

// block returns the messages of the block at slot of a node of level 0, from its page or its records.
func (t *Tree) block(n nodeName, slot int, c *verify.Children) ([]Entry, error) {
	if p, ok := t.page(n); ok {
		list := make([]Entry, 0, command.MessagesPerLeaf)
		for e, ok := p.next(); ok && e.UID <= last(n, slot); e, ok = p.next() {
			if e.UID >= first(n, slot) {
				list = append(list, e)
			}
		}
		return list, nil
	}
	if list, ok := t.records(c[slot].Digest); ok {
		return list, nil
	}
	return nil, &Missing{First: max(1, first(n, slot)), Last: last(n, slot)}
}

// page returns the page of a node of level 0; false when it is not known.
func (t *Tree) page(n nodeName) (page, bool) {
	v, ok := t.get(pageKey(n.digest))
	if !ok {
		return page{}, false
	}
	return openPage(n.place, v), true
}

func (t *Tree) records(d wire.Digest) ([]Entry, bool) {
	v, ok := t.get(d)
	if !ok {
		return nil, false
	}
	b := command.Block{Records: v}
	messages := b.Messages()
	list := make([]Entry, len(messages))
	for i := range messages {
		list[i] = entryOf(&messages[i])
	}
	return list, true
}
