package boundary

import "sync"

// backlog counts what waits in one direction of a link, against its bounds, and wakes who waits for more or for less of
// it. Its methods but admit take mu themselves.
type backlog struct {
	mu     sync.Mutex
	filled sync.Cond // something waits, or the direction was closed
	taken  sync.Cond // something was taken, or the direction was closed
	bytes  int       // guarded by mu
	closed bool      // guarded by mu
}

func (b *backlog) init() { b.filled.L, b.taken.L = &b.mu, &b.mu }

// pace waits until at most MaxPacedBytes wait, or the direction is closed.
func (b *backlog) pace() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.bytes > MaxPacedBytes && !b.closed {
		b.taken.Wait()
	}
}

// admit counts a frame, or returns ErrClosed when it may not wait here. The caller holds mu.
func (b *backlog) admit(frame []byte) error {
	if b.closed || len(frame) > MaxFrameBytes || b.bytes+cost(frame) > MaxQueueBytes {
		return ErrClosed
	}
	b.bytes += cost(frame)
	return nil
}

// cost is what a frame counts against MaxQueueBytes: an empty one takes memory too.
func cost(frame []byte) int { return len(frame) + frameOverhead }

func (b *backlog) close() {
	b.mu.Lock()
	b.closed = true
	b.filled.Broadcast()
	b.taken.Broadcast()
	b.mu.Unlock()
}
