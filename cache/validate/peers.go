package validate

import (
	"cmp"
	"slices"
	"time"

	"troxymail/bftcore/wire"
)

// Behaviour of peers.
const (
	// silentRounds is after how many rounds in a row without its answer a peer is left alone: for restFor, doubled up
	// to maxRest with each further one.
	silentRounds = 3
	restFor      = time.Second
	maxRest      = time.Minute
	// tryOther is after how many rounds the peer that was asked least lately is asked instead of the slowest of
	// the best: it may have become better.
	tryOther = 64
	// disagreeCosts is what an answer that does not agree counts, beside its time.
	disagreeCosts = 20 * time.Millisecond
)

// peers remembers how the others behaved. Whom to ask is a matter of cost alone: f equal answers of whomever count.
type peers struct {
	list   []peer
	rounds uint64
}

type peer struct {
	id    wire.ReplicaID
	took  int64 // what its answers took lately, nanoseconds
	mute  int   // rounds in a row without its answer
	rest  int64 // not asked before that time, if others are there
	asked uint64
}

func newPeers(n int, self wire.ReplicaID) peers {
	var p peers
	for i := range n {
		// Every replica prefers another peer at first, so that the questions spread.
		if id := wire.ReplicaID((int(self) + 1 + i) % n); id != self {
			p.list = append(p.list, peer{id: id})
		}
	}
	return p
}

// choose returns f peers: those that do not rest before those that do, then all but the one to avoid, then the faster.
func (p *peers) choose(now int64, f, avoid int) []wire.ReplicaID {
	p.rounds++
	order := make([]*peer, len(p.list))
	for i := range p.list {
		order[i] = &p.list[i]
	}
	slices.SortStableFunc(order, func(a, b *peer) int {
		if resting := cmp.Compare(rests(a, now), rests(b, now)); resting != 0 {
			return resting
		}
		if a.id != b.id && (int(a.id) == avoid || int(b.id) == avoid) {
			if int(a.id) == avoid {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.took, b.took)
	})
	if p.rounds%tryOther == 0 && avoid == nobody {
		rarest := slices.MinFunc(order[f-1:], func(a, b *peer) int { return cmp.Compare(a.asked, b.asked) })
		if rests(rarest, now) == 0 {
			order[f-1] = rarest
		}
	}
	ids := make([]wire.ReplicaID, f)
	for i := range ids {
		ids[i] = order[i].id
		order[i].asked = p.rounds
		if order[i].mute >= silentRounds {
			order[i].rest = now + int64(maxPatience) // on trial: nobody else waits for it meanwhile
		}
	}
	return ids
}

// enough reports whether f peers do not rest: else a question would be waited for in vain, but for the one now and then
// whose turn it is when a rest ends.
func (p *peers) enough(now int64, f int) bool {
	for i := range p.list {
		if rests(&p.list[i], now) == 0 {
			f--
		}
	}
	return f <= 0
}

func rests(p *peer, now int64) int {
	if now < p.rest {
		return 1
	}
	return 0
}

func (p *peers) of(id wire.ReplicaID) *peer {
	return &p.list[slices.IndexFunc(p.list, func(x peer) bool { return x.id == id })]
}

// answered notes an answer that took so long. One that does not agree, and not because this enclave is behind, counts
// as slow: its host is the one that executes last, or lies, and another may agree.
func (p *peers) answered(id wire.ReplicaID, took int64, disagrees bool) {
	x := p.of(id)
	if disagrees {
		took += int64(disagreeCosts)
	}
	x.took, x.mute, x.rest = (7*x.took+took)/8, 0, 0
}

// silent notes that no answer came for so long, and reports whether the peer is left alone for it: the longer, the
// longer it stays silent.
func (p *peers) silent(id wire.ReplicaID, now, waited int64) bool {
	x := p.of(id)
	x.took = max(x.took, waited)
	if x.mute++; x.mute < silentRounds {
		return false
	}
	x.rest = now + int64(min(restFor<<min(x.mute-silentRounds, 10), maxRest))
	return true
}
