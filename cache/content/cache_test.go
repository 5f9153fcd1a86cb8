package content

import (
	"encoding/binary"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

func digest(n int) wire.Digest {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return wire.Sum(b[:])
}

func TestGetReturnsWhatPutKept(t *testing.T) {
	c := New(1 << 20)
	if _, ok := c.Get(digest(1)); ok {
		t.Fatal("an empty cache has an entry")
	}
	c.Put(digest(1), []byte("summary"))
	c.Put(digest(1), []byte("another"))
	got, ok := c.Get(digest(1))
	if !ok || string(got) != "summary" {
		t.Fatalf("got %q, %v; want the first plaintext", got, ok)
	}
	if s := c.Stats(); s.Hits != 1 || s.Misses != 1 || s.Entries != 1 || s.Bytes != 7+EntryOverhead {
		t.Fatalf("stats %+v", s)
	}
}

func TestItemsOverTheLimitAreNotKept(t *testing.T) {
	c := New(64 << 10)
	c.Put(digest(1), make([]byte, c.MaxItem()+1))
	c.Put(digest(2), make([]byte, c.MaxItem()))
	if _, ok := c.Get(digest(1)); ok {
		t.Error("an item over the limit was kept")
	}
	if _, ok := c.Get(digest(2)); !ok {
		t.Error("an item at the limit was refused")
	}
	if s := c.Stats(); s.Refused != 1 {
		t.Errorf("refused %d, want 1", s.Refused)
	}
}

// A working set that is read again and again must survive one pass over much more than the budget.
func TestAScanDoesNotDisplaceWhatIsUsed(t *testing.T) {
	c := New(1000 * (EntryOverhead + 100))
	read := func(n int) (hit bool) {
		if _, hit = c.Get(digest(n)); !hit {
			c.Put(digest(n), make([]byte, 100))
		}
		return hit
	}
	const hot, scan = 300, 20_000
	for range 3 {
		for n := range hot {
			read(n)
		}
	}
	for n := range scan {
		read(hot + n)
	}
	hits := 0
	for n := range hot {
		if read(n) {
			hits++
		}
	}
	if hits < hot*9/10 {
		t.Errorf("after a scan %d of %d used entries were left", hits, hot)
	}
}

// Nor must one that reads everything in pieces, each entry many times in a row.
func TestAScanInPiecesIsAScan(t *testing.T) {
	const hot, scan, pieces = 300, 20_000, 20
	left := func(again func(*Cache, wire.Digest) ([]byte, bool)) (hits int) {
		c := New(1000 * (EntryOverhead + 100))
		for range 3 {
			for n := range hot {
				if _, hit := c.Get(digest(n)); !hit {
					c.Put(digest(n), make([]byte, 100))
				}
			}
		}
		for n := range scan {
			c.Put(digest(hot+n), make([]byte, 100))
			for range pieces {
				again(c, digest(hot+n))
			}
		}
		for n := range hot {
			if _, hit := c.Get(digest(n)); hit {
				hits++
			}
		}
		return hits
	}
	if n := left((*Cache).Again); n < hot*9/10 {
		t.Errorf("after a scan in pieces %d of %d used entries were left", n, hot)
	}
	if n := left((*Cache).Get); n > hot/2 {
		t.Errorf("%d are left even when every piece counts: this test shows nothing", n)
	}
}

// What was evicted unused and comes back soon is worth keeping: it goes to the main queue.
func TestAGhostComesBackToTheMainQueue(t *testing.T) {
	c := New(100 * (EntryOverhead + 100))
	for n := range 150 {
		c.Put(digest(n), make([]byte, 100))
	}
	if _, ok := c.Get(digest(0)); ok {
		t.Fatal("the oldest unused entry was not evicted")
	}
	c.Put(digest(0), make([]byte, 100))
	for n := range 90 {
		c.Put(digest(1000+n), make([]byte, 100))
	}
	if _, ok := c.Get(digest(0)); !ok {
		t.Error("an entry that came back was evicted like a new one")
	}
}

func TestBudgetHoldsAndEntriesAreRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		budget := rapid.Int64Range(8*EntryOverhead, 64<<10).Draw(t, "budget")
		c := New(budget)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			n := rapid.IntRange(0, 60).Draw(t, "digest")
			if got, ok := c.Get(digest(n)); ok && (len(got) == 0 || got[0] != byte(n)) {
				t.Fatalf("digest %d has the content of %d", n, got[0])
			} else if !ok {
				b := make([]byte, rapid.IntRange(1, 4000).Draw(t, "size"))
				b[0] = byte(n)
				c.Put(digest(n), b)
			}
			s := c.Stats()
			if s.Bytes > budget || s.Bytes < 0 {
				t.Fatalf("%d bytes in a budget of %d", s.Bytes, budget)
			}
			var sum int64
			count := 0
			for _, q := range []queue{c.small, c.main} {
				for e := q.head; e != nil; e = e.next {
					sum += e.size
					count++
				}
			}
			if sum != s.Bytes || count != s.Entries {
				t.Fatalf("queues hold %d entries, %d bytes; stats %+v", count, sum, s)
			}
			if len(c.ghosts.slot) > c.ghosts.max || len(c.ghosts.ring) > c.ghosts.max {
				t.Fatal("too many digests remembered")
			}
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	c := New(256 << 10)
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for n := range 2000 {
				if got, ok := c.Get(digest(n % 700)); ok && int(got[0]) != n%700%251 {
					t.Errorf("goroutine %d: wrong content", g)
					return
				}
				b := make([]byte, 200)
				b[0] = byte(n % 700 % 251)
				c.Put(digest(n%700), b)
			}
		})
	}
	group.Wait()
}
