package node

import (
	"testing"
	"testing/synctest"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// A peer that sends more than the link may hold, while the enclave does not read, waits: nothing overflows, and all
// of it arrives once the enclave reads.
func TestPeerFloodDoesNotCloseTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enclave, host := boundary.Pipe()
		n := &Node{o: Options{Link: host}}
		kinds := []wire.Kind{wire.KindReplies, wire.KindBodyStored, wire.KindCacheQuery}
		const size = 1 << 20
		const frames = boundary.MaxQueueBytes/size + 44
		go func() {
			for i := range frames {
				n.Receive(1, append([]byte{byte(kinds[i%len(kinds)]), wire.Version}, make([]byte, size)...))
			}
		}()
		synctest.Wait()
		for got := 0; got < frames; {
			batch, err := enclave.Recv()
			if err != nil {
				t.Fatalf("after %d of %d frames: %v", got, frames, err)
			}
			got += len(batch)
		}
	})
}

// A peer that floods a host whose enclave comes back keeps out nobody's word but its own.
func TestPeerFloodKeepsNoOtherOut(t *testing.T) {
	group, err := quorum.New(3)
	if err != nil {
		t.Fatal(err)
	}
	c := NewComeback(ComebackOptions{Config: rejoin.Config{Self: 2, Quorum: group}, Now: func() int64 { return 0 }})
	frame := []byte{byte(wire.KindRecHello), wire.Version}
	for range 10_000 {
		c.Receive(0, frame)
	}
	c.Receive(1, frame)
	from := map[wire.ReplicaID]int{}
	for len(c.peers) > 0 {
		p := <-c.peers
		from[p.from]++
	}
	if from[0] != maxPeerFrames || from[1] != 1 {
		t.Errorf("%v frames wait, by peer", from)
	}
}
