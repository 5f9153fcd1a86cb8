package scenario

import (
	"math"
	"path/filepath"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

// apply has the store of a correct host execute the next order. The store is the product's.
func (w *world) apply(requests []*request) {
	if w.store == nil {
		w.open()
	}
	list := make([]wire.Request, len(requests))
	for i, q := range requests {
		list[i] = q.wire
	}
	order := w.store.Applied() + 1
	results, infos, err := w.store.Apply(order, list)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, x := range infos {
		switch {
		case results[i].Status == command.StatusFenced:
			w.say("order %d: %s is not executed: it is of a former incarnation", order, requests[i].name)
		case x.Repeated:
			w.say("order %d: %s was executed at order %d and has that result again", order, requests[i].name, x.Order)
		default:
			w.say("order %d: %s is executed", order, requests[i].name)
		}
	}
}

func (w *world) open() {
	s, err := kv.Open(kv.Options{Path: filepath.Join(w.t.TempDir(), "store"), Cluster: wire.Sum([]byte("scenario"))})
	if err != nil {
		w.t.Fatal(err)
	}
	s.SetDurable(math.MaxUint64)
	w.closing = s.Close
	if w.store, err = state.Open(s, state.Genesis{FirstMailbox: 1000}); err != nil {
		w.t.Fatal(err)
	}
}
