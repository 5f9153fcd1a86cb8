package wire

import (
	"slices"

	"troxymail/bftcore/wire/canon"
)

// ReplySet is what one enclave says about the requests of one origin in one batch: at this order, each
// of these requests had this result. Signed is the part that its MAC covers. Full results are attached
// behind the MAC where the origin asked for them: each is checked against its digest.
//
// DurableUpTo is the host's claim, bound by the MAC, that its log is synced up to that order: the
// origin counts an entry as durable when Order <= DurableUpTo, or, for reads, when what was read is.
type ReplySet struct {
	Founding    Founding
	Replica     ReplicaID
	Incarnation uint32
	Vector      []uint32
	Origin      RequestID // Sequence is 0: origin, generation and incarnation of the requests
	Order       uint64
	DurableUpTo uint64
	Entries     []ReplyEntry
	Signed      []byte
	MAC         MAC
}

// ReplyEntry is the result of one request.
type ReplyEntry struct {
	Sequence  uint64
	Request   Digest
	Result    Digest // Result.Digest
	Depends   uint64 // highest order whose effects the result shows: the entry is durable from there on
	FullBytes []byte // encoded Result or nil; not covered by the MAC, checked against Result
}

const replyEntryBytes = 8 + 32 + 32 + 8

// AppendReplySigned appends the part of s that the MAC covers.
func (s *ReplySet) AppendReplySigned(dst []byte) []byte {
	dst = appendHead(dst, KindReplies)
	dst = appendFounding(dst, s.Founding)
	dst = canon.AppendUint16(dst, uint16(s.Replica))
	dst = canon.AppendUint32(dst, s.Incarnation)
	dst = appendVector(dst, s.Vector)
	dst = appendRequestID(dst, s.Origin)
	dst = canon.AppendUint64(dst, s.Order)
	dst = canon.AppendUint64(dst, s.DurableUpTo)
	dst = canon.AppendCount(dst, len(s.Entries))
	for i := range s.Entries {
		e := &s.Entries[i]
		dst = canon.AppendUint64(dst, e.Sequence)
		dst = canon.AppendFixed(dst, e.Request[:])
		dst = canon.AppendFixed(dst, e.Result[:])
		dst = canon.AppendUint64(dst, e.Depends)
	}
	return dst
}

// AppendReplySet appends the whole message: signed part, MAC, and full results (empty where absent).
func AppendReplySet(dst, signed []byte, mac MAC, entries []ReplyEntry) []byte {
	dst = canon.AppendFixed(dst, signed)
	dst = canon.AppendFixed(dst, mac[:])
	for i := range entries {
		dst = canon.AppendBytes(dst, entries[i].FullBytes)
	}
	return dst
}

// DecodeReplySet decodes a reply set; MACs and full results are for the caller to check.
func DecodeReplySet(b []byte) (ReplySet, error) {
	var s ReplySet
	err := s.Decode(b)
	return s, err
}

// Decode is DecodeReplySet into s, whose list of entries it uses again. After an error s is empty.
func (s *ReplySet) Decode(b []byte) error {
	r := canon.NewReader(b)
	readHead(r, KindReplies)
	s.Founding = readFounding(r)
	s.Replica = replica(r)
	s.Incarnation = incarnation(r)
	s.Vector = readVector(r)
	s.Origin = readRequestID(r)
	s.Order = number(r)
	s.DurableUpTo = number(r)
	n := r.Count(MaxReplies, replyEntryBytes)
	s.Entries = slices.Grow(s.Entries[:0], n)[:n]
	for i := range s.Entries {
		s.Entries[i] = ReplyEntry{Sequence: number(r), Request: r.Copy32(), Result: r.Copy32(), Depends: number(r)}
	}
	s.Signed = b[:r.Offset():r.Offset()]
	s.MAC = r.Copy32()
	for i := range s.Entries {
		s.Entries[i].FullBytes = r.Bytes(maxEncodedResult)
	}
	if err := r.Done(); err != nil {
		*s = ReplySet{}
		return malformed("replies", err)
	}
	return nil
}
