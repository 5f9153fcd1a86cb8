package wire

import "troxymail/bftcore/wire/canon"

// MaxMarkKeys bounds the keys of one MARKS-Q.
const MaxMarkKeys = 1024

// MarksQuery (MARKS-Q) asks another enclave for the marks of keys: the order of the last write on each that its host
// showed it. Run and Number name it for ever, as in a CacheQuery. Signed is the part that its MAC covers.
type MarksQuery struct {
	Founding Founding
	Replica  ReplicaID
	Run      Nonce
	Number   uint64
	Keys     []Key
	Signed   []byte
	MAC      MAC
}

// MarksReply (MARKS-A) answers the MARKS-Q whose signed part has the digest Query.
type MarksReply struct {
	Founding Founding
	Replica  ReplicaID
	Query    Digest
	Marks    []uint64 // one a key, 0 for none
	Signed   []byte
	MAC      MAC
}

// AppendSigned appends the part that the MAC covers.
func (q *MarksQuery) AppendSigned(dst []byte) []byte {
	dst = appendFounding(appendHead(dst, KindMarksQuery), q.Founding)
	dst = canon.AppendUint16(dst, uint16(q.Replica))
	dst = canon.AppendFixed(dst, q.Run[:])
	dst = canon.AppendUint64(dst, q.Number)
	dst = canon.AppendCount(dst, len(q.Keys))
	for _, k := range q.Keys {
		dst = AppendKey(dst, k)
	}
	return dst
}

// DecodeMarksQuery decodes a MARKS-Q; its MAC is for the caller to check.
func DecodeMarksQuery(b []byte) (MarksQuery, error) {
	r := canon.NewReader(b)
	readHead(r, KindMarksQuery)
	q := MarksQuery{Founding: readFounding(r), Replica: replica(r)}
	q.Run, q.Number = r.Copy16(), r.Uint64()
	if n := r.Count(MaxMarkKeys, KeyBytes); n > 0 {
		q.Keys = make([]Key, n)
	}
	for i := range q.Keys {
		q.Keys[i] = ReadKey(r)
	}
	q.Signed = b[:r.Offset():r.Offset()]
	q.MAC = r.Copy32()
	if err := r.Done(); err != nil {
		return MarksQuery{}, malformed("MARKS-Q", err)
	}
	return q, nil
}

// AppendSigned appends the part that the MAC covers.
func (a *MarksReply) AppendSigned(dst []byte) []byte {
	dst = appendFounding(appendHead(dst, KindMarksReply), a.Founding)
	dst = canon.AppendUint16(dst, uint16(a.Replica))
	dst = canon.AppendFixed(dst, a.Query[:])
	dst = canon.AppendCount(dst, len(a.Marks))
	for _, m := range a.Marks {
		dst = canon.AppendUint64(dst, m)
	}
	return dst
}

// DecodeMarksReply decodes a MARKS-A; its MAC is for the caller to check.
func DecodeMarksReply(b []byte) (MarksReply, error) {
	r := canon.NewReader(b)
	readHead(r, KindMarksReply)
	a := MarksReply{Founding: readFounding(r), Replica: replica(r), Query: r.Copy32()}
	if n := r.Count(MaxMarkKeys, 8); n > 0 {
		a.Marks = make([]uint64, n)
	}
	for i := range a.Marks {
		a.Marks[i] = number(r)
	}
	a.Signed = b[:r.Offset():r.Offset()]
	a.MAC = r.Copy32()
	if err := r.Done(); err != nil {
		return MarksReply{}, malformed("MARKS-A", err)
	}
	return a, nil
}
