package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
)

// IsRecord reports whether a key of the store is that of a small record, whose value is checked against the
// digest in the key by whoever reads it (kv.Options.Loose).
func IsRecord(key []byte) bool { return len(key) == 1+len(wire.Digest{}) && key[0] == prefixBlob }

// Referred returns up to max digests of sealed records, small and large, that messages refer to on disk, in
// order, from the one behind after on (nil: from the first). Safe for concurrent use.
func Referred(store *kv.Store, after *wire.Digest, max int) ([]wire.Digest, error) {
	var from []byte
	if after != nil {
		from = digestKey(prefixRefs, *after)
	}
	keys, err := store.FlushedKeys([]byte{prefixRefs}, from, max)
	digests := make([]wire.Digest, 0, len(keys))
	for _, k := range keys {
		if len(k) == 1+len(wire.Digest{}) {
			digests = append(digests, wire.Digest(k[1:]))
		}
	}
	return digests, err
}

// StillReferred reports whether any message refers to a record now. Safe for concurrent use.
func StillReferred(store *kv.Store, d wire.Digest) (bool, error) {
	_, ok, err := store.Get(digestKey(prefixRefs, d))
	return ok, err
}
