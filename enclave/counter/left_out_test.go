package counter

import (
	"slices"
	"testing"

	"troxymail/bftcore/wire"
)

// leftOut is a group of three of which replica 0 has what the others lost: it certified a, b and c with replica 1, which then
// came back with an older past, and an administrator founded 1 and 2 without it. These ordered x. All stop.
type leftOut struct {
	all    []*State // stopped
	before []*State // in the first founding, as they were before anything was ordered there
	x      []wire.Certificate
}

// newLeftOut makes one; between changes the three, RECOVERING, before the administrator comes.
func newLeftOut(t *testing.T, between func(all []*State)) *leftOut {
	all := unborn(t, 3)
	found(t, all...)
	l := &leftOut{before: []*State{all[0].Clone(), all[1].Clone(), all[2].Clone()}}
	p := prepare(t, all[1], "a", "b", "c")
	commit(t, all[0], p...)
	shown := checkpoints(t, 2, "root", all[:2]...)
	if err := all[0].Advance(shown); err != nil {
		t.Fatal(err)
	}
	l.all = power(t, all)
	old := l.before[1].Frontier()
	l.all[1] = restart(t, all[1], &old, 99)
	if between != nil {
		between(l.all)
	}
	refounded(t, l.all[1:]...)
	leader, other := l.all[1], l.all[2]
	if other.cfg.Group.Leader(other.current.View) == 2 {
		leader, other = other, leader
	}
	l.x = prepare(t, leader, "x")
	l.x = append(l.x, must[wire.Certificate](t)(other.Commit(&l.x[0])))
	return l
}

// again founds all three from what their hosts show.
func (l *leftOut) again(t *testing.T) {
	t.Helper()
	var next []*State
	for i, s := range l.all {
		f := s.Frontier()
		next = append(next, restart(t, s, &f, byte(70+i)))
	}
	l.all = next
	found(t, l.all...)
}

// goesOn checks that all of a founding begin with x and nothing else, and can order on.
func (l *leftOut) goesOn(t *testing.T) {
	t.Helper()
	f := l.all[0].founding
	for _, s := range l.all {
		if s.standing != wire.Active || s.founding != f || s.lastActive != f || s.stable != (wire.Stable{}) || !holds(s.Disclosure(), "x") {
			t.Fatalf("replica %d: %v in %v, last %v, %+v", s.cfg.Self, s.standing, s.founding, s.lastActive, s.Disclosure())
		}
	}
	leader := l.all[l.all[0].cfg.Group.Leader(l.all[0].current.View)]
	prepare(t, leader, "x", "y")
}

// A replica that an administrator's founding left out takes part in one of all with what it had: its stable checkpoint is
// higher than the others' and of a history that they know nothing of. It is a member, and what it shows does not count.
func TestLeftOutTakesPart(t *testing.T) {
	l := newLeftOut(t, nil)
	if d := l.all[0].Disclosure(); d.Stable.Order != 2 || d.End() != 3 {
		t.Fatalf("%+v", d)
	}
	two := l.all[1].founding
	l.again(t)
	l.goesOn(t)
	if l.all[0].founding.Generation != two.Generation+1 {
		t.Errorf("%+v behind %+v", l.all[0].founding, two)
	}
}

// Entries alone, beyond what the others have, come back as little.
func TestLeftOutWithEntriesBeyond(t *testing.T) {
	l := newLeftOut(t, func(all []*State) {
		all[0].stable = wire.Stable{}
		all[0].entries = nil
		for i, name := range []string{"a", "b", "c"} {
			all[0].entries = append(all[0].entries, wire.Entry{Order: uint64(i) + 1, Rank: wire.Rank{Generation: 1, View: 1}, Batch: batch(name)})
		}
	})
	l.again(t)
	l.goesOn(t)
}

// It joined foundings of all that nobody began in, so that its generation is higher than that of the founding without it.
func TestLeftOutJoinedMore(t *testing.T) {
	l := newLeftOut(t, func(all []*State) {
		for n := range byte(3) {
			states := cold(t, all...)
			must[wire.Join](t)(all[0].Join(states, 3))
			for i, s := range all {
				if err := s.Abandon(wire.Nonce{150 + 3*n + byte(i)}); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	if left, f := l.all[0], l.all[1].founding; left.founding.Generation <= f.Generation || left.lastActive.Generation >= f.Generation {
		t.Fatalf("%+v, %+v", left.founding, f)
	}
	_, err := l.all[0].Request(infos(t, l.all[0], l.all[1:]...)) // those might be copies of who did not join what it joined
	want(t, "alone, into a former generation", err, ErrQuorum)
	most := l.all[0].founding.Generation
	l.again(t)
	l.goesOn(t)
	if got := l.all[1].founding.Generation; got != most+1 {
		t.Errorf("generation %d behind %d", got, most)
	}
}

// In the later founding one host shows an older past than the founding without the third, as one may: what the other has
// of that is enough.
func TestLeftOutBesideAnOlderPast(t *testing.T) {
	for old := 1; old < 3; old++ {
		l := newLeftOut(t, nil)
		l.all[old] = l.before[old]
		l.again(t)
		l.goesOn(t)
	}
}

// It takes part in a founding that another administrator's order leaves a third out of, in turn.
func TestLeftOutIsRefoundedWithOne(t *testing.T) {
	l := newLeftOut(t, nil)
	l.all = power(t, l.all)
	states := proposed(t, l.all[0], l.all[2])
	plan := l.all[2].Plan()
	if plan.Begins != 1 || !plan.Members[0].Former || plan.Members[1].Former || plan.Members[0].Last != 3 {
		t.Fatalf("%+v", plan)
	}
	if b := must[beginning](t)(l.all[0].beginning(states)); b.lastActive != l.all[2].lastActive || b.selection.End() != 1 {
		t.Errorf("%+v", b)
	}
}

// One that joined a founding and has not seen it begin shows no more than those that were ACTIVE in it. What it learnt
// since does not make it one of them.
func TestJoinedAndNotSeen(t *testing.T) {
	all := unborn(t, 3)
	found(t, all...)
	first := all[0].founding
	all = power(t, all)
	joins := joinAll(t, all...)
	for _, s := range all[1:] {
		if err := s.Found(joins); err != nil {
			t.Fatal(err)
		}
	}
	second := all[1].founding
	p := prepare(t, all[2], "a") // leads view 2
	c := must[wire.Certificate](t)(all[1].Commit(&p[0]))
	next := power(t, all)
	if err := next[0].Learn([]wire.Certificate{p[0], c}); err != nil {
		t.Fatal(err)
	}
	if next[0].lastActive != first || next[1].lastActive != second || next[0].founding != second {
		t.Fatalf("%v, %v", next[0].lastActive, next[1].lastActive)
	}
	found(t, next...)
	if !holds(next[0].Disclosure(), "a") {
		t.Errorf("%+v", next[0].Disclosure())
	}
}

// Every way to stand says what was ACTIVE last.
func TestLastActive(t *testing.T) {
	all := unborn(t, 3)
	none := wire.Founding{}
	last := func(what string, s *State, f wire.Founding) {
		t.Helper()
		if s.lastActive != f || s.Frontier().LastActive != f {
			t.Errorf("%s: %+v, want %+v", what, s.lastActive, f)
		}
	}
	last("never in any", all[0], none)
	joins := joinAll(t, all...)
	joined := all[1].Frontier()
	first := joined.Certificate.Founding
	last("joined", all[1], none)
	for _, s := range all {
		if err := s.Found(joins); err != nil {
			t.Fatal(err)
		}
		last("ACTIVE", s, first)
	}
	p := prepare(t, all[1], "a")
	last("restored behind its JOIN", restart(t, all[1], &joined, 1), none)
	certified := NewState(all[1].cfg)
	if err := certified.Restore(&joined, p); err != nil {
		t.Fatal(err)
	}
	last("restored with what it certified behind its JOIN", certified, first)
	back := restart(t, all[0], nil, 2)
	last("empty", back, none)
	returns(t, back, all[1], all[2])
	last("returned", back, first)
	all[0] = back
	all = power(t, all)
	last("restored", all[0], first)
	all[2] = restart(t, NewState(all[2].cfg), nil, 3) // its folder is lost
	joinAll(t, all...)
	for _, s := range all {
		last("joined beside an empty one", s, first)
	}
	if err := all[2].Abandon(wire.Nonce{4}); err != nil {
		t.Fatal(err)
	}
	last("gave up", all[2], first)
	active := NewState(all[0].cfg)
	active.Activate(first)
	last("activated", active, first)
	if err := active.Resign(nil, wire.Nonce{5}); err != nil {
		t.Fatal(err)
	}
	last("resigned", active, first)
	if c := must[wire.ColdState](t)(active.Cold(nil)); c.LastActive != first {
		t.Errorf("a COLD-STATE says %+v", c.LastActive)
	}
}

// What was committed in a founding before the last one that the state descends from is not learnt: that one selected it, or
// gave it up. Nor is that of another founding with the same number.
func TestLearnRefusesWhatWasGivenUp(t *testing.T) {
	l := newLeftOut(t, nil)
	all := unborn(t, 3)
	found(t, all...)
	p := prepare(t, all[1], "a")
	former := []wire.Certificate{p[0], must[wire.Certificate](t)(all[0].Commit(&p[0]))}
	f := l.all[2].Frontier()
	s := restart(t, l.all[2], &f, 1)
	want(t, "of the founding before", s.Learn(former), ErrQuorum)
	namesake := slices.Clone(l.x)
	for i := range namesake {
		namesake[i].Founding.Digest[0]++
	}
	want(t, "of another with its number", s.Learn(namesake), ErrQuorum)
	mixed := append([]wire.Certificate{former[0]}, former...)
	mixed[0].Founding = l.x[0].Founding
	want(t, "of the founding before, beside one of the last", s.Learn(mixed), ErrQuorum)
	if !holds(s.Disclosure(), "x") {
		t.Errorf("%+v", s.Disclosure())
	}
	f = l.before[2].Frontier()
	s = restart(t, l.before[2], &f, 2)
	for what, certs := range map[string][]wire.Certificate{"of the last founding": former, "of a later one": l.x} {
		if err := s.Learn(certs); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s.lastActive != l.before[2].founding || !holds(s.Disclosure(), "x") {
		t.Errorf("%+v, %+v", s.lastActive, s.Disclosure())
	}
}
