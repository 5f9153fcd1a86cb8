package counter

import (
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// T1 of the adversarial cases: a host asks for two proposals at one place.
func TestNoSecondCertificateAtOnePosition(t *testing.T) {
	s := states(t, 3)[0]
	prepare(t, s, "a")
	for d, wanted := range map[string]error{"a": ErrPosition, "b": ErrDigest} {
		_, err := s.Prepare(at(0, 1), batch(d))
		want(t, "second certificate for "+d, err, wanted)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *State)
		pos    wire.Position
		want   error
	}{
		"a gap":             {nil, at(0, 2), ErrPosition},
		"order zero":        {nil, at(0, 0), ErrRange},
		"a huge order":      {nil, at(0, 1<<63), ErrRange},
		"a huge view":       {nil, at(3<<62, 1), ErrRange},
		"as a follower":     {nil, at(1, 1), ErrRole},
		"another view":      {nil, at(3, 1), ErrView},
		"inactive":          {func(s *State) { s.standing = wire.Resigned }, at(0, 1), ErrInactive},
		"mute":              {func(s *State) { s.recovery = 1 }, at(0, 1), ErrMute},
		"view not begun":    {func(s *State) { s.inView = false }, at(0, 1), ErrView},
		"over the window":   {func(s *State) { s.current.Order = wire.MaxEntries }, at(0, wire.MaxEntries+1), ErrWindow},
		"another selection": {func(s *State) { s.selected, s.entries = 1, []wire.Entry{{Order: 1, Batch: batch("b")}} }, at(0, 1), ErrDigest},
	} {
		s := states(t, 3)[0]
		if c.change != nil {
			c.change(s)
		}
		before := s.current
		_, err := s.Prepare(c.pos, batch("a"))
		want(t, name, err, c.want)
		if s.current != before || s.inView && len(s.entries) > 0 && s.entries[0].Batch == batch("a") {
			t.Errorf("%s: a refusal changed something", name)
		}
	}
}

func TestCommitRefuses(t *testing.T) {
	good := prepare(t, states(t, 3)[0], "a")[0]
	for name, c := range map[string]struct {
		change func(s *State, p *wire.Certificate)
		want   error
	}{
		"another kind":         {func(_ *State, p *wire.Certificate) { p.Kind = wire.CertCommit }, ErrPrepare},
		"of a follower":        {func(_ *State, p *wire.Certificate) { p.Replica = 2 }, ErrPrepare},
		"of another founding":  {func(_ *State, p *wire.Certificate) { p.Founding.Generation++ }, ErrPrepare},
		"own view's leader":    {func(s *State, _ *wire.Certificate) { s.cfg.Self = 0 }, ErrRole},
		"a dead incarnation's": {func(s *State, _ *wire.Certificate) { s.vector[0] = 2 }, ErrPrepare},
		"one that knows better": {func(_ *State, p *wire.Certificate) {
			p.Vector = []uint32{1, 2, 1}
		}, ErrPrepare},
		"a gap":             {func(_ *State, p *wire.Certificate) { p.New.Order = 2 }, ErrPosition},
		"another view":      {func(_ *State, p *wire.Certificate) { p.New.View = 3 }, ErrView},
		"mute":              {func(s *State, _ *wire.Certificate) { s.recovery = 1 }, ErrMute},
		"inactive":          {func(s *State, _ *wire.Certificate) { s.standing = wire.Recovering }, ErrInactive},
		"another selection": {func(s *State, _ *wire.Certificate) { s.selected = 1 }, ErrDigest},
	} {
		s, p := states(t, 3)[1], good
		c.change(s, &p)
		_, err := s.Commit(&p)
		want(t, name, err, c.want)
	}
	s := states(t, 3)[1]
	c, err := s.Commit(&good)
	if err != nil || c.Digest != good.Digest || c.New != good.New || c.Kind != wire.CertCommit {
		t.Errorf("a good one: %v %+v", err, c)
	}
}

// Whatever a host asks for, in whatever order, no two certificates of one incarnation share a position.
func TestPositionsAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := states(t, 3)
		s := all[rapid.IntRange(0, 2).Draw(t, "self")]
		seen := map[wire.Position]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			pos := at(rapid.Uint64Range(0, 4).Draw(t, "view"), rapid.Uint64Range(0, 5).Draw(t, "order"))
			var err error
			switch rapid.IntRange(0, 3).Draw(t, "call") {
			case 0:
				_, err = s.Prepare(pos, wire.Digest{1})
			case 1:
				p := all[pos.View%3].certificate(wire.CertPrepare, pos, wire.Digest{2})
				_, err = s.Commit(&p)
			case 2:
				pos.Order = 0
				_, err = s.ViewChange(pos.View, wants(t, 9, all[0], all[1]))
			case 3:
				m := wire.NewView{Certificate: all[pos.View%3].certificate(wire.CertNewView, at(pos.View, 0), wire.Digest{})}
				if s.Enter(&m) != nil {
					continue
				}
				if s.current.Order != 0 {
					t.Fatalf("entered at %v", s.current)
				}
				continue
			}
			if err == nil && seen[pos] {
				t.Fatalf("two certificates at %v", pos)
			}
			if err == nil {
				seen[pos] = true
			}
		}
	})
}

// Without checkpoints the oldest entries go, and nothing grows.
func TestEntriesAreBounded(t *testing.T) {
	s := states(t, 3)[0]
	s.cfg.NoCheckpoints = true
	for range 3 * wire.MaxEntries {
		prepare(t, s, "a")
	}
	if len(s.entries) != wire.MaxEntries || s.entries[0].Order != 2*wire.MaxEntries+1 || cap(s.entries) > 4*wire.MaxEntries {
		t.Errorf("%d entries from %d, room for %d", len(s.entries), s.entries[0].Order, cap(s.entries))
	}
}

// Entries stay ascending and unique, whatever is recorded in whatever order.
func TestRecordKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, last := states(t, 3)[0], map[uint64]uint64{}
		for i := range rapid.Uint64Range(1, 40).Draw(t, "entries") {
			o := rapid.Uint64Range(1, 20).Draw(t, "order")
			s.record(wire.Entry{Order: o, Rank: wire.Rank{View: i}})
			last[o] = i
		}
		for i, e := range s.entries {
			if i > 0 && e.Order <= s.entries[i-1].Order || last[e.Order] != e.Rank.View {
				t.Fatalf("%+v", s.entries)
			}
			if k, ok := s.find(e.Order); !ok || k != i {
				t.Fatalf("entry %d not found", e.Order)
			}
		}
		if len(last) != len(s.entries) {
			t.Fatalf("%d entries of %d orders", len(s.entries), len(last))
		}
	})
}
