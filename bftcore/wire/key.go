package wire

import "troxymail/bftcore/wire/canon"

// KeyKind says which part of the state a key names.
type KeyKind uint8

// The parts of the state that requests read or change.
const (
	KeyCluster   KeyKind = 1 // the list of accounts
	KeyAccount   KeyKind = 2 // an account's epoch: its verifiers, wrapped key, and whether it may log in
	KeyNamespace KeyKind = 3 // an account's mailboxes and their names
	KeyMailbox   KeyKind = 4 // a mailbox's messages
)

// KeyBytes is the encoded size of a Key.
const KeyBytes = 1 + 16 + 4

// Key names a part of the state that can change on its own: what a request touches, what a cache entry
// is about. Account is the keyed token of the address, never the address. Mailbox is 0 except for
// KeyMailbox. Comparable, so usable in maps.
type Key struct {
	Kind    KeyKind
	Account [16]byte
	Mailbox uint32
}

// AppendKey appends k.
func AppendKey(dst []byte, k Key) []byte {
	dst = canon.AppendUint8(dst, uint8(k.Kind))
	dst = canon.AppendFixed(dst, k.Account[:])
	return canon.AppendUint32(dst, k.Mailbox)
}

// ReadKey reads a key; an unknown kind is an error in r.
func ReadKey(r *canon.Reader) Key {
	k := Key{Kind: KeyKind(r.Uint8()), Account: r.Copy16(), Mailbox: r.Uint32()}
	if k.Kind < KeyCluster || k.Kind > KeyMailbox {
		r.Fail(errKind)
	}
	return k
}

// KeyDigest is a key with the digest of what it names.
type KeyDigest struct {
	Key    Key
	Digest Digest
}
