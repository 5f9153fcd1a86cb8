package state

import (
	"encoding/binary"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
)

// IsRecord reports whether a key of the store is that of a small record, whose value is checked against the
// digest in the key by whoever reads it (kv.Options.Loose).
func IsRecord(key []byte) bool { return len(key) == 1+len(wire.Digest{}) && key[0] == prefixBlob }

// Referred returns up to max digests of sealed records, small and large, that messages refer to on disk, in
// order, from the one behind after on (nil: from the first). Safe for concurrent use.
func Referred(store *kv.Store, after *wire.Digest, max int) ([]wire.Digest, error) {
	return digests(store, prefixRefs, after, max)
}

// StillReferred reports whether any message refers to a record now. Safe for concurrent use.
func StillReferred(store *kv.Store, d wire.Digest) (bool, error) {
	_, ok, err := store.Get(digestKey(prefixRefs, d))
	return ok, err
}

// Large returns up to max digests of large bodies that messages refer to on disk, in order, from the one behind
// after on (nil: from the first). Safe for concurrent use.
func Large(store *kv.Store, after *wire.Digest, max int) ([]wire.Digest, error) {
	return digests(store, prefixLarge, after, max)
}

// Unused returns up to max digests of large bodies that no message refers to on disk, in order, from the one
// behind after on (nil: from the first). Safe for concurrent use.
func Unused(store *kv.Store, after *wire.Digest, max int) ([]wire.Digest, error) {
	return digests(store, prefixUnused, after, max)
}

// UnusedSince returns the order that took a body's last reference; false when it has one now, or never had.
// Safe for concurrent use.
func UnusedSince(store *kv.Store, d wire.Digest) (uint64, bool, error) {
	v, ok, err := store.Get(digestKey(prefixUnused, d))
	if err != nil || !ok || len(v) != 8 {
		return 0, false, err
	}
	return binary.BigEndian.Uint64(v), true, nil
}

// Forget takes a body whose file is gone off the list of unused ones.
func Forget(store *kv.Store, d wire.Digest) error { return store.Drop(digestKey(prefixUnused, d)) }

// Lying lists a large body that lies on the disk as unused from an order on, when no message refers to it and it
// is not listed. The state machine takes it off when a message comes to refer to it. Not beside Apply.
func (m *Machine) Lying(d wire.Digest, order uint64) error {
	for _, prefix := range []byte{prefixLarge, prefixUnused} {
		if _, ok, err := m.store.Get(digestKey(prefix, d)); ok || err != nil {
			return err
		}
	}
	return m.store.Restore(digestKey(prefixUnused, d), binary.BigEndian.AppendUint64(nil, order))
}

func digests(store *kv.Store, prefix byte, after *wire.Digest, max int) ([]wire.Digest, error) {
	var from []byte
	if after != nil {
		from = digestKey(prefix, *after)
	}
	keys, err := store.FlushedKeys([]byte{prefix}, from, max)
	list := make([]wire.Digest, 0, len(keys))
	for _, k := range keys {
		if len(k) == 1+len(wire.Digest{}) {
			list = append(list, wire.Digest(k[1:]))
		}
	}
	return list, err
}

// Rooted is the digest of the state after an order.
type Rooted struct {
	Order uint64
	Root  wire.Digest
}

// Roots returns the kept roots of checkpoints above after up to order, rising. Safe for concurrent use. It costs a read
// for each checkpoint in between.
func (m *Machine) Roots(after, order uint64) ([]Rooted, error) {
	var list []Rooted
	applied := m.Applied()
	if m.every == 0 {
		return nil, nil
	}
	last := min(order, applied) / m.every
	for i := max(after/m.every+1, last-min(last, keptRoots)); i <= last; i++ {
		v, ok, err := m.store.Get(rootAtKey(i * m.every))
		if err != nil {
			return nil, err
		}
		if ok && len(v) == len(wire.Digest{}) {
			list = append(list, Rooted{Order: i * m.every, Root: wire.Digest(v)})
		}
	}
	return list, nil
}
