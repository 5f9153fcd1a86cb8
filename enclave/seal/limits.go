package seal

import "errors"

// Version is the format version, the first byte of everything sealed.
const Version = 1

// Kind is the second byte of everything sealed, and part of its key and of its associated data.
type Kind uint8

// The kinds. Numbers never move.
const (
	KindBody     Kind = 1 // a whole message
	KindSummary  Kind = 2 // what most commands need of a message
	KindName     Kind = 3 // a component of a mailbox name
	KindKeyword  Kind = 4 // an IMAP keyword
	KindAddress  Kind = 5 // an account's address; under the group's key
	KindVerifier Kind = 6 // an account's password verifiers
	kindWrapped  Kind = 7 // an account's key
	kindLocal    Kind = 8 // what one enclave keeps for itself
)

// Sizes of parts, in bytes.
const (
	// IDBytes is the size of a record id.
	IDBytes   = 16
	saltBytes = 32
	tagBytes  = 16
	keyBytes  = 32

	// HeaderBytes is the size of what precedes the ciphertext of a record.
	HeaderBytes = 2 + IDBytes + saltBytes
	// SmallOverhead is how much longer than its plaintext a sealed record is, unless it is a body.
	SmallOverhead = HeaderBytes + tagBytes
	// SegmentBytes is the plaintext size of every segment of a body but the last.
	SegmentBytes = 64 << 10
	// LocalOverhead is how much longer than its plaintext a blob sealed to the platform is.
	LocalOverhead = 2 + saltBytes + tagBytes
	// WrappedKeyBytes is the exact size of a wrapped account key.
	WrappedKeyBytes = 2 + saltBytes + keyBytes + tagBytes
)

// Limits, in bytes. Sealing more is ErrTooLong, opening more is ErrOpen.
const (
	// MaxSealedBody bounds a sealed body.
	MaxSealedBody = 64 << 20
	// MaxBody is the longest message that a body of MaxSealedBody holds.
	MaxBody = 67_092_430
	// MaxSealedSummary bounds a sealed summary.
	MaxSealedSummary = 64 << 10
	// MaxSummary is the longest summary.
	MaxSummary = MaxSealedSummary - SmallOverhead
	// MaxSealedName bounds a sealed mailbox name component or keyword.
	MaxSealedName = 1024
	// MaxSealedAddress bounds a sealed address.
	MaxSealedAddress = 1024
	// MaxSealedVerifier bounds an account's sealed password verifiers.
	MaxSealedVerifier = 16 << 10
	// MaxContext bounds the context of a small record and of a blob sealed to the platform.
	MaxContext = 1024
	// MaxLocal bounds the plaintext of a blob sealed to the platform.
	MaxLocal = 1 << 20
)

// Errors.
var (
	// ErrOpen is returned for whatever does not open: damaged, forged, foreign, misplaced, too long, or
	// of another version. There is no detail on purpose.
	ErrOpen = errors.New("seal: does not open")
	// ErrTooLong is returned when a plaintext or a context is over its limit.
	ErrTooLong = errors.New("seal: too long")
	// ErrKind is returned for a kind that a function does not seal.
	ErrKind = errors.New("seal: no such kind here")
	// ErrSibling is returned for a summary that names no body.
	ErrSibling = errors.New("seal: a summary must name the digest of its body")
	// ErrZeroKey is returned for a key that is all zero: what made or kept it is broken.
	ErrZeroKey = errors.New("seal: the key is all zero")
)

// maxSealed returns how long a sealed record of kind may be, 0 for kinds that are not records.
func (k Kind) maxSealed() int {
	switch k {
	case KindBody:
		return MaxSealedBody
	case KindSummary:
		return MaxSealedSummary
	case KindName, KindKeyword:
		return MaxSealedName
	case KindAddress:
		return MaxSealedAddress
	case KindVerifier:
		return MaxSealedVerifier
	}
	return 0
}

// label returns the name of a kind in the derivation of its keys.
func (k Kind) label() string {
	switch k {
	case KindBody:
		return prefix + "record/body"
	case KindSummary:
		return prefix + "record/summary"
	case KindName:
		return prefix + "record/name"
	case KindKeyword:
		return prefix + "record/keyword"
	case KindAddress:
		return prefix + "record/address"
	case KindVerifier:
		return prefix + "record/verifier"
	case kindWrapped:
		return prefix + "wrap/account-key"
	case kindLocal:
		return prefix + "local"
	}
	panic("seal: kind without a label")
}
