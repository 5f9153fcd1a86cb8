package node

import (
	"errors"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// absence is a record that this host lacks and asks its peers for.
type absence struct {
	wanted  bool                 // by the core, before a vote
	damaged bool                 // it is here, but not as it was stored
	reads   []boundary.GetRecord // of the own enclave
	repairs []chan bool          // of Repair; capacity 1
	fetches []chan bool          // of Fetch; capacity 1
	askAt   int64
	asked   int
	peer    int
}

// found serves all that waited for a record.
func (s *bodyState) found(d wire.Digest, record []byte) {
	a := s.missing[d]
	if a == nil {
		return
	}
	delete(s.missing, d)
	if a.wanted {
		s.n.inbox.put(sourceSelf, 0, bftcore.BodyHeld{Body: d})
	}
	for _, g := range a.reads {
		s.deliver(g, record)
	}
	for _, c := range append(a.repairs, a.fetches...) {
		c <- true
	}
}

func (s *bodyState) deliver(g boundary.GetRecord, record []byte) {
	for _, p := range pieces(g.Digest, record) {
		r := boundary.Record{Token: g.Token, Piece: p}
		s.say(r.Append(nil))
	}
}

func (s *bodyState) need(d wire.Digest) {
	s.pin(d)
	if s.n.o.Bodies.Has(d) {
		s.n.inbox.put(sourceSelf, 0, bftcore.BodyHeld{Body: d})
		return
	}
	s.lack(d).wanted = true
}

func (s *bodyState) get(g boundary.GetRecord) {
	record, err := s.n.o.Bodies.Get(g.Digest)
	if err == nil {
		s.deliver(g, record)
		return
	}
	a := s.lack(g.Digest)
	a.reads = append(a.reads, g)
	a.damaged = a.damaged || errors.Is(err, ErrRecordDamaged)
}

// lack notes that a record is missing and asks the first peer.
func (s *bodyState) lack(d wire.Digest) *absence {
	a := s.missing[d]
	if a == nil {
		a = &absence{peer: int(s.n.o.Config.Self)}
		s.missing[d] = a
		s.ask(d, a)
	}
	return a
}

func (s *bodyState) ask(d wire.Digest, a *absence) {
	n := s.n.o.Config.Quorum.N()
	for {
		a.peer = (a.peer + 1) % n
		if a.peer != int(s.n.o.Config.Self) {
			break
		}
	}
	a.asked++
	a.askAt = s.n.o.Now() + int64(fetchAgainAfter)
	s.drop(arrival{from: a.peer, body: d})
	s.n.o.Links.Send(a.peer, wire.Fetch{Body: d}.Append(nil))
}

// tick repeats fetches that nobody answered and forgets bodies that stopped arriving.
func (s *bodyState) tick(now int64) {
	if s.served != nil && now >= s.servedUntil {
		s.served = nil
	}
	for k, a := range s.arriving {
		switch {
		case a.last+int64(arriveTimeout) < now:
			s.drop(k)
		case a.last+int64(fetchAgainAfter) < now:
			s.next(k, a)
		}
	}
	for d, a := range s.missing {
		if now < a.askAt || s.progressing(d, now) {
			continue
		}
		if a.asked >= fetchRounds && len(a.reads)+len(a.repairs)+len(a.fetches) > 0 {
			for _, c := range a.fetches {
				c <- false
			}
			for _, c := range a.repairs {
				c <- false
				s.n.recordsLost.Add(1)
			}
			for _, g := range a.reads {
				r := boundary.Record{Token: g.Token, Piece: wire.Piece{Body: d}}
				_ = s.n.o.Link.Send(r.Append(nil))
			}
			a.reads, a.repairs, a.fetches = nil, nil, nil
			if !a.wanted {
				delete(s.missing, d)
				continue
			}
		}
		s.ask(d, a)
	}
}

// progressing reports whether pieces of d came in lately.
func (s *bodyState) progressing(d wire.Digest, now int64) bool {
	for k, a := range s.arriving {
		if k.body == d && a.last+int64(fetchAgainAfter) > now {
			return true
		}
	}
	return false
}
