package sim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"

	"troxymail/bftcore"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

const (
	microsecond = bftcore.Time(1000)
	millisecond = 1000 * microsecond
	second      = 1000 * millisecond
)

// Faults counts what a run did to its cluster.
type Faults struct {
	Lost, Duplicated, Delayed, Partitions  int
	Crashes, PowerLosses, Blackouts        int
	LiesMutated, LiesReplayed, LiesDropped int
	LiesForged, LiesCertified              int
}

// Cluster is one run.
type Cluster struct {
	seed    uint64
	rng     *rand.Rand
	scene   scene
	group   quorum.Config
	n       int
	now     bftcore.Time
	queue   events
	serial  uint64
	steps   int
	hosts   []*host
	net     *network
	liar    *liar
	check   *checker
	faults  Faults
	lying   bool // liars lie; at the end some keep on
	healing bool

	tracing  bool
	lines    []string
	failure  string
	lastTick []bftcore.Time
	ticks    []int
}

// event is something that happens at a time; equal times happen in the order in which they were planned.
type event struct {
	at     bftcore.Time
	serial uint64
	do     func()
}

type events []event

func (q events) Len() int { return len(q) }
func (q events) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].serial < q[j].serial
}
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(x any)   { *q = append(*q, x.(event)) }
func (q *events) Pop() any {
	old := *q
	x := old[len(old)-1]
	old[len(old)-1] = event{}
	*q = old[:len(old)-1]
	return x
}

// New prepares the run of a seed.
func New(seed uint64, tracing bool) *Cluster {
	c := &Cluster{seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), tracing: tracing, now: second}
	c.scene = newScene(c.rng)
	c.group, _ = quorum.New(c.scene.replicas)
	c.n = c.group.N()
	c.check = newChecker(c)
	c.net = newNetwork(c)
	c.liar = &liar{c: c}
	c.lying = true
	c.lastTick, c.ticks = make([]bftcore.Time, c.n), make([]int, c.n)
	for i := range c.n {
		c.hosts = append(c.hosts, newHost(c, wire.ReplicaID(i), c.scene.liars[i]))
	}
	return c
}

func (c *Cluster) config(id wire.ReplicaID) bftcore.Config {
	return bftcore.Config{
		Self: id, Quorum: c.group, Founding: founding,
		MaxBatch: c.scene.maxBatch, Window: c.scene.window,
	}
}

// Run plays faults for at most steps events, heals, and checks the end. It returns what went wrong, or "".
func (c *Cluster) Run(steps int) string {
	for _, h := range c.hosts {
		h.start()
	}
	c.planFaults()
	end := c.now + c.scene.duration
	for c.failure == "" && c.steps < steps && len(c.queue) > 0 && c.queue[0].at < end {
		c.next()
	}
	if c.failure == "" {
		c.heal()
	}
	return c.failure
}

func (c *Cluster) next() {
	e := heap.Pop(&c.queue).(event)
	c.now = max(c.now, e.at)
	c.steps++
	e.do()
}

func (c *Cluster) at(t bftcore.Time, do func()) {
	c.serial++
	heap.Push(&c.queue, event{at: max(t, c.now), serial: c.serial, do: do})
}

func (c *Cluster) after(d bftcore.Time, do func()) { c.at(c.now+d, do) }

func (c *Cluster) deliver(from, to wire.ReplicaID, raw []byte) {
	h := c.hosts[to]
	if !h.up || c.failure != "" {
		return
	}
	if c.tracing {
		c.trace(h.name(), "< %d %s", from, describe(raw))
	}
	h.step(bftcore.Received{From: from, Raw: raw})
}

func (c *Cluster) chance(p float64) bool { return p > 0 && c.rng.Float64() < p }

func (c *Cluster) between(a, b bftcore.Time) bftcore.Time {
	if b <= a {
		return a
	}
	return a + c.rng.Int64N(b-a)
}

func (c *Cluster) fail(format string, args ...any) {
	if c.failure == "" {
		c.failure = fmt.Sprintf(format, args...)
		c.trace("FAIL", "%s", c.failure)
	}
}

func (c *Cluster) trace(who, format string, args ...any) {
	if c.tracing {
		c.lines = append(c.lines, fmt.Sprintf("%9.3f ms  %-5s %s", float64(c.now)/1e6, who, fmt.Sprintf(format,
			args...)))
	}
}

// Trace returns the last n lines of the trace.
func (c *Cluster) Trace(n int) []string { return c.lines[max(0, len(c.lines)-n):] }

func (h *host) name() string {
	if h.lies {
		return fmt.Sprintf("Z%d", h.id)
	}
	return fmt.Sprintf("P%d", h.id)
}

// describe names a message in one line.
func describe(raw []byte) string {
	kind, _ := wire.PeekKind(raw)
	switch kind {
	case wire.KindPrepare:
		if p, err := wire.DecodePrepare(raw); err == nil {
			return fmt.Sprintf("PREPARE %v %v, %d requests", p.Certificate.New, p.Certificate.Digest, len(p.Requests))
		}
	case wire.KindCommit:
		if m, err := wire.DecodeCommit(raw); err == nil {
			return fmt.Sprintf("COMMIT %v %v of %d", m.Certificate.New, m.Certificate.Digest, m.Certificate.Replica)
		}
	case wire.KindProgress:
		if p, err := wire.DecodeProgress(raw); err == nil {
			return fmt.Sprintf("PROGRESS prepared %d executed %d synced %d", p.Prepared, p.Executed, p.Synced)
		}
	case wire.KindFetch:
		if f, err := wire.DecodeFetch(raw); err == nil {
			return fmt.Sprintf("FETCH %d to %d", f.From, f.To)
		}
	case wire.KindForward:
		if q, err := wire.DecodeForward(raw); err == nil && len(q) > 0 {
			return fmt.Sprintf("FORWARD %d requests, first %v", len(q), q[0].ID)
		}
	}
	return fmt.Sprintf("%d bytes of kind %d, not decodable", len(raw), kind)
}
