package counter

import (
	"testing"

	"troxymail/bftcore/wire"
)

// change brings the states of indices into view, with the VIEW-CHANGEs of those of voters.
func changeView(t *testing.T, view uint64, voters []*State, leader *State, rest ...*State) wire.NewView {
	t.Helper()
	m := must[wire.NewView](t)(leader.NewView(view, leave(t, view, voters...)))
	for _, s := range rest {
		if err := s.Enter(&m); err != nil {
			t.Fatalf("%d: %v", s.cfg.Self, err)
		}
	}
	return m
}

// T10: the enclave writes what it certified, in every view, into its VIEW-CHANGE.
func TestViewChangeDisclosesEverything(t *testing.T) {
	all := states(t, 3)
	commit(t, all[1], prepare(t, all[0], "a", "b")...)
	vc := leave(t, 1, all[1], all[2])
	if m := vc[0]; m.Certificate.Previous != at(0, 2) || !holds(m.Disclosure, "a", "b") || m.Certificate.Digest != wire.ViewChangeDigest(&m.Disclosure) {
		t.Errorf("%+v", m)
	}
	if m := vc[1]; m.Certificate.Previous != at(0, 0) || len(m.Disclosure.Entries) != 0 {
		t.Errorf("who certified nothing: %+v", m)
	}
	// A view later, without a NEW-VIEW in between, the entries are still there.
	if m := leave(t, 2, all[1], all[2])[0]; !holds(m.Disclosure, "a", "b") || m.Certificate.Previous != at(1, 0) {
		t.Errorf("after a view that did not begin: %+v", m)
	}
}

func TestViewChangeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(all []*State) error
		want error
	}{
		"f want it": {func(all []*State) error {
			_, err := all[1].ViewChange(1, wants(t, 1, all[1]))
			return err
		}, ErrQuorum},
		"one wants it twice": {func(all []*State) error {
			_, err := all[1].ViewChange(1, append(wants(t, 1, all[1]), wants(t, 2, all[1])...))
			return err
		}, ErrQuorum},
		"one wants less": {func(all []*State) error {
			_, err := all[1].ViewChange(2, append(wants(t, 1, all[0]), wants(t, 2, all[1])...))
			return err
		}, ErrQuorum},
		"a dead one wants it": {func(all []*State) error {
			old := wants(t, 1, all[0])
			all[2].vector[0] = 2
			_, err := all[1].ViewChange(1, append(old, wants(t, 1, all[2])...))
			return err
		}, ErrQuorum},
		"another generation wants it": {func(all []*State) error {
			all[0].founding.Generation = 2
			_, err := all[1].ViewChange(1, wants(t, 1, all[0], all[1]))
			return err
		}, ErrQuorum},
		"the present view": {func(all []*State) error {
			_, err := all[1].ViewChange(0, wants(t, 1, all[0], all[1]))
			return err
		}, ErrView},
		"twice": {func(all []*State) error {
			leave(t, 1, all[0], all[1])
			_, err := all[1].ViewChange(1, wants(t, 1, all[0], all[1]))
			return err
		}, ErrView},
		"a huge view": {func(all []*State) error { _, err := all[1].ViewChange(1<<63, nil); return err }, ErrRange},
		"mute": {func(all []*State) error {
			all[1].recovery = 3
			_, err := all[1].ViewChange(2, wants(t, 2, all[0], all[1]))
			return err
		}, ErrMute},
		"inactive": {func(all []*State) error {
			reqs := wants(t, 1, all[0], all[1])
			all[1].standing = wire.Resigned
			_, err := all[1].ViewChange(1, reqs)
			return err
		}, ErrInactive},
	} {
		want(t, name, c.do(states(t, 3)), c.want)
	}
}

// T14: f hosts cannot burn the views below a huge one, neither by asking nor by the enclave's word.
func TestViewsAreNotBurnt(t *testing.T) {
	all := states(t, 5)
	huge := wants(t, wire.MaxNumber, all[3], all[4])
	_, err := all[4].ViewChange(wire.MaxNumber, huge)
	want(t, "f want a huge view", err, ErrQuorum)
	// A correct one wants the next: that is how far it goes.
	_, err = all[4].ViewChange(2, append(huge, wants(t, 1, all[0])...))
	want(t, "further than a correct host wants", err, ErrQuorum)
	if _, err = all[4].ViewChange(1, append(huge, wants(t, 1, all[0])...)); err != nil {
		t.Error(err)
	}
}

func TestNewViewSelectsTheHighestRank(t *testing.T) {
	all := states(t, 3)
	commit(t, all[1], prepare(t, all[0], "a", "b")...)
	m := changeView(t, 1, all[1:], all[1], all[2])
	if !holds(m.Disclosure, "a", "b") {
		t.Fatalf("%+v", m.Disclosure)
	}
	// The leader follows its own selection, and followers take no other.
	_, err := all[1].Prepare(at(1, 1), batch("x"))
	want(t, "another batch than selected", err, ErrDigest)
	again := prepare(t, all[1], "a", "b", "c")
	commit(t, all[2], again...)
	if e := all[2].entries[0]; e.Rank != (wire.Rank{Generation: 1, View: 1}) {
		t.Errorf("rank %v after view 1", e.Rank)
	}
	// Replica 0 had "b" at [0|2] and was away: view 2 takes the rank of view 1, "c" included.
	m = changeView(t, 2, []*State{all[0], all[2]}, all[2], all[0])
	if !holds(m.Disclosure, "a", "b", "c") {
		t.Errorf("%+v", m.Disclosure)
	}
}

func TestSelectPrefersRankAndFillsGaps(t *testing.T) {
	entry := func(o, g, v uint64, b string) wire.Entry {
		return wire.Entry{Order: o, Rank: wire.Rank{Generation: uint32(g), View: v}, Batch: batch(b)}
	}
	low := &wire.Disclosure{Entries: []wire.Entry{entry(1, 1, 9, "old"), entry(2, 1, 3, "b"), entry(3, 1, 5, "c"), entry(7, 1, 1, "g")}}
	high := &wire.Disclosure{Stable: wire.Stable{Order: 1, Root: batch("root")}, Entries: []wire.Entry{entry(2, 1, 4, "B"), entry(3, 2, 1, "C"), entry(5, 1, 1, "e")}}
	for i, told := range [][]*wire.Disclosure{{low, high}, {high, low}} {
		if d := Select(told); d.Stable != high.Stable || !holds(d, "B", "C", "", "e", "", "g") {
			t.Errorf("%d: %+v", i, d)
		}
	}
	if d := Select([]*wire.Disclosure{{}, {Stable: wire.Stable{Order: 9}}, low}); d.Stable.Order != 9 || len(d.Entries) != 0 {
		t.Errorf("a checkpoint above all: %+v", d)
	}
}

func TestNewViewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(all []*State) error
		want error
	}{
		"T12: one VIEW-CHANGE": {func(all []*State) error {
			_, err := all[1].NewView(1, leave(t, 1, all[1], all[2])[:1])
			return err
		}, ErrQuorum},
		"one VIEW-CHANGE twice": {func(all []*State) error {
			vc := leave(t, 1, all[1], all[2])
			_, err := all[1].NewView(1, []wire.ViewChange{vc[0], vc[0]})
			return err
		}, ErrQuorum},
		"VIEW-CHANGEs to another view": {func(all []*State) error {
			vc := leave(t, 1, all[0], all[2])
			leave(t, 4, all[1], all[2])
			_, err := all[1].NewView(4, vc)
			return err
		}, ErrQuorum},
		"T19: a VIEW-CHANGE from before a restart that another knows of": {func(all []*State) error {
			vc := leave(t, 1, all[0])
			all[2].vector[0] = 2
			vc = append(vc, leave(t, 1, all[2], all[1])[0])
			_, err := all[1].NewView(1, vc)
			return err
		}, ErrQuorum},
		"a VIEW-CHANGE from before a restart that the leader knows of": {func(all []*State) error {
			vc := leave(t, 1, all[0], all[2], all[1])[:2]
			all[1].vector[0] = 2
			_, err := all[1].NewView(1, vc)
			return err
		}, ErrQuorum},
		"no own VIEW-CHANGE": {func(all []*State) error {
			_, err := all[1].NewView(1, leave(t, 1, all[0], all[2]))
			return err
		}, ErrView},
		"T13: twice": {func(all []*State) error {
			vc := leave(t, 1, all[1], all[2])
			must[wire.NewView](t)(all[1].NewView(1, vc))
			_, err := all[1].NewView(1, vc)
			return err
		}, ErrView},
		"another's view": {func(all []*State) error {
			_, err := all[0].NewView(1, leave(t, 1, all[0], all[2]))
			return err
		}, ErrRole},
		"mute": {func(all []*State) error {
			vc := leave(t, 1, all[1], all[2])
			all[1].recovery = 2
			_, err := all[1].NewView(1, vc)
			return err
		}, ErrMute},
		"inactive": {func(all []*State) error {
			vc := leave(t, 1, all[1], all[2])
			all[1].standing = wire.Resigned
			_, err := all[1].NewView(1, vc)
			return err
		}, ErrInactive},
	} {
		if name == "T19: a VIEW-CHANGE from before a restart that another knows of" {
			all := states(t, 3)
			reqs := wants(t, 1, all...)
			old := must[wire.ViewChange](t)(all[0].ViewChange(1, reqs))
			must[wire.ViewChange](t)(all[1].ViewChange(1, reqs))
			all[2].vector[0] = 2
			young := must[wire.ViewChange](t)(all[2].ViewChange(1, reqs))
			_, err := all[1].NewView(1, []wire.ViewChange{old, young})
			want(t, name, err, c.want)
			continue
		}
		want(t, name, c.do(states(t, 3)), c.want)
	}
}

// A restart in a state that says it began a view does not begin it again.
func TestNewViewIsRemembered(t *testing.T) {
	all := states(t, 3)
	vc := leave(t, 1, all[1], all[2])
	must[wire.NewView](t)(all[1].NewView(1, vc))
	all[1].inView, all[1].current = false, at(1, 0) // as a bug elsewhere might leave it
	_, err := all[1].NewView(1, vc)
	want(t, "again", err, ErrView)
}

func TestEnterRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(all []*State, m *wire.NewView)
		want   error
	}{
		"the leader's own":       {func(all []*State, _ *wire.NewView) { all[2].cfg.Self = 1 }, ErrRole},
		"not the leader's":       {func(_ []*State, m *wire.NewView) { m.Certificate.Replica = 0 }, ErrRole},
		"a dead leader's":        {func(all []*State, _ *wire.NewView) { all[2].vector[1] = 2 }, ErrQuorum},
		"who knows better":       {func(_ []*State, m *wire.NewView) { m.Certificate.Vector = []uint32{1, 1, 2} }, ErrQuorum},
		"another generation's":   {func(_ []*State, m *wire.NewView) { m.Certificate.Founding.Generation = 2 }, ErrQuorum},
		"mute":                   {func(all []*State, _ *wire.NewView) { all[2].recovery = 2 }, ErrMute},
		"a view that is past":    {func(all []*State, _ *wire.NewView) { all[2].current.View = 2 }, ErrView},
		"twice":                  {func(all []*State, m *wire.NewView) { _ = all[2].Enter(m) }, ErrView},
		"while it is not ACTIVE": {func(all []*State, _ *wire.NewView) { all[2].standing = wire.Recovering }, ErrInactive},
	} {
		all := states(t, 3)
		m := changeView(t, 1, all[1:], all[1])
		c.change(all, &m)
		want(t, name, all[2].Enter(&m), c.want)
	}
}

// Who did not ask for the view enters it all the same, and drops what the selection shows to be uncommitted.
func TestEnterWithoutOwnViewChange(t *testing.T) {
	all := states(t, 3)
	prepare(t, all[0], "a")
	changeView(t, 1, all[1:], all[1], all[0], all[2])
	if all[0].current != at(1, 0) || !all[0].inView || len(all[0].entries) != 0 {
		t.Errorf("%v %v %+v", all[0].current, all[0].inView, all[0].entries)
	}
	commit(t, all[0], prepare(t, all[1], "b")...)
}

// An enclave whose checkpoint is above the selection's takes part from its checkpoint on.
func TestEnterAboveTheSelection(t *testing.T) {
	all := states(t, 5)
	p := prepare(t, all[0], "a", "b", "c")
	for _, s := range all[1:] {
		commit(t, s, p...)
	}
	if err := all[4].Advance(checkpoints(t, 2, "root", all[0], all[3], all[4])); err != nil {
		t.Fatal(err)
	}
	m := changeView(t, 1, all[1:4], all[1], all[4], all[0])
	if !holds(m.Disclosure, "a", "b", "c") || all[4].current != at(1, 2) || all[4].stable.Order != 2 || len(all[4].entries) != 1 {
		t.Fatalf("%+v, at %v", m.Disclosure, all[4].current)
	}
	again := prepare(t, all[1], "a", "b", "c")
	commit(t, all[4], again[2])
	commit(t, all[0], again...)
}
