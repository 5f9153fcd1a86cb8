package transport

import (
	"encoding/binary"
	"sync"
)

// chunkBytes is the piece in which a queue takes and gives back memory, and of one write.
const chunkBytes = 64 << 10

var chunkPool = sync.Pool{New: func() any { return new([chunkBytes]byte) }}

// chunk is a piece of the byte stream to a peer; a frame may cross from one into the next.
type chunk struct {
	mem *[chunkBytes]byte
	n   int
}

// queue collects the frames for one peer, encoded for the wire, between senders and one writer.
type queue struct {
	limit int
	wake  chan struct{} // has a token when the queue may have become non-empty

	mu sync.Mutex
	batch
	spare   []chunk // list of the last batch, for reuse
	dropped uint64
}

// batch is what a writer takes in one go.
type batch struct {
	chunks []chunk
	frames int
	bytes  int // with headers
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, wake: make(chan struct{}, 1)}
}

// put appends a copy of frame, or drops it when the limit would be passed.
func (q *queue) put(frame []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes+frameHeaderBytes+len(frame) > q.limit {
		q.dropped++
		return
	}
	if q.frames == 0 {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	var head [frameHeaderBytes]byte
	binary.BigEndian.PutUint32(head[:], uint32(len(frame)))
	q.append(head[:])
	q.append(frame)
	q.frames++
}

func (b *batch) append(p []byte) {
	b.bytes += len(p)
	for len(p) > 0 {
		if len(b.chunks) == 0 || b.chunks[len(b.chunks)-1].n == chunkBytes {
			b.chunks = append(b.chunks, chunk{mem: chunkPool.Get().(*[chunkBytes]byte)})
		}
		c := &b.chunks[len(b.chunks)-1]
		n := copy(c.mem[c.n:], p)
		c.n += n
		p = p[n:]
	}
}

// take returns all that is queued; the caller hands it back with recycle.
func (q *queue) take() batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.batch
	q.batch, q.spare = batch{chunks: q.spare}, nil
	return b
}

func (q *queue) recycle(b batch) {
	for i := range b.chunks {
		chunkPool.Put(b.chunks[i].mem)
		b.chunks[i] = chunk{}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.spare == nil {
		q.spare = b.chunks[:0]
	}
}

func (q *queue) stats() (queued int, dropped uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.dropped
}
