package transport

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener connects in memory, so that a test can own the time.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (p *pipeListener) dial(ctx context.Context, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipeListener) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// timed prepares two replicas over pipes; the caller runs in a synctest bubble and closes them there.
func timed(t *testing.T) (*cluster, []Options, *pipeListener) {
	c := &cluster{t: t, links: make([]Links, 2), events: make([][]Event, 2), block: [][]chan struct{}{make([]chan struct{}, 2), make([]chan struct{}, 2)}}
	c.change = sync.NewCond(&c.mu)
	c.got = [][][][]byte{make([][][]byte, 2), make([][][]byte, 2)}
	c.addPeer("0")
	c.addPeer("1")
	listener := newPipeListener()
	opts := []Options{c.options(0), c.options(1)}
	opts[0].Dial = listener.dial
	opts[1].Listener = listener
	return c, opts, listener
}

func (c *cluster) count(i, peer int, cause Cause) uint64 {
	s := c.links[i].Stats()
	if peer < 0 {
		return s.Strangers[cause]
	}
	return s.Peers[peer].Ended[cause]
}

// TestIdleLinkStays: keep-alives hold an idle link for an hour; frames still pass.
func TestIdleLinkStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, opts, _ := timed(t)
		c.start(1, opts[1])
		c.start(0, opts[0])
		defer c.close()
		<-time.After(time.Hour)
		if s := c.links[0].Stats().Peers[1]; s.Connects != 1 || !s.Connected {
			t.Errorf("%+v: want one connection for the hour", s)
		}
		c.links[1].Send(0, numbered(1, 50))
		c.waitFrames(0, 1, 1)
	})
}

// TestSilence: a peer that stops at any stage is cut off after the time named for it, not before.
func TestSilence(t *testing.T) {
	const edge = 100 * time.Millisecond
	for name, test := range map[string]struct {
		peer  int // to whom the end is put down
		tls   bool
		bytes []byte
		limit time.Duration
	}{
		"before TLS":   {-1, false, nil, DefaultHandshakeTimeout},
		"before hello": {0, true, nil, DefaultHandshakeTimeout},
		"half a hello": {0, true, goodHello()[:20], DefaultHandshakeTimeout},
		"after hello":  {0, true, goodHello(), silentKeepAlives * DefaultKeepAlive},
		"in a length":  {0, true, append(goodHello(), 0, 0), silentKeepAlives * DefaultKeepAlive},
		"in a frame":   {0, true, append(goodHello(), 0, 0, 0, 9, 1), DefaultStallTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, opts, listener := timed(t)
				c.start(1, opts[1])
				defer c.close()
				raw, err := listener.dial(t.Context(), "")
				if err != nil {
					t.Fatal(err)
				}
				defer raw.Close()
				if test.tls {
					secure := tls.Client(raw, tlsConfig(opts[0].Certificate, func(Pin) bool { return true }))
					if _, err := secure.Write(test.bytes); err != nil {
						t.Fatal(err)
					}
					go func() { // take what comes, say nothing
						buf := make([]byte, 1000)
						for err := error(nil); err == nil; {
							_, err = raw.Read(buf)
						}
					}()
				}
				<-time.After(test.limit - edge)
				synctest.Wait()
				if n := c.count(1, test.peer, CauseStalled); n != 0 {
					t.Fatal("cut off early")
				}
				<-time.After(2 * edge)
				synctest.Wait()
				if n := c.count(1, test.peer, CauseStalled); n != 1 {
					t.Fatalf("not cut off: %+v", c.events[1])
				}
			})
		})
	}
}

// TestPeerThatDoesNotRead: it is cut off after the stall time, its queue stays within the limit.
func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, opts, listener := timed(t)
		opts[1].QueueBytes, opts[1].MaxFrameBytes = 1<<16, 1<<12
		c.start(1, opts[1])
		defer c.close()
		raw, err := listener.dial(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		secure := tls.Client(raw, tlsConfig(opts[0].Certificate, func(Pin) bool { return true }))
		if _, err := secure.Write(goodHello()); err != nil {
			t.Fatal(err)
		}
		var answer [helloBytes]byte
		if _, err := secure.Read(answer[:]); err != nil {
			t.Fatal(err)
		}
		for i := range uint64(100) {
			c.links[1].Send(0, numbered(i, 1<<12))
		}
		<-time.After(DefaultStallTimeout + time.Second)
		synctest.Wait()
		s := c.links[1].Stats().Peers[0]
		if s.Ended[CauseStalled] != 1 || s.DroppedFrames == 0 || s.LostFrames == 0 || s.QueuedBytes > 1<<16 {
			t.Errorf("%+v", s)
		}
	})
}

// TestBackoff: attempts at a dead peer grow apart up to the limit.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, opts, listener := timed(t)
		listener.Close()
		opts[0].BackoffMin, opts[0].BackoffMax = 50*time.Millisecond, 5*time.Second
		c.start(0, opts[0])
		defer c.close()
		<-time.After(time.Minute)
		n := c.count(0, 1, CauseDial)
		if n < 12 || n > 35 { // 7 while the delay grows, then one each 2.5 to 5 s
			t.Errorf("%d attempts in a minute", n)
		}
	})
}

// TestHandshakeFlood: more strangers than may shake hands at once are turned away, and the peer still
// gets in after them.
func TestHandshakeFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, opts, listener := timed(t)
		c.start(1, opts[1])
		defer c.close()
		for range maxHandshakes + 10 {
			raw, err := listener.dial(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
		}
		synctest.Wait()
		if n := c.count(1, -1, CauseBusy); n != 10 {
			t.Errorf("%d turned away, want 10", n)
		}
		c.start(0, opts[0])
		c.links[0].Send(1, numbered(1, 8))
		c.waitFrames(1, 0, 1)
	})
}

// TestReplacedWaits: a newer connection is not heard while the Handler still has a frame of the older
// one: calls for one sender never overlap.
func TestReplacedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, opts, _ := timed(t)
		gate, entered := make(chan struct{}), 0
		opts[1].Handler = func(int, []byte) {
			c.mu.Lock()
			entered++
			c.mu.Unlock()
			<-gate
		}
		c.start(1, opts[1])
		defer c.close()
		for i := range uint64(2) { // the first sender hangs behind the gate, the second takes its place
			l, err := NewTLS(opts[0])
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			l.Send(1, numbered(i, 8))
			synctest.Wait()
		}
		c.mu.Lock()
		if entered != 1 {
			t.Errorf("%d calls at once", entered)
		}
		c.mu.Unlock()
		close(gate)
	})
}
