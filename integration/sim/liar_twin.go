package sim

import (
	"slices"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// twin is a second instance of a liar's enclave that comes back beside the first, with a driver of its own: both ask
// for a number, and take part in foundings, under one name.
type twin struct {
	e      *enclave
	driver *rejoin.Driver
}

// twin lets a liar start one. It may end where the present instance does not know of it, which makes what that one is
// shown later an older past.
func (z *liar) twin() {
	c := z.c
	h := c.anyHost()
	if !h.lies || !h.linked || len(h.twins) >= 2 || !c.mayForget(h) {
		return
	}
	will, err := bftcore.ReadTestament(h.disk.all(), h.id)
	e := c.newEnclave(h.id)
	if err != nil || e.start(h.encl.set.Frontier(), nil) != nil {
		c.fail("%s cannot start a twin", h.name())
		return
	}
	c.counts[lieTwin]++
	c.trace(h.name(), "starts a twin of its enclave")
	h.owes = max(h.owes, h.encl.set.Incarnation().Founding.Generation, 1)
	t := &twin{e: e, driver: rejoin.New(h.rejoin(), h.clock())}
	h.twins = append(h.twins, t)
	t.driver.Step(h.clock(), rejoin.Began{Proofs: will.Proofs, Batches: will.Batches, Applied: h.store.applied, Follows: h.follows})
	z.pump(h, t)
}

// feed lets the twins of a liar hear a message, too, or see that time has passed.
func (z *liar) feed(h *host, e rejoin.Event) {
	for _, t := range slices.Clone(h.twins) {
		t.driver.Step(h.clock(), e)
		z.pump(h, t)
	}
}

// pump does what the driver of a twin asks for. One that is ACTIVE goes on as a clone.
func (z *liar) pump(h *host, t *twin) {
	for {
		r := t.driver.Ready()
		if r.Empty() {
			return
		}
		for _, b := range r.Batches {
			if p, err := wire.DecodePrepare(b.Raw); err == nil {
				h.keep(&p.Certificate, p.Requests)
			}
		}
		for _, m := range r.Messages {
			z.c.net.send(h.id, m.To, m.Raw)
		}
		for _, a := range r.Asks {
			if a.Op == rejoin.OpCold && !z.mayTell(h) {
				t.driver.Step(h.clock(), rejoin.Told{Token: a.Token, Refused: true})
				continue
			}
			said, err := t.e.ask(&question{rule: rule(a.Op), messages: a.Messages})
			t.driver.Step(h.clock(), rejoin.Told{Token: a.Token, Refused: err != nil, Message: said.Message, Frontier: said.Frontier})
		}
		for _, x := range r.Checks {
			invalid, _ := t.e.invalid(x.Requests)
			t.driver.Step(h.clock(), rejoin.Told{Token: x.Token, Refused: len(invalid) > 0})
		}
		if r.Sync {
			t.driver.Step(h.clock(), rejoin.Synced{})
		}
		if r.Active != nil {
			h.twins = slices.DeleteFunc(h.twins, func(x *twin) bool { return x == t })
			h.clones = append(h.clones, t.e)
			return
		}
	}
}
