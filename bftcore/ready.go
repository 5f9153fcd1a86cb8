package bftcore

import "troxymail/bftcore/wire"

// Ready is what a host is to do, in the order that the package documentation lists. The zero Ready
// means nothing.
type Ready struct {
	// Records are to be appended to the host log before anything else of this Ready has an effect.
	Records []Record
	// Sync asks for all that is written, Records included, to be synced soon. Without it that may wait for a Ready that asks.
	Sync bool
	// LastRecord numbers the last record that the core ever handed out, counted from 1 since New; it
	// is what Synced refers to.
	LastRecord uint64
	// Messages are for peers.
	Messages []Message
	// Calls are for the own enclave.
	Calls []Call
	// Execute holds committed batches, strictly in order, each order once per run of the core.
	Execute []Batch
	// Reanswer holds requests that were asked again and are executed already: the host has its enclave
	// authenticate the cached reply once more, and says Known. A request that the store has no reply for is
	// ignored.
	Reanswer []wire.Request
	// Load asks for old records to be sent to peers that lag. At most one a peer is under way.
	Load []Load
	// NeedBody names large bodies that must be on the own disk before a vote: the host looks for them,
	// fetches those that are missing, and reports BodyHeld for each.
	NeedBody []wire.Digest
	// Recall names orders whose PREPAREs are wanted back from the own log; the host answers each by Recalled.
	Recall []uint64
	// Stable is the newest stable checkpoint, when it moved: the log below it may go, and snapshots older than it.
	Stable *wire.Stable
	// Transfer asks for the state of a stable checkpoint, when logs of peers do not reach back to what the own
	// store has. A newer one takes the place of an older one. Nil for none.
	Transfer *Transfer
	// Retrace is a piece of the way to a stable checkpoint whose state nobody gives. Nil for none.
	Retrace *Retrace
	// Refusals are for the host's log: the first of each peer and cause since New.
	Refusals []Refusal
}

// Transfer asks the host to bring its store to Stable by fetching what differs from peers, each part checked
// against Stable.Root. From are the peers that claim to have it. Installed answers it.
type Transfer struct {
	Stable wire.Stable
	From   []wire.ReplicaID
}

// Empty reports whether there is nothing to do.
func (r *Ready) Empty() bool {
	return len(r.Records) == 0 && !r.Sync && len(r.Messages) == 0 && len(r.Calls) == 0 && len(r.Execute) == 0 &&
		len(r.Reanswer) == 0 && len(r.Load) == 0 && len(r.NeedBody) == 0 &&
		len(r.Recall) == 0 && len(r.Refusals) == 0 && r.Stable == nil && r.Transfer == nil && r.Retrace == nil
}

// Message is one encoded message for one peer. The same Raw may go to several.
type Message struct {
	To        wire.ReplicaID
	Raw       []byte
	AfterSync bool // leaves only when the log is synced up to the records of this Ready
}

// Batch is a committed batch. Requests may repeat earlier ones (a Byzantine leader may order a request
// twice): the store executes each id once. An empty batch is valid.
type Batch struct {
	View     uint64
	Order    uint64
	Digest   wire.Digest
	Requests []wire.Request
}

// Load asks the host to read the records of the orders From to To (inclusive) from its log, and to send to
// Peer, order by order, what Config.Evidence makes of them. It stops before MaxBytes are exceeded, but always
// sends one order whole. Then it reports Loaded.
type Load struct {
	Peer     wire.ReplicaID
	From, To uint64
	View     uint64 // for Evidence
	MaxBytes int
}

// Call is a question to the own enclave, answered by an event with the same Token. The implementations
// are CertifyPrepare, CertifyCommit, Verify, CheckRequests and Ask; and Reserve, which is answered only when it is used.
type Call interface{ call() }

// CertifyPrepare asks for the PREPARE certificate of a batch at [View|Order]. The enclave checks the MAC of
// every request (only Header and MAC cross) and computes the batch digest itself.
type CertifyPrepare struct {
	Token    uint64
	View     uint64
	Order    uint64
	Requests []wire.Request
}

// Reserve lets the enclave certify the next requests of its own clients at [View|Order] by itself, until it is asked for any
// PREPARE: Proposed. Those that name large bodies are not for it.
type Reserve struct {
	View  uint64
	Order uint64
}

// CertifyCommit asks for the COMMIT certificate to a PREPARE. The enclave checks the PREPARE certificate,
// that it binds these requests, and the MAC of each (only Header and MAC cross).
type CertifyCommit struct {
	Token    uint64
	Prepare  wire.Certificate
	Requests []wire.Request
}

// Verify asks which certificates are genuine. At most MaxVerify at a time.
type Verify struct {
	Token        uint64
	Certificates []wire.Certificate
}

// CheckRequests asks which requests have a wrong MAC (only Header and MAC cross). It certifies nothing.
type CheckRequests struct {
	Token    uint64
	Requests []wire.Request
}

// Op is a rule of the enclave beside those of the hot path.
type Op uint8

// The rules that a core asks for. Messages are encoded messages of package wire.
const (
	AskReqVC      Op = 1 // Number: the view wanted. Told: REQ-VC
	AskViewChange Op = 2 // Number: the view; Messages: f+1 REQ-VCs for it or above. Told: VIEW-CHANGE
	AskNewView    Op = 3 // Number: the view; Messages: f+1 VIEW-CHANGEs to it. Told: NEW-VIEW
	AskEnter      Op = 4 // Messages: one NEW-VIEW
	AskCheckpoint Op = 5 // Number: the order; Digest: the root after it. Told: CHECKPOINT
	AskStable     Op = 6 // Messages: f+1 CHECKPOINTs of one order and root
)

// Ask has the enclave apply one of the rules named by Op.
type Ask struct {
	Token    uint64
	Op       Op
	Number   uint64
	Digest   wire.Digest
	Messages [][]byte
}

func (CertifyPrepare) call() {}
func (Reserve) call()        {}
func (CertifyCommit) call()  {}
func (Verify) call()         {}
func (CheckRequests) call()  {}
func (Ask) call()            {}

// Ready returns what is to be done since the last Ready. The caller does it, then calls Advance; Step is
// allowed in between. Panics when called twice without Advance.
func (c *Core) Ready() Ready {
	if c.taken {
		panic("bftcore: Ready without Advance")
	}
	c.taken = true
	c.flush()
	c.out.LastRecord = c.records
	ready := c.out
	c.out, c.spare = c.spare, c.out
	return ready
}

// Advance takes the slices of the last Ready back.
func (c *Core) Advance() {
	if !c.taken {
		return
	}
	c.taken = false
	s := &c.spare
	clear(s.Records)
	clear(s.Messages)
	clear(s.Calls)
	clear(s.Execute)
	clear(s.Reanswer)
	clear(s.NeedBody)
	*s = Ready{
		Records: s.Records[:0], Messages: s.Messages[:0], Calls: s.Calls[:0], Execute: s.Execute[:0],
		Reanswer: s.Reanswer[:0], Load: s.Load[:0], NeedBody: s.NeedBody[:0], Recall: s.Recall[:0],
		Refusals: s.Refusals[:0],
	}
}

// flush draws the conclusions of all events since the last one: together, so that work is done in batches.
func (c *Core) flush() {
	if c.leads() {
		c.propose()
	} else {
		c.vote()
		c.flushForwards()
	}
	for len(c.dirty) > 0 {
		s := c.dirty[len(c.dirty)-1]
		c.dirty = c.dirty[:len(c.dirty)-1]
		if c.slots[s.order] == s {
			c.evaluate(s)
		}
	}
	c.execute()
	if c.leads() {
		c.propose() // what was executed may have made room
	}
	c.changeViews()
	c.attest()
	c.stabilise()
	c.verify()
	c.reserve()
	c.fetch()
	c.needsTransfer()
	c.retrace()
	c.progress()
}
