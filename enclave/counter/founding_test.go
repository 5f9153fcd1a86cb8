package counter

import (
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// power restarts all enclaves at once, each with its own newest frontier.
func power(t rapid.TB, all []*State) []*State {
	t.Helper()
	out := make([]*State, len(all))
	for i, s := range all {
		f := s.Frontier()
		out[i] = restart(t, s, &f, byte(10+i))
	}
	return out
}

// statements asks the others of s.
func statements(t rapid.TB, s *State, others ...*State) []wire.Statement {
	t.Helper()
	hello := must[wire.RecHello](t)(s.Hello(wire.Nonce{200}))
	var out []wire.Statement
	for _, o := range others {
		if o == s {
			continue
		}
		if _, m, err := o.Answer(&hello); err != nil {
			t.Fatal(err)
		} else if m != nil {
			out = append(out, *m)
		}
	}
	return out
}

// cold lets all members give their COLD-STATE.
func cold(t rapid.TB, members ...*State) []wire.ColdState {
	t.Helper()
	var out []wire.ColdState
	for _, s := range members {
		out = append(out, must[wire.ColdState](t)(s.Cold(statements(t, s, members...))))
	}
	return out
}

// joinAll lets all members join.
func joinAll(t rapid.TB, members ...*State) []wire.Join {
	t.Helper()
	states := cold(t, members...)
	var out []wire.Join
	for _, s := range members {
		out = append(out, must[wire.Join](t)(s.Join(states, len(members))))
	}
	return out
}

// found brings a founding of all members to its end.
func found(t rapid.TB, members ...*State) {
	t.Helper()
	joins := joinAll(t, members...)
	for _, s := range members {
		if err := s.Found(joins); err != nil {
			t.Fatal(err)
		}
	}
}

// unborn returns the states of a group that never was.
func unborn(t rapid.TB, n int) []*State {
	var out []*State
	for i := range n {
		out = append(out, restart(t, NewState(config(t, n, wire.ReplicaID(i))), nil, byte(100+i)))
	}
	return out
}

// The very first start is a founding of empty frontiers.
func TestFirstFounding(t *testing.T) {
	for _, n := range []int{3, 5} {
		all := unborn(t, n)
		found(t, all...)
		for _, s := range all {
			if s.founding.Generation != 1 || s.founding != all[0].founding || s.number != 1 || s.current != at(1, 0) || !s.inView ||
				s.Standing() != wire.Active || s.recovery != 0 || !slices.Equal(s.vector, slices.Repeat([]uint32{1}, n)) {
				t.Fatalf("%+v", s)
			}
		}
		p := prepare(t, all[1], "a") // the leader of view 1
		commit(t, all[0], p...)
	}
}

// Power loss of all: the next generation goes on with what was certified, above all numbers that were used.
func TestFoundingAfterPowerLoss(t *testing.T) {
	all := unborn(t, 3)
	found(t, all...)
	commit(t, all[2], prepare(t, all[1], "a", "b")...)
	changeView(t, 4, all[1:], all[1], all[0], all[2])
	commit(t, all[0], prepare(t, all[1], "a")...)
	old := all[0].founding
	next := power(t, all)
	found(t, next...)
	for _, s := range next {
		if s.founding.Generation != 2 || s.founding == old || s.current != at(5, 0) || s.selected != 2 || !holds(s.Disclosure(), "a", "b") {
			t.Fatalf("%+v", s)
		}
		if e := s.entries[0]; e.Rank != (wire.Rank{Generation: 1, View: 4}) {
			t.Errorf("an entry that nobody certified in generation 2 has rank %v", e.Rank)
		}
	}
	// Its selection acts as the NEW-VIEW of its view.
	_, err := next[2].Prepare(at(5, 1), batch("x"))
	want(t, "another batch than selected", err, ErrDigest)
	p := prepare(t, next[2], "a", "b", "c")
	commit(t, next[0], p...)
	if e := next[0].entries[1]; e.Rank != (wire.Rank{Generation: 2, View: 5}) {
		t.Errorf("rank %v after the generation's certificate", e.Rank)
	}
	_, err = next[2].NewView(5, nil)
	want(t, "a second beginning of that view", err, ErrView)
}

// F1: an attempt that was given up leaves no ranks behind which could beat what is committed later, and its JOIN
// frontier holds the whole selection.
func TestAbortedJoinKeepsRanks(t *testing.T) {
	all := unborn(t, 3)
	found(t, all...)
	prepare(t, all[1], "a") // only the leader has it: uncommitted
	next := power(t, all)
	joinAll(t, next...) // generation 2, but nobody gets all JOINs
	f := next[0].Frontier()
	if f.Certificate.Founding.Generation != 2 || len(f.Disclosure.Entries) != 1 || f.Disclosure.Entries[0].Rank != (wire.Rank{Generation: 1, View: 1}) {
		t.Fatalf("JOIN frontier %+v", f)
	}
	want(t, "ACTIVE without JOINs", next[0].Found(nil), ErrQuorum)
	again := power(t, next)
	found(t, again...)
	if again[0].founding.Generation != 3 || again[0].current.View != 3 || again[0].entries[0].Rank.Generation != 1 {
		t.Errorf("%+v", again[0])
	}
}

// F1 as it was found: foundings are told apart by their bundle, not by numbers that two of them may share.
func TestFoundingsAreUnique(t *testing.T) {
	one, two := unborn(t, 3), unborn(t, 3)
	two[2].nonce[0]++ // another boot
	found(t, one...)
	joins := joinAll(t, two...)
	if joins[0].Certificate.Founding.Generation != one[0].founding.Generation || joins[0].Certificate.Founding == one[0].founding {
		t.Errorf("%+v and %+v", joins[0].Certificate.Founding, one[0].founding)
	}
}

// K4, the same-D gate: members that saw different bundles never become ACTIVE together.
func TestSameBundleGate(t *testing.T) {
	all := unborn(t, 3)
	states := cold(t, all...)
	two := must[wire.Join](t)(all[0].Join(states, 3))
	// Replica 2 shows the others another frontier, from a second instance with the same nonce.
	liar := unborn(t, 3)[2]
	other := restart(t, NewState(liar.cfg), nil, 102)
	other.entries = []wire.Entry{{Order: 1, Rank: wire.Rank{Generation: 1}, Batch: batch("z")}}
	shown := slices.Clone(states)
	shown[2] = must[wire.ColdState](t)(other.Cold(statements(t, other, all[0], all[1])))
	if !slices.Equal(shown[2].Members, states[2].Members) {
		t.Fatal("the lie is not of the same members")
	}
	one := must[wire.Join](t)(all[1].Join(shown, 3))
	third := must[wire.Join](t)(all[2].Join(states, 3))
	want(t, "with two bundles", all[0].Found([]wire.Join{two, one, third}), ErrQuorum)
	want(t, "with two bundles", all[1].Found([]wire.Join{two, one, third}), ErrQuorum)
}

func TestJoinRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(all []*State, states []wire.ColdState) ([]wire.ColdState, int)
		want error
	}{
		"one COLD-STATE less": {func(_ []*State, l []wire.ColdState) ([]wire.ColdState, int) { return l[:2], 2 }, ErrQuorum},
		"one twice": {func(_ []*State, l []wire.ColdState) ([]wire.ColdState, int) {
			return []wire.ColdState{l[0], l[1], l[1]}, 3
		}, ErrQuorum},
		"B: fewer members than needed": {func(all []*State, _ []wire.ColdState) ([]wire.ColdState, int) { return cold(t, all[0], all[1]), 3 }, ErrQuorum},
		"M3: named before another boot": {func(all []*State, l []wire.ColdState) ([]wire.ColdState, int) {
			_ = all[1].Abandon(wire.Nonce{77})
			young := must[wire.ColdState](t)(all[1].Cold(statements(t, all[1], all...)))
			return []wire.ColdState{l[0], young, l[2]}, 3
		}, ErrNonce},
		"a generation over the bound": {func(_ []*State, l []wire.ColdState) ([]wire.ColdState, int) {
			l[1].Certificate.Founding.Generation = wire.MaxIncarnation
			return l, 3
		}, ErrRange},
		"a view over the bound": {func(_ []*State, l []wire.ColdState) ([]wire.ColdState, int) {
			l[1].Certificate.New.View = wire.MaxNumber
			return l, 3
		}, ErrRange},
	} {
		all := unborn(t, 3)
		list, enough := c.do(all, cold(t, all...))
		_, err := all[0].Join(list, enough)
		want(t, name, err, c.want)
		if all[0].Standing() != wire.InFounding || all[0].joined {
			t.Errorf("%s: a refusal changed something", name)
		}
	}
	all := unborn(t, 3)
	states := cold(t, all...)
	must[wire.Join](t)(all[0].Join(states, 3))
	_, err := all[0].Join(states, 3)
	want(t, "a second JOIN under one nonce", err, ErrStanding)
	_, err = all[0].Cold(statements(t, all[0], all...))
	want(t, "a COLD-STATE after the JOIN", err, ErrStanding)
	_, err = unborn(t, 3)[0].Join(states, 3)
	want(t, "without a COLD-STATE", err, ErrStanding)
	// An abandoned attempt's COLD-STATE is nothing, also when its members are named anew.
	if err := all[1].Abandon(wire.Nonce{88}); err != nil {
		t.Fatal(err)
	}
	must[wire.ColdState](t)(all[1].Cold(statements(t, all[1], all...)))
	_, err = all[1].Join(states, 3)
	want(t, "COLD-STATEs for the nonce before", err, ErrNonce)
}

func TestColdRefuses(t *testing.T) {
	all := unborn(t, 3)
	list := statements(t, all[0], all...)
	bad := slices.Clone(list)
	bad[0].Asked = wire.Nonce{9}
	_, err := all[0].Cold(bad)
	want(t, "answers to another attempt", err, ErrNonce)
	_, err = all[0].Cold([]wire.Statement{list[0], list[0]})
	want(t, "one twice", err, ErrQuorum)
	own := list[0]
	own.Certificate.Replica = 0
	_, err = all[0].Cold([]wire.Statement{own})
	want(t, "of itself", err, ErrQuorum)
	active := states(t, 3)[0]
	_, err = active.Cold(list)
	want(t, "while ACTIVE", err, ErrStanding)
}

// M2: whoever gave a COLD-STATE does not return alone under that nonce: the founding may go on with its word.
func TestColdStateEndsRecovery(t *testing.T) {
	all := states(t, 3)
	s := restart(t, all[0], nil, 1)
	list := grants(t, s, all[1:]...)
	other := restart(t, all[1], nil, 2)
	must[wire.ColdState](t)(s.Cold(statements(t, s, other)))
	want(t, "7.7 after COLD-STATE", s.Recover(list), ErrStanding)
	_, err := s.Request(nil)
	want(t, "REC-REQ after COLD-STATE", err, ErrStanding)
	if err := s.Abandon(wire.Nonce{3}); err != nil {
		t.Fatal(err)
	}
	want(t, "the grants of before", s.Recover(list), ErrStanding)
	returns(t, s, all[1:]...)
}

// F5, M5: an ACTIVE enclave resigns when f+1 others say, for its own fresh nonce, that they are not ACTIVE.
func TestResign(t *testing.T) {
	all := states(t, 3)
	one, two := restart(t, all[1], nil, 1), restart(t, all[2], nil, 2)
	ask := func(others ...*State) []wire.Statement { return statements(t, all[0], others...) }
	n := wire.Nonce{50}
	want(t, "f of them", all[0].Resign(ask(one), n), ErrQuorum)
	want(t, "one twice", all[0].Resign(append(ask(one), ask(one)...), n), ErrQuorum)
	old := ask(one, two)
	must[wire.RecHello](t)(all[0].Hello(wire.Nonce{201}))
	want(t, "for another nonce", all[0].Resign(old, n), ErrQuorum)
	if err := two.Abandon(wire.Nonce{3}); err != nil {
		t.Fatal(err)
	}
	must[wire.ColdState](t)(one.Cold(statements(t, one, two))) // IN-FOUNDING counts as well
	if err := all[0].Resign(ask(one, two), n); err != nil {
		t.Fatal(err)
	}
	if err := one.Abandon(wire.Nonce{4}); err != nil {
		t.Fatal(err)
	}
	// M5: RESIGNED counts for others: of five, one may resign first.
	five := states(t, 5)
	if err := five[1].Resign(nil, wire.Nonce{51}); err != nil {
		t.Fatal(err)
	}
	a, b := restart(t, five[2], nil, 1), restart(t, five[3], nil, 2)
	if err := five[0].Resign(statements(t, five[0], five[1], a, b), n); err != nil {
		t.Errorf("a RESIGNED one among them: %v", err)
	}
}

// M4: a RESIGN is for ever: nothing of that incarnation comes afterwards.
func TestResignIsIrrevocable(t *testing.T) {
	all := states(t, 3)
	p := prepare(t, all[0], "a", "b")
	vcs := leave(t, 1, all[1].Clone(), all[2].Clone())
	s := all[1]
	commit(t, s, p[0])
	reqs := wants(t, 1, all...)
	if err := s.Resign(nil, wire.Nonce{1}); err != nil {
		t.Fatal(err)
	}
	peer := restart(t, all[0], nil, 9)
	req := wire.RecRequest{Certificate: all[0].certificate(wire.CertRecRequest, at(0, 0), wire.Digest{})}
	req.Certificate.Incarnation = 2
	_, commitErr := s.Commit(&p[1])
	_, changeErr := s.ViewChange(1, reqs)
	_, beginErr := s.NewView(1, vcs)
	_, reqErr := s.ReqVC(1)
	_, _, grantErr := s.Grant(&req)
	_, checkErr := s.Checkpoint(1, batch("r"))
	for name, err := range map[string]error{"COMMIT": commitErr, "VIEW-CHANGE": changeErr, "NEW-VIEW": beginErr, "REQ-VC": reqErr,
		"REC-STATE": grantErr, "CHECKPOINT": checkErr, "RESIGN": s.Resign(nil, wire.Nonce{2}), "STABLE": s.Advance(nil)} {
		want(t, name+" after RESIGN", err, ErrInactive)
	}
	if err := s.Abandon(wire.Nonce{3}); err != nil || s.Standing() != wire.Resigned {
		t.Errorf("%v: %v after Abandon", err, s.Standing())
	}
	// Its volatile frontier is in the founding, beyond what its host's log may show.
	next := []*State{peer, s, restart(t, all[2], nil, 8)}
	found(t, next...)
	if !holds(s.Disclosure(), "a") {
		t.Errorf("%+v", s.Disclosure())
	}
}

// F4: a learner brings what it saw committed, with the rank at which that was.
func TestLearn(t *testing.T) {
	all := states(t, 3)
	p := prepare(t, all[0], "a", "b")
	var sets [][]wire.Certificate
	for i := range p {
		c := must[wire.Certificate](t)(all[1].Commit(&p[i]))
		sets = append(sets, []wire.Certificate{p[i], c})
	}
	fresh := func() *State { return restart(t, all[2], nil, 7) }
	other := sets[0][1]
	other.Digest = batch("z")
	elsewhere := sets[0][1]
	elsewhere.Founding.Generation = 2
	knows := sets[0][1]
	knows.Vector = []uint32{2, 1, 1}
	kind := sets[0][1]
	kind.Kind = wire.CertCheckpoint
	for name, c := range map[string]struct {
		certs []wire.Certificate
		want  error
	}{
		"nothing": {nil, ErrQuorum}, "a PREPARE alone": {p[:1], ErrQuorum}, "one twice": {[]wire.Certificate{p[0], p[0]}, ErrQuorum},
		"two batches": {[]wire.Certificate{p[0], other}, ErrQuorum}, "two orders": {[]wire.Certificate{sets[0][0], sets[1][1]}, ErrQuorum},
		"two foundings": {[]wire.Certificate{p[0], elsewhere}, ErrQuorum}, "inconsistent": {[]wire.Certificate{p[0], knows}, ErrQuorum},
		"no vote": {[]wire.Certificate{p[0], kind}, ErrQuorum},
	} {
		want(t, name, fresh().Learn(c.certs), c.want)
	}
	s := fresh()
	for _, set := range sets {
		if err := s.Learn(set); err != nil {
			t.Fatal(err)
		}
	}
	if !holds(s.Disclosure(), "a", "b") || s.entries[0].Rank != (wire.Rank{Generation: 1}) {
		t.Fatalf("%+v", s.Disclosure())
	}
	s.entries[0].Rank.View = 9 // what is known with a higher rank stays
	s.entries[0].Batch = batch("later")
	if err := s.Learn(sets[0]); err != nil || s.entries[0].Batch != batch("later") {
		t.Errorf("%v: a lower rank took the place of a higher", err)
	}
	s.stable.Order = 5
	want(t, "below the checkpoint", s.Learn(sets[0]), ErrPosition)
	s = fresh()
	far := slices.Clone(sets[0])
	far[0].New.Order, far[1].New.Order = wire.MaxEntries+1, wire.MaxEntries+1
	want(t, "too far", s.Learn(far), ErrWindow)
	must[wire.ColdState](t)(s.Cold(nil))
	want(t, "after the COLD-STATE", s.Learn(sets[0]), ErrStanding)
	want(t, "while ACTIVE", all[0].Learn(sets[0]), ErrStanding)
}

// M8: a member that gave its JOIN may give up; if the others became ACTIVE by it, it returns to them.
func TestAbandonAfterJoin(t *testing.T) {
	all := unborn(t, 3)
	joins := joinAll(t, all...)
	if err := all[0].Abandon(wire.Nonce{5}); err != nil {
		t.Fatal(err)
	}
	if f := all[0].Frontier(); f.Certificate.Founding != all[1].founding {
		t.Error("the JOIN is gone from the frontier")
	}
	for _, s := range all[1:] {
		if err := s.Found(joins); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "JOINs of the attempt that was given up", all[0].Found(joins), ErrStanding)
	returns(t, all[0], all[1:]...)
	if all[0].number != 2 || all[0].founding != all[1].founding {
		t.Errorf("%+v", all[0])
	}
}

func TestFoundRefuses(t *testing.T) {
	all := unborn(t, 3)
	joins := joinAll(t, all...)
	want(t, "one missing", all[0].Found(joins[:2]), ErrQuorum)
	other := slices.Clone(joins)
	other[2].Certificate.Founding.Generation++
	want(t, "another generation", all[0].Found(other), ErrQuorum)
	other = slices.Clone(joins)
	other[2].Certificate.Replica = 1
	want(t, "one twice", all[0].Found(other), ErrQuorum)
	if err := all[0].Found(joins); err != nil {
		t.Fatal(err)
	}
	want(t, "twice", all[0].Found(joins), ErrStanding)
	want(t, "Abandon while ACTIVE", all[0].Abandon(wire.Nonce{9}), ErrStanding)
	want(t, "without a JOIN", unborn(t, 3)[0].Found(joins), ErrStanding)
	s := NewState(config(t, 3, 0))
	want(t, "Abandon in BOOT", s.Abandon(wire.Nonce{9}), ErrStanding)
	want(t, "Boot in BOOT", s.Boot(wire.Nonce{9}), ErrStanding)
	hello := wire.RecHello{Certificate: all[1].certificate(wire.CertRecHello, at(0, 0), wire.Digest{})}
	_, _, err := s.Answer(&hello)
	want(t, "an answer in BOOT", err, ErrStanding)
	_, err = s.Hello(wire.Nonce{1})
	want(t, "a question in BOOT", err, ErrStanding)
	_, _, err = all[1].Answer(&hello)
	want(t, "an answer to itself", err, ErrRole)
}

// F7 with M_R=1: one member's host shows an older frontier, and what was committed is selected all the same.
func TestOneOldFrontier(t *testing.T) {
	for rolled := range 3 {
		all := unborn(t, 3)
		found(t, all...)
		before := make([]wire.Frontier, 3)
		for i, s := range all {
			before[i] = s.Frontier()
		}
		commit(t, all[2], prepare(t, all[1], "a")...) // committed by 1 and 2; 0 knows nothing
		next := power(t, all)
		next[rolled] = restart(t, all[rolled], &before[rolled], 99)
		found(t, next...)
		if !holds(next[0].Disclosure(), "a") {
			t.Errorf("replica %d showed an old frontier: %+v", rolled, next[0].Disclosure())
		}
	}
}

// Certificates leave before they are synced, so that a power loss takes tails of logs at any number of hosts. What f+1
// had synced is found all the same, also when one of those lied or lost it; what fewer had may go, and another batch
// takes its order.
func TestFoundingFindsWhatWasDurable(t *testing.T) {
	for _, n := range []int{3, 5} {
		w := group(t, n).Size()
		for durable := range 1 << n {
			for liar := -1; liar < n; liar++ {
				all := unborn(t, n)
				found(t, all...)
				before := make([]wire.Frontier, n)
				for i, s := range all {
					before[i] = s.Frontier()
				}
				p := prepare(t, all[1], "a") // all certify it
				for i, s := range all {
					if i != 1 {
						commit(t, s, p...)
					}
				}
				next, shown := power(t, all), 0
				for i := range next {
					if durable>>i&1 == 0 || i == liar {
						next[i] = restart(t, all[i], &before[i], byte(50+i))
					} else {
						shown++
					}
				}
				found(t, next...)
				kept := holds(next[0].Disclosure(), "a")
				if bits.OnesCount(uint(durable)) >= w && !kept || kept != (shown > 0) {
					t.Errorf("%d replicas, durable at %b, %d lies: kept %v", n, durable, liar, kept)
				}
				leader := next[next[0].cfg.Group.Leader(next[0].current.View)]
				if _, err := leader.Prepare(at(leader.current.View, 1), batch("b")); (err == nil) == kept {
					t.Errorf("%d replicas, durable at %b, %d lies: another batch in its place: %v", n, durable, liar, err)
				}
			}
		}
	}
}
