package troxy

import (
	"bytes"
	"crypto/subtle"

	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

// knownRequests is how many requests a Requests remembers as authentic, at most: a power of two.
const knownRequests = 1 << 12

// Requests makes the MACs of requests, and tells which requests enclaves of the group made, also for an enclave that
// answers none. An enclave is shown each request twice or three times within moments: when it makes it, in a batch to
// certify, and with its result. What was found authentic is remembered for a while, by its MAC and the digest of its
// header, which is the same evidence: another header with that digest would be a collision. A short header is remembered
// itself, as most are, and not hashed again. One owner.
type Requests struct {
	auth  *mac.Authenticator
	known []genuine // each at a place that its MAC names; a later one takes it over
}

// shortHeader is the size of the largest header that is remembered itself, in bytes: one with three keys fits.
const shortHeader = 128

// genuine is a MAC that was made or checked, and the digest of its header. The zero value is of none: nothing has the
// digest zero, and no header is empty.
type genuine struct {
	mac    wire.MAC
	header wire.Digest
	short  [shortHeader]byte // the header itself, if it fits
	size   int               // of short
}

func (g *genuine) set(m wire.MAC, header []byte, digest wire.Digest) {
	g.mac, g.header, g.size = m, digest, 0
	if len(header) <= shortHeader {
		g.size = copy(g.short[:], header)
	}
}

// is reports whether it is that header under that MAC, as far as it is known without hashing.
func (g *genuine) is(header []byte, m wire.MAC) bool {
	return g.size > 0 && subtle.ConstantTimeCompare(g.mac[:], m[:]) == 1 && bytes.Equal(g.short[:g.size], header)
}

// has reports whether it is the header with that digest under that MAC.
func (g *genuine) has(digest wire.Digest, m wire.MAC) bool {
	return subtle.ConstantTimeCompare(g.mac[:], m[:]) == 1 && g.header == digest
}

// NewRequests returns a Requests for the group's key.
func NewRequests(key [32]byte) *Requests {
	return &Requests{auth: mac.New(key, requestTag), known: make([]genuine, knownRequests)}
}

// Sign returns the MAC of a request of this enclave, and the digest that names it.
func (r *Requests) Sign(header []byte) (wire.MAC, wire.Digest) {
	m, digest := r.auth.Sum(header), wire.Sum(header)
	r.place(m).set(m, header, digest)
	return m, digest
}

// Verify reports whether an enclave of the group made the request with that header, and returns the digest that names it
// then.
func (r *Requests) Verify(header []byte, m wire.MAC) (wire.Digest, bool) {
	known := r.place(m)
	if known.is(header, m) {
		return known.header, true
	}
	digest := wire.Sum(header)
	switch {
	case known.has(digest, m):
		return digest, true
	case !r.auth.Verify(header, m):
		return wire.Digest{}, false
	}
	known.set(m, header, digest)
	return digest, true
}

func (r *Requests) place(m wire.MAC) *genuine {
	return &r.known[(uint(m[0])<<8|uint(m[1]))%knownRequests]
}
