package boundary

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// PairTimeout is how long the two sides of a replica may take to recognise each other.
const PairTimeout = 10 * time.Second

// pairMagic begins every hello; the digit is the version of the handshake.
const pairMagic = "TROXYBD1"

// Errors of Pair.
var (
	// ErrStranger is returned when the other side does not know the pair's key: another program uses the
	// port, or one of the two configurations is of another replica or cluster.
	ErrStranger = errors.New("boundary: the other side is not this replica's; check that link_key, replica and genesis are the same in both configurations")
)

// Role is which side of the boundary one is.
type Role uint8

// The roles.
const (
	RoleEnclave Role = 1
	RoleHost    Role = 2
)

// PairOptions say which pair it is. Both sides give the same, but for Role.
type PairOptions struct {
	Role    Role
	Key     [32]byte // link_key: known to this replica's two sides only
	Genesis [32]byte
	Replica wire.ReplicaID
	Rand    io.Reader
}

const helloBytes = len(pairMagic) + 1 + 2 + 32 + 32

// Pair makes the two ends of c recognise each other: each proves that it knows the pair's key, over both
// nonces, both roles, the replica and the genesis (so nothing can be replayed or reflected). It keeps other
// programs of the machine out of the pair; it makes nothing of what the host says trustworthy. On an error
// the caller closes c.
func Pair(c net.Conn, o PairOptions) error {
	if err := c.SetDeadline(time.Now().Add(PairTimeout)); err != nil {
		return err
	}
	var nonce [32]byte
	if _, err := io.ReadFull(o.Rand, nonce[:]); err != nil {
		return err
	}
	mine := o.hello(o.Role, nonce)
	if _, err := c.Write(mine); err != nil {
		return fmt.Errorf("boundary: pairing: %w", err)
	}
	theirs := make([]byte, helloBytes)
	if _, err := io.ReadFull(c, theirs); err != nil {
		return fmt.Errorf("boundary: pairing: %w", err)
	}
	other := RoleEnclave + RoleHost - o.Role
	if want := o.hello(other, [32]byte(theirs[helloBytes-32:])); !hmac.Equal(want, theirs) {
		return ErrStranger
	}
	if _, err := c.Write(o.proof(o.Role, mine, theirs)); err != nil {
		return fmt.Errorf("boundary: pairing: %w", err)
	}
	proof := make([]byte, sha256.Size)
	if _, err := io.ReadFull(c, proof); err != nil {
		return fmt.Errorf("%w (%w)", ErrStranger, err)
	}
	if !hmac.Equal(proof, o.proof(other, theirs, mine)) {
		return ErrStranger
	}
	return c.SetDeadline(time.Time{})
}

func (o *PairOptions) hello(r Role, nonce [32]byte) []byte {
	b := append(make([]byte, 0, helloBytes), pairMagic...)
	b = canon.AppendUint8(b, uint8(r))
	b = canon.AppendUint16(b, uint16(o.Replica))
	b = canon.AppendFixed(b, o.Genesis[:])
	return canon.AppendFixed(b, nonce[:])
}

// proof is what the side with role r sends: a MAC over both hellos, its own first.
func (o *PairOptions) proof(r Role, own, other []byte) []byte {
	m := hmac.New(sha256.New, o.Key[:])
	m.Write(canon.AppendBytes(canon.AppendUint8(nil, uint8(r)), []byte("troxymail/pair/v1")))
	m.Write(canon.AppendBytes(nil, own))
	m.Write(canon.AppendBytes(nil, other))
	return m.Sum(nil)
}
