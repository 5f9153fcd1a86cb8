package rejoin

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
	"troxymail/enclave/rr"
)

var (
	genesis = [32]byte{5}
	admin   = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
)

const millisecond = Time(time.Millisecond)

// world is a group of hosts and genuine enclaves on a network that loses, delays, repeats and reorders.
type world struct {
	t      testing.TB
	now    Time
	rng    *rand.Rand
	group  quorum.Config
	model  rr.Model
	nodes  []*node
	flying []flight
	loss   float64
	nonces uint64
	cut    map[[2]int]bool
	far    int  // whose messages take longer
	way    Time // by so much
}

type flight struct {
	at       Time
	from, to int
	raw      []byte
}

// node is one host with its enclave. What it logs is frontiers and batches: certificates are the core's matter.
type node struct {
	w         *world
	id        int
	up        bool
	set       *counter.Set
	driver    *Driver
	log       [][]byte // frontiers, synced or not
	synced    int
	actives   int
	resigns   int
	needsSync bool
	batches   map[wire.Entry][]byte // in the log, by order and digest: PREPAREs
	withholds bool                  // it gives no batch to anybody
	spoils    bool                  // it gives batches with wrong MACs
	applied   uint64                // its store has executed so many orders
}

func newWorld(t testing.TB, n int, seed uint64) *world {
	g, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	m, err := rr.Majority(n)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: 1, rng: rand.New(rand.NewPCG(seed, 1)), group: g, model: m, cut: map[[2]int]bool{}}
	for i := range n {
		w.nodes = append(w.nodes, &node{w: w, id: i, batches: map[wire.Entry][]byte{}})
	}
	return w
}

func (w *world) nonce() (n wire.Nonce) {
	w.nonces++
	binary.BigEndian.PutUint64(n[:], w.nonces)
	return n
}

// start boots host and enclave of a node from what its log shows; torn loses what was not synced.
func (x *node) start(torn bool) {
	if torn {
		x.log = x.log[:x.synced]
	}
	x.synced, x.needsSync = len(x.log), false
	x.set = counter.New(counter.Config{Group: x.w.group, Self: wire.ReplicaID(x.id), Key: [32]byte{1},
		Genesis: genesis, Admin: admin.Public().(ed25519.PublicKey)})
	var newest []byte
	if len(x.log) > 0 {
		newest = x.log[len(x.log)-1]
	}
	if err := x.set.Restore(newest, nil); err != nil {
		x.w.t.Fatalf("%d: %v", x.id, err)
	}
	if err := x.set.Boot(x.w.nonce()); err != nil {
		x.w.t.Fatal(err)
	}
	x.up = true
	x.driver = New(Config{Self: wire.ReplicaID(x.id), Quorum: x.w.group, Recovery: x.w.model.Recovery(), Members: x.w.model.Members()}, x.w.now)
	x.step(Began{Batches: slices.Collect(maps.Keys(x.batches)), Applied: x.applied})
}

func (x *node) stop() { x.up = false }

func (x *node) step(e Event) {
	x.driver.Step(x.w.now, e)
	for x.up {
		r := x.driver.Ready()
		for _, b := range r.Batches {
			p, err := wire.DecodePrepare(b.Raw)
			if err != nil {
				x.w.t.Fatal(err)
			}
			x.batches[wire.Entry{Order: b.Order, Batch: p.Certificate.Digest}] = b.Raw
		}
		if r.Frontier != nil {
			x.knowsBatches(r.Frontier)
			x.log = append(x.log, r.Frontier)
			x.needsSync = x.needsSync || r.Sync
		}
		for _, m := range r.Messages {
			x.w.fly(x.id, int(m.To), m.Raw)
		}
		if r.Active != nil {
			x.actives++
		}
		if r.Resigned {
			x.resigns++
			x.driver.Step(x.w.now, Began{Batches: slices.Collect(maps.Keys(x.batches))})
		}
		if r.Empty() {
			return
		}
		for _, a := range r.Asks {
			x.driver.Step(x.w.now, x.answer(a))
		}
		for _, c := range r.Checks {
			wrong := slices.ContainsFunc(c.Requests, func(q wire.Request) bool { return q.MAC != goodMAC })
			x.driver.Step(x.w.now, Told{Token: c.Token, Refused: wrong})
		}
		for _, g := range r.Gives {
			x.give(int(g.To), g.Order, g.Batch)
			x.driver.Step(x.w.now, Given{To: g.To})
		}
	}
}

// answer is the genuine enclave.
func (x *node) answer(a Ask) Told {
	said, err := x.apply(a)
	return Told{Token: a.Token, Refused: err != nil, Message: said.Message, Frontier: said.Frontier}
}

func (x *node) apply(a Ask) (counter.Said, error) {
	switch a.Op {
	case OpHello:
		return x.set.Hello(x.w.nonce())
	case OpAnswer:
		return x.set.Answer(a.Messages[0])
	case OpRequest:
		return x.set.Request(a.Messages)
	case OpGrant:
		return x.set.Grant(a.Messages[0])
	case OpRecover:
		return x.set.Recover(a.Messages)
	case OpResign:
		return x.set.Resign(a.Messages, x.w.nonce())
	case OpLearn:
		return x.set.Learn(a.Messages)
	case OpCold:
		return x.set.Cold(a.Messages)
	case OpJoin:
		return x.set.Join(a.Messages)
	case OpFound:
		return x.set.Found(a.Messages)
	case OpAbandon:
		return x.set.Abandon(x.w.nonce())
	case OpPropose:
		return x.set.Propose(a.Messages)
	}
	return counter.Said{}, fmt.Errorf("no rule %d", a.Op)
}

func (w *world) fly(from, to int, raw []byte) {
	if w.rng.Float64() < w.loss || w.cut[[2]int{from, to}] {
		return
	}
	copies := 1
	if w.loss > 0 && w.rng.IntN(10) == 0 {
		copies = 2
	}
	way := Time(0)
	if from == w.far || to == w.far {
		way = w.way
	}
	for range copies {
		w.flying = append(w.flying, flight{at: w.now + way + 1 + Time(w.rng.IntN(20))*millisecond, from: from, to: to, raw: raw})
	}
}

// run lets time pass: 10 ms a round.
func (w *world) run(d time.Duration) {
	for end := w.now + Time(d); w.now < end; {
		w.now += 10 * millisecond
		due := w.flying
		w.flying = nil
		for _, f := range due {
			if f.at > w.now {
				w.flying = append(w.flying, f)
			} else if x := w.nodes[f.to]; x.up && x.set.Active() && WantsAway(f.raw) {
				if m, err := wire.DecodeFetch(f.raw); err == nil { // the core's matter
					x.give(f.from, m.From, m.Body)
				}
			} else if x.up {
				x.step(Received{From: wire.ReplicaID(f.from), Raw: f.raw})
			}
		}
		for _, x := range w.nodes {
			if x.up && x.needsSync && w.rng.IntN(2) == 0 {
				x.synced, x.needsSync = len(x.log), false
				x.step(Synced{})
			}
			if x.up {
				x.step(Tick{})
			}
		}
	}
}

// active is how many enclaves are ACTIVE in the newest founding.
func (w *world) active() int {
	newest := wire.Founding{}
	count := map[wire.Founding]int{}
	for _, x := range w.nodes {
		if x.up && x.set.Active() {
			f := x.set.Incarnation().Founding
			count[f]++
			if f.Generation > newest.Generation {
				newest = f
			}
		}
	}
	return count[newest]
}

// settle runs until all that are up are ACTIVE together.
func (w *world) settle() time.Duration {
	w.t.Helper()
	up := 0
	for _, x := range w.nodes {
		if x.up {
			up++
		}
	}
	began := w.now
	for w.active() < up {
		w.run(10 * time.Millisecond)
		if w.now-began > Time(5*time.Minute) {
			for _, x := range w.nodes {
				w.t.Logf("%d: up %v, %v %+v, %+v", x.id, x.up, x.set.Standing(), x.set.Incarnation(), x.driver.Status())
			}
			w.t.Fatal("they do not come together")
		}
	}
	return time.Duration(w.now - began)
}
