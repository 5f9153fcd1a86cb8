package scenario

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"slices"
	"time"

	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
)

// admin is the administrator's key. The group's genesis is that of no hash.
var admin = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{5}, ed25519.SeedSize))

// refound has an administrator order the founding of some replicas alone, and brings it to its end.
func (w *world) refound(names []string) {
	var but []string // what others do is none of it
	var members []wire.ReplicaID
	for _, name := range w.names {
		if slices.Contains(names, name) {
			members = append(members, w.enclaves[name].id)
		} else {
			but = append(but, name)
		}
	}
	wish := func(ordered bool) {
		for _, e := range w.driven(but) {
			e.driver.Step(e.now(), rejoin.Refound{Members: members, Ordered: ordered})
		}
	}
	plan := w.planned(but, members, func() { wish(false) })
	w.say("an administrator founds generation %d behind order %d", plan.Founding.Generation, plan.Begins)
	for i := range plan.Members {
		if s := &plan.Members[i]; s.Former {
			w.say("nothing is taken over from %d", s.Replica)
		}
	}
	o := plan.Sign(admin, [32]byte{})
	for _, e := range w.driven(but) {
		if err := e.replica.Order(context.Background(), o.Append(nil)); err != nil {
			w.t.Fatal(err)
		}
	}
	w.rest()
	wish(true)
	w.settle(but)
}

// planned waits until the enclaves of members show what their founding would be.
func (w *world) planned(but []string, members []wire.ReplicaID, wish func()) *refound.Plan {
	for range 600 {
		wish()
		w.pump(but)
		w.carry(but)
		var plan *refound.Plan
		shown := 0
		for _, e := range w.driven(but) {
			p, err := e.replica.Propose(context.Background(), members)
			if err != nil {
				w.t.Fatal(err)
			}
			w.rest()
			if p != nil && (plan == nil || plan.Founding == p.Founding) {
				plan = p
				shown++
			}
		}
		if shown == len(members) {
			return plan
		}
		w.pass(50 * time.Millisecond)
	}
	w.t.Fatalf("%v show no plan", members)
	return nil
}
