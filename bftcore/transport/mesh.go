package transport

import (
	"bytes"
	"fmt"
	"sync"
)

// MeshOptions of a Mesh; zero values mean the defaults.
type MeshOptions struct {
	QueueBytes    int // per pair of replicas
	MaxFrameBytes int
}

// Mesh joins replicas in one process. Frames for a replica that is not attached wait within the limits
// of their queues, as they would for a peer that is down.
type Mesh struct {
	opts  MeshOptions
	boxes []*inbox // by receiver
}

// inbox is what is for one receiver.
type inbox struct {
	mu       sync.Mutex
	attached bool  // guarded by mu
	from     []box // by sender
}

// box holds what waits from one sender for one receiver.
type box struct {
	wake chan struct{} // has a token when items may have become non-empty

	mu    sync.Mutex
	items [][]byte  // guarded by mu
	stats PeerStats // seen from the sender for what is sent, from the receiver for the rest; guarded by mu
}

// NewMesh returns a mesh for n replicas, 1 to MaxReplicas; panics outside.
func NewMesh(n int, opts MeshOptions) *Mesh {
	if n < 1 || n > MaxReplicas {
		panic("transport: mesh size out of range")
	}
	if opts.QueueBytes <= 0 {
		opts.QueueBytes = DefaultQueueBytes
	}
	if opts.MaxFrameBytes <= 0 {
		opts.MaxFrameBytes = DefaultMaxFrameBytes
	}
	m := &Mesh{opts: opts, boxes: make([]*inbox, n)}
	for i := range m.boxes {
		m.boxes[i] = &inbox{from: make([]box, n)}
		for from := range n {
			m.boxes[i].from[from].wake = make(chan struct{}, 1)
		}
	}
	return m
}

// Attach starts the links of replica self: one goroutine for each sender calls handler. ErrOptions when
// self is out of range or attached already. After Close the replica may be attached again.
func (m *Mesh) Attach(self int, handler Handler) (Links, error) {
	if self < 0 || self >= len(m.boxes) || handler == nil {
		return nil, fmt.Errorf("%w: replica %d of %d, or no handler", ErrOptions, self, len(m.boxes))
	}
	mine := m.boxes[self]
	mine.mu.Lock()
	defer mine.mu.Unlock()
	if mine.attached {
		return nil, fmt.Errorf("%w: replica %d is attached already", ErrOptions, self)
	}
	mine.attached = true
	l := &meshLinks{mesh: m, self: self, stop: make(chan struct{})}
	for from := range mine.from {
		l.group.Go(func() { l.receive(from, handler) })
	}
	return l, nil
}

// meshLinks are the links of one attached replica.
type meshLinks struct {
	mesh  *Mesh
	self  int
	once  sync.Once
	stop  chan struct{}
	group sync.WaitGroup
}

func (l *meshLinks) closed() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

func (l *meshLinks) Send(to int, frame []byte) {
	if to == l.self {
		panic("transport: replica sends to itself")
	}
	b := &l.mesh.boxes[to].from[l.self]
	if l.closed() {
		return
	}
	cost := frameHeaderBytes + len(frame)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case len(frame) == 0 || len(frame) > l.mesh.opts.MaxFrameBytes:
		b.stats.RefusedFrames++
		return
	case b.stats.QueuedBytes+cost > l.mesh.opts.QueueBytes:
		b.stats.DroppedFrames++
		return
	}
	if len(b.items) == 0 {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
	b.stats.QueuedBytes += cost
	b.items = append(b.items, bytes.Clone(frame))
}

// receive delivers what one sender sends until Close.
func (l *meshLinks) receive(from int, handler Handler) {
	b := &l.mesh.boxes[l.self].from[from]
	var spare [][]byte
	for {
		spare = b.take(spare)
		for _, frame := range spare {
			if l.closed() {
				return
			}
			handler(from, frame)
		}
		select {
		case <-l.stop:
			return
		case <-b.wake:
		}
	}
}

// take empties the box; what was taken before is room for what comes.
func (b *box) take(spare [][]byte) [][]byte {
	clear(spare)
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = spare[:0]
	b.stats.QueuedBytes = 0
	for _, frame := range items {
		b.stats.SentFrames++
		b.stats.SentBytes += uint64(len(frame))
	}
	return items
}

func (b *box) snapshot() PeerStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stats
}

func (l *meshLinks) Refuse(from int) {
	b := &l.mesh.boxes[l.self].from[from]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stats.Ended[CauseGarbage]++
}

func (l *meshLinks) Stats() Stats {
	s := Stats{Peers: make([]PeerStats, len(l.mesh.boxes))}
	for i, theirs := range l.mesh.boxes {
		if i == l.self {
			continue
		}
		s.Peers[i] = theirs.from[l.self].snapshot()
		theirs.mu.Lock()
		s.Peers[i].Connected = theirs.attached
		theirs.mu.Unlock()
		received := l.mesh.boxes[l.self].from[i].snapshot()
		s.Peers[i].ReceivedFrames, s.Peers[i].ReceivedBytes = received.SentFrames, received.SentBytes
		s.Peers[i].Ended = received.Ended
	}
	return s
}

func (l *meshLinks) Close() error {
	l.once.Do(func() {
		close(l.stop)
		l.group.Wait()
		mine := l.mesh.boxes[l.self]
		for from := range mine.from {
			mine.from[from].take(nil) // what a process had not handled is gone with it
		}
		mine.mu.Lock()
		mine.attached = false
		mine.mu.Unlock()
	})
	return nil
}
