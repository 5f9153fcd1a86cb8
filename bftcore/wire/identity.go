package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"troxymail/bftcore/wire/canon"
)

// Digest is a SHA-256 value.
type Digest [32]byte

// String returns the first eight hexadecimal digits: enough for a log line.
func (d Digest) String() string { return hex.EncodeToString(d[:4]) }

// Sum returns the SHA-256 digest of b.
func Sum(b []byte) Digest { return sha256.Sum256(b) }

// MAC is an HMAC-SHA256 value.
type MAC [32]byte

// ReplicaID numbers the replicas of a group, 0 to n-1.
type ReplicaID uint16

// Founding names one founding of the group: its generation and the digest of the bundle that every
// member was bound to. Certificates of another founding are nothing (ARCHITECTURE.md, Restarts).
type Founding struct {
	Generation uint32
	Digest     Digest
}

// Before reports whether f is the older of two foundings. Of those of one generation the digest decides: only one of them
// can become ACTIVE unless an administrator orders two, and then all have to see the same one as the newer.
func (f Founding) Before(g Founding) bool {
	return f.Generation < g.Generation || f.Generation == g.Generation && bytes.Compare(f.Digest[:], g.Digest[:]) < 0
}

// Incarnation names one run of one enclave: (founding, replica, number). It is unique for ever.
type Incarnation struct {
	Founding Founding
	Replica  ReplicaID
	Number   uint32
}

// Position is a value of the trusted counter, [view|order], ordered by view and then order.
type Position struct {
	View  uint64
	Order uint64
}

// Less reports whether p comes before q.
func (p Position) Less(q Position) bool {
	return p.View < q.View || p.View == q.View && p.Order < q.Order
}

// String writes p as [view|order].
func (p Position) String() string { return fmt.Sprintf("[%d|%d]", p.View, p.Order) }

func appendFounding(dst []byte, f Founding) []byte {
	return canon.AppendFixed(canon.AppendUint32(dst, f.Generation), f.Digest[:])
}

func readFounding(r *canon.Reader) Founding {
	return Founding{Generation: incarnation(r), Digest: r.Copy32()}
}

func appendPosition(dst []byte, p Position) []byte {
	return canon.AppendUint64(canon.AppendUint64(dst, p.View), p.Order)
}

func readPosition(r *canon.Reader) Position {
	return Position{View: number(r), Order: number(r)}
}

func appendVector(dst []byte, v []uint32) []byte {
	dst = canon.AppendUint8(dst, uint8(len(v)))
	for _, x := range v {
		dst = canon.AppendUint32(dst, x)
	}
	return dst
}

// readVector reads an incarnation vector; it allocates at most MaxReplicas entries.
func readVector(r *canon.Reader) []uint32 {
	n := int(r.Uint8())
	if n == 0 || n > MaxReplicas || n*4 > r.Remaining() {
		r.Fail(errRange)
		return nil
	}
	v := make([]uint32, n)
	for i := range v {
		v[i] = incarnation(r)
	}
	return v
}
