package sim

import (
	"fmt"
	"math/rand/v2"

	"troxymail/bftcore"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/rr"
	"troxymail/enclave/troxy"
)

// Time is a moment, or a while, in nanoseconds.
type Time = bftcore.Time

const (
	microsecond = Time(1000)
	millisecond = 1000 * microsecond
	second      = 1000 * millisecond
)

// Cluster is one run.
type Cluster struct {
	seed     uint64
	rng      *rand.Rand
	scene    scene
	group    quorum.Config
	model    rr.Model
	n        int
	now      Time
	queue    queue
	serial   uint64
	steps    int
	hosts    []*host
	requests *troxy.Requests // of all enclaves: what they remember makes no difference
	net      *network
	liar     *liar
	check    *checker
	counts   Counts
	nonces   uint64
	answers  int                      // that sessions were given
	known    map[wire.Digest]wire.MAC // requests that enclaves made, by digest of their headers

	striking  bool  // faults happen
	lying     bool  // liars lie
	calm      Time  // since when all is to settle
	forgetful *host // may show an older past than its enclave had: one at a time (rr)

	tracing bool
	lines   []string
	failure string
}

// New prepares the run of a seed.
func New(seed uint64, tracing bool) *Cluster {
	c := &Cluster{seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), tracing: tracing, now: second, known: map[wire.Digest]wire.MAC{},
		requests: troxy.NewRequests(requestKey)}
	c.scene = newScene(c.rng)
	c.scene.lone = seed%4 == 3
	c.group, _ = quorum.New(c.scene.replicas) // 3 or 5
	c.model, _ = rr.Majority(c.scene.replicas)
	c.n = c.group.N()
	c.check = newChecker(c)
	c.net = newNetwork(c)
	c.liar = &liar{c: c}
	for i := range c.n {
		c.hosts = append(c.hosts, newHost(c, wire.ReplicaID(i), c.scene.liars[i]))
	}
	return c
}

// Pillars has the run order in so many parallel instances, and not in one. Call it before Run.
func (c *Cluster) Pillars(n int) { c.scene.pillars = n }

// Run plays steps events with faults, ends the faults, and goes on until everything that must become of it has. It
// returns what went wrong, or "".
func (c *Cluster) Run(steps int) string {
	for _, h := range c.hosts {
		h.startEnclave()
		h.start()
	}
	c.striking, c.lying = true, true
	c.planFaults()
	for c.failure == "" && c.steps < steps && c.queue.len() > 0 {
		c.next()
	}
	if c.failure == "" {
		c.heal()
	}
	return c.failure
}

// next lets the next event happen.
func (c *Cluster) next() {
	e := c.queue.pop()
	c.now = max(c.now, e.at)
	c.steps++
	e.do()
}

// at plans an event.
func (c *Cluster) at(t Time, do func()) {
	c.serial++
	c.queue.push(event{at: max(t, c.now), serial: c.serial, do: do})
}

// after plans an event in a while.
func (c *Cluster) after(d Time, do func()) { c.at(c.now+d, do) }

// every lets f happen again and again while faults do, in the mean after mean; never when mean is 0.
func (c *Cluster) every(mean Time, f func()) {
	if mean == 0 {
		return
	}
	c.after(c.between(1, 2*mean), func() {
		if c.striking {
			f()
			c.every(mean, f)
		}
	})
}

func (c *Cluster) chance(p float64) bool { return p > 0 && c.rng.Float64() < p }

// between draws from [a, b).
func (c *Cluster) between(a, b Time) Time {
	if b <= a {
		return a
	}
	return a + c.rng.Int64N(b-a)
}

// nonce draws one: no two are equal.
func (c *Cluster) nonce() (n wire.Nonce) {
	c.nonces++
	for i := range 8 {
		n[i] = byte(c.nonces >> (8 * i))
	}
	return n
}

// fail ends the run.
func (c *Cluster) fail(format string, args ...any) {
	if c.failure == "" {
		c.failure = fmt.Sprintf(format, args...)
		c.trace("FAIL", "%s", c.failure)
	}
}

// trace writes a line. On the hot path ask for tracing first: its arguments cost.
func (c *Cluster) trace(who, format string, args ...any) {
	if c.tracing {
		c.lines = append(c.lines, fmt.Sprintf("%10.3f ms  %-5s %s", float64(c.now)/1e6, who, fmt.Sprintf(format, args...)))
	}
}

// Trace returns the last n lines of the trace.
func (c *Cluster) Trace(n int) []string { return c.lines[max(0, len(c.lines)-n):] }

// correct yields the hosts that never lie.
func (c *Cluster) correct(yield func(h *host) bool) {
	for _, h := range c.hosts {
		if !h.lies && !yield(h) {
			return
		}
	}
}

func (h *host) name() string {
	if h.lies {
		return fmt.Sprintf("Z%d", h.id)
	}
	return fmt.Sprintf("P%d", h.id)
}
