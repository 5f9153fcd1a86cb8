package node

import (
	"sync"

	"troxymail/enclave/boundary"
)

// Relay is the link to an enclave as several readers use it one after another: who comes back and then orders, or
// orders no more. One goroutine reads the link; what a reader leaves is the next one's.
type Relay struct {
	boundary.Link
	frames chan [][]byte
	once   sync.Once
	closed chan struct{}

	mu   sync.Mutex
	left [][]byte // guarded by mu
}

// NewRelay begins to read link.
func NewRelay(link boundary.Link) *Relay {
	r := &Relay{Link: link, frames: make(chan [][]byte), closed: make(chan struct{})}
	go r.read()
	return r
}

func (r *Relay) read() {
	defer close(r.frames)
	for {
		batch, err := r.Link.Recv()
		if err != nil {
			return
		}
		select {
		case r.frames <- batch:
		case <-r.closed:
			return
		}
	}
}

// Close closes the link itself.
func (r *Relay) Close() error {
	r.once.Do(func() { close(r.closed) })
	return r.Link.Close()
}

// unread gives frames back for the next reader.
func (r *Relay) unread(frames [][]byte) {
	r.mu.Lock()
	r.left = append(r.left, frames...)
	r.mu.Unlock()
}

func (r *Relay) takeLeft() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := r.left
	r.left = nil
	return left
}

// Turn is one reader's use of a Relay: closing it ends that, not the link.
type Turn struct {
	*Relay
	over chan struct{}
	end  sync.Once
}

// Turn returns the link for the next reader; the one before has closed its own.
func (r *Relay) Turn() *Turn { return &Turn{Relay: r, over: make(chan struct{})} }

// Recv implements boundary.Link.
func (t *Turn) Recv() ([][]byte, error) {
	if left := t.takeLeft(); len(left) > 0 {
		return left, nil
	}
	select {
	case batch, ok := <-t.frames:
		if !ok {
			return nil, boundary.ErrClosed
		}
		return batch, nil
	case <-t.over:
		return nil, boundary.ErrClosed
	}
}

// Close implements boundary.Link: it ends this turn.
func (t *Turn) Close() error {
	t.end.Do(func() { close(t.over) })
	return nil
}
