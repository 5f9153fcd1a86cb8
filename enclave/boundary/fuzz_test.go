package boundary

import (
	"bytes"
	"errors"
	"runtime"
	"testing"

	"troxymail/bftcore/wire"
)

// allocated returns how many bytes f allocated.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// allocationBound is what one decoder may allocate for a frame: structures are larger than their encoding,
// by a small factor; nothing is allocated for what a length claims.
func allocationBound(frame []byte) uint64 { return 4*uint64(len(frame)) + 8<<10 }

// decodeAll runs every decoder over data: each ends, without panic, in an ErrFrame or in a value the one
// encoding of which is data.
func decodeAll(t *testing.T, data []byte) {
	for i := range frames {
		f := &frames[i]
		if len(data) < 2 {
			if _, err := PeekKind(data); !errors.Is(err, ErrFrame) {
				t.Fatalf("a kind in %x: %v", data, err)
			}
		}
		var encode func() []byte
		var err error
		used := allocated(func() { _, encode, err = f.decode(data) })
		if used > allocationBound(data) {
			t.Fatalf("%s: %d bytes allocated for a frame of %d", f.name, used, len(data))
		}
		if err != nil {
			if !errors.Is(err, ErrFrame) {
				t.Fatalf("%s: %v does not wrap ErrFrame", f.name, err)
			}
			continue
		}
		if again := encode(); len(data) > 2 && !bytes.Equal(again[2:], data[2:]) {
			t.Fatalf("%s: %x decodes and encodes as %x", f.name, data, again)
		}
	}
	if len(data) >= 2 {
		_ = PeerMessage(data)
	}
}

func FuzzDecoders(f *testing.F) {
	for i := range frames {
		f.Add(frames[i].encode())
	}
	for _, seed := range claims() {
		f.Add(seed)
	}
	f.Fuzz(decodeAll)
}

// claims are short frames that claim to be long.
func claims() [][]byte {
	count := []byte{0, 0, 4, 0} // MaxItems
	var out [][]byte
	for _, front := range []int{2, 10, 18, 26, 203, 204} {
		frame := append(make([]byte, front), count...)
		frame[1] = wire.Version
		out = append(out, frame, append(bytes.Clone(frame), make([]byte, 100)...))
	}
	return append(out, nil, []byte{1}, bytes.Repeat([]byte{0xFF}, 300), make([]byte, 5000))
}

func TestAllocationIsBoundedByTheInput(t *testing.T) {
	for _, frame := range claims() {
		decodeAll(t, frame)
	}
	// The largest of everything, whole and cut.
	largest := [][]byte{
		(&CertifyPrepare{Items: make([]Item, MaxItems)}).Append(nil),
		(&Verify{Certificates: repeat(goldenCertificate, MaxItems)}).Append(nil),
		(&Executed{Results: repeat(ExecutedItem{}, MaxItems)}).Append(nil),
		(&Verified{OK: make([]bool, MaxItems)}).Append(nil),
		(&Proposed{Requests: make([][]byte, MaxProposed)}).Append(nil),
		(&Record{Piece: wire.Piece{Total: wire.ChunkBytes, Bytes: make([]byte, wire.ChunkBytes)}}).Append(nil),
	}
	for _, frame := range largest {
		for _, n := range []int{20, 300, len(frame) / 2, len(frame)} {
			decodeAll(t, frame[:n:n])
		}
	}
}

func repeat[T any](v T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}
