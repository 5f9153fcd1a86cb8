package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"io"

	"troxymail/bftcore/wire/canon"
)

// ID names a record: random, drawn when its content is first sealed.
type ID = [IDBytes]byte

// Digest is the SHA-256 of something sealed.
type Digest = [sha256.Size]byte

// Sum returns the digest of a sealed record: what the voted state holds, and what a summary names of its
// body.
func Sum(sealed []byte) Digest { return sha256.Sum256(sealed) }

// Record says which record is sealed or opened; all of it is authenticated.
type Record struct {
	Epoch   uint64 // of the account's key
	Account Token
	ID      ID
}

// NewID draws a record id.
func NewID(rand io.Reader) (id ID, err error) {
	err = fill(rand, id[:])
	return id, err
}

// RecordID returns the id that a sealed record claims: for callers that learn ids from records, such as
// one that reads a list. False when there is none. It is authentic once the record opened with it.
func RecordID(sealed []byte) (id ID, ok bool) {
	if len(sealed) < HeaderBytes || sealed[0] != Version || Kind(sealed[1]).maxSealed() == 0 {
		return id, false
	}
	return ID(sealed[2 : 2+IDBytes]), true
}

// singleUse is the nonce under keys that seal one thing: the salt in the key takes the nonce's place.
var singleUse [12]byte

// bound is what the associated data of a record names besides the Record.
type bound struct {
	kind    Kind
	sibling Digest // zero but for summaries
	size    int    // of the plaintext
	context []byte // empty but for small records
}

func (r Record) aad(b bound) []byte {
	const tag = prefix + "aad/record"
	aad := make([]byte, 0, 4+len(tag)+2+8+16+IDBytes+sha256.Size+8+4+len(b.context))
	aad = canon.AppendBytes(aad, []byte(tag))
	aad = canon.AppendUint8(aad, Version)
	aad = canon.AppendUint8(aad, uint8(b.kind))
	aad = canon.AppendUint64(aad, r.Epoch)
	aad = canon.AppendFixed(aad, r.Account[:])
	aad = canon.AppendFixed(aad, r.ID[:])
	aad = canon.AppendFixed(aad, b.sibling[:])
	aad = canon.AppendUint64(aad, uint64(b.size))
	return canon.AppendBytes(aad, b.context)
}

// newHeader returns the header of a new record with a fresh salt, and the key that goes with it, in a
// slice with room for size bytes in all.
func newHeader(rand io.Reader, secret []byte, kind Kind, id ID, size int) ([]byte, cipher.AEAD, error) {
	header := make([]byte, HeaderBytes, size)
	header[0], header[1] = Version, byte(kind)
	copy(header[2:], id[:])
	salt := header[2+IDBytes:]
	if err := fill(rand, salt); err != nil {
		return nil, nil, err
	}
	return header, newAEAD(derive(secret, salt, kind.label())), nil
}

// openHeader returns the key of a sealed record whose header names kind and id. The header is public, so
// how it fails tells a host nothing.
func openHeader(header, secret []byte, kind Kind, id ID) (cipher.AEAD, error) {
	if len(header) != HeaderBytes || header[0] != Version || Kind(header[1]) != kind ||
		subtle.ConstantTimeCompare(header[2:2+IDBytes], id[:]) != 1 {
		return nil, ErrOpen
	}
	return newAEAD(derive(secret, header[2+IDBytes:], kind.label())), nil
}

// newAEAD returns AES-256-GCM under key.
func newAEAD(key Subkey) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("seal: AES refused a fixed size: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("seal: GCM refused AES: " + err.Error())
	}
	return aead
}
