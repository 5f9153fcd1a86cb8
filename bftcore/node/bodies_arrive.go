package node

import (
	"errors"
	"io/fs"
	"os"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// arrival names a body on its way from one source; a liar can only spoil its own copy.
type arrival struct {
	from int
	body wire.Digest
}

type assembly struct {
	total  uint64
	pushed bool // by its origin, which waits for an attestation
	data   []byte
	last   int64
}

// arrive adds a piece. Only the first is pushed (by the origin of the body); the receiver asks for each
// of the others, so that no queue fills. When the body is whole and fits its digest it is stored, and, if
// it was pushed, shown to the own enclave for attestation.
func (s *bodyState) arrive(from int, p wire.Piece, pushed bool) {
	k := arrival{from: from, body: p.Body}
	if pushed && p.Total <= wire.InlineBodyBytes {
		return // such a body travels in its command
	}
	if pushed && p.Offset == 0 && s.n.o.Bodies.Has(p.Body) && s.again(from, p.Body) {
		return // the origin asks again: its attestations were lost
	}
	a := s.arriving[k]
	if a == nil {
		if p.Offset != 0 || s.bytes[from]+int(p.Total) > maxArriving || !pushed && s.missing[p.Body] == nil {
			return // not asked for, or too much at once: the origin's enclave times out, a fetch is repeated
		}
		if pushed && from != sourceSelf && !s.mayOwe(from, int(p.Total)) {
			return
		}
		a = &assembly{total: p.Total, pushed: pushed}
		s.arriving[k] = a
		s.bytes[from] += int(p.Total)
	}
	if p.Total != a.total || p.Offset != uint64(len(a.data)) || len(p.Bytes) == 0 {
		return
	}
	a.data = append(a.data, p.Bytes...)
	a.last = s.n.o.Now()
	if uint64(len(a.data)) < a.total {
		s.next(k, a)
		return
	}
	s.drop(k)
	if wire.Sum(a.data) == p.Body {
		s.whole(from, p.Body, a.data, a.pushed)
	}
}

// next asks a peer for the piece that follows; the own enclave sends all of them by itself.
func (s *bodyState) next(k arrival, a *assembly) {
	if k.from != sourceSelf {
		s.n.o.Links.Send(k.from, wire.Fetch{Body: k.body, Offset: uint64(len(a.data))}.Append(nil))
	}
}

// again attests a body that is stored already, and tells peers of it if it is the own enclave's. False when
// it is damaged: what the origin sends repairs it.
func (s *bodyState) again(from int, d wire.Digest) bool {
	body, err := s.n.o.Bodies.Get(d)
	if err != nil {
		if errors.Is(err, ErrRecordDamaged) {
			s.n.recordsLost.Add(1)
		}
		return false
	}
	if from == sourceSelf {
		s.spread(d, body)
	}
	s.show(from, d, body)
	return true
}

func (s *bodyState) drop(k arrival) {
	if a := s.arriving[k]; a != nil {
		s.bytes[k.from] -= int(a.total)
		delete(s.arriving, k)
	}
}

// whole stores a body that arrived.
func (s *bodyState) whole(from int, d wire.Digest, body []byte, pushed bool) {
	s.countLost(d)
	if err := s.n.o.Bodies.Put(d, body); err != nil {
		s.n.diskErrors.Add(1)
		s.n.o.Logger.Error("body.not_stored", "cause", err.Error())
		if diskFailed(err) {
			s.failed = err
		}
		return
	}
	if from == sourceSelf {
		s.spread(d, body)
	}
	if pushed {
		if from != sourceSelf {
			s.owe(from, d, len(body))
		}
		s.attest(from, d)
	}
	s.found(d, body)
}

// diskFailed reports whether the operating system refused: a full disk, or one that fails. A host that went on would
// fetch the body again and again, execute nothing that follows it, and vote for nothing; one that stops says why.
func diskFailed(err error) bool {
	var file *fs.PathError
	var names *os.LinkError
	return errors.As(err, &file) || errors.As(err, &names)
}

// countLost counts a record that this host should have had and a peer gave it. One that is merely absent
// counts only while this host lags behind nobody: else its order may be yet to come here.
func (s *bodyState) countLost(d wire.Digest) {
	a := s.missing[d]
	if a == nil || len(a.reads)+len(a.repairs) == 0 {
		return
	}
	if status := s.n.Status(); !a.damaged && status.Known <= status.Applied {
		_, err := s.n.o.Bodies.Get(d)
		a.damaged = err != nil
	}
	if a.damaged {
		s.n.recordsLost.Add(1)
	}
}

// spread tells all peers of the own enclave's body by its first piece; they fetch the others.
func (s *bodyState) spread(d wire.Digest, body []byte) {
	first := pieces(d, body)[0].Append(nil, wire.KindBody)
	for to := range s.n.o.Config.Quorum.N() {
		if to != int(s.n.o.Config.Self) {
			s.n.o.Links.Send(to, first)
		}
	}
}

// attest reads a stored body back from disk and shows it to the enclave, which tells the origin.
func (s *bodyState) attest(from int, d wire.Digest) {
	body, err := s.n.o.Bodies.Get(d)
	if err != nil {
		s.n.diskErrors.Add(1)
		s.n.o.Logger.Error("body.not_read_back", "cause", err.Error())
		return
	}
	s.show(from, d, body)
}

func (s *bodyState) show(from int, d wire.Digest, body []byte) {
	s.pin(d)
	origin := s.n.o.Config.Self
	if from != sourceSelf {
		origin = wire.ReplicaID(from)
	}
	for _, p := range pieces(d, body) {
		s.say(boundary.AppendReadBack(nil, origin, p))
	}
}
