package counter

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// pillared returns the ACTIVE states of a group of three with so many pillars, in view 0.
func pillared(t rapid.TB, pillars int) []*State {
	list := make([]*State, 3)
	for i := range list {
		c := config(t, 3, wire.ReplicaID(i))
		c.Pillars = pillars
		list[i] = NewState(c)
		list[i].Activate(founding)
	}
	return list
}

// orders lets the leader of view 0 propose, each order's batch being named by its number.
func orders(t rapid.TB, s *State, list ...uint64) []wire.Certificate {
	t.Helper()
	var out []wire.Certificate
	for _, o := range list {
		out = append(out, must[wire.Certificate](t)(s.Prepare(at(s.current.View, o), named(o))))
	}
	return out
}

func named(order uint64) wire.Digest { return batch(string(rune('a' + order))) }

func TestPillarsHaveCountersOfTheirOwn(t *testing.T) {
	s := pillared(t, 2)[0]
	orders(t, s, 2, 4)
	if s.Position() != at(0, 0) {
		t.Errorf("at %v, order 1 is due", s.Position())
	}
	for name, c := range map[string]struct {
		order  uint64
		digest wire.Digest
		want   error
	}{
		"again":                  {4, named(4), ErrPosition},
		"again, another":         {4, named(5), ErrDigest},
		"before, another":        {2, named(5), ErrDigest},
		"a gap in its pillar":    {8, named(8), ErrPosition},
		"a gap in the other one": {3, named(3), ErrPosition},
	} {
		_, err := s.Prepare(at(0, c.order), c.digest)
		want(t, name, err, c.want)
	}
	orders(t, s, 1)
	if s.Position() != at(0, 2) {
		t.Errorf("at %v, order 3 is due", s.Position())
	}
	orders(t, s, 3, 6, 5)
	if s.Position() != at(0, 6) || s.ahead != nil {
		t.Errorf("at %v, ahead %v", s.Position(), s.ahead)
	}
}

// Whatever is asked for: an order is certified when it is the next of its pillar, and all that is certified is remembered.
func TestPillarsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, wire.MaxPillars).Draw(t, "pillars")
		s, next := pillared(t, n)[0], map[uint64]uint64{}
		var done []uint64
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			o := rapid.Uint64Range(1, 40).Draw(t, "order")
			p := o % uint64(n)
			if next[p] == 0 {
				next[p] = p
				if p == 0 {
					next[p] = uint64(n)
				}
			}
			_, err := s.Prepare(at(0, o), named(o))
			if (err == nil) != (o == next[p]) {
				t.Fatalf("order %d of %d pillars, %d is next: %v", o, n, next[p], err)
			}
			if err == nil {
				next[p] += uint64(n)
				done = append(done, o)
			}
		}
		slices.Sort(done)
		for i, e := range s.entries {
			if len(done) != len(s.entries) || e.Order != done[i] || e.Batch != named(e.Order) {
				t.Fatalf("certified %v, remembered %v", done, s.entries)
			}
		}
	})
}

func TestCertificatesNameTheirPillar(t *testing.T) {
	all := pillared(t, 4)
	for _, c := range orders(t, all[0], 2, 1, 4, 3, 6) {
		if c.Counter != uint16(c.New.Order%4) {
			t.Errorf("PREPARE of %v by counter %d", c.New, c.Counter)
		}
		if vote := must[wire.Certificate](t)(all[1].Commit(&c)); vote.Counter != c.Counter {
			t.Errorf("COMMIT of %v by counter %d", vote.New, vote.Counter)
		}
	}
	f := all[0].Frontier()
	for _, m := range leave(t, 5, all[0], all[1]) {
		if m.Certificate.Counter != 0 || f.Certificate.Counter != 0 {
			t.Error("what is said for all counters names one")
		}
	}
}

// A genuine enclave names no other counter than its order's; a certificate that does is nobody's.
func TestCounterOfAnotherPillarIsRefused(t *testing.T) {
	c := config(t, 3, 0)
	c.Pillars = 2
	s := New(c)
	s.Activate(founding)
	good := must[wire.Certificate](t)(s.CertifyPrepare(at(0, 2), batch("b")))
	if !s.Verify(&good) {
		t.Fatal("the own PREPARE is refused")
	}
	for name, change := range map[string]func(c *wire.Certificate){
		"another counter": func(c *wire.Certificate) { c.Counter = 1 },
		"another order":   func(c *wire.Certificate) { c.New.Order = 3 },
		"a checkpoint's":  func(c *wire.Certificate) { c.Kind, c.Counter = wire.CertCheckpoint, 1 },
	} {
		bad := good
		change(&bad)
		s.seal(&bad)
		if s.Verify(&bad) {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A view change ends the view for all counters, tells what each certified, and fills the gap between them.
func TestViewChangeFreezesAllPillars(t *testing.T) {
	all := pillared(t, 2)
	two := orders(t, all[0], 2)[0]
	must[wire.Certificate](t)(all[1].Commit(&two))
	changes := leave(t, 1, all[0], all[1])
	for _, m := range changes {
		if d := m.Disclosure.Entries; len(d) != 1 || d[0].Order != 2 || d[0].Batch != named(2) || m.Certificate.Previous != at(0, 0) {
			t.Errorf("disclosed %v, at %v before", m.Disclosure, m.Certificate.Previous)
		}
	}
	for o := uint64(1); o <= 4; o++ {
		_, err := all[0].Prepare(at(0, o), named(o))
		want(t, "an order of the view that was left", err, ErrView)
	}
	begin := must[wire.NewView](t)(all[1].NewView(1, changes))
	if e := begin.Disclosure.Entries; len(e) != 2 || e[0].Batch != emptyBatch || e[1].Batch != named(2) {
		t.Fatalf("begins with %v", e)
	}
	for _, s := range []*State{all[0], all[2]} {
		if err := s.Enter(&begin); err != nil {
			t.Fatal(err)
		}
	}
	_, err := all[1].Prepare(at(1, 1), named(1))
	want(t, "another batch in the gap", err, ErrDigest)
	_, err = all[1].Prepare(at(1, 4), named(4))
	want(t, "beyond what the view begins with", err, ErrPosition)
	must[wire.Certificate](t)(all[1].Prepare(at(1, 2), named(2)))
	must[wire.Certificate](t)(all[1].Prepare(at(1, 1), emptyBatch))
	if all[1].Position() != at(1, 2) {
		t.Errorf("at %v", all[1].Position())
	}
}

func TestCheckpointLiftsAllPillars(t *testing.T) {
	all := pillared(t, 3)
	orders(t, all[0], 2, 5, 8, 1) // pillar 2 is far ahead, 0 has nothing
	if err := all[0].Advance(checkpoints(t, 4, "root", all[1], all[2])); err != nil {
		t.Fatal(err)
	}
	if all[0].Position() != at(0, 5) || !slices.Equal(all[0].ahead, []uint64{8}) || len(all[0].entries) != 2 {
		t.Errorf("at %v, ahead %v, remembers %v", all[0].Position(), all[0].ahead, all[0].entries)
	}
	_, err := all[0].Prepare(at(0, 3), named(3))
	want(t, "below the checkpoint", err, ErrPosition)
	orders(t, all[0], 7, 6)
	if all[0].Position() != at(0, 8) || all[0].ahead != nil {
		t.Errorf("at %v, ahead %v", all[0].Position(), all[0].ahead)
	}
}

// What a log shows of several counters is taken up where each was; a gap in one of them is damage.
func TestRestoreOfPillars(t *testing.T) {
	c := config(t, 3, 0)
	c.Pillars = 2
	s := New(c)
	s.Activate(founding)
	certify := func(order uint64) wire.Certificate {
		return must[wire.Certificate](t)(s.CertifyPrepare(at(0, order), named(order)))
	}
	begin := s.Frontier()
	own := []wire.Certificate{certify(2), certify(1), certify(4), certify(6)}
	later := s.Frontier() // with two orders ahead
	more := []wire.Certificate{certify(3), certify(8)}
	for name, x := range map[string]struct {
		pillars  int
		frontier []byte
		own      []wire.Certificate
		want     error
	}{
		"from the beginning":   {2, begin, slices.Concat(own, more), nil},
		"from the middle":      {2, later, more, nil},
		"without the last":     {2, later, more[:1], nil},
		"a gap":                {2, begin, []wire.Certificate{own[0], own[1], own[3]}, ErrFrontier},
		"twice":                {2, later, own[3:], ErrFrontier},
		"of another number":    {4, later, nil, ErrFrontier},
		"of one pillar's time": {1, begin, nil, ErrFrontier},
	} {
		k := c
		k.Pillars = x.pillars
		r := New(k)
		want(t, name, r.Restore(x.frontier, x.own), x.want)
		if x.want == nil && name != "without the last" && string(r.Frontier()) != string(s.Frontier()) {
			t.Errorf("%s: another state", name)
		}
	}
	if err := New(c).ResumeLog(founding, nil, more); err == nil {
		t.Error("the newest certificate stands for all counters")
	}
}

// Who returns takes over what others certified, and leaves gaps between the pillars open: nothing is decided there.
func TestRecoveryAcrossAGap(t *testing.T) {
	a := wire.Disclosure{Entries: []wire.Entry{{Order: 2, Rank: wire.Rank{Generation: 1}, Batch: named(2)}}}
	b := wire.Disclosure{Entries: []wire.Entry{{Order: 4, Rank: wire.Rank{Generation: 1}, Batch: named(4)}}}
	if d := merge([]*wire.Disclosure{&a, &b}); len(d.Entries) != 2 || d.Entries[0].Order != 2 || d.Entries[1].Order != 4 {
		t.Errorf("%v", d)
	}
	if d := Select([]*wire.Disclosure{&a, &b}); !d.Contiguous() || len(d.Entries) != 4 || d.Entries[0].Batch != emptyBatch || d.Entries[2].Batch != emptyBatch {
		t.Errorf("%v", d)
	}
}
