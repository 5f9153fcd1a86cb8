package boundary

import "encoding/binary"

const (
	// chunkBytes is the piece in which a stream takes and gives back memory, and of one write.
	chunkBytes = 64 << 10
	// spareChunks bounds the empty chunks that a stream keeps.
	spareChunks = 8
)

// chunk is a piece of the bytes that wait; a frame may cross from one into the next.
type chunk struct {
	mem *[chunkBytes]byte
	n   int
}

// stream is the way out of a connection: frames are encoded for the wire as they are put, so that what has gathered
// while the writer wrote leaves in one piece. Safe for concurrent use; one goroutine takes.
type stream struct {
	backlog
	chunks []chunk // guarded by mu
	spare  []chunk // empty; guarded by mu
	room   []chunk // list of the last take, for reuse; guarded by mu
}

func newStream() *stream {
	s := &stream{}
	s.init()
	return s
}

func (s *stream) put(frames [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	idle := len(s.chunks) == 0
	for _, f := range frames {
		if err := s.admit(f); err != nil {
			return err
		}
		var head [frameHead]byte
		binary.BigEndian.PutUint32(head[:], uint32(len(f)))
		s.append(head[:])
		s.append(f)
	}
	if idle && len(frames) > 0 {
		s.filled.Signal()
	}
	return nil
}

func (s *stream) append(p []byte) {
	for len(p) > 0 {
		if len(s.chunks) == 0 || s.chunks[len(s.chunks)-1].n == chunkBytes {
			s.chunks = append(s.chunks, s.chunk())
		}
		c := &s.chunks[len(s.chunks)-1]
		n := copy(c.mem[c.n:], p)
		c.n += n
		p = p[n:]
	}
}

func (s *stream) chunk() chunk {
	if n := len(s.spare); n > 0 {
		c := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return c
	}
	return chunk{mem: new([chunkBytes]byte)}
}

// take waits until something waits and returns all of it; the caller gives it back with recycle. ErrClosed after the
// last.
func (s *stream) take() ([]chunk, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.chunks) == 0 {
		if s.closed {
			return nil, ErrClosed
		}
		s.filled.Wait()
	}
	all := s.chunks
	s.chunks, s.room, s.bytes = s.room, nil, 0
	s.taken.Broadcast()
	return all, nil
}

func (s *stream) recycle(list []chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range list {
		if len(s.spare) < spareChunks {
			s.spare = append(s.spare, chunk{mem: list[i].mem})
		}
		list[i] = chunk{}
	}
	s.room = list[:0]
}
