package session

import (
	"context"
	"sync"
)

// budget is a FIFO semaphore over bytes: it bounds the memory that many sessions use together.
type budget struct {
	mu    sync.Mutex
	free  int64
	total int64
	queue []*waiter
}

type waiter struct {
	n     int64
	ready chan struct{}
}

func newBudget(total int64) *budget { return &budget{free: total, total: total} }

// acquire waits until n bytes are free, in the order of arrival; more than the whole budget counts as the
// whole. It returns the function that gives them back, or ctx's error.
func (b *budget) acquire(ctx context.Context, n int64) (release func(), err error) {
	n = min(max(n, 0), b.total)
	b.mu.Lock()
	if b.free >= n && len(b.queue) == 0 {
		b.free -= n
		b.mu.Unlock()
		return func() { b.release(n) }, nil
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	b.queue = append(b.queue, w)
	b.mu.Unlock()
	select {
	case <-w.ready:
		return func() { b.release(n) }, nil
	case <-ctx.Done():
		b.leave(w)
		return nil, ctx.Err()
	}
}

func (b *budget) release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	b.grant()
}

// leave takes w out of the queue, or gives back what it was granted meanwhile.
func (b *budget) leave(w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, q := range b.queue {
		if q == w {
			b.queue = append(b.queue[:i], b.queue[i+1:]...)
			b.grant()
			return
		}
	}
	b.free += w.n
	b.grant()
}

func (b *budget) grant() {
	for len(b.queue) > 0 && b.queue[0].n <= b.free {
		w := b.queue[0]
		b.queue = b.queue[1:]
		b.free -= w.n
		close(w.ready)
	}
}
