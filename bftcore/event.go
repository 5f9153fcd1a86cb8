package bftcore

import "troxymail/bftcore/wire"

// Time is a moment in nanoseconds of a monotone clock that the caller chooses. It never decides what is
// safe, only when something is tried again.
type Time = int64

// Event is what a host tells its core by Step. The implementations are in this file.
type Event interface{ event() }

// Received is a message of a peer. From is what the link authenticated, never what the message says.
// Raw must not change afterwards: the core keeps slices of it. Any bytes are allowed.
type Received struct {
	From wire.ReplicaID
	Raw  []byte
}

// Submit is a request that the own enclave wants ordered, encoded. Retransmit is set when the enclave
// asks again because it had no answer: then it goes to all replicas.
type Submit struct {
	Raw        []byte
	Retransmit bool
}

// Prepared answers CertifyPrepare. Certificate is nil when the enclave refused; then Invalid may name the
// requests (indices of the call) whose MAC is wrong: they are dropped and the others proposed again.
type Prepared struct {
	Token       uint64
	Certificate *wire.Certificate
	Invalid     []int
}

// Proposed says that the own enclave used what was reserved for it (Reserve): it certified these requests of its own
// clients, encoded, as the batch of that order.
type Proposed struct {
	Certificate wire.Certificate
	Requests    [][]byte
}

// Committed answers CertifyCommit. Certificate is nil when the enclave refused, because the PREPARE
// certificate or the MAC of any request of the batch is wrong, or because it may not certify.
type Committed struct {
	Token       uint64
	Certificate *wire.Certificate
	// Forged says that the enclave refused because of the batch, and not for its own position, view or part.
	Forged bool
}

// Checked answers CheckRequests: indices of those whose MAC is wrong. Refused when the enclave gave no verdict.
type Checked struct {
	Token   uint64
	Invalid []int
	Refused bool
}

// Told answers an Ask. When it is not Refused, Message is what the enclave says to the peers and Frontier its
// state for the log; either may be empty.
type Told struct {
	Token    uint64
	Refused  bool
	Message  []byte
	Frontier []byte
}

// Known says that a request of Reanswer was executed: the store remembers its result.
type Known struct {
	Request wire.Request
}

// Rooted says that the state right after Order has Root, and that it and all large bodies that it names are
// durable on this host. Orders rise and are multiples of Config.Checkpoint; some may be left out.
type Rooted struct {
	Order uint64
	Root  wire.Digest
}

// NotInstalled answers Transfer when it failed: it is asked for again, after ever longer pauses.
type NotInstalled struct{}

// Retraced answers Retrace: the copy of the store is at Order, or, when Failed, what the peer gave does not lead to the
// stable checkpoint's root, and the copy is gone. A copy that is at that root is told by Installed.
type Retraced struct {
	Attempt uint64
	Order   uint64
	Failed  bool
}

// WantCheckpoint says that a peer needs the state of a checkpoint and that none is kept here, as after a start of all. A
// leader then goes on to the next one, with empty batches when nothing else is to be ordered.
type WantCheckpoint struct{}

// Installed answers Transfer: the store is now at Stable.Order, with Stable.Root, durably.
type Installed struct {
	Stable wire.Stable
}

// Recalled answers Recall: the PREPAREs of the order that the own log holds.
type Recalled struct {
	Order    uint64
	Prepares [][]byte
}

// Verified answers Verify: one verdict a certificate, in order. A slice of another length counts as all
// false.
type Verified struct {
	Token uint64
	OK    []bool
}

// BodyHeld says that a large sealed body is on the own disk, synced and read back. Answer NeedBody with it
// also when the body has been there for long.
type BodyHeld struct {
	Body wire.Digest
}

// Executed says that the store applied every batch up to and including Order.
type Executed struct {
	Order uint64
}

// Synced says that every record up to and including the Record-th of this core (Ready.LastRecord) is
// durable in the host log.
type Synced struct {
	Record uint64
}

// Stored says up to which order the store is durable by itself, without the log. Peers are then told to keep
// their logs from there on, so that a follower that loses its own log finds the rest with them. A host that
// never says it is taken to need nothing below what its log has synced.
type Stored struct {
	Order uint64
}

// Loaded says that a Load for peer To is done (or was given up), and how many bytes were sent for it.
type Loaded struct {
	To    wire.ReplicaID
	Bytes int
}

// Tick says that time has passed: when NextDeadline has come, or at any other time.
type Tick struct{}

func (Received) event()       {}
func (Submit) event()         {}
func (Prepared) event()       {}
func (Proposed) event()       {}
func (Committed) event()      {}
func (Verified) event()       {}
func (BodyHeld) event()       {}
func (Executed) event()       {}
func (Synced) event()         {}
func (Stored) event()         {}
func (Loaded) event()         {}
func (Tick) event()           {}
func (Checked) event()        {}
func (Told) event()           {}
func (Known) event()          {}
func (Rooted) event()         {}
func (Installed) event()      {}
func (NotInstalled) event()   {}
func (Retraced) event()       {}
func (WantCheckpoint) event() {}
func (Recalled) event()       {}
