package index

import (
	"errors"

	"troxymail/bftcore/wire"
)

// Errors of claims: the reply that carries such a claim must not be authenticated.
var (
	// ErrConflict is returned for a second digest of one key at one order: the host contradicts itself.
	ErrConflict = errors.New("index: another digest of that key at that order was claimed before")
)

// Entry is what is known of one key. The zero Entry is a key that nobody spoke of.
type Entry struct {
	// Version is the highest order of a request that touched the key, as far as this incarnation knows: its
	// floor. Nothing older may be believed of the key.
	Version uint64
	// Known says that Digest is the key's digest at the end of order Version, as somebody said who may be
	// believed as far as the package comment says.
	Known  bool
	Digest wire.Digest
	// Durable says that the value is held durably by f+1 replicas (voted), or by the own host (its word).
	Durable bool
}

// Base is what holds for all keys without an entry.
type Base struct {
	// Floor is their version: that of the last entry that was dropped, or of the first vote.
	Floor uint64
	// Active says that this incarnation saw a vote on a request of its own above its recovery order. Before
	// that nothing is known of any key.
	Active bool
}

// Fact is a digest of a key at the end of an order.
type Fact struct {
	Order   uint64
	Digest  wire.Digest
	Durable bool
}

// atLeast lifts a key that is not known to the floor of those without an entry.
func (e Entry) atLeast(b Base) Entry {
	if !e.Known && e.Version < b.Floor {
		e.Version, e.Digest, e.Durable = b.Floor, wire.Digest{}, false
	}
	return e
}

// Claim is the entry after the own host's claim: called before the reply that says so is authenticated. An older
// claim changes nothing, since the entry is above it already: answers to retransmissions are such.
func Claim(e Entry, b Base, f Fact) (Entry, error) {
	e = e.atLeast(b)
	switch {
	case f.Order < e.Version:
		return e, nil
	case e.Known && f.Order == e.Version:
		if e.Digest != f.Digest {
			return e, ErrConflict
		}
		e.Durable = e.Durable || f.Durable
		return e, nil
	}
	return Entry{Version: f.Order, Known: b.Active, Digest: f.Digest, Durable: f.Durable}, nil
}

// Touch is the entry after a reply at order that names no digest of the key although its request touches it (it
// was refused, or repeated): the floor rises, and what was known below it is not known any more.
func Touch(e Entry, b Base, order uint64) Entry {
	if e = e.atLeast(b); order <= e.Version {
		return e
	}
	return Entry{Version: order}
}

// Vote is the entry after a vote on a request of this incarnation (Base must be active by it: Found). Below the
// floor it fills nothing. At the version of a claim it takes the claim's place: f+1 replicas do not err.
func Vote(e Entry, b Base, f Fact) Entry {
	e = e.atLeast(b)
	if f.Order < e.Version {
		return e
	}
	return Entry{Version: f.Order, Known: true, Digest: f.Digest, Durable: true}
}

// Found is the base after a vote at order on a request of this incarnation, whose recovery order is recovery. The
// first one above it says that all that a former incarnation authenticated is older.
func Found(b Base, recovery, order uint64) Base {
	if b.Active || order <= recovery {
		return b
	}
	return Base{Floor: max(b.Floor, order), Active: true}
}

// Evict is the base after e was dropped.
func Evict(b Base, e Entry) Base {
	b.Floor = max(b.Floor, e.Version)
	return b
}

// Compare is what the enclave with entry e answers when another asks whether its own entry is equal.
func Compare(e Entry, b Base, asked wire.KeyVersion) wire.Verdict {
	e = e.atLeast(b)
	switch {
	case !e.Known:
		return wire.VerdictUnknown
	case e.Version < asked.Version:
		return wire.VerdictOlder
	case e.Version > asked.Version:
		return wire.VerdictNewer
	case e.Digest != asked.Digest:
		return wire.VerdictDiffers
	case !e.Durable:
		return wire.VerdictNotDurable
	}
	return wire.VerdictEqual
}
