package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"io"
)

// prefix starts every label that this package derives or authenticates anything with.
const prefix = "troxymail/v1/"

// Purpose says what a key derived from the group key is for. The values are the labels of the
// derivation: they never change.
type Purpose string

// The purposes.
const (
	PurposeCertificate     Purpose = prefix + "certificate"      // trusted counter certificates
	PurposeRequest         Purpose = prefix + "request"          // requests of origin enclaves
	PurposeReply           Purpose = prefix + "reply"            // replies and reply sets
	PurposeCache           Purpose = prefix + "cache"            // questions and answers of fast reads
	PurposeAccountToken    Purpose = prefix + "account-token"    // AccountToken
	PurposeAccountWrap     Purpose = prefix + "account-wrap"     // Wrap, SealAddress
	PurposeFrontier        Purpose = prefix + "frontier"         // what an enclave promised before a crash
	PurposeFounding        Purpose = prefix + "founding"         // messages of a founding
	PurposeBlobAttestation Purpose = prefix + "blob-attestation" // "my host stores this sealed body"
	PurposeAdminSession    Purpose = prefix + "admin-session"    // sessions of administrators
)

// purposes lists every Purpose; Keys keeps their keys in this order.
var purposes = [...]Purpose{
	PurposeCertificate, PurposeRequest, PurposeReply, PurposeCache, PurposeAccountToken,
	PurposeAccountWrap, PurposeFrontier, PurposeFounding, PurposeBlobAttestation, PurposeAdminSession,
}

// index returns the place of p in purposes and panics for a purpose made up elsewhere.
func (p Purpose) index() int {
	for i, q := range purposes {
		if p == q {
			return i
		}
	}
	panic("seal: no such purpose")
}

// GroupKey is the secret that all enclaves of a group share. Never printable; the zero value is no key
// and deriving from it panics.
type GroupKey struct {
	redacted
	key *[keyBytes]byte
}

// NewGroupKey draws a group key: once in the life of a group, inside an enclave.
func NewGroupKey(rand io.Reader) (GroupKey, error) {
	key, err := newKey(rand)
	return GroupKey{key: key}, err
}

// ParseGroupKey returns the group key that Bytes gave: after OpenLocal, or from an attested peer.
// ErrZeroKey for zeros.
func ParseGroupKey(raw [keyBytes]byte) (GroupKey, error) {
	if raw == [keyBytes]byte{} {
		return GroupKey{}, ErrZeroKey
	}
	return GroupKey{key: &raw}, nil
}

// Bytes returns the key itself: for SealLocal, and for a peer that proved what it is.
func (g GroupKey) Bytes() [keyBytes]byte { return *g.key }

// Derive returns the key of purpose in the group with this key and genesis file. An enclave that was
// given another genesis file gets keys that fit nobody else's.
func Derive(group GroupKey, genesisHash [32]byte, purpose Purpose) Subkey {
	_ = purpose.index() // refuse what is not a Purpose of this package
	return derive(group.key[:], genesisHash[:], string(purpose))
}

// Keys are the keys derived for every Purpose. Never printable; immutable; the zero value is no keys and
// using it panics.
type Keys struct {
	redacted
	of *[len(purposes)]Subkey
}

// NewKeys derives all keys of a group.
func NewKeys(group GroupKey, genesisHash [32]byte) Keys {
	of := new([len(purposes)]Subkey)
	for i, p := range purposes {
		of[i] = Derive(group, genesisHash, p)
	}
	return Keys{of: of}
}

// Key returns the key of purpose.
func (k Keys) Key(purpose Purpose) Subkey { return k.of[purpose.index()] }

// derive is HKDF-SHA256 (RFC 5869) to one key.
func derive(secret, salt []byte, label string) (key Subkey) {
	k, err := hkdf.Key(sha256.New, secret, salt, label, keyBytes)
	if err != nil {
		panic("seal: HKDF refused a fixed size: " + err.Error())
	}
	copy(key[:], k)
	return key
}
