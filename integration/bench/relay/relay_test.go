package relay

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"testing"
	"time"
)

// echo serves connections that hear what they say, and after their end "bye".
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := io.Copy(c, c); err == nil {
					_, _ = io.WriteString(c, "bye")
				}
			}()
		}
	}()
	return l.Addr().String()
}

// begin returns a relay to an echo and a connection through it.
func begin(t *testing.T) (*Relay, *net.TCPConn) {
	t.Helper()
	r, err := Listen("127.0.0.1:0", echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	c, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return r, c.(*net.TCPConn)
}

// Everything arrives in order, while delays change, and an end of one direction leaves the other open.
func TestBytesArriveWholeAndInOrder(t *testing.T) {
	r, c := begin(t)
	sent := make([]byte, 3<<20)
	_, _ = rand.Read(sent) // never fails
	go func() {
		for i, rest := 0, sent; len(rest) > 0; i++ {
			n := min(len(rest), 1+i*977)
			r.Set(RoundTrip(time.Duration(i%5)*time.Millisecond, 4*time.Millisecond))
			if _, err := c.Write(rest[:n]); err != nil {
				return // the reader sees less than was sent
			}
			rest = rest[n:]
		}
		_ = c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, append(sent, "bye"...)) {
		t.Errorf("%d of %d bytes came back, %v", len(got), len(sent), err)
	}
}

// An answer takes both directions' delay, at least.
func TestDelay(t *testing.T) {
	r, c := begin(t)
	for _, d := range []Delay{{}, RoundTrip(100*time.Millisecond, 40*time.Millisecond), {Mean: 20 * time.Millisecond}} {
		r.Set(d)
		began := time.Now()
		if _, err := c.Write([]byte{7}); err != nil {
			t.Fatal(err)
		}
		var answer [1]byte
		if _, err := io.ReadFull(c, answer[:]); err != nil || answer[0] != 7 {
			t.Fatal(answer, err)
		}
		if took, least := time.Since(began), 2*(d.Mean-d.Spread); took < least {
			t.Errorf("%v: an answer came after %v, want %v at least", d, took, least)
		}
	}
}

// Close ends connections, those with bytes on their way too.
func TestClose(t *testing.T) {
	r, c := begin(t)
	r.Set(Delay{Mean: 50 * time.Millisecond})
	if _, err := c.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if n, err := io.Copy(io.Discard, c); n > 1<<20 {
		t.Errorf("%d bytes after Close, %v", n, err)
	}
	if _, err := net.Dial("tcp", r.Addr()); err == nil {
		t.Error("a closed relay took a connection")
	}
}
