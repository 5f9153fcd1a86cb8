package session

import (
	"context"
	"math"

	"troxymail/bftcore/wire"
	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// parts are parts of a mailbox, and the digest of the state that they are of: computed from what a host said, or voted.
type parts struct {
	command.MailboxParts
	digest wire.Digest
}

// maxRecords bounds the messages whose records are read ahead.
const maxRecords = 1024

// read begins a command that reads parts: all that a reader of the view needs beside the messages.
func (v *view) read() *command.MailboxRead {
	c := &command.MailboxRead{Account: v.state.Account, Mailbox: v.id, Removed: math.MaxUint64, Table: v.words.table}
	if v.digest != (wire.Digest{}) {
		c.Removed = v.state.Removed
	}
	return c
}

// part is the command that reads what is missing.
func (v *view) part(m *mailtree.Missing) *command.MailboxRead {
	c := v.read()
	c.First, c.Last, c.Since, c.Limit = m.First, m.Last, m.Since, command.MaxReadMessages
	switch {
	case m.Bare:
		c.Limit = 0
	case m.Records:
		c.Limit = maxRecords
	}
	return c
}

// peekParts reads parts from the own host; nil when it says nothing that makes sense, or every read is ordered.
func (s *Session) peekParts(ctx context.Context, c *command.MailboxRead) *parts {
	if s.server.reader == nil {
		return nil
	}
	seen, ok := s.server.reader.Peek(ctx, c)
	if !ok || seen.Status != command.StatusOK {
		return nil
	}
	p, err := command.DecodeMailboxParts(seen.Payload)
	if err != nil || p.State.ID != c.Mailbox || p.State.Account != s.account.id {
		return nil
	}
	return &parts{p, p.State.Digest()}
}

// orderParts reads parts through the order.
func (s *Session) orderParts(ctx context.Context, c *command.MailboxRead) (*parts, wire.Status, error) {
	out, err := s.read(ctx, c)
	if err != nil || out.Status != command.StatusOK {
		return nil, out.Status, err
	}
	s.server.ordered.Add(1)
	p, err := command.DecodeMailboxParts(out.Payload)
	digest := out.Digest(command.MailboxKey(c.Account, c.Mailbox))
	if err != nil || p.State.Digest() != digest {
		return nil, 0, s.internal("decode parts of a mailbox", err)
	}
	return &parts{p, digest}, command.StatusOK, nil
}

// adopt makes a state with that digest what the view shows, and takes its parts, with their records if asked. False when
// the parts do not fit it: the view is as it was. The digest is what f+1 enclaves or replicas said.
func (s *Session) adopt(ctx context.Context, v *view, p *parts, records bool) (bool, error) {
	words, ok, err := s.openKeywords(v.words, &p.State, p.Keywords)
	if !ok || err != nil {
		return false, err
	}
	tree := mailtree.New(s.server.parts, v.id, p.State.Messages)
	if tree.Take(&p.MailboxParts, records) != nil {
		return false, nil
	}
	if v.digest != (wire.Digest{}) {
		gone, ok, err := s.expunged(ctx, v, p)
		if !ok || err != nil {
			return false, err
		}
		gone.each(func(u command.UID) bool {
			v.lose(u)
			return true
		})
		if v.behind == nil {
			v.behind = &behind{since: v.state.Counters.HighestModSeq, before: v.tree}
		}
		v.behind.at = 1
	}
	v.state, v.digest, v.tree, v.words = p.State, p.digest, tree, words
	s.server.parts.Put(p.digest, p.State.Append(nil))
	return true, nil
}

// lose notes that a told message is gone, and keeps what is at hand of it.
func (v *view) lose(u command.UID) {
	v.gone.add(u)
	v.dirty.remove(u)
	if len(v.lost) >= maxLost {
		return
	}
	if m, ok, err := v.tree.Record(u, 0); ok && err == nil {
		if v.lost == nil {
			v.lost = make(map[command.UID]command.Message)
		}
		v.lost[u] = m
	}
}

// expunged returns which of the messages that the client knows went between the state that the view shows and the one
// of p: by the list that leads from one to the other, each in order. False when p does not have that list.
func (s *Session) expunged(ctx context.Context, v *view, p *parts) (gone uidSet, ok bool, err error) {
	n := p.State.Removed - v.state.Removed
	switch {
	case p.State.Removed < v.state.Removed:
		return gone, false, nil
	case v.beyondHorizon(&p.State):
		return s.compared(ctx, v, p)
	case n != uint64(len(p.Expunged)):
		return gone, false, nil
	}
	chain := v.state.Expunges
	for _, e := range p.Expunged {
		chain = command.ExpungesDigest(chain, e.UID, e.ModSeq)
		if v.isTold(e.UID) {
			gone.add(e.UID)
		}
	}
	return gone, chain == p.State.Expunges, nil
}

// beyondHorizon reports whether more messages were expunged between the state that the view shows and a later one than a
// mailbox remembers. A new view shows none.
func (v *view) beyondHorizon(m *command.MailboxState) bool {
	return v.digest != (wire.Digest{}) && m.Removed > v.state.Removed && m.Removed-v.state.Removed > command.ExpungeHorizon
}

// compared is expunged for more expunges than a mailbox remembers: it looks for each message that was there. When the
// cache does not have those any more, nobody can say, and the session ends.
func (s *Session) compared(ctx context.Context, v *view, p *parts) (gone uidSet, ok bool, err error) {
	err = v.tree.Walk(&mailtree.Range{First: 1, Last: v.end - 1}, func(e *mailtree.Entry) bool {
		gone.add(e.UID)
		return true
	})
	if err != nil {
		return gone, false, s.end(errTooMuchGone)
	}
	next := view{id: v.id, state: p.State, digest: p.digest, words: v.words}
	next.tree = mailtree.New(s.server.parts, v.id, p.State.Messages)
	r := mailtree.Range{First: 1, Last: v.end - 1}
	var last mailtree.Missing
	for {
		err := next.tree.Walk(&r, func(e *mailtree.Entry) bool {
			gone.remove(e.UID)
			return true
		})
		m, missing := err.(*mailtree.Missing)
		if !missing {
			return gone, true, nil
		}
		var more *parts
		if *m != last { // else the own host keeps it back
			more = s.peekParts(ctx, next.part(m))
		}
		if last = *m; more == nil || more.digest != p.digest {
			var err error
			if more, _, err = s.orderParts(ctx, next.part(m)); err != nil {
				return gone, false, err
			}
		}
		if more == nil || more.digest != p.digest || next.tree.Take(&more.MailboxParts, false) != nil {
			return gone, false, ctx.Err() // the mailbox went on
		}
	}
}
