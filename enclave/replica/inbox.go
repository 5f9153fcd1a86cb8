package replica

import (
	"context"
	"sync"
)

// inbox gathers calls of many goroutines for the one that owns the state, which takes all that wait at once: under load
// one wake-up serves many. Safe for concurrent use; one goroutine takes.
type inbox struct {
	wake chan struct{} // has a token when something may wait

	mu     sync.Mutex
	room   sync.Cond      // fewer wait, or it is closed
	calls  []func(*owner) // guarded by mu
	closed bool           // guarded by mu
	spare  []func(*owner) // list of the last take, for reuse; guarded by mu
}

func newInbox() *inbox {
	b := &inbox{wake: make(chan struct{}, 1)}
	b.room.L = &b.mu
	return b
}

// put adds a call. When maxWaiting wait, it returns ErrBusy, or waits itself if patient. ErrStopped once closed.
func (b *inbox) put(call func(*owner), patient bool) error {
	b.mu.Lock()
	for patient && len(b.calls) >= maxWaiting && !b.closed {
		b.room.Wait()
	}
	switch {
	case b.closed:
		b.mu.Unlock()
		return ErrStopped
	case len(b.calls) >= maxWaiting:
		b.mu.Unlock()
		return ErrBusy
	}
	b.calls = append(b.calls, call)
	first := len(b.calls) == 1
	b.mu.Unlock()
	if first { // whoever came before has woken the owner
		b.awake()
	}
	return nil
}

func (b *inbox) awake() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns the oldest calls, at most maxCallsPerTurn. The slice is the caller's until the next take.
func (b *inbox) take() []func(*owner) {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.spare)
	if n := len(b.calls); n > maxCallsPerTurn {
		b.spare = append(b.spare[:0], b.calls[:maxCallsPerTurn]...)
		copy(b.calls, b.calls[maxCallsPerTurn:])
		clear(b.calls[n-maxCallsPerTurn:])
		b.calls = b.calls[:n-maxCallsPerTurn]
		b.awake()
	} else {
		b.calls, b.spare = b.spare[:0], b.calls
	}
	b.room.Broadcast()
	return b.spare
}

func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.room.Broadcast()
	b.mu.Unlock()
}

// call runs f in the owner goroutine, later. ErrBusy when too much waits.
func (r *Replica) call(ctx context.Context, f func(*owner)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.calls.put(f, false)
}

// tell runs f in the owner goroutine, waiting for its turn: for what must not be left out.
func (r *Replica) tell(f func(*owner)) { _ = r.calls.put(f, true) } // once stopped nothing is left to be told
