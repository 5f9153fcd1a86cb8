package wire

import (
	"pgregory.net/rapid"
)

// codec ties a message kind to its encoder and decoder, for tests that treat all alike.
type codec struct {
	name   string
	sample []byte                         // the golden message
	random func(t *rapid.T) []byte        // an encoding of random values
	again  func(b []byte) ([]byte, error) // decode, then encode
	decode func(b []byte) (whole any, e error)
}

func fill(b byte) (d [32]byte) {
	for i := range d {
		d[i] = b
	}
	return d
}

func sampleCertificate(k CertKind, replica ReplicaID, at Position) Certificate {
	return Certificate{
		Kind: k, Epoch: 3, Founding: Founding{Generation: 2, Digest: fill(0xf0)}, Replica: replica, Incarnation: 4,
		Vector: []uint32{1, 4, 2}, New: at, Base: fill(0xba), Digest: fill(0xd1), MAC: fill(0x3c),
	}
}

func sampleRequest(sequence uint64, flags RequestFlags) Request {
	id := RequestID{Origin: 1, Generation: 2, Incarnation: 4, Sequence: sequence}
	keys := []Key{{Kind: KeyAccount, Account: [16]byte{7}}, {Kind: KeyMailbox, Account: [16]byte{7}, Mailbox: 9}}
	h := AppendRequestHeader(nil, id, flags, keys, []Digest{fill(0xb0)}, []byte("command"))
	q, err := DecodeRequest(AppendRequest(nil, h, fill(0x55), []byte("command")))
	if err != nil {
		panic(err)
	}
	return q
}

func samplePrepare() (Certificate, []Request) {
	requests := []Request{sampleRequest(1, 0), sampleRequest(2, FlagReadOnly)}
	c := sampleCertificate(CertPrepare, 0, Position{View: 0, Order: 5})
	c.Digest = BatchDigest(RequestDigests(requests))
	return c, requests
}

func randomCertificate(t *rapid.T, k CertKind) Certificate {
	n := rapid.IntRange(1, MaxReplicas).Draw(t, "n")
	c := Certificate{
		Kind: k, Epoch: rapid.Uint32().Draw(t, "epoch"), Founding: Founding{Generation: small(t),
			Digest: digest(t)},
		Replica: ReplicaID(rapid.IntRange(0, MaxReplicas-1).Draw(t, "replica")), Incarnation: small(t),
		Counter: rapid.Uint16().Draw(t, "counter"), New: Position{View: num(t), Order: num(t)},
		Previous: Position{View: num(t), Order: num(t)}, RecoveryView: num(t), Base: digest(t), Digest: digest(t),
		MAC: MAC(digest(t)),
	}
	for range n {
		c.Vector = append(c.Vector, small(t))
	}
	return c
}

func num(t *rapid.T) uint64   { return rapid.Uint64Range(0, MaxNumber).Draw(t, "number") }
func small(t *rapid.T) uint32 { return rapid.Uint32Range(0, MaxIncarnation).Draw(t, "incarnation") }
func digest(t *rapid.T) Digest {
	return Sum(rapid.SliceOfN(rapid.Byte(), 1, 4).Draw(t, "digest of"))
}

func randomRequest(t *rapid.T) Request {
	id := RequestID{Origin: ReplicaID(rapid.IntRange(0, MaxReplicas-1).Draw(t, "origin")),
		Generation: small(t), Incarnation: small(t), Sequence: num(t)}
	keys := rapid.SliceOfN(rapid.Custom(randomKey), 0, 5).Draw(t, "keys")
	bodies := rapid.SliceOfN(rapid.Custom(digest), 0, MaxBodies).Draw(t, "bodies")
	command := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "command")
	h := AppendRequestHeader(nil, id, RequestFlags(rapid.IntRange(0, 1).Draw(t, "flags")), keys, bodies, command)
	q, err := DecodeRequest(AppendRequest(nil, h, MAC(digest(t)), command))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func randomKey(t *rapid.T) Key {
	d := digest(t)
	return Key{Kind: KeyKind(rapid.IntRange(1, 4).Draw(t, "kind")), Account: [16]byte(d[:16]),
		Mailbox: rapid.Uint32().Draw(t, "mailbox")}
}

func randomRequests(t *rapid.T) []Request {
	return rapid.SliceOfN(rapid.Custom(randomRequest), 0, 4).Draw(t, "requests")
}

func randomTouched(t *rapid.T) []KeyDigest {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) KeyDigest {
		return KeyDigest{Key: randomKey(t), Digest: digest(t)}
	}), 0, 4).Draw(t, "touched")
}

func randomPiece(t *rapid.T) Piece {
	b := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")
	offset := rapid.Uint64Range(0, MaxBodyBytes-100).Draw(t, "offset")
	return Piece{Body: digest(t), Offset: offset, Total: offset + uint64(len(b)), Bytes: b}
}

func randomReplies(t *rapid.T) []byte {
	s := ReplySet{
		Founding: Founding{Generation: small(t), Digest: digest(t)}, Replica: 1, Incarnation: small(t),
		Vector: []uint32{small(t), small(t), small(t)}, Order: num(t), DurableUpTo: num(t),
		Origin: RequestID{Origin: 2, Generation: small(t), Incarnation: small(t)},
	}
	for range rapid.IntRange(0, 4).Draw(t, "entries") {
		e := ReplyEntry{Sequence: num(t), Request: digest(t), Result: digest(t), Depends: num(t)}
		if rapid.Bool().Draw(t, "full") {
			e.FullBytes = []byte("result")
		}
		s.Entries = append(s.Entries, e)
	}
	return AppendReplySet(nil, s.AppendReplySigned(nil), MAC(digest(t)), s.Entries)
}
