package index

import (
	"container/list"
	"slices"

	"troxymail/bftcore/wire"
)

// MaxEntries bounds the keys of an Index, at about 200 bytes each.
const MaxEntries = 1 << 16

// Index holds the entries of an enclave. One owner.
type Index struct {
	recovery uint64
	limit    int
	base     Base
	entries  map[wire.Key]*list.Element // of *slot
	used     list.List                  // most recently used first
	evicted  uint64
}

type slot struct {
	key   wire.Key
	entry Entry
}

// New returns an empty Index of an incarnation whose recovery order is recovery: votes at or below that order are
// not counted (0 for an incarnation that recovered nothing).
func New(recovery uint64) *Index { return newLimited(recovery, MaxEntries) }

func newLimited(recovery uint64, limit int) *Index {
	return &Index{recovery: recovery, limit: limit, entries: map[wire.Key]*list.Element{}}
}

// Claims takes what the own host claims about one request: that at order it touched keys, and left the digests
// touched. ErrConflict for a claim that contradicts an earlier one; the reply must not be authenticated then, and
// floors rose nevertheless. Call it before the reply is authenticated; the request itself must be authentic, and
// touched name only keys of keys.
func (x *Index) Claims(order uint64, durable bool, keys []wire.Key, touched []wire.KeyDigest) error {
	var failed error
	for _, k := range keys {
		e := x.entry(k)
		at := slices.IndexFunc(touched, func(t wire.KeyDigest) bool { return t.Key == k })
		if at < 0 {
			x.put(k, Touch(e, x.base, order))
			continue
		}
		e, err := Claim(e, x.base, Fact{Order: order, Digest: touched[at].Digest, Durable: durable})
		if err != nil {
			failed = err
		}
		x.put(k, e)
	}
	return failed
}

// Voted takes the voted, durable result of a request of this incarnation.
func (x *Index) Voted(order uint64, touched []wire.KeyDigest) {
	if x.base = Found(x.base, x.recovery, order); !x.base.Active || order <= x.recovery {
		return
	}
	for i := range touched {
		k := touched[i].Key
		x.put(k, Vote(x.entry(k), x.base, Fact{Order: order, Digest: touched[i].Digest}))
	}
}

// Snapshot returns the versions of keys, all of one moment; false when one of them is not known, or known to be
// durable nowhere.
func (x *Index) Snapshot(keys []wire.Key) ([]wire.KeyVersion, bool) {
	versions := make([]wire.KeyVersion, 0, len(keys))
	for _, k := range keys {
		e := x.use(k)
		if !e.Known || !e.Durable {
			return nil, false
		}
		versions = append(versions, wire.KeyVersion{Key: k, Digest: e.Digest, Version: e.Version})
	}
	return versions, true
}

// Answer compares all versions of one question, at one moment. What it says is the first reason against.
func (x *Index) Answer(asked []wire.KeyVersion) wire.Verdict {
	for i := range asked {
		if v := Compare(x.use(asked[i].Key), x.base, asked[i]); v != wire.VerdictEqual {
			return v
		}
	}
	return wire.VerdictEqual
}

// Len returns how many keys have an entry.
func (x *Index) Len() int { return len(x.entries) }

// Evicted returns how many entries were dropped for room.
func (x *Index) Evicted() uint64 { return x.evicted }

func (x *Index) entry(k wire.Key) Entry {
	if at := x.entries[k]; at != nil {
		return at.Value.(*slot).entry
	}
	return Entry{}
}

// use is entry, and makes the key a recently used one.
func (x *Index) use(k wire.Key) Entry {
	at := x.entries[k]
	if at == nil {
		return Entry{}
	}
	x.used.MoveToFront(at)
	return at.Value.(*slot).entry
}

func (x *Index) put(k wire.Key, e Entry) {
	if at := x.entries[k]; at != nil {
		at.Value.(*slot).entry = e
		return
	}
	for len(x.entries) >= x.limit {
		last := x.used.Remove(x.used.Back()).(*slot)
		delete(x.entries, last.key)
		x.base = Evict(x.base, last.entry)
		x.evicted++
	}
	x.entries[k] = x.used.PushFront(&slot{key: k, entry: e})
}
