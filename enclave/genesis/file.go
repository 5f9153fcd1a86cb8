package genesis

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

const (
	// MaxDomainBytes bounds the mail domain's name (RFC 1035, 2.3.4).
	MaxDomainBytes = 255
	// MaxAddressBytes bounds a host's address: a name, a colon and a port.
	MaxAddressBytes = MaxDomainBytes + 6
)

// ErrFile is wrapped by the errors of File.Validate.
var ErrFile = errors.New("genesis: invalid")

// File is the genesis of a group. Nothing in it is secret, and nothing in it ever changes.
type File struct {
	Cluster  [16]byte          // random: tells this group from all others
	Domain   string            // the mail domain, lower case
	Replicas int               // n
	Pillars  int               // parallel instances of ordering, up to wire.MaxPillars; 0 and 1 are the same
	CA       [32]byte          // SHA-256 of the certificate authority's public key (SPKI, DER)
	Admin    ed25519.PublicKey // signs what an administrator asks for
	// FirstMailbox is the first mailbox id, and so the first UIDVALIDITY: seconds since 1970 at genesis,
	// so that a group founded anew on the same addresses does not repeat the old one's.
	FirstMailbox uint32
	Hosts        []Host // one a replica, by its number
}

// Host is where a replica's host is reached by its peers, and how they know it.
type Host struct {
	Address string   // host:port
	Key     [32]byte // SHA-256 of its link key (SPKI, DER); no two are equal
}

// Validate returns an error that names the field, its value and what would be right.
func (f *File) Validate() error {
	switch {
	case f.Cluster == [16]byte{}:
		return fmt.Errorf("%w: cluster is all zero: want 16 random bytes", ErrFile)
	case f.Domain == "" || len(f.Domain) > MaxDomainBytes:
		return fmt.Errorf("%w: domain %q: want a name of 1 to %d bytes", ErrFile, f.Domain, MaxDomainBytes)
	case len(f.Admin) != ed25519.PublicKeySize:
		return fmt.Errorf("%w: admin is %d bytes: want an Ed25519 public key of %d", ErrFile, len(f.Admin), ed25519.PublicKeySize)
	case f.FirstMailbox == 0:
		return fmt.Errorf("%w: first_mailbox is 0: want the time of genesis in seconds", ErrFile)
	}
	if _, err := quorum.New(f.Replicas); err != nil {
		return fmt.Errorf("%w: replicas: %w", ErrFile, err)
	}
	if f.Pillars < 0 || f.Pillars > wire.MaxPillars {
		return fmt.Errorf("%w: pillars is %d: want a number from 1 to %d", ErrFile, f.Pillars, wire.MaxPillars)
	}
	return f.validateHosts()
}

func (f *File) validateHosts() error {
	if len(f.Hosts) != f.Replicas {
		return fmt.Errorf("%w: %d hosts are named: want one for each of the %d replicas", ErrFile, len(f.Hosts), f.Replicas)
	}
	seen := make(map[[32]byte]int, len(f.Hosts))
	for i, h := range f.Hosts {
		if h.Address == "" || len(h.Address) > MaxAddressBytes {
			return fmt.Errorf("%w: host %d: address %q: want host:port of 1 to %d bytes", ErrFile, i, h.Address, MaxAddressBytes)
		}
		if h.Key == [32]byte{} {
			return fmt.Errorf("%w: host %d: key is all zero: want the SHA-256 of its public key", ErrFile, i)
		}
		if other, ok := seen[h.Key]; ok {
			return fmt.Errorf("%w: host %d: key is that of host %d as well: want one for each", ErrFile, i, other)
		}
		seen[h.Key] = i
	}
	return nil
}

// Hash is what every derived key is bound to.
func (f *File) Hash() [32]byte {
	b := canon.AppendBytes(nil, []byte("troxymail/genesis/v2"))
	b = canon.AppendFixed(b, f.Cluster[:])
	b = canon.AppendBytes(b, []byte(f.Domain))
	b = canon.AppendUint16(b, uint16(f.Replicas))
	b = canon.AppendFixed(b, f.CA[:])
	b = canon.AppendBytes(b, f.Admin)
	b = canon.AppendUint32(b, f.FirstMailbox)
	b = canon.AppendCount(b, len(f.Hosts))
	for _, h := range f.Hosts {
		b = canon.AppendBytes(b, []byte(h.Address))
		b = canon.AppendFixed(b, h.Key[:])
	}
	if f.Pillars > 1 { // what there is of a genesis is hashed as before there were pillars
		b = canon.AppendUint16(b, uint16(f.Pillars))
	}
	return wire.Sum(b)
}

// Founding is the first founding of the group: generation 1, bound to the genesis. Foundings that follow
// restarts of the whole group will take its place.
func (f *File) Founding() wire.Founding {
	h := f.Hash()
	return wire.Founding{Generation: 1, Digest: wire.Sum(append([]byte("troxymail/founding/v1"), h[:]...))}
}
