package boundary

import "errors"

// ErrClosed is returned by a Link whose other side is gone, was closed, or stopped reading.
var ErrClosed = errors.New("boundary: link closed")

// Link carries frames between the two sides of one replica, in order, in batches.
type Link interface {
	// Send queues frames for the other side; it copies them and never blocks. ErrClosed when the link
	// is closed, which both its directions also become when more than MaxQueueBytes would wait or a
	// frame exceeds MaxFrameBytes. Safe for concurrent use.
	Send(frames ...[]byte) error
	// Pace waits until at most MaxPacedBytes wait for the other side, or the link is closed. Who sends much of
	// what can wait calls it before each Send. Safe for concurrent use.
	Pace()
	// Recv waits until frames are there and returns the oldest of them: at least one, at most
	// MaxBatchBytes, so that a flood waits in the queue, where it is counted, and not at the reader.
	// They belong to the caller: the other side cannot change them. ErrClosed after the last. One
	// goroutine at a time.
	Recv() ([][]byte, error)
	// Close closes both directions. Safe to call twice.
	Close() error
}

// Pipe returns the two ends of a Link within one process.
func Pipe() (enclaveEnd, hostEnd Link) {
	a, b := newQueue(), newQueue()
	return &pipe{in: a, out: b}, &pipe{in: b, out: a}
}

type pipe struct{ in, out *queue }

func (p *pipe) Recv() ([][]byte, error) { return p.in.take() }

func (p *pipe) Send(frames ...[]byte) error {
	err := p.out.put(frames)
	if err != nil {
		_ = p.Close() // a direction that overflowed takes the other with it: both sides must notice
	}
	return err
}

func (p *pipe) Pace() { p.out.pace() }

func (p *pipe) Close() error {
	p.in.close()
	p.out.close()
	return nil
}

// queue is one direction of a pipe.
type queue struct {
	backlog
	frames [][]byte // guarded by mu
}

func newQueue() *queue {
	q := &queue{}
	q.init()
	return q
}

func (q *queue) put(frames [][]byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range frames {
		if err := q.admit(f); err != nil {
			return err
		}
		q.frames = append(q.frames, append([]byte(nil), f...))
		q.filled.Signal()
	}
	return nil
}

func (q *queue) take() ([][]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.frames) == 0 {
		if q.closed {
			return nil, ErrClosed
		}
		q.filled.Wait()
	}
	n, size := 1, cost(q.frames[0])
	for n < len(q.frames) && size+cost(q.frames[n]) <= MaxBatchBytes {
		size += cost(q.frames[n])
		n++
	}
	q.bytes -= size
	q.taken.Broadcast()
	if n == len(q.frames) {
		batch := q.frames
		q.frames = nil
		return batch, nil
	}
	batch := append([][]byte(nil), q.frames[:n]...)
	clear(q.frames[:n]) // the queue must not keep alive what the reader has
	q.frames = q.frames[n:]
	return batch, nil
}
