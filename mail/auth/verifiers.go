package auth

import (
	"errors"
	"fmt"
	"io"

	"troxymail/bftcore/wire/canon"
)

// Kind says what an entry of a Verifiers list verifies. Numbers are fixed for ever.
type Kind uint8

// The kinds.
const (
	KindPassword    Kind = 1 // the account's password, as Argon2id
	KindSCRAMSHA256 Kind = 2 // the same password for SCRAM-SHA-256 (RFC 7677)
	KindAppPassword Kind = 3 // a password of one device or program: a hash, and its keys for SCRAM
)

// Bounds of a list.
const (
	verifiersVersion = 1
	// MaxEntries bounds the entries of one list.
	MaxEntries = 16
	// MaxLabelBytes bounds an entry's label, in bytes.
	MaxLabelBytes = 64
	maxEntryBytes = 512
	// MaxVerifiersBytes is an upper bound of an encoded list, in bytes.
	MaxVerifiersBytes = 1 + 4 + MaxEntries*(1+4+MaxLabelBytes+4+maxEntryBytes)
)

// ErrVerifiers is wrapped for bytes that are no list of verifiers within its bounds.
var ErrVerifiers = errors.New("auth: not a list of verifiers")

// ErrPasswordLength is returned for passwords that are empty or over MaxPasswordBytes.
var ErrPasswordLength = fmt.Errorf("auth: a password has 1 to %d bytes", MaxPasswordBytes)

// Entry is one verifier. Label names it for its owner ("phone"); empty for the account's password.
type Entry struct {
	Kind  Kind
	Label string
	// data of a password: its hash in PHC form. For SCRAM: RFC 5803. Of an app password: appHash, a space, RFC 5803.
	data string
}

// Verifiers are all verifiers of one account.
type Verifiers []Entry

// Append appends the encoding of v, which Decode reads, to dst.
func (v Verifiers) Append(dst []byte) []byte {
	dst = canon.AppendCount(canon.AppendUint8(dst, verifiersVersion), len(v))
	for _, e := range v {
		dst = canon.AppendUint8(dst, uint8(e.Kind))
		dst = canon.AppendBytes(dst, []byte(e.Label))
		dst = canon.AppendBytes(dst, []byte(e.data))
	}
	return dst
}

// Decode reads a list. Total; errors wrap ErrVerifiers and show nothing of the input.
func Decode(b []byte) (Verifiers, error) {
	r := canon.NewReader(b)
	if r.Uint8() != verifiersVersion {
		r.Fail(errors.New("another version"))
	}
	v := make(Verifiers, r.Count(MaxEntries, 1+4+4))
	for i := range v {
		v[i].Kind = Kind(r.Uint8())
		v[i].Label = string(r.Bytes(MaxLabelBytes))
		v[i].data = string(r.Bytes(maxEntryBytes))
	}
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVerifiers, err)
	}
	return v, nil
}

// NewPassword returns the verifiers of an account with one password. It computes one Argon2id; callers
// that serve many use Authenticator.NewPassword, which bounds how many run at once. rand gives the salt:
// crypto/rand.Reader outside of tests. ErrPasswordLength.
func NewPassword(rand io.Reader, p Params, password string) (Verifiers, error) {
	if len(password) == 0 || len(password) > MaxPasswordBytes {
		return nil, ErrPasswordLength
	}
	if !p.valid() {
		return nil, ErrHash
	}
	h := hash{params: p}
	if _, err := io.ReadFull(rand, h.salt[:]); err != nil {
		return nil, fmt.Errorf("auth: draw a salt: %w", err)
	}
	h.sum = compute(p, h.salt, password)
	return Verifiers{{Kind: KindPassword, data: h.encode()}}, nil
}

// password returns the hash of the list's password entry; ok is false when there is none that can be used.
func (v Verifiers) password() (h hash, ok bool) {
	for _, e := range v {
		if e.Kind == KindPassword {
			h, err := decodeHash(e.data)
			return h, err == nil
		}
	}
	return hash{}, false
}
