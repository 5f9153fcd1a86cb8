package transport

import (
	"crypto/ed25519"
	"encoding/binary"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cluster is a set of linked replicas whose received frames tests can wait for.
type cluster struct {
	t     *testing.T
	links []Links
	peers []Peer
	certs []ed25519.PrivateKey

	mu     sync.Mutex
	change *sync.Cond
	got    [][][][]byte      // by receiver, sender
	block  [][]chan struct{} // by receiver, sender
	events [][]Event         // by replica
}

func newCluster(t *testing.T, n int) *cluster {
	c := &cluster{t: t, links: make([]Links, n), got: make([][][][]byte, n), events: make([][]Event, n)}
	c.change = sync.NewCond(&c.mu)
	c.block = make([][]chan struct{}, n)
	for i := range c.got {
		c.block[i] = make([]chan struct{}, n)
		c.got[i] = make([][][]byte, n)
	}
	t.Cleanup(c.close)
	return c
}

func (c *cluster) close() {
	var wg sync.WaitGroup
	for _, l := range c.links {
		if l != nil {
			wg.Go(func() {
				if err := l.Close(); err != nil {
					c.t.Errorf("close: %v", err)
				}
			})
		}
	}
	wg.Wait()
}

// handler records what replica self receives; with a channel in block it stops at each frame of that
// sender until it is closed.
func (c *cluster) handler(self int) Handler {
	return func(from int, frame []byte) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if gate := c.block[self][from]; gate != nil {
			c.mu.Unlock()
			<-gate
			c.mu.Lock()
		}
		c.got[self][from] = append(c.got[self][from], frame)
		c.change.Broadcast()
	}
}

// wait blocks until cond, called under mu, holds.
func (c *cluster) wait(cond func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !cond() {
		c.change.Wait()
	}
}

func (c *cluster) waitFrames(to, from, n int) {
	c.wait(func() bool { return len(c.got[to][from]) >= n })
}

// waitEvent blocks until replica i has seen such an event, and returns it.
func (c *cluster) waitEvent(i int, match func(Event) bool) (found Event) {
	c.wait(func() bool {
		for _, e := range c.events[i] {
			if match(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

func (c *cluster) waitEnd(i, peer int, cause Cause) Event {
	return c.waitEvent(i, func(e Event) bool { return !e.Up && e.Peer == peer && e.Cause == cause })
}

// ups returns how often the link of replica i to peer came up. The caller holds mu.
func (c *cluster) ups(i, peer int) (n int) {
	for _, e := range c.events[i] {
		if e.Up && e.Peer == peer {
			n++
		}
	}
	return n
}

func (c *cluster) observe(i int) func(Event) {
	return func(e Event) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.events[i] = append(c.events[i], e)
		c.change.Broadcast()
	}
}

func newMeshCluster(t *testing.T, n, queueBytes, maxFrameBytes int) *cluster {
	c := newCluster(t, n)
	mesh := NewMesh(n, MeshOptions{QueueBytes: queueBytes, MaxFrameBytes: maxFrameBytes})
	for i := range n {
		l, err := mesh.Attach(i, c.handler(i))
		if err != nil {
			t.Fatal(err)
		}
		c.links[i] = l
	}
	return c
}

// prepareTLS makes keys and one set of options per replica, over TCP on loopback.
func prepareTLS(t *testing.T, n, queueBytes, maxFrameBytes int) (*cluster, []Options) {
	c := newCluster(t, n)
	listeners := make([]net.Listener, n)
	for i := range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[i] = listener
		c.addPeer(listener.Addr().String())
	}
	opts := make([]Options, n)
	for i := range n {
		opts[i] = c.options(i)
		opts[i].Listener = listeners[i]
		opts[i].QueueBytes, opts[i].MaxFrameBytes = queueBytes, maxFrameBytes
	}
	return c, opts
}

func (c *cluster) addPeer(addr string) {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = byte(len(c.peers) + 1)
	key := ed25519.NewKeyFromSeed(seed)
	pin, err := PinOf(key.Public())
	if err != nil {
		c.t.Fatal(err)
	}
	c.certs = append(c.certs, key)
	c.peers = append(c.peers, Peer{Addr: addr, Key: pin})
}

func (c *cluster) options(i int) Options {
	cert, err := NewCertificate(c.certs[i])
	if err != nil {
		c.t.Fatal(err)
	}
	return Options{
		Self: i, Cluster: [32]byte{7}, Peers: c.peers, Certificate: cert,
		Handler: c.handler(i), Observe: c.observe(i),
		BackoffMin: time.Millisecond, BackoffMax: 20 * time.Millisecond,
	}
}

func (c *cluster) start(i int, o Options) {
	c.t.Helper()
	l, err := NewTLS(o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.links[i] = l
}

func newTLSCluster(t *testing.T, n, queueBytes, maxFrameBytes int) *cluster {
	c, opts := prepareTLS(t, n, queueBytes, maxFrameBytes)
	for i, o := range opts {
		c.start(i, o)
	}
	return c
}

// numbered returns a frame of size bytes, at least 8, that starts with its number.
func numbered(i uint64, size int) []byte {
	frame := make([]byte, size)
	for j := range frame {
		frame[j] = byte(i) ^ byte(j)
	}
	binary.BigEndian.PutUint64(frame, i)
	return frame
}
