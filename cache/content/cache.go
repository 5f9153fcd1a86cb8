package content

import (
	"sync"

	"troxymail/bftcore/wire"
)

// Sizes, in bytes.
const (
	// DefaultBytes is the budget of a cache that was made without one.
	DefaultBytes = 64 << 20
	// PartsBytes is the budget of the cache for parts of mailboxes: a mailbox of a million messages takes some 11 MiB.
	PartsBytes = 32 << 20
	// EntryOverhead is what every entry counts beyond its content: keys, links, map.
	EntryOverhead = 256
	// itemShare is which part of the budget the largest item may take.
	itemShare = 8
	// smallShare is which part of the budget new entries have.
	smallShare = 10
	// ghostBytes is what one remembered digest stands for: budget/ghostBytes digests are remembered.
	ghostBytes = 4 << 10
	// maxUses is how many uses of an entry count.
	maxUses = 3
)

// Cache holds immutable plaintext by digest. Safe for concurrent use.
type Cache struct {
	mu      sync.Mutex
	budget  int64
	maxItem int64
	entries map[wire.Digest]*entry
	small   queue // new entries
	main    queue // entries that were asked for again
	ghosts  ghosts
	stats   Stats
}

// Stats are what a cache counted since it was made, and what it holds now.
type Stats struct {
	Hits, Misses uint64
	Evictions    uint64
	Refused      uint64 // items over the item limit
	Entries      int
	Bytes        int64 // overhead included; never over the budget
}

// New returns a cache that holds at most budget bytes, overhead included; DefaultBytes when budget <= 0.
func New(budget int64) *Cache {
	if budget <= 0 {
		budget = DefaultBytes
	}
	return &Cache{
		budget: budget, maxItem: budget / itemShare, entries: make(map[wire.Digest]*entry),
		ghosts: newGhosts(int(budget/ghostBytes) + 1),
	}
}

// MaxItem returns the size of the largest plaintext that Put keeps, in bytes.
func (c *Cache) MaxItem() int64 { return max(c.maxItem-EntryOverhead, 0) }

// Get returns the plaintext under digest. It is shared: the caller must not change it.
func (c *Cache) Get(digest wire.Digest) ([]byte, bool) { return c.get(digest, 1) }

// Again is Get for who asked for the same a moment ago: it is no sign that others will, and does not count as one.
func (c *Cache) Again(digest wire.Digest) ([]byte, bool) { return c.get(digest, 0) }

func (c *Cache) get(digest wire.Digest, use int) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[digest]
	if !ok {
		c.stats.Misses++
		return nil, false
	}
	c.stats.Hits++
	e.uses = min(e.uses+use, maxUses)
	return e.plaintext, true
}

// Put keeps plaintext, which nobody changes from now on, under the digest of its sealed record. An item
// over MaxItem is not kept; an entry that is there already stays as it is.
func (c *Cache) Put(digest wire.Digest, plaintext []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := &entry{digest: digest, plaintext: plaintext, size: int64(cap(plaintext)) + EntryOverhead}
	if e.size > c.maxItem {
		c.stats.Refused++
		return
	}
	if _, ok := c.entries[digest]; ok {
		return
	}
	for c.small.bytes+c.main.bytes+e.size > c.budget {
		c.evict()
	}
	c.entries[digest] = e
	if c.ghosts.remove(digest) {
		c.main.push(e)
	} else {
		c.small.push(e)
	}
}

// Stats returns the counters.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Entries, s.Bytes = len(c.entries), c.small.bytes+c.main.bytes
	return s
}

// evict removes one entry. Entries of the small queue that were used move to the main one on the way, and
// used ones of the main queue go round again: each time with fewer uses, so that it ends.
func (c *Cache) evict() {
	for {
		if c.small.head != nil && (c.small.bytes > c.budget/smallShare || c.main.head == nil) {
			e := c.small.pop()
			if e.uses > 0 {
				e.uses = 0
				c.main.push(e)
				continue
			}
			c.ghosts.add(e.digest)
			c.drop(e)
			return
		}
		e := c.main.pop()
		if e.uses > 0 {
			e.uses--
			c.main.push(e)
			continue
		}
		c.drop(e)
		return
	}
}

func (c *Cache) drop(e *entry) {
	delete(c.entries, e.digest)
	c.stats.Evictions++
}
