package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// host plays the node around one core: a correct one does what the contract of bftcore.Ready says.
type host struct {
	c     *Cluster
	id    wire.ReplicaID
	lies  bool
	up    bool
	life  int // counts restarts: events of a former life are void
	boot  uint32
	core  *bftcore.Core
	log   disk
	store *store
	encl  Enclave
	proxy *proxy

	syncing bool
	held    []heldMessages
	timer   bftcore.Time
	enclave bftcore.Time // when the enclave is done with what it was given
	applier bftcore.Time // when the store is
	unshown []reply      // executed, not durable
}

type heldMessages struct {
	records  int
	messages []bftcore.Message
}

func newHost(c *Cluster, id wire.ReplicaID, lies bool) *host {
	h := &host{c: c, id: id, lies: lies, store: newStore()}
	h.proxy = &proxy{h: h}
	return h
}

// start boots host and enclave from what the disk holds. A liar's enclave goes on as it was.
func (h *host) start() {
	h.life++
	h.boot++
	core, err := bftcore.New(h.c.config(h.id), h.c.now, bftcore.Restored{Records: h.log.all(),
		Applied: h.store.applied})
	if err != nil {
		if h.lies {
			return
		}
		h.c.fail("host %d cannot start: %v", h.id, err)
		return
	}
	if !h.lies || h.encl == nil {
		frontier := core.Status().Frontier
		encl, err := newEnclave(h.c.group, h.id, h.boot, &frontier)
		if err != nil {
			h.c.fail("enclave %d cannot start: %v", h.id, err)
			return
		}
		h.encl = encl
	}
	h.up, h.core = true, core
	h.syncing, h.held, h.timer, h.unshown = false, nil, 0, nil
	h.enclave, h.applier = h.c.now, h.c.now
	h.proxy.restart()
	h.turn()
}

// stop ends host and enclave at once. power takes the unsynced tail of the log with it, all but a prefix.
func (h *host) stop(power bool) {
	h.up = false
	h.life++
	if power {
		tail := len(h.log.records) - h.log.synced
		h.log.powerLoss(h.c.rng.IntN(tail + 1))
	} else {
		h.log.crash()
	}
	h.store.restart()
}

// later runs f in this life of the host.
func (h *host) later(at bftcore.Time, f func()) {
	life := h.life
	h.c.at(at, func() {
		if h.up && h.life == life {
			f()
		}
	})
}

// step gives an event to the core and does what it asks for.
func (h *host) step(e bftcore.Event) {
	h.core.Step(h.c.now, e)
	h.turn()
}

func (h *host) turn() {
	r := h.core.Ready()
	h.log.append(r.Records)
	for _, m := range r.Messages {
		if !m.AfterSync {
			h.send(m)
		}
	}
	h.hold(r.Messages)
	for _, call := range r.Calls {
		h.call(call)
	}
	for _, b := range r.Execute {
		h.execute(b)
	}
	for _, q := range r.Reanswer {
		h.reanswer(q)
	}
	for _, l := range r.Load {
		h.load(l)
	}
	for _, d := range r.NeedBody {
		h.later(h.c.now+h.c.between(0, 20*millisecond), func() { h.step(bftcore.BodyHeld{Body: d}) })
	}
	h.core.Advance()
	h.show()
	h.sync()
	h.arm()
}

// hold keeps messages that wait for a sync.
func (h *host) hold(messages []bftcore.Message) {
	var wait []bftcore.Message
	for _, m := range messages {
		if m.AfterSync {
			wait = append(wait, m)
		}
	}
	if len(wait) > 0 {
		h.held = append(h.held, heldMessages{records: len(h.log.records), messages: wait})
	}
	h.release()
}

func (h *host) release() {
	for len(h.held) > 0 && h.held[0].records <= h.log.synced {
		for _, m := range h.held[0].messages {
			h.send(m)
		}
		h.held = h.held[1:]
	}
}

// sync syncs the log in the background: one sync at a time covers all that was written before it began.
func (h *host) sync() {
	if h.syncing || h.log.synced == len(h.log.records) {
		return
	}
	h.syncing = true
	upTo := len(h.log.records)
	h.later(h.c.now+h.c.between(100*microsecond, h.c.scene.syncMax), func() {
		h.syncing = false
		h.log.synced = upTo
		h.release()
		h.step(bftcore.Synced{Record: uint64(upTo - h.log.base)})
	})
}

// arm sets the timer to the core's next deadline.
func (h *host) arm() {
	at := h.core.NextDeadline()
	if at == 0 || h.timer != 0 && h.timer <= at && h.timer > h.c.now {
		return
	}
	if at <= h.c.now && h.c.now == h.c.lastTick[h.id] {
		h.c.ticks[h.id]++
		if h.c.ticks[h.id] > 1000 {
			h.c.fail("host %d: the core polls: its deadline %d stays in the past at %d", h.id, at, h.c.now)
			return
		}
	} else {
		h.c.lastTick[h.id], h.c.ticks[h.id] = h.c.now, 0
	}
	at = max(at, h.c.now)
	h.timer = at
	h.later(at, func() {
		if h.timer == at {
			h.timer = 0
			h.step(bftcore.Tick{})
		}
	})
}

// call has the enclave answer, in order.
func (h *host) call(call bftcore.Call) {
	h.enclave = max(h.enclave, h.c.now) + h.c.between(0, h.c.scene.enclaveMax)
	var answer bftcore.Event
	life := h.life
	h.c.at(h.enclave, func() {
		if !h.up || h.life != life {
			return
		}
		switch x := call.(type) {
		case bftcore.CertifyPrepare:
			cert, bad := h.encl.CertifyPrepare(wire.Position{View: x.View, Order: x.Order}, x.Requests)
			p := bftcore.Prepared{Token: x.Token, Certificate: cert}
			if bad >= 0 {
				p.Invalid = []int{bad}
			}
			answer = p
		case bftcore.CertifyCommit:
			answer = bftcore.Committed{Token: x.Token, Certificate: h.encl.CertifyCommit(&x.Prepare, x.Requests)}
		case bftcore.Verify:
			v := bftcore.Verified{Token: x.Token}
			for i := range x.Certificates {
				v.OK = append(v.OK, h.encl.Verify(&x.Certificates[i]))
			}
			answer = v
		}
		h.step(answer)
		if h.c.chance(0.01) {
			h.step(answer) // the boundary may repeat itself
		}
	})
}

// execute applies a batch in the background, in order, and keeps the replies until they are durable.
func (h *host) execute(b bftcore.Batch) {
	b.Requests = append([]wire.Request(nil), b.Requests...)
	h.c.check.executes(h, b)
	h.applier = max(h.applier, h.c.now) + h.c.between(0, h.c.scene.applyMax)
	h.later(h.applier, func() {
		results := h.store.apply(b)
		h.c.check.applied(h, b)
		for i := range b.Requests {
			h.unshown = append(h.unshown, reply{id: b.Requests[i].ID, from: h.id, outcome: results[i]})
		}
		h.step(bftcore.Executed{Order: b.Order})
	})
}

// show sends the replies that are durable, and now and then saves the store up to there.
func (h *host) show() {
	durable := h.core.Durable()
	n := 0
	for n < len(h.unshown) && h.unshown[n].order <= durable && h.unshown[n].order <= h.store.applied {
		h.reply(h.unshown[n])
		n++
	}
	h.unshown = h.unshown[n:]
	if h.store.applied <= durable && h.store.applied > h.store.kept.applied && h.c.chance(0.05) {
		h.store.save()
	}
}

func (h *host) reanswer(q wire.Request) {
	if o, ok := h.store.done[q.ID]; ok && o.order <= h.core.Durable() {
		h.reply(reply{id: q.ID, from: h.id, outcome: o})
	}
}

func (h *host) load(l bftcore.Load) {
	h.later(h.c.now+h.c.between(0, 5*millisecond), func() {
		size := 0
		for _, raw := range h.log.load(l) {
			size += len(raw)
			h.send(bftcore.Message{To: l.Peer, Raw: raw})
		}
		h.step(bftcore.Loaded{To: l.Peer, Bytes: size})
	})
}

// send lets a message out; a liar has its way with it first.
func (h *host) send(m bftcore.Message) {
	if h.lies && h.c.lying {
		h.c.liar.send(h, m)
		return
	}
	h.c.check.leaves(h, m.Raw)
	h.c.net.send(h.id, m.To, m.Raw)
}
