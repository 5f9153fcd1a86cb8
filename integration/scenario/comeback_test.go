package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// settle lets honest hosts bring their enclaves back, with the product's driver, for as long as it takes: 30 s at most.
func (w *world) settle(but []string) {
	for range 600 {
		w.pump(but)
		w.carry(but)
		if w.together(but) && !slices.ContainsFunc(w.network, func(l letter) bool { return !l.reply }) {
			return
		}
		w.pass(50 * time.Millisecond)
		for _, e := range w.driven(but) {
			e.driver.Step(e.now(), rejoin.Tick{})
		}
	}
	var awaited []string
	for _, e := range w.driven(but) {
		if s := e.driver.Status(); s.Phase != rejoin.Done {
			awaited = append(awaited, e.name)
			w.say("%s waits%s", e.name, waiting(s))
		}
	}
	if len(awaited) == 0 {
		w.say("no rest is found")
	}
	w.network = slices.DeleteFunc(w.network, func(l letter) bool { return !l.reply })
}

func waiting(s rejoin.Status) string {
	var for_ []string
	for _, id := range s.Waiting {
		for_ = append(for_, fmt.Sprint(id))
	}
	return " for " + strings.Join(for_, ", ")
}

// driven are the enclaves whose hosts are honest.
func (w *world) driven(but []string) (list []*enclave) {
	for _, name := range w.names {
		if e := w.enclaves[name]; e.up && !e.lies && !slices.Contains(but, name) {
			list = append(list, e)
		}
	}
	return list
}

// together reports whether all are ACTIVE.
func (w *world) together(but []string) bool {
	for _, e := range w.driven(but) {
		if e.replica.Stats().Standing != wire.Active {
			return false
		}
	}
	return true
}

// pump does what the drivers ask for.
func (w *world) pump(but []string) {
	for _, e := range w.driven(but) {
		for r := e.driver.Ready(); !r.Empty(); r = e.driver.Ready() {
			e.obey(&r)
		}
	}
}

func (e *enclave) obey(r *rejoin.Ready) {
	for _, b := range r.Batches {
		if p, err := wire.DecodePrepare(b.Raw); err == nil {
			e.log.batches = append(e.log.batches, wire.Entry{Order: b.Order, Batch: p.Certificate.Digest})
		}
	}
	if len(r.Frontier) > 0 {
		e.log.frontier, e.log.own = r.Frontier, nil
	}
	for _, m := range r.Messages {
		e.w.network = append(e.w.network, letter{from: e.id, to: m.To, raw: m.Raw})
	}
	for _, a := range r.Asks {
		told := e.rule(boundary.Ask{Op: boundary.Op(a.Op), Messages: a.Messages})
		e.driver.Step(e.now(), rejoin.Told{Token: a.Token, Refused: told.Refusal != 0, Message: told.Message, Frontier: told.Frontier})
	}
	for _, c := range r.Checks {
		e.driver.Step(e.now(), rejoin.Told{Token: c.Token})
	}
	for _, g := range r.Gives {
		e.give(g.To, g.Order, g.Batch)
		e.driver.Step(e.now(), rejoin.Given{To: g.To})
	}
	if r.Sync {
		e.driver.Step(e.now(), rejoin.Synced{})
	}
	if r.Resigned {
		e.w.say("%s is RESIGNED", e.name)
		e.driver.Step(e.now(), rejoin.Began{Batches: e.log.batches})
	}
}

// give shows a peer a batch of the own log.
func (e *enclave) give(to wire.ReplicaID, order uint64, d wire.Digest) {
	if b := e.w.batches[d]; slices.Contains(e.log.batches, wire.Entry{Order: order, Batch: d}) {
		e.w.network = append(e.w.network, letter{from: e.id, to: to, raw: b.prepare})
	}
}

// carry delivers what hosts say to hosts about coming back.
func (w *world) carry(but []string) {
	letters := w.network
	w.network = nil
	for _, l := range letters {
		e := w.present(l.to)
		switch {
		case l.reply:
			w.network = append(w.network, l) // the script delivers it
		case !slices.Contains(w.driven(but), e):
		case e.replica.Stats().Standing == wire.Active && rejoin.WantsAway(l.raw):
			if f, err := wire.DecodeFetch(l.raw); err == nil {
				e.give(l.from, f.From, f.Body)
			}
		case rejoin.Wants(l.raw), rejoin.WantsAway(l.raw):
			e.driver.Step(e.now(), rejoin.Received{From: l.from, Raw: l.raw})
		}
	}
}
