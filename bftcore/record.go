package bftcore

// RecordKind says what a log record holds. Numbers are fixed for ever.
type RecordKind uint8

// Kinds of log records. The body of the first two is the message that travels, so that a lagging peer is
// served straight from the log. Those marked (later) are reserved.
const (
	RecordPrepare    RecordKind = 1 // an encoded PREPARE, the own or one that the own enclave accepted
	RecordCommit     RecordKind = 2 // an encoded COMMIT: the own, or another's that proves an executed order
	RecordViewChange RecordKind = 3 // (later) the own VIEW-CHANGE
	RecordNewView    RecordKind = 4 // (later) what justifies the PREPAREs of a view
	RecordCheckpoint RecordKind = 5 // (later) a stable checkpoint certificate
	RecordFrontier   RecordKind = 6 // (later) a frontier apart from a PREPARE or COMMIT
	RecordFounding   RecordKind = 7 // (later) a founding's bundle, or the own JOIN
	RecordRecovery   RecordKind = 8 // (later) the bundle of an enclave's recovery
)

// Record is one entry of the host log: what must be written before the messages of the same Ready leave.
//
// The log is the host's memory. For each order that it executed there are a RecordPrepare and f
// RecordCommit, which prove the order to anybody. The own certificate of the highest position in it,
// the own PREPARE at the leader and the own COMMIT elsewhere, is the enclave's frontier.
type Record struct {
	Kind  RecordKind
	Order uint64
	Body  []byte
}
