package rejoin

import (
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Op is a rule of the enclave; the numbers are those of package boundary.
type Op uint8

// The rules that are asked for here.
const (
	OpHello   Op = 7
	OpAnswer  Op = 8
	OpRequest Op = 9
	OpGrant   Op = 10
	OpRecover Op = 11
	OpResign  Op = 12
	OpLearn   Op = 13
	OpCold    Op = 14
	OpJoin    Op = 15
	OpFound   Op = 16
	OpAbandon Op = 17
	OpPropose Op = 18
)

// Config says which replica of which group this is.
type Config struct {
	Self   wire.ReplicaID
	Quorum quorum.Config
	// Recovery is how many ACTIVE others an enclave needs to return alone, Members how many found the group
	// (package rr).
	Recovery, Members int
}

// Event is what a host tells its driver.
type Event interface{ event() }

// Began says that the enclave was started, or that it resigned: it is not ACTIVE. Proofs are, for each order that
// the host saw committed without the enclave's vote, the encoded certificates that commit it. Batches are in the own
// log (Entries without a Rank), and the own store has all up to order Applied of what the founding Follows went on with.
type Began struct {
	Proofs  [][][]byte
	Batches []wire.Entry
	Applied uint64
	Follows wire.Founding
}

// Received is a message of a peer, as the link authenticated it.
type Received struct {
	From wire.ReplicaID
	Raw  []byte
}

// Told answers an Ask or a Check.
type Told struct {
	Token    uint64
	Refused  bool
	Message  []byte
	Frontier []byte
}

// Synced says that the Frontier of the last Ready with Sync is durable.
type Synced struct{}

// Tick says that time has passed.
type Tick struct{}

// Ask is a question to the own enclave.
type Ask struct {
	Token    uint64
	Op       Op
	Messages [][]byte
}

// Message is for one peer.
type Message struct {
	To  wire.ReplicaID
	Raw []byte
}

// Ready is what the host is to do: first Batches and then Frontier, to be written to the log (and synced, then Synced,
// when Sync is set); then the rest.
type Ready struct {
	Batches  []Batch
	Frontier []byte
	Sync     bool
	Messages []Message
	Asks     []Ask
	Checks   []Check
	Gives    []Give
	// Active is the Frontier with which the enclave became ACTIVE; Resigned says that it is not any more. The host
	// begins or ends to order.
	Active   []byte
	Resigned bool
	// Refusals are for the host's log, one at most for each Received.
	Refusals []Refusal
}

// Empty reports whether there is nothing to do.
func (r *Ready) Empty() bool {
	return len(r.Batches) == 0 && r.Frontier == nil && len(r.Messages) == 0 && len(r.Asks) == 0 && len(r.Checks) == 0 &&
		len(r.Gives) == 0 && r.Active == nil && !r.Resigned && len(r.Refusals) == 0
}

func (Began) event()    {}
func (Received) event() {}
func (Told) event()     {}
func (Synced) event()   {}
func (Tick) event()     {}
