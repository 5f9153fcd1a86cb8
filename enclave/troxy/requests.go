package troxy

import (
	"crypto/subtle"

	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

// knownRequests is how many requests a Requests remembers as authentic, at most: a power of two.
const knownRequests = 1 << 12

// Requests makes the MACs of requests, and tells which requests enclaves of the group made, also for an enclave that
// answers none. An enclave is shown each request twice or three times within moments: when it makes it, in a batch to
// certify, and with its result. What was found authentic is remembered for a while, by its MAC and the digest of its
// header, which is the same evidence: another header with that digest would be a collision. One owner.
type Requests struct {
	auth  *mac.Authenticator
	known []genuine // each at a place that its MAC names; a later one takes it over
}

// genuine is a MAC that was made or checked, and the digest of its header. The zero value is of none: nothing has the
// digest zero.
type genuine struct {
	mac    wire.MAC
	header wire.Digest
}

// NewRequests returns a Requests for the group's key.
func NewRequests(key [32]byte) *Requests {
	return &Requests{auth: mac.New(key, requestTag), known: make([]genuine, knownRequests)}
}

// Sign returns the MAC of a request of this enclave, and the digest that names it.
func (r *Requests) Sign(header []byte) (wire.MAC, wire.Digest) {
	x := genuine{mac: r.auth.Sum(header), header: wire.Sum(header)}
	*r.place(x.mac) = x
	return x.mac, x.header
}

// Verify reports whether an enclave of the group made the request with that header, and returns the digest that names it
// then.
func (r *Requests) Verify(header []byte, m wire.MAC) (wire.Digest, bool) {
	x := genuine{mac: m, header: wire.Sum(header)}
	known := r.place(m)
	if subtle.ConstantTimeCompare(known.mac[:], m[:])&subtle.ConstantTimeCompare(known.header[:], x.header[:]) == 1 {
		return x.header, true
	}
	if !r.auth.Verify(header, m) {
		return wire.Digest{}, false
	}
	*known = x
	return x.header, true
}

func (r *Requests) place(m wire.MAC) *genuine {
	return &r.known[(uint(m[0])<<8|uint(m[1]))%knownRequests]
}
