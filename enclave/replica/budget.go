package replica

import (
	"context"
	"sync"
)

// byteBudget bounds bytes in use over many callers, first come first served: a large claim is not passed
// by for ever.
type byteBudget struct {
	mu      sync.Mutex
	free    int         // guarded by mu
	waiting []*claimant // in order of arrival; guarded by mu
}

type claimant struct {
	n       int
	granted chan struct{} // closed, with mu held, when n was taken for it
}

func (b *byteBudget) init(n int) { b.free = n }

// take waits until n bytes (at most the whole budget) are free, ctx ends, or done is closed (ErrStopped).
func (b *byteBudget) take(ctx context.Context, done <-chan struct{}, n int) error {
	c := &claimant{n: n, granted: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, c)
	b.grant()
	b.mu.Unlock()
	select {
	case <-c.granted:
		return nil
	case <-ctx.Done():
		b.abandon(c)
		return ctx.Err()
	case <-done:
		b.abandon(c)
		return ErrStopped
	}
}

// grant serves who waits first, as far as it goes. mu is held.
func (b *byteBudget) grant() {
	for len(b.waiting) > 0 && b.waiting[0].n <= b.free {
		c := b.waiting[0]
		b.waiting[0] = nil
		b.waiting = b.waiting[1:]
		b.free -= c.n
		close(c.granted)
	}
}

// abandon ends a claim, whether it was granted in the meantime or not.
func (b *byteBudget) abandon(c *claimant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-c.granted:
		b.free += c.n
	default:
		for i, o := range b.waiting {
			if o == c {
				b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
				break
			}
		}
	}
	b.grant()
}

func (b *byteBudget) give(n int) {
	b.mu.Lock()
	b.free += n
	b.grant()
	b.mu.Unlock()
}
