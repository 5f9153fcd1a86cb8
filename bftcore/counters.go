package bftcore

import "troxymail/bftcore/wire"

// Counters counts what happened since New. Plain integers that only grow; Core.Counters returns a copy.
type Counters struct {
	// Refused messages of peers, by cause.
	Malformed     uint64 // no valid encoding, or over a limit
	Unexpected    uint64 // a kind that is not for the core, or from a replica that may not send it
	OtherFounding uint64 // certificate of another epoch, founding, counter or group size
	OtherView     uint64 // of a view that is not the current one
	OldOrder      uint64 // of an order that is executed and voted already
	BeyondWindow  uint64 // of an order too far ahead
	BufferFull    uint64 // no room for an early PREPARE
	Conflict      uint64 // another digest than the verified one: proof of a fault
	Duplicate     uint64 // a message that was there already
	Unsolicited   uint64 // a relayed PREPARE that nobody asked for
	Refused       uint64 // from a sender whose PREPARE for this order the enclave refused lately

	StatementsLimited uint64 // too many of one peer wait for a verdict

	// Verdicts of the own enclave.
	ForgedStatements uint64 // PROOFs, REQ-VCs, VIEW-CHANGEs, NEW-VIEWs, CHECKPOINTs that are not genuine
	RefusedRules     uint64 // asked for a view change or a checkpoint that its rules do not allow
	ForgedCommits    uint64 // COMMITs with a certificate that is not genuine
	RejectedBatches  uint64 // PREPAREs that the enclave refused to commit to
	RefusedProposals uint64 // own proposals that the enclave refused to certify
	InvalidRequests  uint64 // requests dropped from proposals because of their MAC
	LateAnswers      uint64 // answers to calls that nobody waits for (late, repeated, unknown)
	NonsenseAnswers  uint64 // answers that do not fit their call

	// Requests.
	RequestsRefused   uint64 // no room for one more
	RequestsEvicted   uint64 // another's request forgotten at a follower for a newer one
	RequestsDuplicate uint64 // waiting, in flight or executed already
	Reanswered        uint64
	ForwardsLimited   uint64 // not forwarded again so soon
	AnswersLimited    uint64 // not answered again so soon

	// Work done.
	Proposed       uint64 // batches, as leader
	Reserved       uint64 // of those, certified by the own enclave without being asked
	Voted          uint64 // COMMIT certificates, as follower
	Batches        uint64 // batches handed to Execute
	Requests       uint64 // requests in them
	Fetches        uint64 // FETCHes sent
	FetchesServed  uint64
	FetchesLimited uint64 // FETCHes not served for lack of allowance
	Resent         uint64 // orders sent again to a peer that lags
	Loads          uint64
	ProgressSent   uint64 // PROGRESS messages, counted per peer
	Learned        uint64 // batches executed without a vote
	ViewsWanted    uint64 // REQ-VCs made
	ViewChanges    uint64 // VIEW-CHANGEs made
	ViewsBegun     uint64 // NEW-VIEWs made
	ViewsEntered   uint64
	Checkpoints    uint64 // stable ones
	Transfers      uint64
	Retraced       uint64 // batches handed out to be retraced
}

// foreign counts a certificate that is not of this founding, or the own one come back. What a founding has left
// behind, and what was said by this replica itself before a restart, goes round for a while and is nobody's fault.
func (c *Core) foreign(from wire.ReplicaID, x *wire.Certificate) {
	if x.Replica == c.cfg.Self || x.Founding.Generation < c.cfg.Founding.Generation {
		c.counters.Unexpected++
		return
	}
	c.counters.OtherFounding++
	c.blame(from, CauseOtherFounding, nil)
	if x.Replica == from && x.Epoch == c.cfg.Epoch && x.Founding.Generation > c.cfg.Founding.Generation {
		p := &c.peers[from].status
		p.Generation = max(p.Generation, x.Founding.Generation)
	}
}
