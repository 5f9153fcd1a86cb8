package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// startEnclave starts the enclave's process.
func (h *host) startEnclave() {
	if h.encl == nil {
		h.encl = h.c.newEnclave(h.id)
		h.link()
	}
}

// stopEnclave ends it: all that it knew is gone.
func (h *host) stopEnclave() {
	if h.encl != nil {
		h.unlink()
		h.encl = nil
	}
}

// start starts the host's process: the store is what its file holds.
func (h *host) start() {
	if !h.up {
		h.up, h.paused = true, 0
		h.store = h.disk.file.clone()
		h.link()
	}
}

// stop ends it. Its enclave serves nobody then, and begins anew on the next link.
func (h *host) stop() {
	if !h.up {
		return
	}
	h.unlink()
	h.up, h.paused = false, 0
	h.reached = h.store.applied
	h.c.check.forgets(h, h.disk.file.applied)
	h.store, h.disk.states = nil, nil // a process keeps states for peers, as snapshots of its open store
	if h.encl != nil {
		h.encl = h.c.newEnclave(h.id)
	}
}

// off ends both processes.
func (h *host) off() {
	h.stop()
	h.stopEnclave()
}

// unlink ends what host and enclave did together.
func (h *host) unlink() {
	if h.linked && h.lies {
		h.evidence = h.encl.set.Frontier()
	}
	h.life++
	h.linked, h.driver, h.core, h.run = false, nil, nil, nil
}

// link begins it, when both are there: the store is brought forward, the enclave shown what the log holds, and then
// the driver has the say until the enclave is ACTIVE.
func (h *host) link() {
	if !h.up || h.encl == nil {
		return
	}
	h.life++
	h.linked, h.busy = true, h.c.now
	h.disk.sync(h.disk.end())
	will, err := bftcore.ReadTestament(h.disk.all(), h.id)
	if err != nil {
		h.c.fail("%s cannot read its log: %v", h.name(), err)
		return
	}
	h.vouch(will.Stable())
	h.bringForward()
	frontier, own := will.Frontier, will.Own
	if h.lies {
		frontier, own = h.pretends(), nil
	}
	if err := h.encl.start(frontier, own); err != nil {
		h.c.fail("the enclave of %s refuses what the log shows: %v", h.name(), err)
		return
	}
	h.c.trace(h.name(), "shows its enclave %v, store at %d", will, h.store.applied)
	h.driver = rejoin.New(h.rejoin(), h.clock())
	h.began(will)
	h.tickDriver()
	h.think()
}

func (h *host) rejoin() rejoin.Config {
	return rejoin.Config{Self: h.id, Quorum: h.c.group, Recovery: h.c.model.Recovery(), Members: h.c.model.Members()}
}

// began tells the driver that the enclave is not ACTIVE.
func (h *host) began(will *bftcore.Testament) {
	h.driver.Step(h.clock(), rejoin.Began{Proofs: will.Proofs, Batches: will.Batches, Applied: h.store.applied, Follows: h.follows})
	h.turn()
}

// vouch gives up a store that is ahead of what the log shows: what it has executed beyond that may have given way to
// something else.
func (h *host) vouch(stable uint64) {
	vouches, err := h.config().Vouches(h.store.applied, stable, func(order uint64) ([]bftcore.Record, error) { return h.disk.of(order), nil })
	if err != nil {
		h.c.fail("%s: %v", h.name(), err)
	}
	if !vouches {
		h.c.counts[storeGivenUp]++
		h.c.trace(h.name(), "gives up its store at %d, stable %d", h.store.applied, stable)
		if !h.lies && h.c.forgetful != h {
			h.c.fail("%s gives up its store at %d, and has forgotten nothing", h.name(), h.store.applied)
		}
		h.store, h.disk.file, h.disk.states, h.reached = newState(h.c.n), newState(h.c.n), nil, 0
		h.c.check.forgets(h, 0)
	}
}

// bringForward applies what the log proves beyond the store.
func (h *host) bringForward() {
	for {
		next := h.store.applied + 1
		b, ok, err := h.config().Proven(next, h.disk.of(next))
		if err != nil {
			h.c.fail("%s: the log of order %d: %v", h.name(), next, err)
		}
		if !ok {
			break
		}
		h.apply(&b)
	}
	h.save()
	h.c.check.forwarded(h)
}

// tickDriver has the driver look at the time, more often while the enclave is not ACTIVE.
func (h *host) tickDriver() {
	pause := 50 * millisecond
	if h.core != nil {
		pause = 200 * millisecond
	}
	h.in(pause, 2*pause, func() {
		h.driver.Step(h.clock(), rejoin.Tick{})
		h.tickDriver()
		h.turn()
	})
}

// drive does what the driver asks for.
func (h *host) drive() {
	r := h.driver.Ready()
	var records []bftcore.Record
	for _, b := range r.Batches {
		records = append(records, bftcore.Record{Kind: bftcore.RecordBatch, Order: b.Order, Body: b.Raw})
	}
	if r.Frontier != nil {
		records = append(records, bftcore.Record{Kind: bftcore.RecordFrontier, Body: r.Frontier})
	}
	h.disk.append(records)
	for _, m := range r.Messages {
		h.send(m.To, m.Raw)
	}
	for _, a := range r.Asks {
		h.comebackAsk(a)
	}
	for _, x := range r.Checks {
		h.comebackCheck(x)
	}
	for _, g := range r.Gives {
		h.give(g)
	}
	switch {
	case r.Sync:
		end := h.disk.end()
		h.in(100*microsecond, h.c.scene.syncMax, func() {
			h.disk.sync(end)
			if h.core == nil {
				h.driver.Step(h.clock(), rejoin.Synced{})
				h.turn()
			}
		})
	case r.Active != nil:
		h.order(r.Active)
	case r.Resigned:
		h.resign()
	}
}

// order begins to order with a core over the log, from the state that the enclave began with.
func (h *host) order(active []byte) {
	f, err := wire.DecodeFrontier(active)
	if err != nil {
		h.c.fail("%s: the enclave begins with nonsense: %v", h.name(), err)
		return
	}
	h.disk.sync(h.disk.end())
	config := h.config()
	config.Founding = f.Certificate.Founding
	core, err := bftcore.New(config, h.clock(), bftcore.Restored{Records: h.disk.all(), Applied: h.store.applied, State: &f})
	if err != nil {
		h.c.fail("%s cannot order: %v", h.name(), err)
		return
	}
	c := &f.Certificate
	h.c.trace(h.name(), "orders as %d.%d in view %d, store at %d", c.Founding.Generation, c.Incarnation, c.New.View, h.store.applied)
	h.core, h.follows = core, config.Founding
	h.run = &ordering{config: config, base: h.disk.end(), next: h.store.applied + 1, applier: h.c.now}
	core.Step(h.clock(), bftcore.Stored{Order: h.disk.file.applied})
	h.toClient(func(*client) {}) // its first command
}

// resign ends ordering: the enclave is not ACTIVE any more, and the driver brings it back.
func (h *host) resign() {
	h.c.counts[resigned]++
	h.c.trace(h.name(), "resigned")
	h.life++
	h.core, h.run = nil, nil
	will, err := bftcore.ReadTestament(h.disk.all(), h.id)
	if err != nil {
		h.c.fail("%s cannot read its log: %v", h.name(), err)
		return
	}
	h.tickDriver()
	h.think()
	h.began(will)
}
