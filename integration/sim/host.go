package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// host plays the program of one host around the product's driver and core: a correct one does what their contracts
// say. Its enclave is another process, which may end without it; when either ends, both begin anew on the next link,
// as the product's do.
type host struct {
	c    *Cluster
	id   wire.ReplicaID
	lies bool
	disk disk

	up    bool // its process runs
	life  int  // counts what ends plans: events of a former life are void
	store *state
	// follows is the founding whose history the store is of: noted on disk.
	follows wire.Founding

	encl   *enclave // nil: its process does not run
	linked bool     // they talk
	busy   Time     // when the enclave is done with what it was given

	skew   Time // of its clock
	paused Time // its process is stopped until then

	driver *rejoin.Driver
	core   *bftcore.Core // nil while the enclave is not ACTIVE
	run    *ordering

	// Of a lying host: what it could show its enclave, the newest and some older; and older instances of that.
	evidence []byte
	former   [][]byte
	clones   []*enclave
	twins    []*twin

	owes     uint32 // the newest generation in which a clone of its enclave acted
	answered int    // of its sessions' commands, lately

	claimed  uint64 // the highest order that it ever called durable
	attested uint64 // the highest checkpoint that its enclave was to attest
	reached  uint64 // where its store was when its process last ended, if nothing on its disk was lost since
}

// ordering is what a host keeps while it orders.
type ordering struct {
	config    bftcore.Config
	base      int    // records that were there when the core began
	next      uint64 // order that the core is to hand out next
	syncing   bool
	wantsSync bool // the core asked for one that has not begun
	held      []heldMessages
	timer     Time
	applier   Time        // when the store is done with what it was given
	unshown   []reply     // results that are not durable
	rooted    uint64      // the newest checkpoint that the core was told of
	wanted    wire.Stable // the state that is taken over
	tries     int         // peers that were asked for it
	way       way         // to a stable checkpoint whose state nobody gives
	below     uint64      // the log may be cut there
}

// heldMessages leave when the log is synced up to a record.
type heldMessages struct {
	record   int
	messages []bftcore.Message
}

func newHost(c *Cluster, id wire.ReplicaID, lies bool) *host {
	return &host{c: c, id: id, lies: lies, disk: newDisk(c.n)}
}

func (h *host) config() bftcore.Config {
	s := &h.c.scene
	return bftcore.Config{
		Self: h.id, Quorum: h.c.group, Pillars: s.pillars, MaxBatch: s.maxBatch, Window: s.window, Checkpoint: s.checkpoint, RequestTimeout: s.patience, Strict: s.strict,
	}
}

// clock is the host's own, which its enclave has to believe.
func (h *host) clock() Time { return h.c.now + h.skew }

// later runs f at a time, if this life of the host goes on until then.
func (h *host) later(at Time, f func()) {
	life := h.life
	h.c.at(at, func() {
		switch {
		case h.life != life:
		case h.paused > h.c.now:
			h.later(h.paused, f)
		default:
			f()
		}
	})
}

// in runs f in a while, drawn between two times.
func (h *host) in(least, most Time, f func()) { h.later(h.c.now+h.c.between(least, most), f) }

// receive takes a peer's message, whose sender the link authenticates.
func (h *host) receive(from wire.ReplicaID, raw []byte) {
	switch {
	case h.c.failure != "" || !h.linked:
		return
	case h.paused > h.c.now:
		h.c.at(h.paused, func() { h.receive(from, raw) })
		return
	case h.lies && h.c.lying && h.c.liar.intercepts(h, from, raw):
		return
	}
	if h.c.tracing {
		h.c.trace(h.name(), "< %d %s", from, describe(raw))
	}
	kind, err := wire.PeekKind(raw)
	switch {
	case err != nil:
	case kind == wire.KindReplies:
		if h.core != nil {
			h.toClient(func(c *client) { c.replies(raw) })
		}
	case rejoin.Wants(raw), h.core == nil && rejoin.WantsAway(raw):
		h.driver.Step(h.clock(), rejoin.Received{From: from, Raw: raw})
		h.turn()
	case h.core != nil && bftcore.Wants(raw):
		h.step(bftcore.Received{From: from, Raw: raw})
	}
}

// step gives an event to the core and does what follows.
func (h *host) step(e bftcore.Event) {
	if h.core != nil {
		h.core.Step(h.clock(), e)
		h.turn()
	}
}

// turn does what driver and core ask for.
func (h *host) turn() {
	h.drive()
	if h.core == nil {
		return
	}
	r := h.core.Ready()
	h.disk.append(r.Records)
	h.run.wantsSync = h.run.wantsSync || r.Sync
	h.dispatch(&r)
	h.core.Advance()
	h.root()
	h.show()
	h.sync()
	h.arm()
}

// dispatch does what a Ready asks for, its records being written.
func (h *host) dispatch(r *bftcore.Ready) {
	var wait []bftcore.Message
	for _, m := range r.Messages {
		if m.AfterSync {
			wait = append(wait, m)
		} else {
			h.send(m.To, m.Raw)
		}
	}
	if len(wait) > 0 {
		h.run.held = append(h.run.held, heldMessages{record: h.disk.end(), messages: wait})
	}
	h.release()
	for _, call := range r.Calls {
		h.call(call)
	}
	for i := range r.Execute {
		h.execute(r.Execute[i])
	}
	for _, q := range r.Reanswer {
		h.reanswer(q)
	}
	for _, l := range r.Load {
		h.load(l)
	}
	for _, d := range r.NeedBody {
		h.in(0, 20*millisecond, func() { h.step(bftcore.BodyHeld{Body: d}) })
	}
	for _, o := range r.Recall {
		h.in(0, 5*millisecond, func() { h.step(bftcore.Recalled{Order: o, Prepares: h.disk.prepares(o)}) })
	}
	if r.Stable != nil {
		h.stable(r.Stable.Order)
	}
	if r.Transfer != nil {
		h.transfer(*r.Transfer)
	}
	if r.Retrace != nil {
		h.retrace(r.Retrace)
	}
}

// release sends what waited for a sync.
func (h *host) release() {
	held := h.run.held
	for len(held) > 0 && held[0].record <= h.disk.synced {
		for _, m := range held[0].messages {
			h.send(m.To, m.Raw)
		}
		held = held[1:]
	}
	h.run.held = held
}

// arm has the core look at the time when it wants to.
func (h *host) arm() {
	at := h.core.NextDeadline()
	if at == 0 {
		return
	}
	at = max(at-h.skew, h.c.now)
	if t := h.run.timer; t != 0 && t <= at && t > h.c.now {
		return
	}
	h.run.timer = at
	h.later(at, func() {
		if h.run != nil && h.run.timer == at {
			h.run.timer = 0
			h.step(bftcore.Tick{})
			h.c.check.tick(h, at)
		}
	})
}

// send lets a message out; a liar has its way with it first.
func (h *host) send(to wire.ReplicaID, raw []byte) {
	if h.lies && h.c.lying {
		h.c.liar.send(h, to, raw)
		return
	}
	h.c.check.leaves(h, raw)
	h.c.net.send(h.id, to, raw)
}
