package node

import (
	"sync"

	"troxymail/bftcore"
)

// maxSourceBytes bounds what one source (a peer, or the own enclave) may have waiting for the core.
const maxSourceBytes = 32 << 20

// entry is an event on its way to the core.
type entry struct {
	event  bftcore.Event
	source int
	bytes  int
}

// inbox gathers events from many goroutines for the one that owns the core, which takes them all at
// once: under load one wake-up serves many events.
type inbox struct {
	mu      sync.Mutex
	room    sync.Cond
	entries []entry     // guarded by mu
	waiting map[int]int // bytes by source; guarded by mu
	closed  bool        // guarded by mu
	wake    chan struct{}
}

func newInbox() *inbox {
	b := &inbox{waiting: map[int]int{}, wake: make(chan struct{}, 1)}
	b.room.L = &b.mu
	return b
}

// put adds an event; it blocks while its source has too much waiting, and drops it once closed.
func (b *inbox) put(source, bytes int, e bftcore.Event) {
	b.mu.Lock()
	for b.waiting[source] > maxSourceBytes && !b.closed {
		b.room.Wait()
	}
	if !b.closed {
		b.entries = append(b.entries, entry{event: e, source: source, bytes: bytes})
		b.waiting[source] += bytes
	}
	b.mu.Unlock()
	notify(b.wake)
}

// take returns all events that wait. The slice is the caller's until the next take of spare.
func (b *inbox) take(spare []entry) []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.entries
	clear(spare)
	b.entries = spare[:0]
	clear(b.waiting)
	b.room.Broadcast()
	return taken
}

func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.room.Broadcast()
	b.mu.Unlock()
}
