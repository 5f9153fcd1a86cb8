package counter

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// restored brings a new set up to where the evidence says.
func restored(t rapid.TB, self wire.ReplicaID, frontier []byte, own []wire.Certificate) (*Set, error) {
	s := New(config(t, 3, self))
	return s, s.Restore(frontier, own)
}

// same compares what a restart must bring back.
func same(a, b *State) bool {
	return a.founding == b.founding && a.lastActive == b.lastActive && a.number == b.number && a.current == b.current && a.inView == b.inView && a.newView == b.newView &&
		a.recovery == b.recovery && a.base == b.base && a.stable == b.stable && a.selected == b.selected &&
		reflect.DeepEqual(a.vector, b.vector) && len(a.entries) == len(b.entries) && (len(a.entries) == 0 || reflect.DeepEqual(a.entries, b.entries))
}

// The newest Frontier and the certificates after it are the whole ordering state, at every moment.
func TestRestoreIsExact(t *testing.T) {
	leader := active(t, 1)
	peers := []*Set{active(t, 0), leader, active(t, 2)}
	frontier, own := leader.Frontier(), []wire.Certificate(nil)
	check := func(what string) {
		t.Helper()
		again, err := restored(t, 1, frontier, own)
		if err != nil || !same(again.state, leader.state) {
			t.Fatalf("%s: %v\n%+v\n%+v", what, err, again.state, leader.state)
		}
		if again.Active() || again.state.Standing() != wire.Recovering {
			t.Fatalf("%s: ACTIVE from its host's log", what)
		}
		want(t, "certify", func() error { _, err := again.CertifyPrepare(at(4, 5), batch("x")); return err }(), ErrInactive)
	}
	take := func(said Said, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if len(said.Frontier) > 0 {
			frontier, own = said.Frontier, nil
		}
		return said.Message
	}
	check("at the beginning")
	for _, b := range []string{"a", "b", "c"} {
		p := must[wire.Certificate](t)(peers[0].CertifyPrepare(at(0, peers[0].Position().Order+1), batch(b)))
		own = append(own, must[wire.Certificate](t)(leader.CertifyCommit(&p)))
		check("COMMIT " + b)
	}
	req := [][]byte{take(leader.ReqVC(1)), must[Said](t)(peers[2].ReqVC(1)).Message}
	vcs := [][]byte{take(leader.ViewChange(1, req)), must[Said](t)(peers[2].ViewChange(1, req)).Message}
	check("VIEW-CHANGE")
	nv := take(leader.NewView(1, vcs))
	check("NEW-VIEW")
	for _, b := range []string{"a", "b", "c", "d"} {
		own = append(own, must[wire.Certificate](t)(leader.CertifyPrepare(at(1, leader.Position().Order+1), batch(b))))
		check("PREPARE " + b)
	}
	must[Said](t)(peers[0].Enter(nv))
	take(leader.Advance([][]byte{take(leader.Checkpoint(2, batch("r"))), must[Said](t)(peers[0].Checkpoint(2, batch("r"))).Message}))
	check("checkpoint")
}

func TestRestoreRefuses(t *testing.T) {
	leader, other := active(t, 0), active(t, 1)
	frontier := leader.Frontier()
	var own []wire.Certificate
	for range 4 {
		own = append(own, must[wire.Certificate](t)(leader.CertifyPrepare(at(0, leader.Position().Order+1), batch("a"))))
	}
	foreign := must[wire.Certificate](t)(other.CertifyCommit(&own[0]))
	attestation := must[wire.Certificate](t)(leader.AttestStored(batch("b")))
	forged := own[0]
	forged.Digest = batch("forged")
	elsewhere := New(config(t, 3, 0))
	elsewhere.Activate(wire.Founding{Generation: 2})
	later := must[wire.Certificate](t)(elsewhere.CertifyPrepare(at(0, 1), batch("a")))
	young := active(t, 0)
	young.state.number = 2
	next := must[wire.Certificate](t)(young.CertifyPrepare(at(0, 1), batch("a")))
	for name, c := range map[string]struct {
		frontier []byte
		own      []wire.Certificate
		want     error
	}{
		"nothing to go on from": {nil, own, ErrFrontier},
		"a hidden middle":       {frontier, []wire.Certificate{own[0], own[2]}, ErrFrontier},
		"a hidden beginning":    {frontier, own[1:], ErrFrontier},
		"repeated":              {frontier, []wire.Certificate{own[0], own[0]}, ErrFrontier},
		"another replica's":     {frontier, []wire.Certificate{foreign}, ErrFrontier},
		"an attestation":        {frontier, []wire.Certificate{attestation}, ErrFrontier},
		"forged":                {frontier, []wire.Certificate{forged}, ErrForged},
		"another founding's":    {frontier, []wire.Certificate{later}, ErrFrontier},
		"another incarnation's": {frontier, []wire.Certificate{next}, ErrFrontier},
		"a foreign frontier":    {other.Frontier(), nil, ErrFrontier},
		"a damaged frontier":    {append([]byte(nil), frontier[:len(frontier)-1]...), nil, ErrForged},
	} {
		s, err := restored(t, 0, c.frontier, c.own)
		want(t, name, err, c.want)
		if s.state.Standing() != wire.Booted {
			t.Errorf("%s: a refusal changed the standing", name)
		}
	}
	bad, err := wire.DecodeFrontier(frontier)
	if err != nil {
		t.Fatal(err)
	}
	bad.Selected = 7
	bad.Certificate.Digest = bad.BodyDigest()
	_, err = restored(t, 0, bad.Append(nil), nil)
	want(t, "a changed frontier", err, ErrForged)
	s, err := restored(t, 0, frontier, own)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "a second time", s.Restore(frontier, own), ErrStanding)
	if s, err = restored(t, 0, nil, nil); err != nil || s.state.Standing() != wire.Recovering {
		t.Errorf("an empty log: %v", err)
	}
	want(t, "to continue from nothing", s.Continue(), ErrStanding)
}

func TestResumeUnsafe(t *testing.T) {
	before := active(t, 0)
	must[wire.Certificate](t)(before.CertifyPrepare(at(0, 1), wire.Digest{1}))
	last := must[wire.Certificate](t)(before.CertifyPrepare(at(0, 2), wire.Digest{1}))
	after := New(config(t, 3, 0))
	if err := after.ResumeUnsafe(founding, &last); err != nil {
		t.Fatal(err)
	}
	_, err := after.CertifyPrepare(at(0, 2), wire.Digest{2})
	want(t, "certified again at a used position", err, ErrDigest)
	if _, err := after.CertifyPrepare(at(0, 3), wire.Digest{2}); err != nil {
		t.Errorf("cannot go on: %v", err)
	}
	foreign := active(t, 1)
	if err := foreign.ResumeUnsafe(founding, &last); err == nil || foreign.Active() {
		t.Errorf("resumed from another replica's certificate: %v", err)
	}
	forged := last
	forged.New.Order = 1
	want(t, "a forged one", after.ResumeUnsafe(founding, &forged), ErrFrontier)
	attestation := must[wire.Certificate](t)(before.AttestStored(wire.Digest{1}))
	want(t, "an attestation", after.ResumeUnsafe(founding, &attestation), ErrFrontier)
}

// Certificates beyond the window of the frontier that is shown were given after a later checkpoint, whose frontier is
// hidden: taken in, they would push the oldest entries out, and leave a gap that no message may have.
func TestRestoreRefusesCertificatesBeyondTheWindow(t *testing.T) {
	all := states(t, 3)
	old := all[0].Frontier()
	var own []wire.Certificate
	for o := uint64(1); o <= wire.MaxEntries+1; o++ {
		if o == wire.MaxEntries {
			if err := all[0].Advance(checkpoints(t, 256, "root", all...)); err != nil {
				t.Fatal(err)
			}
		}
		own = append(own, must[wire.Certificate](t)(all[0].Prepare(at(0, o), batch("b"))))
	}
	back := NewState(config(t, 3, 0))
	want(t, "one beyond", back.Restore(&old, own), ErrFrontier)
	if err := back.Restore(&old, own[:wire.MaxEntries]); err != nil {
		t.Fatal(err)
	}
	if d := back.Disclosure(); len(d.Entries) != wire.MaxEntries || d.Entries[0].Order != 1 {
		t.Errorf("%d entries from %d", len(d.Entries), d.Entries[0].Order)
	}
}
