package transport

import (
	"bytes"
	"fmt"
	"slices"
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

// inbox holds what waits for one receiver.
type inbox struct {
	wake chan struct{} // has a token when items may have become non-empty

	mu       sync.Mutex
	attached bool
	items    []item
	spare    []item
	peers    []PeerStats // by sender, seen from the sender for what is sent, from the receiver for the rest
}

type item struct {
	from  int
	frame []byte
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
		m.boxes[i] = &inbox{wake: make(chan struct{}, 1), peers: make([]PeerStats, n)}
	}
	return m
}

// Attach starts the links of replica self: one goroutine calls handler for every frame. ErrOptions when
// self is out of range or attached already. After Close the replica may be attached again.
func (m *Mesh) Attach(self int, handler Handler) (Links, error) {
	if self < 0 || self >= len(m.boxes) || handler == nil {
		return nil, fmt.Errorf("%w: replica %d of %d, or no handler", ErrOptions, self, len(m.boxes))
	}
	box := m.boxes[self]
	box.mu.Lock()
	defer box.mu.Unlock()
	if box.attached {
		return nil, fmt.Errorf("%w: replica %d is attached already", ErrOptions, self)
	}
	box.attached = true
	l := &meshLinks{mesh: m, self: self, stop: make(chan struct{}), done: make(chan struct{})}
	go l.receive(handler)
	return l, nil
}

// meshLinks are the links of one attached replica.
type meshLinks struct {
	mesh *Mesh
	self int
	once sync.Once
	stop chan struct{}
	done chan struct{}
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
	box := l.mesh.boxes[to]
	if l.closed() {
		return
	}
	cost := frameHeaderBytes + len(frame)
	box.mu.Lock()
	defer box.mu.Unlock()
	p := &box.peers[l.self]
	switch {
	case len(frame) == 0 || len(frame) > l.mesh.opts.MaxFrameBytes:
		p.RefusedFrames++
		return
	case p.QueuedBytes+cost > l.mesh.opts.QueueBytes:
		p.DroppedFrames++
		return
	}
	if len(box.items) == 0 {
		select {
		case box.wake <- struct{}{}:
		default:
		}
	}
	p.QueuedBytes += cost
	box.items = append(box.items, item{l.self, bytes.Clone(frame)})
}

// receive delivers until Close.
func (l *meshLinks) receive(handler Handler) {
	defer close(l.done)
	box := l.mesh.boxes[l.self]
	for {
		for _, it := range box.take() {
			if l.closed() {
				return
			}
			handler(it.from, it.frame)
		}
		select {
		case <-l.stop:
			return
		case <-box.wake:
		}
	}
}

// take empties the inbox. The items are valid until the next call.
func (b *inbox) take() []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	clear(b.spare)
	b.items, b.spare = b.spare[:0], items
	for _, it := range items {
		p := &b.peers[it.from]
		p.QueuedBytes = 0
		p.SentFrames++
		p.SentBytes += uint64(len(it.frame))
	}
	return items
}

func (l *meshLinks) Refuse(from int) {
	box := l.mesh.boxes[l.self]
	box.mu.Lock()
	defer box.mu.Unlock()
	box.peers[from].Ended[CauseGarbage]++
}

func (l *meshLinks) Stats() Stats {
	s := Stats{Peers: make([]PeerStats, len(l.mesh.boxes))}
	mine := l.mesh.boxes[l.self]
	mine.mu.Lock()
	received := slices.Clone(mine.peers)
	mine.mu.Unlock()
	for i, box := range l.mesh.boxes {
		if i == l.self {
			continue
		}
		box.mu.Lock()
		s.Peers[i] = box.peers[l.self]
		s.Peers[i].Connected = box.attached
		box.mu.Unlock()
		s.Peers[i].ReceivedFrames, s.Peers[i].ReceivedBytes = received[i].SentFrames, received[i].SentBytes
		s.Peers[i].Ended = received[i].Ended
	}
	return s
}

func (l *meshLinks) Close() error {
	l.once.Do(func() {
		close(l.stop)
		<-l.done
		box := l.mesh.boxes[l.self]
		box.take() // what a process had not handled is gone with it
		box.mu.Lock()
		box.attached = false
		box.mu.Unlock()
	})
	<-l.done
	return nil
}
