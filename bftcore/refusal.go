package bftcore

import "troxymail/bftcore/wire"

// Cause says why what a peer sent was refused, where no correct replica sends the like.
type Cause uint8

// The causes. What is late, early, repeated or not asked for is counted only (Counters): it is nobody's fault.
const (
	CauseMalformed      Cause = iota // no valid encoding, or over a limit
	CauseMisattributed               // says that it is another replica's than who sent it
	CauseOtherFounding               // of another group, configuration or founding to come
	CauseConflict                    // another content for an order than the proven one
	CauseForged                      // a certificate that no enclave of the group made
	CauseRefusedBatch                // a batch that the own enclave does not vote for
	CauseInvalidRequest              // a request that no enclave made

	Causes // how many there are
)

var causeNames = [Causes]string{
	"malformed", "misattributed", "other-founding", "conflict", "forged", "refused-batch", "invalid-request",
}

// String returns the cause's name in logs.
func (c Cause) String() string {
	if c < Causes {
		return causeNames[c]
	}
	return "unknown"
}

// Refusal is what a log tells of the first message of a peer that was refused for a cause. From is who sent it: for
// requests, which pass through several hosts, not always who made it. Detail is empty or an error's text.
type Refusal struct {
	From   wire.ReplicaID
	Cause  Cause
	Detail string
}

// causeSet holds causes as bits.
type causeSet uint16

// add reports whether x was not there.
func (s *causeSet) add(x Cause) bool {
	had := *s>>x&1 == 1
	*s |= 1 << x
	return !had
}

// Blames are the causes for which something of each peer was refused. One owner.
type Blames struct{ of []causeSet }

// NewBlames returns those of a group of n, none.
func NewBlames(n int) Blames { return Blames{of: make([]causeSet, n)} }

// Add appends a refusal to list when it is the first of that peer and cause; err may be nil.
func (b *Blames) Add(list []Refusal, from wire.ReplicaID, cause Cause, err error) []Refusal {
	if int(from) >= len(b.of) || !b.of[from].add(cause) {
		return list
	}
	r := Refusal{From: from, Cause: cause}
	if err != nil {
		r.Detail = err.Error()
	}
	return append(list, r)
}

// blame has the host's log name who sent what was refused, once for each cause. The own enclave is nobody to blame.
func (c *Core) blame(from wire.ReplicaID, cause Cause, err error) {
	if from != c.cfg.Self {
		c.out.Refusals = c.blames.Add(c.out.Refusals, from, cause, err)
	}
}

// malformed counts and blames a message that does not decode; err may be nil.
func (c *Core) malformed(from wire.ReplicaID, err error) {
	c.counters.Malformed++
	c.blame(from, CauseMalformed, err)
}

// conflict counts and blames a second content for an order.
func (c *Core) conflict(from wire.ReplicaID) {
	c.counters.Conflict++
	c.blame(from, CauseConflict, nil)
}

// invalidRequest counts and blames a request that no enclave made.
func (c *Core) invalidRequest(from wire.ReplicaID) {
	c.counters.InvalidRequests++
	c.blame(from, CauseInvalidRequest, nil)
}
