package counter

import (
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// restart returns a new enclave of a replica that was shown nothing but f, with nonce n.
func restart(t rapid.TB, s *State, f *wire.Frontier, n byte) *State {
	t.Helper()
	r := NewState(s.cfg)
	if err := r.Restore(f, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Boot(wire.Nonce{n}); err != nil {
		t.Fatal(err)
	}
	return r
}

// infos asks the others of s how they stand.
func infos(t rapid.TB, s *State, others ...*State) []wire.RecInfo {
	t.Helper()
	hello := must[wire.RecHello](t)(s.Hello(wire.Nonce{}))
	var out []wire.RecInfo
	for _, o := range others {
		if m, _, err := o.Answer(&hello); err != nil {
			t.Fatal(err)
		} else if m != nil {
			out = append(out, *m)
		}
	}
	return out
}

// grants lets the others grant what s asks for.
func grants(t rapid.TB, s *State, others ...*State) []wire.RecState {
	t.Helper()
	req := must[wire.RecRequest](t)(s.Request(infos(t, s, others...)))
	var out []wire.RecState
	for _, o := range others {
		m, info, err := o.Grant(&req)
		if err != nil || info != nil {
			t.Fatalf("%v, REC-INFO %+v", err, info)
		}
		out = append(out, *m)
	}
	return out
}

// returns brings a restarted enclave back.
func returns(t rapid.TB, s *State, others ...*State) {
	t.Helper()
	if err := s.Recover(grants(t, s, others...)); err != nil {
		t.Fatal(err)
	}
}

// T17, T18: a restarted leader comes back as a new incarnation that knows what was certified, and is mute up to
// the view that it read, whatever its log said.
func TestRecoveryReadsThePeers(t *testing.T) {
	all := states(t, 3)
	commit(t, all[1], prepare(t, all[0], "a", "b")...)
	again := restart(t, all[0], nil, 1)
	for name, err := range map[string]error{
		"PREPARE":     func() error { _, err := again.Prepare(at(0, 1), batch("x")); return err }(),
		"VIEW-CHANGE": func() error { _, err := again.ViewChange(1, nil); return err }(),
		"REQ-VC":      func() error { _, err := again.ReqVC(1); return err }(),
		"CHECKPOINT":  func() error { _, err := again.Checkpoint(1, batch("r")); return err }(),
	} {
		want(t, name+" while RECOVERING", err, ErrInactive)
	}
	returns(t, again, all[1], all[2])
	if again.number != 2 || again.recovery != 1 || again.InView() || again.base == (wire.Digest{}) || !holds(again.Disclosure(), "a", "b") {
		t.Fatalf("%+v", again)
	}
	_, err := again.Prepare(at(0, 3), batch("c"))
	want(t, "T18: PREPARE in the view that it read", err, ErrMute)
	// It takes part in the next view change at once, and discloses what it learnt (M6), with its first rank.
	vc := leave(t, 1, again, all[2])
	if e := vc[0].Disclosure.Entries; len(e) != 2 || e[0].Rank != (wire.Rank{Generation: 1}) || vc[0].Certificate.Base != again.base {
		t.Errorf("%+v", vc[0])
	}
	f := again.Frontier()
	if f.Certificate.Base != again.base || len(f.Disclosure.Entries) != 2 || f.Certificate.RecoveryView != 1 {
		t.Errorf("M6: the frontier after a recovery says %+v", f)
	}
	must[wire.ViewChange](t)(all[1].ViewChange(1, wants(t, 1, again, all[2])))
	m := must[wire.NewView](t)(all[1].NewView(1, vc))
	if err := again.Enter(&m); err != nil {
		t.Fatal(err)
	}
	commit(t, again, prepare(t, all[1], "a", "b", "c")...)
}

// The trace that incarnation vectors forbid: a PREPARE of the dead
// incarnation may not be completed after its successor read that nothing was certified.
func TestOldPrepareIsNotCompletedAfterARecovery(t *testing.T) {
	all := states(t, 3)
	old := prepare(t, all[0], "a")[0] // nobody has it yet
	again := restart(t, all[0], nil, 1)
	returns(t, again, all[1], all[2])
	if len(again.entries) != 0 {
		t.Fatal("read what nobody had")
	}
	_, err := all[1].Commit(&old)
	want(t, "COMMIT for a PREPARE of the incarnation before", err, ErrPrepare)
}

// T16: certificates that the dead incarnation gave do not count beside one of who granted the next.
func TestLateCertificatesOfTheDeadDoNotCount(t *testing.T) {
	all := states(t, 3)
	p := prepare(t, all[0], "a")[0]
	late := must[wire.Certificate](t)(all[1].Commit(&p)) // kept back by the network
	again := restart(t, all[1], nil, 1)
	returns(t, again, all[0], all[2])
	young := all[0].certificate(wire.CertPrepare, at(0, 2), batch("b"))
	if quorum.Consistent(quorum.WitnessOf(&late), quorum.WitnessOf(&young)) {
		t.Error("consistent with who knows of the restart")
	}
	if !quorum.Consistent(quorum.WitnessOf(&late), quorum.WitnessOf(&p)) {
		t.Error("not consistent with who gave its word before") // the entry is in what the recovery read
	}
	if !holds(again.Disclosure(), "a") {
		t.Errorf("%+v", again.Disclosure())
	}
}

// T21: two copies of an enclave ask for one number; the peers give it to one nonce, and the larger number that the
// other then asks for makes the first stale.
func TestClones(t *testing.T) {
	all := states(t, 3)
	first, second := restart(t, all[0], nil, 1), restart(t, all[0], nil, 2)
	reqs := []wire.RecRequest{
		must[wire.RecRequest](t)(first.Request(infos(t, first, all[1:]...))),
		must[wire.RecRequest](t)(second.Request(infos(t, second, all[1:]...))),
	}
	one, _, err := all[1].Grant(&reqs[0])
	if err != nil || one == nil {
		t.Fatal(err)
	}
	state, info, err := all[1].Grant(&reqs[1])
	if err != nil || state != nil || info == nil {
		t.Fatalf("one number for two nonces: %+v %v", state, err)
	}
	if again, _, err := all[1].Grant(&reqs[0]); err != nil || again == nil {
		t.Errorf("the same nonce asks again: %v", err) // a lost answer
	}
	two, _, err := all[2].Grant(&reqs[1]) // the other peer saw the second copy first
	if err != nil || two == nil {
		t.Fatal(err)
	}
	want(t, "answers for two nonces", first.Recover([]wire.RecState{*one, *two}), ErrQuorum)
	returns(t, second, all[1], all[2])
	if second.number != 3 {
		t.Errorf("incarnation %d", second.number)
	}
	if quorum.Consistent(quorum.WitnessOf(&one.Certificate), second.own()) && all[1].vector[0] != 3 {
		t.Error("the first copy is not stale")
	}
	if _, info, _ = all[1].Grant(&reqs[0]); info == nil {
		t.Error("the smaller number is granted still")
	}
}

func TestRequestRefuses(t *testing.T) {
	for name, change := range map[string]func(s *State, list []wire.RecInfo) []wire.RecInfo{
		"f infos":                   func(_ *State, l []wire.RecInfo) []wire.RecInfo { return l[:1] },
		"one twice":                 func(_ *State, l []wire.RecInfo) []wire.RecInfo { return []wire.RecInfo{l[0], l[0]} },
		"T22: an old nonce":         func(_ *State, l []wire.RecInfo) []wire.RecInfo { l[0].Nonce = wire.Nonce{9}; return l },
		"for another":               func(_ *State, l []wire.RecInfo) []wire.RecInfo { l[0].For = 1; return l },
		"of two foundings":          func(_ *State, l []wire.RecInfo) []wire.RecInfo { l[0].Certificate.Founding.Digest[0]++; return l },
		"who knows the other dead":  func(_ *State, l []wire.RecInfo) []wire.RecInfo { l[0].Certificate.Vector = []uint32{1, 1, 2}; return l },
		"of itself":                 func(_ *State, l []wire.RecInfo) []wire.RecInfo { l[0].Certificate.Replica = 0; return l },
		"a generation that is past": func(s *State, l []wire.RecInfo) []wire.RecInfo { s.founding.Generation = 2; return l },
	} {
		all := states(t, 3)
		s := restart(t, all[0], nil, 1)
		_, err := s.Request(change(s, infos(t, s, all[1:]...)))
		want(t, name, err, ErrQuorum)
	}
	all := states(t, 3)
	s := restart(t, all[0], nil, 1)
	all[1].vector[0], all[2].vector[0] = wire.MaxIncarnation, wire.MaxIncarnation
	_, err := s.Request(infos(t, s, all[1:]...))
	want(t, "numbers used up", err, ErrRange)
	_, err = all[1].Request(nil)
	want(t, "ACTIVE", err, ErrStanding)
}

func TestGrantRefuses(t *testing.T) {
	all := states(t, 3)
	s := restart(t, all[0], nil, 1)
	good := must[wire.RecRequest](t)(s.Request(infos(t, s, all[1:]...)))
	for name, c := range map[string]struct {
		change func(s *State, m *wire.RecRequest)
		want   error
	}{
		"another founding's": {func(_ *State, m *wire.RecRequest) { m.Certificate.Founding.Generation++ }, ErrQuorum},
		"the own":            {func(_ *State, m *wire.RecRequest) { m.Certificate.Replica = 1 }, ErrRole},
		"after RESIGN":       {func(s *State, _ *wire.RecRequest) { s.standing = wire.Resigned }, ErrInactive},
		"while RECOVERING":   {func(s *State, _ *wire.RecRequest) { s.standing = wire.Recovering }, ErrInactive},
	} {
		peer, m := all[1].Clone(), good
		c.change(peer, &m)
		_, _, err := peer.Grant(&m)
		want(t, name, err, c.want)
	}
	// T23: who restarts with nothing is not incarnation 1 again.
	first := good
	first.Certificate.Incarnation = 1
	if state, info, err := all[1].Grant(&first); err != nil || state != nil || info == nil {
		t.Errorf("incarnation 1 again: %+v %v", state, err)
	}
}

func TestRecoverRefuses(t *testing.T) {
	for name, change := range map[string]func(s *State, l []wire.RecState) []wire.RecState{
		"T17: f answers":       func(_ *State, l []wire.RecState) []wire.RecState { return l[:1] },
		"one twice":            func(_ *State, l []wire.RecState) []wire.RecState { return []wire.RecState{l[0], l[0]} },
		"T22: an old nonce":    func(_ *State, l []wire.RecState) []wire.RecState { l[1].Nonce = wire.Nonce{9}; return l },
		"another's":            func(_ *State, l []wire.RecState) []wire.RecState { l[1].For = 2; return l },
		"another number":       func(_ *State, l []wire.RecState) []wire.RecState { l[1].Granted++; return l },
		"M1: of two foundings": func(_ *State, l []wire.RecState) []wire.RecState { l[1].Certificate.Founding.Generation++; return l },
		"M1: all of another founding": func(_ *State, l []wire.RecState) []wire.RecState {
			l[0].Certificate.Founding.Generation++
			l[1].Certificate.Founding.Generation++
			return l
		},
		"of itself": func(_ *State, l []wire.RecState) []wire.RecState { l[1].Certificate.Replica = 0; return l },
		"who knows the other dead": func(_ *State, l []wire.RecState) []wire.RecState {
			l[1].Certificate.Vector = []uint32{1, 2, 1}
			return l
		},
		"a huge view": func(_ *State, l []wire.RecState) []wire.RecState {
			l[1].Certificate.New.View = wire.MaxNumber
			return l
		},
	} {
		all := states(t, 3)
		s := restart(t, all[0], nil, 1)
		want(t, name, s.Recover(change(s, grants(t, s, all[1:]...))), ErrQuorum)
	}
	all := states(t, 3)
	s := restart(t, all[0], nil, 1)
	list := grants(t, s, all[1:]...)
	other := restart(t, all[0], nil, 1)
	want(t, "nothing was asked", other.Recover(list), ErrStanding)
	if err := s.Recover(list); err != nil {
		t.Fatal(err)
	}
	want(t, "twice", s.Recover(list), ErrStanding)
	// M2: an abandoned attempt's grants are nothing.
	s = restart(t, all[0], nil, 3)
	list = grants(t, s, all[1:]...)
	if err := s.Abandon(wire.Nonce{4}); err != nil {
		t.Fatal(err)
	}
	want(t, "after Abandon", s.Recover(list), ErrStanding)
	must[wire.RecRequest](t)(s.Request(infos(t, s, all[1:]...)))
	want(t, "an abandoned attempt's answers", s.Recover(list), ErrQuorum)
}

// What is read is merged by rank, and the highest view and checkpoint count.
func TestRecoveryMerges(t *testing.T) {
	all := states(t, 5)
	p := prepare(t, all[0], "a", "b", "c")
	for _, s := range all[1:4] {
		commit(t, s, p...)
	}
	if err := all[3].Advance(checkpoints(t, 1, "root", all[1:4]...)); err != nil {
		t.Fatal(err)
	}
	m := changeView(t, 1, all[1:4], all[1])
	if err := all[2].Enter(&m); err != nil {
		t.Fatal(err)
	}
	again := restart(t, all[0], nil, 1)
	returns(t, again, all[2], all[3], all[4])
	if again.recovery != 2 || again.stable.Order != 1 || len(again.entries) != 2 || again.entries[0].Rank.View != 1 || again.current != at(1, 0) {
		t.Errorf("%+v", again)
	}
	// T24 for n=5: with fewer than f+1 ACTIVE others nobody returns.
	late := restart(t, all[4], nil, 2)
	_, err := late.Request(infos(t, late, all[1], all[2]))
	want(t, "f ACTIVE others", err, ErrQuorum)
}

// A recovery takes over what others know of restarts: of who granted it as well as of those who took no part.
// Otherwise an old certificate of a dead incarnation would be consistent with those of the one that came back.
func TestRecoveryKnowsOfOtherRestarts(t *testing.T) {
	all := states(t, 5)
	dead := all[4]
	again := restart(t, dead, nil, 1)
	returns(t, again, all[1], all[2], all[3])
	back := restart(t, all[0], nil, 2)
	returns(t, back, all[1], all[2], all[3])
	if back.vector[4] != again.number || back.vector[0] != 2 || back.vector[1] != 1 {
		t.Fatalf("vector %v", back.vector)
	}
	if quorum.Consistent(dead.own(), back.own()) {
		t.Error("a certificate of a dead incarnation may be counted beside those of one that read of the restart")
	}
	granter := restart(t, all[1], nil, 3)
	returns(t, granter, all[2], all[3], again)
	next := restart(t, all[2], nil, 4)
	returns(t, next, granter, all[3], again)
	if next.vector[1] != granter.number || next.vector[4] != again.number {
		t.Fatalf("vector %v", next.vector)
	}
}
