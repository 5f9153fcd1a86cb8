package mac

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"log/slog"

	"troxymail/bftcore/wire"
)

// Authenticator makes and checks MACs of one purpose. It reuses its hash state, which halves the cost of
// short bodies, and so is not safe for concurrent use.
type Authenticator struct {
	state  hash.Hash
	prefix []byte // tag behind its length
	sum    []byte
	size   [8]byte
}

// New returns an Authenticator for bodies of the type that tag names, under key.
func New(key [32]byte, tag string) *Authenticator {
	a := &Authenticator{state: hmac.New(sha256.New, key[:]), sum: make([]byte, 0, sha256.Size)}
	a.prefix = append(binary.BigEndian.AppendUint16(nil, uint16(len(tag))), tag...)
	return a
}

// Sum returns the MAC of body.
func (a *Authenticator) Sum(body []byte) (m wire.MAC) {
	a.state.Reset()
	a.state.Write(a.prefix)
	binary.BigEndian.PutUint64(a.size[:], uint64(len(body)))
	a.state.Write(a.size[:])
	a.state.Write(body)
	a.sum = a.state.Sum(a.sum[:0])
	copy(m[:], a.sum)
	return m
}

// Verify reports, in constant time, whether m is the MAC of body.
func (a *Authenticator) Verify(body []byte, m wire.MAC) bool {
	want := a.Sum(body)
	return hmac.Equal(want[:], m[:])
}

// String hides the key.
func (a *Authenticator) String() string { return "mac.Authenticator(hidden)" }

// GoString hides the key.
func (a *Authenticator) GoString() string { return a.String() }

// LogValue hides the key from slog.
func (a *Authenticator) LogValue() slog.Value { return slog.StringValue(a.String()) }
