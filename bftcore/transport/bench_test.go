package transport

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkLinks sends frames one way as fast as the receiver takes them.
func BenchmarkLinks(b *testing.B) {
	for _, form := range []string{"mesh", "tls"} {
		for _, size := range []int{256, 10 << 10} {
			b.Run(fmt.Sprintf("%s/bytes=%d", form, size), func(b *testing.B) { benchmarkLinks(b, form, size) })
		}
	}
}

func benchmarkLinks(b *testing.B, form string, size int) {
	var received atomic.Int64
	progress := make(chan struct{}, 1)
	handler := func(int, []byte) {
		received.Add(1)
		select {
		case progress <- struct{}{}:
		default:
		}
	}
	sender := pairFor(b, form, handler)
	frame := make([]byte, size)
	const window = 512 // frames under way, within the queue
	b.SetBytes(int64(size))
	b.ReportAllocs()
	sent := int64(0)
	for b.Loop() {
		for sent-received.Load() >= window {
			<-progress
		}
		sender.Send(1, frame)
		sent++
	}
	for received.Load() < sent {
		<-progress
	}
}

func pairFor(b *testing.B, form string, handler Handler) Links {
	b.Helper()
	keep := func(l Links, err error) Links {
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { l.Close() })
		return l
	}
	if form == "mesh" {
		mesh := NewMesh(2, MeshOptions{})
		keep(mesh.Attach(1, handler))
		return keep(mesh.Attach(0, handler))
	}
	c := &cluster{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c.addPeer("none")
	c.addPeer(listener.Addr().String())
	up := make(chan struct{}, 1)
	opts := []Options{c.options(0), c.options(1)}
	opts[1].Listener = listener
	for i := range opts {
		opts[i].Handler, opts[i].BackoffMax = handler, time.Second
		opts[i].Observe = func(e Event) {
			if e.Up {
				select {
				case up <- struct{}{}:
				default:
				}
			}
		}
	}
	keep(NewTLS(opts[1]))
	sender := keep(NewTLS(opts[0]))
	<-up
	return sender
}
