package transport

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

const readBufferBytes = 64 << 10

// frameReader cuts a byte stream into frames.
type frameReader struct {
	br       *bufio.Reader
	max      int
	deadline func(time.Duration) error // called before a read that may wait
	idle     time.Duration             // how long the peer may be silent between frames
	stall    time.Duration             // how long it may take to finish a frame
}

// next returns the next frame in memory of its own, or an empty one for a keep-alive. ErrFrameTooLong
// before anything is allocated.
func (r *frameReader) next() ([]byte, error) {
	if r.br.Buffered() < frameHeaderBytes {
		if err := r.deadline(r.idle); err != nil {
			return nil, err
		}
	}
	head, err := r.br.Peek(frameHeaderBytes)
	if err != nil {
		if err == io.EOF && len(head) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	n := binary.BigEndian.Uint32(head)
	if uint64(n) > uint64(r.max) {
		return nil, fmt.Errorf("%w: %d bytes, allowed %d", ErrFrameTooLong, n, r.max)
	}
	r.br.Discard(frameHeaderBytes)
	if n == 0 {
		return nil, nil
	}
	if r.br.Buffered() < int(n) {
		if err := r.deadline(r.stall); err != nil {
			return nil, err
		}
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(r.br, frame); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return frame, nil
}
