package linear

import (
	"net"
	"sync"
	"time"

	"troxymail/integration/transcript"
)

// clock is what all recorders of a process share: nanoseconds since it began.
func clock() int64 { return time.Since(epoch).Nanoseconds() }

var epoch = time.Now()

// recorder is a connection that notes what passes.
type recorder struct {
	net.Conn
	mu     sync.Mutex
	chunks []transcript.Chunk // guarded by mu
}

// Read notes what was read, after it was.
func (r *recorder) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	r.note(true, b[:n])
	return n, err
}

// Write notes what is to be written, before it is.
func (r *recorder) Write(b []byte) (int, error) {
	r.note(false, b)
	return r.Conn.Write(b)
}

func (r *recorder) note(server bool, b []byte) {
	if len(b) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.chunks = append(r.chunks, transcript.Chunk{At: clock(), Server: server, Bytes: append([]byte(nil), b...)})
}

// session returns what passed so far.
func (r *recorder) session(name string) transcript.Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return transcript.Session{Name: name, Lines: transcript.Lines(r.chunks)}
}
