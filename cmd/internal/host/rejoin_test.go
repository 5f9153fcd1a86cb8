package host

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// A replica that is wiped while the others go on under load comes back by itself: their logs no longer reach back,
// it learns of a stable checkpoint, takes the state over, and carries its share of the quorum.
func TestWipedReplicaComesBackUnderLoad(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(60, 0, 1, 2)
	g.end(2)
	g.wipe(2)
	// Until nobody has the beginning any more, in a log or in memory.
	for k := 0; k*command.MaxPing < bftcore.MaxRetainedBytes*5/4 || g.hosts[0].log.Stats().FirstLSN == 1 ||
		g.hosts[1].log.Stats().FirstLSN == 1; k++ {
		g.do(k%2, &command.Ping{Data: make([]byte, command.MaxPing)})
	}
	ctx, stop := context.WithCancel(context.Background())
	var load sync.WaitGroup
	for k := range 4 {
		load.Go(func() {
			for ctx.Err() == nil {
				_, _ = g.enclaves[k%2].Do(ctx, &command.Ping{Data: make([]byte, 200)})
			}
		})
	}
	g.start(2)
	g.installs(2)
	m.file(20, 0, 1)
	stop()
	load.Wait()
	g.agree()
	h := g.hosts[2]
	if walked, err := h.machine().Walk(); err != nil || walked != h.machine().Root() {
		t.Fatalf("walked to %v: %v", walked, err)
	}
	m.read(2)
	g.end(1)
	m.file(10, 0, 2)
	g.agree()
}

// All stop, one is wiped, and all start: no process keeps the state of a checkpoint, logs do not reach back, and nobody
// writes anything. The one that was wiped gets a state all the same.
func TestWipedReplicaComesBackAfterAStartOfAll(t *testing.T) {
	g := &group{t: t, every: 64}
	g.begin(3, nil, wire.Founding{})
	m := newMail(g)
	m.file(30, 0, 1, 2)
	for k := 0; g.hosts[0].log.Stats().FirstLSN == 1 || g.hosts[1].log.Stats().FirstLSN == 1; k++ {
		g.do(k%2, &command.Ping{Data: make([]byte, command.MaxPing)})
	}
	g.agree()
	for i := range 3 {
		g.end(i)
	}
	g.wipe(2)
	for i := range 3 {
		g.start(i)
	}
	g.installs(2)
	m.file(5, 0, 1, 2)
	g.agree()
	m.read(2)
}

// installs waits until replica i has taken a state over by itself.
func (g *group) installs(i int) {
	g.t.Helper()
	h := g.hosts[i]
	for end := time.Now().Add(patient); ; pause(50 * time.Millisecond) {
		n := h.node.Load()
		switch {
		case n != nil && n.Transfers().Installed > 0:
			return
		case time.Now().Before(end) && !g.t.Failed(): // a host that stopped has said why
			continue
		case n == nil:
			g.t.Fatalf("replica %d has not begun to order", i)
		}
		g.t.Fatalf("replica %d (orders: %t) took no state over: %+v, core %+v, counted %+v; firsts in the logs of all:%s",
			i, h.up.Load(), n.Transfers(), n.Status(), n.Counters(), g.firsts())
	}
}

// firsts says where the logs of the replicas begin, and how far they are.
func (g *group) firsts() string {
	out := ""
	for i, h := range g.hosts {
		if h != nil {
			out += fmt.Sprintf(" %d from %d, applied %d;", i, h.log.Stats().FirstLSN, h.machine().Applied())
		}
	}
	return out
}

// pause waits for others: polling a node that orders all the time needs no more of its time.
func pause(d time.Duration) { <-time.After(d) }
