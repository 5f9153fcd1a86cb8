package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// toEnclave lets the own enclave do something, in the order in which it was asked to.
func (h *host) toEnclave(f func(e *enclave)) {
	h.busy = max(h.busy, h.c.now) + h.c.between(0, h.c.scene.enclaveMax)
	e := h.encl
	var now func()
	now = func() {
		switch {
		case h.encl != e || !h.linked:
		case h.paused > h.c.now:
			h.c.at(h.paused, now)
		default:
			f(e)
		}
	}
	h.c.at(h.busy, now)
}

// comebackAsk puts a question of the driver.
func (h *host) comebackAsk(a rejoin.Ask) {
	driver := h.driver
	h.toEnclave(func(e *enclave) {
		said, err := e.ask(&question{rule: rule(a.Op), messages: a.Messages})
		if h.driver == driver {
			driver.Step(h.clock(), rejoin.Told{Token: a.Token, Refused: err != nil, Message: said.Message, Frontier: said.Frontier})
			h.turn()
		}
	})
}

// comebackCheck has the enclave look at the requests of a batch.
func (h *host) comebackCheck(x rejoin.Check) {
	driver := h.driver
	h.toEnclave(func(e *enclave) {
		invalid, _ := e.invalid(x.Requests)
		if h.driver == driver {
			driver.Step(h.clock(), rejoin.Told{Token: x.Token, Refused: len(invalid) > 0})
			h.turn()
		}
	})
}

// call puts a question of the core.
func (h *host) call(call bftcore.Call) {
	run := h.run
	h.toEnclave(func(e *enclave) {
		answer := h.ask(e, call)
		if h.run != run || answer == nil {
			return // who asked has ended, or this is not answered
		}
		h.step(answer)
		if h.run == run && h.c.chance(0.01) {
			h.step(answer) // the boundary may repeat itself
		}
	})
}

// ask is what the enclave answers to a call of the core; nil for nothing.
func (h *host) ask(e *enclave, call bftcore.Call) bftcore.Event {
	switch x := call.(type) {
	case bftcore.Reserve:
		e.lent = wire.Position{View: x.View, Order: x.Order}
		return nil
	case bftcore.CertifyPrepare:
		certificate, bad := e.prepare(wire.Position{View: x.View, Order: x.Order}, x.Requests)
		p := bftcore.Prepared{Token: x.Token, Certificate: certificate}
		if bad >= 0 {
			p.Invalid = []int{bad}
		}
		if h.lies && certificate != nil {
			h.keep(certificate, x.Requests)
		}
		if !h.lies && e.accused {
			h.c.fail("%s asks for another batch where its enclave has certified one, at [%d|%d]: an honest host is accused", h.name(), x.View, x.Order)
		}
		return p
	case bftcore.CertifyCommit:
		certificate := e.commit(&x.Prepare, x.Requests)
		if h.lies && certificate != nil {
			h.keep(&x.Prepare, x.Requests)
		}
		return bftcore.Committed{Token: x.Token, Certificate: certificate}
	case bftcore.Verify:
		v := bftcore.Verified{Token: x.Token, OK: make([]bool, len(x.Certificates))}
		for i := range x.Certificates {
			v.OK[i] = e.set.Verify(&x.Certificates[i])
		}
		return v
	case bftcore.CheckRequests:
		invalid, ok := e.invalid(x.Requests)
		return bftcore.Checked{Token: x.Token, Invalid: invalid, Refused: !ok}
	case bftcore.Ask:
		said, err := e.ask(&question{rule: rule(x.Op), number: x.Number, digest: x.Digest, messages: x.Messages})
		return bftcore.Told{Token: x.Token, Refused: err != nil, Message: said.Message, Frontier: said.Frontier}
	}
	h.c.fail("a call of the core that nobody knows: %T", call)
	return bftcore.Tick{}
}

// toClient lets the enclave's client do something, and gives the core what comes of it.
func (h *host) toClient(f func(c *client)) {
	h.toEnclave(func(e *enclave) {
		if e.client == nil {
			return
		}
		f(e.client)
		h.serve(e.client)
	})
}

// serve gives the core what a client wants: its FENCE, what is asked again; and looks again when it wants that.
func (h *host) serve(c *client) {
	now := h.clock()
	for _, raw := range c.tick(now) {
		h.step(bftcore.Submit{Raw: raw, Retransmit: true})
	}
	if raw := c.fence(now); raw != nil {
		h.step(bftcore.Submit{Raw: raw})
	}
	at := c.troxy.NextDeadline()
	if at == 0 || c.planned == at {
		return
	}
	c.planned = at
	h.later(at-h.skew, func() {
		if h.encl != nil && h.encl.client == c && c.planned == at {
			c.planned = 0
			h.serve(c)
		}
	})
}

// think lets a session want something at random moments.
func (h *host) think() {
	pause := h.c.scene.thinkMax
	if !h.c.striking {
		pause = 300 * millisecond
	}
	h.in(0, pause, func() {
		h.think()
		c := h.encl.client
		if h.core == nil || c == nil || !c.room() || !h.c.striking && !h.asksOn() || h.quiet() {
			return
		}
		var raws [][]byte
		for wants := true; wants && c.room(); wants = h.encl.lent.Order != 0 && h.c.chance(0.2) {
			if raw := c.wish(h.clock()); raw != nil {
				raws = append(raws, raw)
			}
		}
		if len(raws) > 0 {
			h.submit(raws)
			h.serve(c)
		}
	})
}

// quiet reports whether this replica's sessions leave the wishing to the leader's for now: a leader lends orders to its
// enclave when it orders for few others.
func (h *host) quiet() bool {
	return h.c.scene.lone && h.c.striking && h.c.group.Leader(h.encl.set.Position().View) != h.id && h.c.chance(0.8)
}

// submit gives the core what the client wants: certified where an order was lent for it.
func (h *host) submit(raws [][]byte) {
	requests := make([]wire.Request, len(raws))
	for i, raw := range raws {
		requests[i], _ = wire.DecodeRequest(raw)
	}
	if x := h.encl.propose(requests); x != nil {
		h.c.trace(h.name(), "certifies %d own requests at %v", len(raws), x.New)
		if h.lies {
			h.keep(x, requests)
		}
		run, e := h.run, bftcore.Proposed{Certificate: *x, Requests: raws}
		h.step(e)
		if h.run == run && h.c.chance(0.01) {
			h.step(e) // the boundary may repeat itself
		}
		return
	}
	for i, raw := range raws {
		if h.c.tracing {
			h.c.trace(h.name(), "submits %v", requests[i].ID)
		}
		h.step(bftcore.Submit{Raw: raw})
	}
}
