package boundary

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Op says what a host asks of its enclave with an Ask: the rule that it wants applied. Numbers are fixed for
// ever.
type Op uint8

// The operations. Messages are encoded messages of package wire; the answer's Message is what the enclave
// says to its peers (empty when it has nothing to say), its Frontier a record for the log.
const (
	OpReqVC      Op = 1 // Number: the view wanted. Answer: REQ-VC
	OpViewChange Op = 2 // Number: the view; Messages: f+1 REQ-VCs for it or above. Answer: VIEW-CHANGE
	OpNewView    Op = 3 // Number: the view; Messages: f+1 VIEW-CHANGEs to it. Answer: NEW-VIEW
	OpEnter      Op = 4 // Messages: one NEW-VIEW. Answer: nothing to say
	OpCheckpoint Op = 5 // Number: the order; Digest: the root after it. Answer: CHECKPOINT
	OpStable     Op = 6 // Messages: f+1 CHECKPOINTs of one order and root. Answer: nothing to say

	OpHello   Op = 7  // Answer: REC-HELLO
	OpAnswer  Op = 8  // Messages: a peer's REC-HELLO. Answer: REC-INFO or STATEMENT
	OpRequest Op = 9  // Messages: f+1 REC-INFOs. Answer: REC-REQ
	OpGrant   Op = 10 // Messages: a peer's REC-REQ. Answer: REC-STATE, or REC-INFO when it asks for too little
	OpRecover Op = 11 // Messages: f+1 REC-STATEs. Answer: nothing to say
	OpResign  Op = 12 // Messages: f+1 STATEMENTs, or none by the host's own will. Answer: nothing to say
	OpLearn   Op = 13 // Messages: certificates that commit one order. Answer: nothing to say
	OpCold    Op = 14 // Messages: STATEMENTs of all other members. Answer: COLD-STATE
	OpJoin    Op = 15 // Messages: COLD-STATEs of all members. Answer: JOIN, to be sent once the Frontier is synced
	OpFound   Op = 16 // Messages: JOINs of all members. Answer: nothing to say
	OpAbandon Op = 17 // Answer: nothing to say
	OpPropose Op = 18 // Messages: COLD-STATEs of members that are fewer than all, for an administrator. Answer: nothing to say

	maxOp = OpPropose
)

// Ask is a question of the host beside those of the hot path: one rule of the enclave. Token comes back in
// the answer.
type Ask struct {
	Token    uint64
	Op       Op
	Number   uint64
	Digest   wire.Digest
	Messages [][]byte
}

// Append appends the frame.
func (a *Ask) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindAsk), a.Token)
	dst = canon.AppendUint8(dst, uint8(a.Op))
	dst = canon.AppendUint64(dst, a.Number)
	dst = canon.AppendFixed(dst, a.Digest[:])
	return appendByteLists(dst, a.Messages)
}

// DecodeAsk decodes the frame; Messages alias it.
func DecodeAsk(frame []byte) (Ask, error) {
	r := open(frame)
	a := Ask{Token: r.Uint64(), Op: Op(r.Uint8()), Number: r.Uint64(), Digest: r.Copy32()}
	if a.Op == 0 || a.Op > maxOp {
		r.Fail(canon.ErrNonCanonical)
	}
	a.Messages = readByteLists(r, MaxMessages)
	return a, done(r, "ask")
}

// Told answers an Ask. The host writes Frontier, when there is one, to its log before anything else of the
// answer has an effect.
type Told struct {
	Token    uint64
	Refusal  Refusal
	Message  []byte
	Frontier []byte
}

// Append appends the frame.
func (t *Told) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindTold), t.Token)
	dst = canon.AppendUint8(dst, uint8(t.Refusal))
	return canon.AppendBytes(canon.AppendBytes(dst, t.Message), t.Frontier)
}

// DecodeTold decodes the frame; Message and Frontier alias it.
func DecodeTold(frame []byte) (Told, error) {
	r := open(frame)
	t := Told{Token: r.Uint64(), Refusal: Refusal(r.Uint8())}
	t.Message, t.Frontier = r.Bytes(MaxFrameBytes), r.Bytes(MaxFrameBytes)
	return t, done(r, "told")
}

func appendByteLists(dst []byte, list [][]byte) []byte {
	dst = canon.AppendCount(dst, len(list))
	for _, b := range list {
		dst = canon.AppendBytes(dst, b)
	}
	return dst
}

func readByteLists(r *canon.Reader, most int) [][]byte {
	n := r.Count(most, 4)
	if n == 0 {
		return nil
	}
	list := make([][]byte, n)
	for i := range list {
		list[i] = r.Bytes(MaxFrameBytes)
	}
	return list
}
