package wire

import "troxymail/bftcore/wire/canon"

// Limits of the questions between enclaves.
const (
	// MaxCacheQuestions bounds the questions in one CACHE-Q.
	MaxCacheQuestions = 1024
	// MaxCacheKeys bounds the keys of one question.
	MaxCacheKeys = 8
)

// KeyVersion is a key with its digest at the end of the order Version, the last that touched it as far as the
// speaker knows.
type KeyVersion struct {
	Key     Key
	Digest  Digest
	Version uint64
}

const keyVersionBytes = KeyBytes + 32 + 8

// CacheQuery (CACHE-Q) asks another enclave whether it knows the same of keys. Each question is answered at one
// moment, for all its keys. Run and Number name it for ever: what its enclave drew when it started, and a number that
// it uses once. Signed is the part that its MAC covers.
type CacheQuery struct {
	Founding    Founding
	Replica     ReplicaID
	Incarnation uint32
	Run         Nonce
	Number      uint64
	Questions   [][]KeyVersion
	Signed      []byte
	MAC         MAC
}

// Verdict answers one question.
type Verdict uint8

// The verdicts. Only VerdictEqual lets the asker show anything.
const (
	VerdictUnknown    Verdict = 0 // a key is not known to the answering enclave
	VerdictEqual      Verdict = 1 // all equal in digest and version, and durable there or by a vote
	VerdictNotDurable Verdict = 2 // equal, but not known to be durable
	VerdictOlder      Verdict = 3 // the answering enclave is behind the asker
	VerdictNewer      Verdict = 4 // the asker is behind
	VerdictDiffers    Verdict = 5 // one version, two digests: one of the two hosts lies
)

// CacheReply (CACHE-A) answers the CACHE-Q whose signed part has the digest Query: it names asker and nonce.
type CacheReply struct {
	Founding    Founding
	Replica     ReplicaID
	Incarnation uint32
	Vector      []uint32
	Query       Digest
	Verdicts    []Verdict // one a question
	Signed      []byte
	MAC         MAC
}

// AppendSigned appends the part that the MAC covers.
func (q *CacheQuery) AppendSigned(dst []byte) []byte {
	dst = appendFounding(appendHead(dst, KindCacheQuery), q.Founding)
	dst = canon.AppendUint16(dst, uint16(q.Replica))
	dst = canon.AppendUint32(dst, q.Incarnation)
	dst = canon.AppendFixed(dst, q.Run[:])
	dst = canon.AppendUint64(dst, q.Number)
	dst = canon.AppendCount(dst, len(q.Questions))
	for _, question := range q.Questions {
		dst = canon.AppendCount(dst, len(question))
		for i := range question {
			v := &question[i]
			dst = canon.AppendFixed(AppendKey(dst, v.Key), v.Digest[:])
			dst = canon.AppendUint64(dst, v.Version)
		}
	}
	return dst
}

// DecodeCacheQuery decodes a CACHE-Q; its MAC is for the caller to check.
func DecodeCacheQuery(b []byte) (CacheQuery, error) {
	r := canon.NewReader(b)
	readHead(r, KindCacheQuery)
	q := CacheQuery{Founding: readFounding(r), Replica: replica(r), Incarnation: incarnation(r)}
	q.Run, q.Number = r.Copy16(), r.Uint64()
	if n := r.Count(MaxCacheQuestions, 4); n > 0 {
		q.Questions = make([][]KeyVersion, n)
	}
	for i := range q.Questions {
		n := r.Count(MaxCacheKeys, keyVersionBytes)
		if n == 0 {
			r.Fail(errRange)
			break
		}
		q.Questions[i] = make([]KeyVersion, n)
		for j := range q.Questions[i] {
			q.Questions[i][j] = KeyVersion{Key: ReadKey(r), Digest: r.Copy32(), Version: number(r)}
		}
	}
	q.Signed = b[:r.Offset():r.Offset()]
	q.MAC = r.Copy32()
	if err := r.Done(); err != nil {
		return CacheQuery{}, malformed("CACHE-Q", err)
	}
	return q, nil
}

// AppendSigned appends the part that the MAC covers.
func (a *CacheReply) AppendSigned(dst []byte) []byte {
	dst = appendFounding(appendHead(dst, KindCacheReply), a.Founding)
	dst = canon.AppendUint16(dst, uint16(a.Replica))
	dst = canon.AppendUint32(dst, a.Incarnation)
	dst = appendVector(dst, a.Vector)
	dst = canon.AppendFixed(dst, a.Query[:])
	dst = canon.AppendCount(dst, len(a.Verdicts))
	for _, v := range a.Verdicts {
		dst = canon.AppendUint8(dst, uint8(v))
	}
	return dst
}

// DecodeCacheReply decodes a CACHE-A; its MAC is for the caller to check.
func DecodeCacheReply(b []byte) (CacheReply, error) {
	r := canon.NewReader(b)
	readHead(r, KindCacheReply)
	a := CacheReply{Founding: readFounding(r), Replica: replica(r), Incarnation: incarnation(r), Vector: readVector(r), Query: r.Copy32()}
	if n := r.Count(MaxCacheQuestions, 1); n > 0 {
		a.Verdicts = make([]Verdict, n)
	}
	for i := range a.Verdicts {
		if a.Verdicts[i] = Verdict(r.Uint8()); a.Verdicts[i] > VerdictDiffers {
			r.Fail(errRange)
		}
	}
	a.Signed = b[:r.Offset():r.Offset()]
	a.MAC = r.Copy32()
	if err := r.Done(); err != nil {
		return CacheReply{}, malformed("CACHE-A", err)
	}
	return a, nil
}

// AppendMACed appends a signed part and its MAC: a whole CACHE-Q or CACHE-A.
func AppendMACed(dst, signed []byte, m MAC) []byte {
	return canon.AppendFixed(canon.AppendFixed(dst, signed), m[:])
}
