package transport

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"
)

func readerOf(data []byte, max int) *frameReader {
	return &frameReader{
		br: bufio.NewReaderSize(bytes.NewReader(data), 64), max: max,
		deadline: func(time.Duration) error { return nil },
	}
}

// FuzzFrameReader: whatever comes in, the frames that come out are exactly what an encoder would have
// written for them, up to the place of the error.
func FuzzFrameReader(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 2, 7, 8})
	f.Add([]byte{0, 0, 0, 3, 1})
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 200
		r := readerOf(data, limit)
		var again []byte
		for {
			frame, err := r.next()
			if err == nil {
				again = append(binary.BigEndian.AppendUint32(again, uint32(len(frame))), frame...)
				continue
			}
			if !bytes.HasPrefix(data, again) {
				t.Fatal("frames are not what was sent")
			}
			rest := data[len(again):]
			long := len(rest) >= 4 && binary.BigEndian.Uint32(rest) > limit
			switch {
			case len(rest) == 0 && err != io.EOF:
				t.Fatalf("at the end: %v", err)
			case long && !errors.Is(err, ErrFrameTooLong):
				t.Fatalf("long frame: %v", err)
			case len(rest) > 0 && !long && err != io.ErrUnexpectedEOF:
				t.Fatalf("cut frame: %v", err)
			}
			return
		}
	})
}

// FuzzHello: a hello decodes only from its one encoding.
func FuzzHello(f *testing.F) {
	f.Add(goodHello())
	f.Add([]byte("TRXL"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := decodeHello(data)
		if err == nil && !bytes.Equal(h.encode(), data) {
			t.Fatalf("%x reads as %+v", data, h)
		}
	})
}

// TestNoAllocationForLength: a length over the limit costs nothing, one within it no more than itself.
func TestNoAllocationForLength(t *testing.T) {
	r := readerOf([]byte{127, 255, 255, 255}, 1<<20)
	if _, err := r.next(); !errors.Is(err, ErrFrameTooLong) {
		t.Error(err)
	}
}
