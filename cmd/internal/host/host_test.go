package host

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/transport"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/replica"
	"troxymail/integration/liar"
	"troxymail/mailstore/command"
)

// group is n replicas in one process: real enclave runtimes, real hosts, real disks.
type group struct {
	t        testing.TB
	n        int
	dirs     []string
	mesh     *transport.Mesh
	enclaves []*replica.Replica
	hosts    []*Host
	stop     []context.CancelFunc
	done     []*sync.WaitGroup
	links    []transport.Links
	ends     []boundary.Link // the enclaves' ends
	liars    map[int]*liar.Liar
	mu       sync.Mutex                                            // of what a test's passes uses
	passes   atomic.Pointer[func(to, from int, frame []byte) bool] // which frames arrive; nil: all
	founding wire.Founding                                         // zero: enclaves come back by recovery and founding
	exchange time.Duration                                         // between rounds of comparing marks; 0: the product's
	pillars  int                                                   // 0: one
	every    uint64                                                // orders between checkpoints; 0: 8
}

func newGroup(t testing.TB, n int) *group { return newGroupWith(t, n, nil) }

// newGroupWith is a group in which some hosts may lie; what becomes of those and their enclaves is theirs.
func newGroupWith(t testing.TB, n int, liars map[int]*liar.Liar) *group {
	return startGroup(t, n, liars, testFounding)
}

func startGroup(t testing.TB, n int, liars map[int]*liar.Liar, founding wire.Founding) *group {
	g := &group{t: t}
	g.begin(n, liars, founding)
	return g
}

// begin makes the folders and starts all.
func (g *group) begin(n int, liars map[int]*liar.Liar, founding wire.Founding) {
	t := g.t
	g.liars, g.founding, g.n, g.mesh = liars, founding, n, transport.NewMesh(n, transport.MeshOptions{})
	g.enclaves, g.hosts, g.links, g.ends = make([]*replica.Replica, n), make([]*Host, n), make([]transport.Links, n), make([]boundary.Link, n)
	g.stop, g.done = make([]context.CancelFunc, n), make([]*sync.WaitGroup, n)
	for i := range n {
		g.dirs = append(g.dirs, t.TempDir())
		if err := Prepare(g.dirs[i], testGenesis, wire.ReplicaID(i)); err != nil {
			t.Fatal(err)
		}
		g.start(i)
	}
	t.Cleanup(func() {
		for i := range n {
			g.end(i)
		}
	})
}

var testGenesis = [32]byte{9}

var testFounding = wire.Founding{Generation: 1, Digest: wire.Sum([]byte("test"))}

// testOptions are those of replica self of n: small segments, checkpoints that are near, and little that is kept.
func testOptions(dir string, self, n int) Options {
	return Options{
		Dir: dir, Self: wire.ReplicaID(self), Replicas: n, Founding: testFounding, Genesis: testGenesis, FirstMailbox: 1,
		Logger: slog.New(slog.DiscardHandler), segmentBytes: 4 << 20, scrubRate: 1 << 30,
		checkpointEvery: 8, bodyGrace: 16, keepLogBytes: 1,
	}
}

func (g *group) start(i int) {
	g.t.Helper()
	if err := g.tryStart(i); err != nil {
		g.t.Fatal(err)
	}
}

// tryStart starts replica i and returns why its host would not open.
func (g *group) tryStart(i int) error {
	g.t.Helper()
	o := testOptions(g.dirs[i], i, g.n)
	o.Pillars, o.Founding, o.checkpointEvery = g.pillars, g.founding, max(g.every, 8)
	h, err := Open(o)
	if err != nil {
		return err
	}
	g.hosts[i] = h
	receive := func(from int, frame []byte) {
		if passes := g.passes.Load(); passes == nil || (*passes)(i, from, frame) {
			h.Receive(from, frame)
		}
	}
	if l := g.liars[i]; l != nil {
		receive = l.Receive(receive)
	}
	if g.links[i], err = g.mesh.Attach(i, receive); err != nil {
		g.t.Fatal(err)
	}
	if l := g.liars[i]; l != nil {
		h.Connect(l.Links(g.links[i]))
	} else {
		h.Connect(g.links[i])
	}
	g.link(i)
	return nil
}

// link starts a new enclave and joins it to host i, which has none.
func (g *group) link(i int) {
	g.t.Helper()
	enclaveEnd, hostEnd := boundary.Pipe()
	q, err := quorum.New(g.n)
	if err != nil {
		g.t.Fatal(err)
	}
	begin := time.Now()
	e := replica.New(replica.Options{
		Group: q, Self: wire.ReplicaID(i), Pillars: g.pillars, Founding: g.founding, Link: enclaveEnd, Logger: slog.New(slog.DiscardHandler),
		Certificate: [32]byte{1}, Request: [32]byte{2}, Reply: [32]byte{3}, Cache: [32]byte{4}, Exchange: g.exchange,
		Now: func() int64 { return int64(time.Since(begin)) + 1 },
	})
	ctx, cancel := context.WithCancel(context.Background())
	g.enclaves[i], g.ends[i], g.stop[i], g.done[i] = e, enclaveEnd, cancel, &sync.WaitGroup{}
	h := g.hosts[i]
	l := g.liars[i]
	if l != nil {
		hostEnd = l.Link(hostEnd)
	}
	g.done[i].Go(func() {
		if err := h.Serve(ctx, hostEnd); err != nil && !errors.Is(err, ErrEnclaveGone) && l == nil {
			g.t.Errorf("host %d: %v", i, err)
		}
	})
	g.done[i].Go(func() {
		if err := e.Run(ctx); err != nil && !errors.Is(err, boundary.ErrClosed) && l == nil {
			g.t.Errorf("enclave %d: %v", i, err)
		}
	})
}

// relink breaks the link of replica i under whatever goes on and joins a new enclave to the same host.
func (g *group) relink(i int) {
	g.t.Helper()
	_ = g.ends[i].Close()
	g.done[i].Wait() // both sides notice by themselves
	g.stop[i]()
	g.link(i)
}

func (g *group) end(i int) {
	if g.hosts[i] == nil {
		return
	}
	g.stop[i]()
	g.done[i].Wait()
	if err := errors.Join(g.links[i].Close(), g.hosts[i].Close()); err != nil {
		g.t.Errorf("replica %d: %v", i, err)
	}
	g.hosts[i] = nil
}

// patient is how long a caller goes on asking.
const patient = time.Minute

// do orders a command at replica i; it must succeed. A caller that was not answered in time knows nothing of
// the outcome and asks again, as mail clients do.
func (g *group) do(i int, c command.Command) replica.Outcome {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	o, err := g.enclaves[i].Do(ctx, c)
	for errors.Is(err, replica.ErrUnavailable) {
		o, err = g.enclaves[i].Do(ctx, c)
	}
	if err != nil {
		g.t.Fatalf("replica %d: %v", i, err)
	}
	return o
}

func TestOrdersAtEveryReplica(t *testing.T) {
	for _, n := range []int{3, 5} {
		g := newGroup(t, n)
		for i := range n {
			for _, readOnly := range []bool{false, true} {
				o := g.do(i, &command.Ping{Data: []byte("hello"), AsRead: readOnly})
				if o.Status != command.StatusOK || !bytes.Contains(o.Payload, []byte("hello")) {
					t.Fatalf("n=%d replica %d: %+v", n, i, o)
				}
			}
		}
	}
}

func TestOrdersManyAtOnce(t *testing.T) {
	g := newGroup(t, 3)
	var clients sync.WaitGroup
	for i := range 30 {
		clients.Go(func() {
			for range 20 {
				g.do(i%3, &command.Ping{Data: []byte{byte(i)}})
			}
		})
	}
	clients.Wait()
}

// A follower that is away comes back, catches up, and carries its share of the quorum: with the other
// follower gone, nothing is answered without it.
func TestFollowerComesBack(t *testing.T) {
	g := newGroup(t, 3)
	g.do(0, &command.Ping{Data: []byte("one")})
	g.end(2)
	for range 300 {
		g.do(1, &command.Ping{Data: []byte("two")})
	}
	g.start(2)
	g.do(2, &command.Ping{Data: []byte("three")})
	g.end(1)
	g.do(2, &command.Ping{Data: []byte("four")})
}

// All replicas stop and start again: what was executed is there, and orders go on.
func TestAllComeBack(t *testing.T) {
	g := newGroup(t, 3)
	last := g.do(1, &command.Ping{Data: []byte("before")})
	for i := range 3 {
		g.end(i)
	}
	for i := range 3 {
		g.start(i)
	}
	if o := g.do(2, &command.Ping{Data: []byte("after")}); o.Order <= last.Order {
		t.Fatalf("order %d after %d", o.Order, last.Order)
	}
}

func TestLargeBodyIsStoredEverywhere(t *testing.T) {
	g := newGroup(t, 3)
	body := bytes.Repeat([]byte("sealed "), wire.ChunkBytes/2) // several pieces
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := g.enclaves[1].StoreBody(ctx, body); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		got, err := g.enclaves[i].Record(ctx, wire.Sum(body), uint32(len(body)))
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("replica %d: %v", i, err)
		}
	}
	if _, err := g.enclaves[0].Record(ctx, wire.Digest{1}, 10); !errors.Is(err, replica.ErrGone) {
		t.Fatalf("a record that nobody has: %v", err)
	}
}

func BenchmarkOrder(b *testing.B) {
	g := newGroup(b, 3)
	b.SetParallelism(64)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			g.do(1, &command.Ping{Data: make([]byte, 256)})
		}
	})
}

// A summary is read back by its digest alone: the state does not tell its size.
func TestSmallRecordsAreReadBack(t *testing.T) {
	g := newGroup(t, 3)
	account := command.AccountID{1}
	o := g.do(0, &command.AccountCreate{
		Account: account, Sealed: []byte{1}, WrappedKey: []byte{1}, Mailboxes: []command.NewMailbox{{Token: command.Token{1}, Sealed: []byte{1}, Inbox: true}},
	})
	if o.Status != command.StatusOK {
		t.Fatalf("account: status %d", o.Status)
	}
	summary, body := []byte("sealed summary"), []byte("sealed body")
	o = g.do(1, &command.Append{
		Account: account, Mailbox: 1, Size: 10, Summary: summary, Body: body, BodyDigest: wire.Sum(body), BodySize: uint32(len(body)),
	})
	if o.Status != command.StatusOK {
		t.Fatalf("append: status %d", o.Status)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for i := range 3 {
		for _, want := range []struct {
			record []byte
			size   uint32
		}{{summary, 0}, {body, uint32(len(body))}} {
			got, err := g.enclaves[i].Record(ctx, wire.Sum(want.record), want.size)
			if err != nil || !bytes.Equal(got, want.record) {
				t.Errorf("replica %d: %q: %v", i, want.record, err)
			}
		}
	}
}
