package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// frameBuffer is how much the baseline's processes write or read at once, bytes, where that much is there.
const frameBuffer = 256 << 10

// sender sends frames to another process of the baseline, many in one write. Safe for concurrent use.
type sender struct {
	mu    sync.Mutex
	queue [][]byte // guarded by mu
	wake  chan struct{}
}

func newSender() *sender { return &sender{wake: make(chan struct{}, 1)} }

// put queues a frame, which is the sender's from here on.
func (s *sender) put(frame []byte) {
	s.mu.Lock()
	s.queue = append(s.queue, frame)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// dial connects to address for as long as the process lives and sends there.
func (s *sender) dial(address string) {
	for {
		c, err := net.Dial("tcp", address)
		if err != nil {
			<-time.After(50 * time.Millisecond)
			continue
		}
		s.send(c)
	}
}

// send sends over c until that fails.
func (s *sender) send(c net.Conn) {
	defer c.Close()
	w := bufio.NewWriterSize(c, frameBuffer)
	for range s.wake {
		s.mu.Lock()
		queue := s.queue
		s.queue = nil
		s.mu.Unlock()
		for _, b := range queue {
			_, _ = w.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b))))
			_, _ = w.Write(b)
		}
		if w.Flush() != nil {
			return
		}
	}
}

// acceptFrames gives what arrives at l to take.
func acceptFrames(l net.Listener, take func(frame []byte) error) {
	_ = accept(l, func(c net.Conn) { // there are more for as long as the process lives
		if err := readFrames(c, take); err != nil && err != io.EOF {
			fmt.Fprintln(os.Stderr, "bench: raft:", err)
		}
	})
}

// readFrames gives what arrives on c to take until one of them fails.
func readFrames(c net.Conn, take func(frame []byte) error) error {
	r := bufio.NewReaderSize(c, frameBuffer)
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		b := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		if err := take(b); err != nil {
			return err
		}
	}
}
