package bftcore

import "troxymail/bftcore/wire"

// Ready is what a host is to do, in the order that the package documentation lists. The zero Ready
// means nothing.
type Ready struct {
	// Records are to be appended to the host log before anything else of this Ready has an effect.
	Records []Record
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
	// authenticate the cached reply once more. A request that the store has no reply for is ignored.
	Reanswer []wire.Request
	// Load asks for old records to be sent to peers that lag. At most one a peer is under way.
	Load []Load
	// NeedBody names large bodies that must be on the own disk before a vote: the host looks for them,
	// fetches those that are missing, and reports BodyHeld for each.
	NeedBody []wire.Digest
}

// Empty reports whether there is nothing to do.
func (r *Ready) Empty() bool {
	return len(r.Records) == 0 && len(r.Messages) == 0 && len(r.Calls) == 0 && len(r.Execute) == 0 &&
		len(r.Reanswer) == 0 && len(r.Load) == 0 && len(r.NeedBody) == 0
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

// Load asks the host to read the records of the orders From to To (inclusive) from its log, and to send
// the bodies of those of kind RecordPrepare and RecordCommit, in log order, as messages to peer To. It
// stops before MaxBytes are exceeded, but always sends one order whole. Then it reports Loaded.
type Load struct {
	Peer     wire.ReplicaID
	From, To uint64
	MaxBytes int
}

// Call is a question to the own enclave, answered by an event with the same Token. The implementations
// are CertifyPrepare, CertifyCommit and Verify.
type Call interface{ call() }

// CertifyPrepare asks for the PREPARE certificate of a batch at [View|Order]. The enclave checks the MAC of
// every request (only Header and MAC cross) and computes the batch digest itself.
type CertifyPrepare struct {
	Token    uint64
	View     uint64
	Order    uint64
	Requests []wire.Request
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

func (CertifyPrepare) call() {}
func (CertifyCommit) call()  {}
func (Verify) call()         {}
