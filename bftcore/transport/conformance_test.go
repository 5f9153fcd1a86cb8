package transport

import (
	"bytes"
	"encoding/binary"
	"sync"
	"testing"
)

// TestConformance runs every form of links through the same contract.
func TestConformance(t *testing.T) {
	forms := map[string]func(t *testing.T, n, queueBytes, maxFrameBytes int) *cluster{
		"mesh": newMeshCluster, "tls": newTLSCluster,
	}
	for name, start := range forms {
		t.Run(name, func(t *testing.T) {
			t.Run("order", func(t *testing.T) { testOrder(t, start(t, 3, 0, 0)) })
			t.Run("stuck", func(t *testing.T) { testStuck(t, start(t, 3, 1<<16, 1<<12)) })
			t.Run("limits", func(t *testing.T) { testLimits(t, start(t, 2, 1<<16, 1000)) })
			t.Run("closed", func(t *testing.T) { testClosed(t, start(t, 2, 0, 0)) })
		})
	}
}

// testOrder: all replicas send to all others at once; everything arrives, in order, whole, and the
// sender's buffer is its own again after Send.
func testOrder(t *testing.T, c *cluster) {
	const frames = 1500
	size := func(i int) int { return 8 + i*37%3000 }
	var wg sync.WaitGroup
	for from := range c.links {
		for to := range c.links {
			if to == from {
				continue
			}
			wg.Go(func() {
				for i := range frames {
					frame := numbered(uint64(i), size(i))
					c.links[from].Send(to, frame)
					clear(frame)
				}
			})
		}
	}
	wg.Wait()
	for to := range c.links {
		for from := range c.links {
			if to == from {
				continue
			}
			c.waitFrames(to, from, frames)
			for i, frame := range c.got[to][from] {
				if !bytes.Equal(frame, numbered(uint64(i), size(i))) {
					t.Fatalf("%d to %d: frame %d is not what was sent", from, to, i)
				}
			}
			s := c.links[to].Stats().Peers[from]
			if s.ReceivedFrames != frames || !s.Connected || s.DroppedFrames+s.LostFrames != 0 {
				t.Errorf("%d from %d: %+v", to, from, s)
			}
		}
	}
}

// testStuck: a handler that does not return costs its sender a full queue and nothing more, and other senders
// nothing; what was not dropped arrives once it moves again.
func testStuck(t *testing.T, c *cluster) {
	gate := make(chan struct{})
	c.mu.Lock()
	c.block[1][0] = gate
	c.mu.Unlock()
	c.links[2].Send(0, numbered(0, 8)) // the links work
	c.waitFrames(0, 2, 1)
	const tooMany = 100_000 // at 1 KiB far more than socket buffers hold
	sent := uint64(0)
	for c.links[0].Stats().Peers[1].DroppedFrames == 0 {
		if sent == tooMany {
			t.Fatal("no frame was ever dropped")
		}
		c.links[0].Send(1, numbered(sent, 1024))
		sent++
	}
	s := c.links[0].Stats().Peers[1]
	if s.QueuedBytes > 1<<16 {
		t.Errorf("%d bytes queued, limit %d", s.QueuedBytes, 1<<16)
	}
	c.links[0].Send(2, numbered(5, 8))
	c.waitFrames(2, 0, 1)
	c.links[2].Send(1, numbered(6, 8)) // the receiver goes on with other senders
	c.waitFrames(1, 2, 1)
	close(gate)
	arrive := int(sent - s.DroppedFrames)
	c.waitFrames(1, 0, arrive)
	last := int64(-1)
	for _, frame := range c.got[1][0] {
		n := int64(binary.BigEndian.Uint64(frame))
		if n <= last {
			t.Fatalf("frame %d after %d", n, last)
		}
		last = n
	}
	if len(c.got[1][0]) != arrive {
		t.Errorf("%d frames arrived, %d were accepted", len(c.got[1][0]), arrive)
	}
}

// testLimits: frames that may not be sent are refused on this side.
func testLimits(t *testing.T, c *cluster) {
	c.links[0].Send(1, make([]byte, 1001))
	c.links[0].Send(1, nil)
	c.links[0].Send(1, numbered(1, 1000))
	c.waitFrames(1, 0, 1)
	if s := c.links[0].Stats().Peers[1]; s.RefusedFrames != 2 {
		t.Errorf("%+v: want 2 frames refused", s)
	}
	for _, to := range []int{0, 2, -1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("sending to %d of 2 is no panic", to)
				}
			}()
			c.links[0].Send(to, []byte{1})
		}()
	}
}

// testClosed: Close works while peers send, twice, and sending after it does nothing.
func testClosed(t *testing.T, c *cluster) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := uint64(0); ; i++ {
			select {
			case <-stop:
				return
			default:
				c.links[1].Send(0, numbered(i, 100))
			}
		}
	})
	c.waitFrames(0, 1, 10)
	for range 2 {
		if err := c.links[0].Close(); err != nil {
			t.Error(err)
		}
	}
	c.mu.Lock()
	frames := len(c.got[0][1])
	c.mu.Unlock()
	c.links[0].Send(1, []byte{1})
	close(stop)
	wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.got[0][1]) != frames {
		t.Error("handler called after Close")
	}
}

// TestMeshAttach: a replica may leave and come back; what comes meanwhile waits within the queue.
func TestMeshAttach(t *testing.T) {
	c := newCluster(t, 2)
	mesh := NewMesh(2, MeshOptions{QueueBytes: 100})
	var err error
	if c.links[0], err = mesh.Attach(0, c.handler(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := mesh.Attach(0, c.handler(0)); err == nil {
		t.Error("attached twice")
	}
	for i := range uint64(9) {
		c.links[0].Send(1, numbered(i, 16))
	}
	if s := c.links[0].Stats().Peers[1]; s.DroppedFrames != 4 || s.Connected {
		t.Errorf("%+v: want 4 of 9 dropped", s)
	}
	for range 2 {
		l, err := mesh.Attach(1, c.handler(1))
		if err != nil {
			t.Fatal(err)
		}
		c.waitFrames(1, 0, 5)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
