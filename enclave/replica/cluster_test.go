package replica

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

var founding = wire.Founding{Generation: 1, Digest: wire.Sum([]byte("founding"))}

// options are those of replica self in a group of n.
var (
	genesisHash = [32]byte{9}
	adminKey    = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
)

func options(t testing.TB, n int, self wire.ReplicaID, link boundary.Link) Options {
	group, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Group: group, Self: self, Founding: founding, Certificate: [32]byte{1}, Request: [32]byte{2}, Reply: [32]byte{3},
		Cache: [32]byte{4}, Genesis: genesisHash, Admin: adminKey.Public().(ed25519.PublicKey),
		Link: link, Now: func() int64 { return time.Now().UnixNano() }, Logger: slog.New(slog.DiscardHandler),
	}
}

// cluster is n Replicas, each with a small host. The hosts order with the real certificates, one request an
// order, under one lock instead of a network. The application counts how often it saw each ping.
type cluster struct {
	t      *testing.T
	group  quorum.Config
	mu     sync.Mutex
	hosts  []*testHost
	log    []wire.Request         // by order - 1
	known  map[wire.Digest]uint64 // order of each request
	votes  map[uint64]int
	result map[uint64]wire.Result // by order: the truth
	counts map[string]int
	state  map[wire.Key]wire.Digest
}

// testHost is one host. lie, when set, sees every frame for its own enclave and returns what goes instead.
type testHost struct {
	c      *cluster
	id     wire.ReplicaID
	r      *Replica
	link   boundary.Link
	lie    func(f []byte) [][]byte
	bodies map[wire.Digest][]byte
	peek   func(boundary.Peek) boundary.Peeked // nil: no answers
	stop   context.CancelFunc
	ended  chan error
}

// inCluster runs test with n replicas under a clock of its own, and ends everything afterwards.
func inCluster(t *testing.T, n int, test func(t *testing.T, c *cluster)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &cluster{t: t, known: map[wire.Digest]uint64{}, votes: map[uint64]int{}, result: map[uint64]wire.Result{}, counts: map[string]int{}, state: map[wire.Key]wire.Digest{}}
		for i := range n {
			c.start(n, wire.ReplicaID(i))
		}
		defer func() {
			for _, h := range c.hosts {
				h.stop()
				<-h.ended
				_ = h.link.Close()
			}
		}()
		for _, h := range c.hosts {
			<-h.r.Ready()
		}
		test(t, c)
	})
}

func (c *cluster) start(n int, id wire.ReplicaID) {
	enclave, link := boundary.Pipe()
	h := &testHost{c: c, id: id, link: link, bodies: map[wire.Digest][]byte{}, ended: make(chan error, 1)}
	o := options(c.t, n, id, enclave)
	c.group = o.Group
	h.r = New(o)
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	c.mu.Lock()
	c.hosts = append(c.hosts, h)
	c.mu.Unlock()
	go func() { h.ended <- h.r.Run(ctx) }()
	go h.serve()
	h.tell((&boundary.Start{Boot: 1}).Append(nil))
}

// tell sends a frame to the own enclave, through the lie. The cluster's lock is held, or nothing runs yet.
func (h *testHost) tell(f []byte) {
	frames := [][]byte{f}
	if h.lie != nil {
		frames = h.lie(f)
	}
	_ = h.link.Send(frames...) // closed: the replica was stopped
}

func (h *testHost) serve() {
	for {
		frames, err := h.link.Recv()
		if err != nil {
			return
		}
		h.c.mu.Lock()
		for _, f := range frames {
			h.frame(f)
		}
		h.c.mu.Unlock()
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the enclave is trusted: its frames decode
	}
	return v
}

// frame serves one frame of the own enclave.
func (h *testHost) frame(f []byte) {
	switch must(boundary.PeekKind(f)) {
	case boundary.KindRequest:
		q := must(boundary.DecodeRequest(f))
		h.c.order(must(wire.DecodeRequest(q.Raw)), q.Retransmit)
	case boundary.KindCertified:
		h.c.certified(h, must(boundary.DecodeCertified(f)))
	case boundary.KindSendReplies, boundary.KindSendStored, boundary.KindSendCache:
		to, message, err := boundary.DecodeSend(f)
		kind := boundary.KindReplies
		switch f[0] {
		case byte(boundary.KindSendStored):
			kind = boundary.KindBodyStored
		case byte(boundary.KindSendCache):
			kind = boundary.KindCache
		}
		h.c.hosts[to].tell(boundary.AppendPeer(nil, kind, must(message, err)))
	case boundary.KindPeek:
		if h.peek != nil {
			answer := h.peek(must(boundary.DecodePeek(f)))
			h.tell(answer.Append(nil))
		}
	case boundary.KindStoreBody:
		h.store(must(boundary.DecodeStoreBody(f)))
	case boundary.KindGetRecord:
		g := must(boundary.DecodeGetRecord(f))
		h.deliver(g, h.bodies[g.Digest])
	}
}

// order gives a request its order, or answers it again.
func (c *cluster) order(q wire.Request, again bool) {
	if order, ok := c.known[q.Digest()]; ok {
		if _, done := c.result[order]; done && again && !q.ReadOnly() {
			for _, h := range c.hosts {
				h.executed(order, true)
			}
		}
		return
	}
	c.log = append(c.log, q)
	order := uint64(len(c.log))
	c.known[q.Digest()] = order
	p := boundary.CertifyPrepare{Token: order, Position: wire.Position{Order: order}, Items: []boundary.Item{item(&q)}}
	c.hosts[0].tell(p.Append(nil))
}

func item(q *wire.Request) boundary.Item { return boundary.Item{Header: q.Header, MAC: q.MAC} }

// certified carries PREPAREs to the followers and counts COMMITs.
func (c *cluster) certified(h *testHost, a boundary.Certified) {
	if a.Refusal != boundary.RefusedNothing {
		c.t.Errorf("replica %d refused order %d: %d", h.id, a.Token, a.Refusal)
		return
	}
	order := a.Token
	if h.id == 0 {
		commit := boundary.CertifyCommit{Token: order, Prepare: a.Certificate, Items: []boundary.Item{item(&c.log[order-1])}}
		for _, follower := range c.hosts[1:] {
			follower.tell(commit.Append(nil))
		}
		return
	}
	shown := boundary.Verify{Token: order, Certificates: []wire.Certificate{a.Certificate}}
	for _, other := range c.hosts {
		if other != h {
			other.tell(shown.Append(nil))
		}
	}
	if c.votes[order]++; c.votes[order] != c.group.F() {
		return
	}
	q := &c.log[order-1]
	c.counts[string(q.Command)]++
	c.result[order] = wire.Result{Status: 1, Payload: fmt.Appendf(nil, "%x %d", q.Command, c.counts[string(q.Command)])}
	c.touch(order, q)
	for _, o := range c.hosts {
		o.executed(order, false)
	}
}

// touch makes the result of a request that has keys one that names them: a key's digest is that of the last write.
func (c *cluster) touch(order uint64, q *wire.Request) {
	if len(q.Keys) == 0 {
		return
	}
	result := c.result[order]
	result.Status = command.StatusOK
	for _, k := range q.Keys {
		if !q.ReadOnly() {
			c.state[k] = wire.Sum(fmt.Appendf(nil, "%d", order))
		}
		result.Touched = append(result.Touched, wire.KeyDigest{Key: k, Digest: c.state[k]})
	}
	c.result[order] = result
}

// executed tells the own enclave what came out.
func (h *testHost) executed(order uint64, full bool) {
	q, result := &h.c.log[order-1], h.c.result[order]
	x := boundary.ExecutedItem{Item: item(q), Head: result.Head(), Depends: order}
	if full || q.ID.Origin == h.id {
		x.Full, x.Payload = true, result.Payload
	}
	h.tell((&boundary.Executed{Order: order, DurableUpTo: order, Results: []boundary.ExecutedItem{x}}).Append(nil))
}

// store assembles a body of the own enclave; when it is whole, all hosts have it and show it.
func (h *testHost) store(p wire.Piece) {
	if have := uint64(len(h.bodies[p.Body])); have < p.Total {
		if p.Offset == have {
			h.bodies[p.Body] = append(h.bodies[p.Body], p.Bytes...)
		}
		if uint64(len(h.bodies[p.Body])) < p.Total {
			return
		}
	}
	for _, o := range h.c.hosts {
		o.bodies[p.Body] = h.bodies[p.Body]
		for _, piece := range pieces(p.Body, o.bodies[p.Body]) {
			o.tell(boundary.AppendReadBack(nil, h.id, piece))
		}
	}
}

func (h *testHost) deliver(g boundary.GetRecord, record []byte) {
	if record == nil {
		h.tell((&boundary.Record{Token: g.Token, Piece: wire.Piece{Body: g.Digest}}).Append(nil))
	}
	for _, p := range pieces(g.Digest, record) {
		h.tell((&boundary.Record{Token: g.Token, Piece: p}).Append(nil))
	}
}

func pieces(d wire.Digest, record []byte) []wire.Piece {
	var out []wire.Piece
	for at := 0; at < len(record); at += wire.ChunkBytes {
		out = append(out, wire.Piece{
			Body: d, Total: uint64(len(record)), Offset: uint64(at), Bytes: record[at:min(at+wire.ChunkBytes, len(record))],
		})
	}
	return out
}

// lies sets what host i does to frames of one kind for its own enclave.
func (c *cluster) lies(i int, kind boundary.Kind, lie func(f []byte) [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hosts[i].lie = func(f []byte) [][]byte {
		if boundary.Kind(f[0]) != kind && kind != 0 {
			return [][]byte{f}
		}
		return lie(f)
	}
}

// do orders a ping at replica i and checks the outcome against what the group computed.
func (c *cluster) do(i int, data string, read bool) error {
	o, err := c.hosts[i].r.Do(context.Background(), &command.Ping{Data: []byte(data), AsRead: read})
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if want := c.result[o.Order]; o.Status != want.Status || string(o.Payload) != string(want.Payload) || len(want.Payload) == 0 {
		return fmt.Errorf("got %d %q at %d, want %d %q", o.Status, o.Payload, o.Order, want.Status, want.Payload)
	}
	return nil
}
