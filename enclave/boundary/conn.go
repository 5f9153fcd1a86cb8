package boundary

import (
	"bufio"
	"encoding/binary"
	"net"
)

const (
	// frameHead is the length in front of every frame on a connection.
	frameHead = 4
	// connBuffer is how much is read at once where that much is there.
	connBuffer = 256 << 10
)

// Over returns a Link over an authenticated connection (Pair), which it owns from here on: one goroutine
// writes what Send queues, many frames at a time; Recv reads. When the connection fails, both directions
// are closed.
func Over(c net.Conn) Link {
	l := &connLink{conn: c, out: newStream(), reader: bufio.NewReaderSize(c, connBuffer)}
	go l.write()
	return l
}

type connLink struct {
	conn   net.Conn
	out    *stream
	reader *bufio.Reader // of the goroutine that calls Recv
}

func (l *connLink) Send(frames ...[]byte) error {
	err := l.out.put(frames)
	if err != nil {
		_ = l.Close() // what the other side did not take is lost: it must notice
	}
	return err
}

func (l *connLink) Pace() { l.out.pace() }

func (l *connLink) Close() error {
	l.out.close()
	_ = l.conn.Close()
	return nil
}

// write sends what is queued until the link closes.
func (l *connLink) write() {
	for {
		pieces, err := l.out.take()
		for i := range pieces {
			if err == nil {
				_, err = l.conn.Write(pieces[i].mem[:pieces[i].n])
			}
		}
		if err != nil {
			_ = l.Close()
			return
		}
		l.out.recycle(pieces)
	}
}

// Recv waits for a frame and returns it with all others that have arrived whole behind it.
func (l *connLink) Recv() ([][]byte, error) {
	first, err := l.frame()
	if err != nil {
		return nil, err
	}
	batch := [][]byte{first}
	for l.whole() {
		f, err := l.frame()
		if err != nil {
			return nil, err
		}
		batch = append(batch, f)
	}
	return batch, nil
}

// whole reports whether the next frame can be read without waiting.
func (l *connLink) whole() bool {
	if l.reader.Buffered() < frameHead {
		return false
	}
	head, err := l.reader.Peek(frameHead)
	return err == nil && uint64(binary.BigEndian.Uint32(head)) <= uint64(l.reader.Buffered()-frameHead)
}

// frame reads one frame into memory of its own. Its length is checked before anything is allocated.
func (l *connLink) frame() ([]byte, error) {
	var head [frameHead]byte
	if err := l.read(head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxFrameBytes {
		_ = l.Close()
		return nil, ErrClosed
	}
	f := make([]byte, n)
	return f, l.read(f)
}

func (l *connLink) read(p []byte) error {
	for len(p) > 0 {
		n, err := l.reader.Read(p)
		if err != nil {
			_ = l.Close()
			return ErrClosed
		}
		p = p[n:]
	}
	return nil
}
