package replica

import (
	"errors"
	"slices"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/refound"
)

// An administrator's wish goes to the host, the plan comes back from what the host gathered, and with the signed
// order, and only with it, the members become ACTIVE without the rest.
func TestRefoundingThroughTheBoundary(t *testing.T) {
	all := unborn(t, 3)
	two := all[:2]
	wishes := func(s *solo, act func()) []boundary.Refound {
		t.Helper()
		act()
		var list []boundary.Refound
		for _, f := range taken(s.w) {
			x, err := boundary.DecodeRefound(f)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, x)
		}
		return list
	}
	members := []wire.ReplicaID{0, 1}
	for _, s := range two {
		if got := wishes(s, func() {
			if p := s.w.propose(members); p != nil {
				t.Error("a plan before anything was gathered")
			}
		}); len(got) != 1 || got[0].Ordered || !slices.Equal(got[0].Members, members) {
			t.Fatalf("%+v", got)
		}
	}
	var states [][]byte
	for _, s := range two {
		states = append(states, s.say(boundary.OpCold, s.answers(two)...))
	}
	join := boundary.Ask{Token: 7, Op: boundary.OpJoin, Messages: states}
	for _, s := range two {
		s.say(boundary.OpPropose, states...)
		if a := s.told(join); a.Refusal != boundary.RefusedQuorum {
			t.Errorf("a JOIN without an order: %d", a.Refusal)
		}
	}
	plan := two[0].w.propose(members)
	if plan == nil || len(plan.LeftOut()) != 1 || two[0].w.out.Len() != 0 {
		t.Fatalf("%+v", plan)
	}
	if p := two[0].w.propose([]wire.ReplicaID{0, 2}); p != nil {
		t.Errorf("the plan of other members: %+v", p)
	}
	taken(two[0].w)
	o := plan.Sign(adminKey, genesisHash)
	foreign := plan.Sign(adminKey, [32]byte{1})
	for name, c := range map[string]struct {
		order []byte
		want  error
	}{"rubbish": {[]byte{1}, refound.ErrFormat}, "of another group": {foreign.Append(nil), refound.ErrSignature}} {
		if got := wishes(two[0], func() {
			if err := two[0].w.order(c.order); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}); len(got) != 0 {
			t.Errorf("%s: the host was told %+v", name, got)
		}
	}
	if err := all[2].w.order(o.Append(nil)); !errors.Is(err, refound.ErrOther) {
		t.Errorf("at one who plans nothing: %v", err)
	}
	var joins [][]byte
	for _, s := range two {
		if got := wishes(s, func() {
			if err := s.w.order(o.Append(nil)); err != nil {
				t.Fatal(err)
			}
		}); len(got) != 1 || !got[0].Ordered || !slices.Equal(got[0].Members, members) {
			t.Fatalf("%+v", got)
		}
		joins = append(joins, s.say(boundary.OpJoin, states...))
	}
	for _, s := range two {
		s.say(boundary.OpFound, joins...)
		if !s.w.counter.Active() || s.w.client == nil {
			t.Error("not ACTIVE")
		}
	}
	if err := two[0].w.order(o.Append(nil)); !errors.Is(err, refound.ErrOther) {
		t.Errorf("the order once more: %v", err)
	}
}

func TestProposeRefuses(t *testing.T) {
	r := New(options(t, 3, 1, nil))
	for _, members := range [][]wire.ReplicaID{{0, 2}, {0, 1, 3}, {1, 0}, {1, 1}} {
		if _, err := r.Propose(t.Context(), members); !errors.Is(err, ErrMembers) {
			t.Errorf("%v: %v", members, err)
		}
	}
}
