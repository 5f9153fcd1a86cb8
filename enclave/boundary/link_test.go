package boundary

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
)

// drain receives until n frames are there.
func drain(t *testing.T, l Link, n int) [][]byte {
	t.Helper()
	var got [][]byte
	for len(got) < n {
		batch, err := l.Recv()
		if err != nil || len(batch) == 0 {
			t.Fatalf("%d frames of %d, then %d more: %v", len(got), n, len(batch), err)
		}
		got = append(got, batch...)
	}
	return got
}

func TestPipeKeepsOrderBothWays(t *testing.T) {
	enclave, host := Pipe()
	for i := range byte(100) {
		if err := enclave.Send([]byte{i}, []byte{i, i}); err != nil {
			t.Fatal(err)
		}
		if err := host.Send([]byte{i, i, i}); err != nil {
			t.Fatal(err)
		}
	}
	for i, f := range drain(t, host, 200) {
		if !bytes.Equal(f, bytes.Repeat([]byte{byte(i / 2)}, 1+i%2)) {
			t.Fatalf("frame %d to the host is %v", i, f)
		}
	}
	for i, f := range drain(t, enclave, 100) {
		if !bytes.Equal(f, bytes.Repeat([]byte{byte(i)}, 3)) {
			t.Fatalf("frame %d to the enclave is %v", i, f)
		}
	}
}

// A host that changes a frame after it was sent changes nothing (double fetch).
func TestFramesAreCopies(t *testing.T) {
	enclave, host := Pipe()
	f := []byte("honest")
	if err := host.Send(f); err != nil {
		t.Fatal(err)
	}
	copy(f, "lying!")
	got := drain(t, enclave, 1)[0]
	copy(f, "again!")
	if string(got) != "honest" {
		t.Fatalf("the enclave read %q", got)
	}
	if err := enclave.Send(got); err != nil {
		t.Fatal(err)
	}
	back := drain(t, host, 1)[0]
	back[0] = 'X'
	if string(got) != "honest" {
		t.Fatal("the host changed what the enclave holds")
	}
}

func TestRecvWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enclave, host := Pipe()
		got := make(chan []byte, 1)
		go func() { got <- drain(t, enclave, 1)[0] }()
		synctest.Wait() // Recv is blocked now
		select {
		case f := <-got:
			t.Fatalf("received %q before anything was sent", f)
		default:
		}
		_ = host.Send([]byte("x"))
		if f := <-got; string(f) != "x" {
			t.Fatalf("received %q", f)
		}
	})
}

func TestCloseEndsBothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enclave, host := Pipe()
		_ = host.Send([]byte("last"))
		errs := make(chan error, 1)
		go func() {
			_, err := host.Recv()
			errs <- err
		}()
		synctest.Wait()
		for _, end := range []Link{enclave, enclave, host} {
			if err := end.Close(); err != nil {
				t.Fatalf("Close failed, or failed the second time: %v", err)
			}
		}
		if err := <-errs; !errors.Is(err, ErrClosed) {
			t.Fatalf("a waiting Recv: %v", err)
		}
		if f := drain(t, enclave, 1)[0]; string(f) != "last" {
			t.Fatalf("what was sent before is lost: %q", f)
		}
		if _, err := enclave.Recv(); !errors.Is(err, ErrClosed) {
			t.Fatalf("after the last frame: %v", err)
		}
		for _, l := range []Link{enclave, host} {
			if err := l.Send([]byte("x")); !errors.Is(err, ErrClosed) {
				t.Fatalf("Send after Close: %v", err)
			}
		}
	})
}

// Frames that nobody takes close the link instead of growing without end: large ones, and empty ones too.
func TestOverflowCloses(t *testing.T) {
	for name, c := range map[string]struct {
		frame []byte
		least int // frames that must fit
	}{
		"large": {make([]byte, MaxFrameBytes), MaxQueueBytes/MaxFrameBytes - 1},
		"empty": {nil, 1 << 20},
	} {
		enclave, host := Pipe()
		batch := make([][]byte, 1024)
		for i := range batch {
			batch[i] = c.frame
		}
		n := 0
		for host.Send(batch[:min(len(batch), max(1, c.least/8))]...) == nil {
			n += min(len(batch), max(1, c.least/8))
			if n > MaxQueueBytes/frameOverhead {
				t.Fatalf("%s: %d frames wait", name, n)
			}
		}
		if n < c.least-1024 {
			t.Errorf("%s: closed after %d frames", name, n)
		}
		if err := enclave.Send([]byte("x")); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: the other direction is open: %v", name, err)
		}
		if _, err := host.Recv(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: the flooder's own Recv: %v", name, err)
		}
	}
}

func TestTooLargeFrameCloses(t *testing.T) {
	enclave, host := Pipe()
	if err := host.Send(make([]byte, MaxFrameBytes)); err != nil {
		t.Fatalf("the largest frame: %v", err)
	}
	if err := host.Send([]byte("first"), make([]byte, MaxFrameBytes+1), []byte("third")); !errors.Is(err, ErrClosed) {
		t.Fatalf("a frame over the limit: %v", err)
	}
	if got := drain(t, enclave, 2); len(got) != 2 || string(got[1]) != "first" {
		t.Fatalf("%d frames before it", len(got))
	}
	if _, err := enclave.Recv(); !errors.Is(err, ErrClosed) {
		t.Fatalf("after it: %v", err)
	}
}

// One Recv hands out a bounded batch; the rest keeps waiting where it counts, in order.
func TestRecvIsBounded(t *testing.T) {
	enclave, host := Pipe()
	const n = 40
	for i := range n {
		f := make([]byte, MaxBatchBytes/8)
		f[0] = byte(i)
		if err := host.Send(f); err != nil {
			t.Fatal(err)
		}
	}
	for next := 0; next < n; {
		batch, err := enclave.Recv()
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, f := range batch {
			if int(f[0]) != next {
				t.Fatalf("frame %d comes as %d", f[0], next)
			}
			next++
			size += len(f)
		}
		if size > MaxBatchBytes {
			t.Fatalf("%d bytes at once", size)
		}
	}
	if p := enclave.(*pipe).in; p.bytes != 0 || p.frames != nil {
		t.Errorf("%d bytes counted in an empty queue", p.bytes)
	}
}

// Many senders, one receiver, and a Close in the middle: no race, each sender's frames in order, no frame twice.
func TestPipeConcurrently(t *testing.T) {
	enclave, host := Pipe()
	const senders, each = 8, 500
	var group sync.WaitGroup
	for s := range senders {
		group.Go(func() {
			for i := range uint32(each) {
				f := binary.BigEndian.AppendUint32([]byte{byte(s)}, i)
				if host.Send(f) != nil {
					return
				}
			}
		})
	}
	next := [senders]uint32{}
	total := 0
	for total < senders*each/2 {
		for _, f := range drain(t, enclave, 1) {
			s, i := f[0], binary.BigEndian.Uint32(f[1:])
			if i != next[s] {
				t.Fatalf("sender %d: frame %d, want %d", s, i, next[s])
			}
			next[s]++
			total++
		}
	}
	_ = enclave.Close()
	group.Wait()
	for {
		batch, err := enclave.Recv()
		if err != nil {
			break
		}
		for _, f := range batch {
			if i := binary.BigEndian.Uint32(f[1:]); i != next[f[0]] {
				t.Fatalf("sender %d: frame %d, want %d", f[0], i, next[f[0]])
			}
			next[f[0]]++
		}
	}
}

// Pace holds a sender up until the other side has read, or the link is closed.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enclave, host := Pipe()
		sent := 0
		go func() {
			for err := error(nil); err == nil; sent++ {
				host.Pace()
				err = host.Send(make([]byte, MaxFrameBytes))
			}
		}()
		synctest.Wait()
		full := sent
		if full*MaxFrameBytes > MaxPacedBytes+MaxFrameBytes || full < MaxPacedBytes/MaxFrameBytes {
			t.Fatalf("%d frames wait", full)
		}
		if _, err := enclave.Recv(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if sent <= full {
			t.Error("nothing was sent after the other side had read")
		}
		_ = enclave.Close()
		synctest.Wait() // the sender ends
	})
}
