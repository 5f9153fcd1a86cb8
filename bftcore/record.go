package bftcore

// RecordKind says what a log record holds. Numbers are fixed for ever.
type RecordKind uint8

// Kinds of log records. The body is the message that travels, so that a lagging peer is served straight from
// the log. Those marked (later) are reserved.
const (
	RecordPrepare    RecordKind = 1 // an encoded PREPARE, the own or one that the own enclave accepted
	RecordCommit     RecordKind = 2 // an encoded COMMIT: the own, or another's that proves an executed order
	RecordViewChange RecordKind = 3 // the own VIEW-CHANGE
	RecordNewView    RecordKind = 4 // the NEW-VIEW that the present view began with
	RecordCheckpoint RecordKind = 5 // f+1 CHECKPOINTs that make a checkpoint stable (see appendProofOf)
	RecordFrontier   RecordKind = 6 // the own enclave's ordering state
	RecordFounding   RecordKind = 7 // (later) a founding's bundle, or the own JOIN
	RecordRecovery   RecordKind = 8 // (later) the bundle of an enclave's recovery
	RecordBatch      RecordKind = 9 // a PREPARE of which the batch alone was verified: that its enclave remembers it
)

// Record is one entry of the host log: what must be written before the messages of the same Ready leave.
//
// The log is the host's memory. For each order that it executed above the stable checkpoint there are a
// RecordPrepare and f RecordCommit of one view, which prove the order to anybody. The newest RecordFrontier and
// the own PREPAREs and COMMITs after it are what the enclave is shown when it starts (ReadTestament). Of each order
// that the enclave remembers above its stable checkpoint there is the batch, as RecordPrepare or RecordBatch, written
// before the enclave was told of it: else it might remember for ever what nobody can show. Order is 0 for what must stay however much of the log is cut: everything from the newest such record on.
type Record struct {
	Kind  RecordKind
	Order uint64
	Body  []byte
}
