package adminapi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits, in bytes of a frame without its length.
const (
	// MaxRequestBytes bounds a Signed frame.
	MaxRequestBytes = 4 << 10
	// MaxResponseBytes bounds a Response: a page of accounts, or a status.
	MaxResponseBytes = 512 << 10
	// MaxHelloBytes bounds a Hello.
	MaxHelloBytes = 256
)

// ErrFrame is wrapped by every decoder here and by ReadFrame for a length over its limit.
var ErrFrame = errors.New("adminapi: malformed frame")

// AppendFrame appends body behind its length.
func AppendFrame(dst, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(body))), body...)
}

// ReadFrame reads one frame of at most max bytes, into memory that is allocated after that check. ErrFrame
// for a longer one, else the reader's error.
func ReadFrame(r io.Reader, max int) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if uint64(n) > uint64(max) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrFrame, n, max)
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return body, err
}
