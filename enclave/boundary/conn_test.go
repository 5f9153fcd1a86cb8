package boundary

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"testing"
)

func pairOptions(r Role) PairOptions {
	return PairOptions{Role: r, Key: [32]byte{1}, Genesis: [32]byte{2}, Replica: 1, Rand: rand.Reader}
}

// tcp returns two ends of a loopback connection.
func tcp(t *testing.T) (net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := <-accepted
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func pairBoth(t *testing.T, enclave, host PairOptions) (error, error) {
	a, b := tcp(t)
	result := make(chan error, 1)
	go func() {
		err := Pair(b, host)
		if err != nil {
			b.Close()
		}
		result <- err
	}()
	err := Pair(a, enclave)
	if err != nil {
		a.Close()
	}
	return err, <-result
}

func TestPairRecognises(t *testing.T) {
	if a, b := pairBoth(t, pairOptions(RoleEnclave), pairOptions(RoleHost)); a != nil || b != nil {
		t.Fatalf("the pair does not recognise itself: %v, %v", a, b)
	}
	for name, change := range map[string]func(*PairOptions){
		"key": func(o *PairOptions) { o.Key[31]++ }, "genesis": func(o *PairOptions) { o.Genesis[0]++ },
		"replica": func(o *PairOptions) { o.Replica++ }, "role": func(o *PairOptions) { o.Role = RoleEnclave },
	} {
		stranger := pairOptions(RoleHost)
		change(&stranger)
		if a, b := pairBoth(t, pairOptions(RoleEnclave), stranger); !errors.Is(a, ErrStranger) || b == nil {
			t.Errorf("another %s: %v, %v", name, a, b)
		}
	}
}

func TestConnCarriesFramesInOrder(t *testing.T) {
	a, b := tcp(t)
	left, right := Over(a), Over(b)
	const n = 1000
	big := bytes.Repeat([]byte{7}, MaxFrameBytes)
	go func() {
		for i := range n {
			f := binary.BigEndian.AppendUint32(nil, uint32(i))
			_ = left.Send(f)
			clear(f) // the link has its own copy
		}
		_ = left.Send(big, nil)
	}()
	var got [][]byte
	for len(got) < n+2 {
		batch, err := right.Recv()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, batch...)
	}
	for i := range n {
		if binary.BigEndian.Uint32(got[i]) != uint32(i) {
			t.Fatalf("frame %d is %v", i, got[i])
		}
	}
	if !bytes.Equal(got[n], big) || len(got[n+1]) != 0 {
		t.Fatal("the largest or the empty frame was changed")
	}
	_ = left.Close()
	if _, err := right.Recv(); !errors.Is(err, ErrClosed) {
		t.Fatalf("after Close: %v", err)
	}
	if err := left.Send([]byte{1}); !errors.Is(err, ErrClosed) {
		t.Fatalf("Send after Close: %v", err)
	}
}

func TestConnRefusesAnOverlongFrame(t *testing.T) {
	a, b := tcp(t)
	l := Over(a)
	if _, err := b.Write(binary.BigEndian.AppendUint32(nil, MaxFrameBytes+1)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Recv(); !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

// A frame that cannot be sent closes the link: both sides notice that something is lost.
func TestConnCloses(t *testing.T) {
	a, b := net.Pipe()
	left, right := Over(a), Over(b)
	if err := left.Send(make([]byte, MaxFrameBytes+1)); !errors.Is(err, ErrClosed) {
		t.Fatalf("an overlong frame: %v", err)
	}
	for _, l := range []Link{left, right} {
		if _, err := l.Recv(); !errors.Is(err, ErrClosed) {
			t.Errorf("received on a closed link: %v", err)
		}
	}
}
