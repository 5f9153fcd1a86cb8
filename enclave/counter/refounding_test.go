package counter

import (
	"bytes"
	"crypto/ed25519"
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
	"troxymail/enclave/rr"
)

// proposed lets members, fewer than all, plan their founding, and returns its COLD-STATEs.
func proposed(t rapid.TB, members ...*State) []wire.ColdState {
	t.Helper()
	states := cold(t, members...)
	for _, s := range members {
		if err := s.Propose(states); err != nil {
			t.Fatal(err)
		}
	}
	return states
}

// refounded brings a founding of fewer than all to its end, as an administrator orders it.
func refounded(t rapid.TB, members ...*State) {
	t.Helper()
	states := proposed(t, members...)
	all := members[0].cfg.Model.Members()
	var joins []wire.Join
	for _, s := range members {
		if err := s.Order(members[0].plan.Founding); err != nil {
			t.Fatal(err)
		}
		joins = append(joins, must[wire.Join](t)(s.Join(states, all)))
	}
	for _, s := range members {
		if err := s.Found(joins); err != nil {
			t.Fatal(err)
		}
	}
}

// Fewer than all found only what an administrator ordered; who was left out returns alone, as a second incarnation.
func TestRefounding(t *testing.T) {
	all := unborn(t, 3)
	found(t, all...)
	p := prepare(t, all[1], "a", "b")
	commit(t, all[2], p...) // committed at 1 and 2
	lost := all[2]
	next := power(t, all)[:2]
	states := proposed(t, next...)
	for _, s := range next {
		_, err := s.Join(states, 3)
		want(t, "without an order", err, ErrQuorum)
		if s.plan.Founding.Generation != 2 || s.plan.Begins != 2 || s.plan.Members[1].Last != 2 || s.plan.Members[0].Last != 0 {
			t.Fatalf("%+v", s.plan)
		}
	}
	refounded(t, next...)
	for _, s := range next {
		if s.Standing() != wire.Active || s.founding.Generation != 2 || s.plan != nil || s.ordered != (wire.Founding{}) || !holds(s.Disclosure(), "a", "b") {
			t.Fatalf("%+v", s)
		}
	}
	back := restart(t, lost, nil, 44)
	returns(t, back, next...)
	if back.number != 2 || back.founding != next[0].founding || !holds(back.Disclosure(), "a", "b") {
		t.Fatalf("%+v", back)
	}
	// The group is whole: its next founding takes all again.
	again := power(t, []*State{next[0], next[1], back})
	_, err := again[0].Join(cold(t, again[0], again[1]), 3)
	want(t, "two of three without another order", err, ErrQuorum)
	found(t, again...)
	if again[0].founding.Generation != 3 {
		t.Errorf("%+v", again[0].founding)
	}
}

// An order is for one bundle, once: nothing that comes later can use it.
func TestOrderIsForOneBundle(t *testing.T) {
	order := func(t *testing.T) ([]*State, []wire.ColdState, wire.Founding) {
		all := unborn(t, 3)
		states := proposed(t, all[0], all[1])
		f := all[0].plan.Founding
		if err := all[0].Order(f); err != nil {
			t.Fatal(err)
		}
		return all, states, f
	}
	t.Run("another founding", func(t *testing.T) {
		all, _, f := order(t)
		f.Digest[0]++
		want(t, "another bundle", all[1].Order(f), ErrOrder)
		f.Digest[0]--
		f.Generation++
		want(t, "another generation", all[1].Order(f), ErrOrder)
		want(t, "nothing is planned", all[2].Order(f), ErrStanding)
	})
	t.Run("the nonce before", func(t *testing.T) {
		all, _, f := order(t)
		if err := all[0].Abandon(wire.Nonce{7}); err != nil {
			t.Fatal(err)
		}
		again := proposed(t, all[0], all[1])
		_, err := all[0].Join(again, 3)
		want(t, "the order of the attempt before", err, ErrQuorum)
		want(t, "given again", all[0].Order(f), ErrOrder)
	})
	t.Run("a member that was restarted", func(t *testing.T) {
		all, states, _ := order(t)
		young := restart(t, all[1], nil, 66)
		other := cold(t, all[0], young)
		_, err := all[0].Join(other, 3)
		want(t, "another nonce of a member", err, ErrQuorum)
		_, err = young.Join(states, 3)
		want(t, "the bundle of its life before", err, ErrNonce)
	})
	t.Run("other members", func(t *testing.T) {
		all, states, _ := order(t)
		must[wire.ColdState](t)(all[0].Cold(statements(t, all[0], all[2])))
		if all[0].plan != nil || all[0].ordered != (wire.Founding{}) {
			t.Error("a COLD-STATE for others left the order as it was")
		}
		_, err := all[0].Join(states, 3)
		want(t, "the members before", err, ErrNonce)
	})
	t.Run("planned again", func(t *testing.T) {
		all, states, _ := order(t)
		if err := all[0].Propose(states); err != nil {
			t.Fatal(err)
		}
		if _, err := all[0].Join(states, 3); err != nil {
			t.Errorf("the same plan once more took the order away: %v", err)
		}
	})
	t.Run("another frontier with the same nonces", func(t *testing.T) {
		all, states, _ := order(t)
		liar := restart(t, NewState(all[1].cfg), nil, 101) // a second instance with the nonce of the first
		liar.entries = []wire.Entry{{Order: 1, Rank: wire.Rank{Generation: 1}, Batch: batch("z")}}
		shown := []wire.ColdState{states[0], must[wire.ColdState](t)(liar.Cold(statements(t, liar, all[0])))}
		_, err := all[0].Join(shown, 3)
		want(t, "another bundle of the same members", err, ErrQuorum)
		if err := all[0].Propose(shown); err != nil {
			t.Fatal(err)
		}
		_, err = all[0].Join(states, 3)
		want(t, "the ordered bundle after another was planned", err, ErrQuorum)
	})
}

func TestProposeRefuses(t *testing.T) {
	all := unborn(t, 5)
	want(t, "before a COLD-STATE", all[0].Propose(nil), ErrStanding)
	want(t, "fewer than can write", all[0].Propose(cold(t, all[0], all[1])), ErrQuorum)
	want(t, "all", all[0].Propose(cold(t, all...)), ErrQuorum)
	states := cold(t, all[0], all[1], all[2])
	want(t, "one COLD-STATE less", all[0].Propose(states[:2]), ErrQuorum)
	if err := all[0].Propose(states); err != nil || len(all[0].Plan().Members) != 3 {
		t.Errorf("%v", err)
	}
	// Two of five stay two of five, whatever an administrator says.
	two := unborn(t, 5)
	pair := cold(t, two[0], two[1])
	b, err := two[0].beginning(pair)
	if err != nil {
		t.Fatal(err)
	}
	two[0].ordered = b.founding
	_, err = two[0].Join(pair, 5)
	want(t, "fewer than can write, ordered", err, ErrQuorum)
}

// The order comes with a signature that the enclave checks itself.
func TestSignedOrder(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))
	genesis := [32]byte{8}
	all := booted(t, 3)
	for _, s := range all {
		s.state.cfg.Admin, s.state.cfg.Genesis = key.Public().(ed25519.PublicKey), genesis
	}
	var states [][]byte
	for _, s := range all[:2] {
		states = append(states, said(t)(s.Cold(answers(t, s, all[:2]...))))
	}
	want(t, "nothing is planned", all[0].Order(signed(&refound.Plan{Replicas: 3}, key, genesis)), refound.ErrWords)
	for _, s := range all[:2] {
		said(t)(s.Propose(states))
	}
	plan := all[0].Plan()
	if plan.Loss() == "" || plan.Loss() != all[1].Plan().Loss() {
		t.Fatalf("%q and %q", plan.Loss(), all[1].Plan().Loss())
	}
	good := signed(plan, key, genesis)
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, ed25519.SeedSize))
	want(t, "another's signature", all[0].Order(signed(plan, other, genesis)), refound.ErrSignature)
	want(t, "of another group", all[0].Order(signed(plan, key, [32]byte{9})), refound.ErrSignature)
	want(t, "cut", all[0].Order(good[:len(good)-1]), ErrForged)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if all[0].Order(bad) == nil {
			t.Fatalf("byte %d of an order was flipped, and it was accepted", i)
		}
	}
	_, err := all[0].Join(states)
	want(t, "after orders that were refused", err, ErrQuorum)
	var joins [][]byte
	for _, s := range all[:2] {
		if err := s.Order(good); err != nil {
			t.Fatal(err)
		}
		joins = append(joins, said(t)(s.Join(states)))
		if err := s.Order(good); err != nil { // given again by an administrator whose program was cut off
			t.Fatal(err)
		}
	}
	for _, s := range all[:2] {
		if _, err := s.Found(joins); err != nil || !s.Active() {
			t.Fatal(err)
		}
		want(t, "of a founding that is over", s.Order(good), refound.ErrOther)
	}
	all[0].state.cfg.Admin = nil
	want(t, "without an administrator", all[0].Order(good), refound.ErrSignature)
}

func signed(p *refound.Plan, key ed25519.PrivateKey, genesis [32]byte) []byte {
	o := p.Sign(key, genesis)
	return o.Append(nil)
}

// What any f+1 hold is found by any members that may found, as long as no more of them are old than package rr says;
// with one more it can be lost. So the words of a loss say what is true, no more and no less.
func TestRefoundingFindsWhatRRPromises(t *testing.T) {
	for _, n := range []int{3, 5} {
		model, err := rr.Majority(n)
		if err != nil {
			t.Fatal(err)
		}
		lost := map[int]bool{} // by number of members: with one more old than tolerated
		for holders := range 1 << n {
			if bits.OnesCount(uint(holders)) != model.W || holders&2 == 0 {
				continue // replica 1 leads view 1
			}
			for members := range 1 << n {
				size := bits.OnesCount(uint(members))
				if size < model.Refounding() || size == n {
					continue
				}
				for old := members; ; old = (old - 1) & members {
					k, may := bits.OnesCount(uint(old)), model.Tolerates(size)
					if k <= may+1 {
						kept := refoundsWith(t, n, holders, members, old)
						if !kept && k <= may {
							t.Errorf("%d replicas, holders %b, members %b, old %b: lost", n, holders, members, old)
						}
						lost[size] = lost[size] || !kept
					}
					if old == 0 {
						break
					}
				}
			}
		}
		for size := model.Refounding(); size < n; size++ {
			if !lost[size] {
				t.Errorf("%d of %d members: nothing is ever lost, so the words are too dark", size, n)
			}
		}
	}
}

// refoundsWith lets holders commit a batch, all stop, and members found without the rest, of which old show what
// they had before; it reports whether the batch is kept.
func refoundsWith(t *testing.T, n, holders, members, old int) bool {
	all := unborn(t, n)
	found(t, all...)
	before := make([]wire.Frontier, n)
	for i, s := range all {
		before[i] = s.Frontier()
	}
	p := prepare(t, all[1], "a")
	for i, s := range all {
		if i != 1 && holders>>i&1 == 1 {
			commit(t, s, p...)
		}
	}
	next := power(t, all)
	var list []*State
	for i := range n {
		if old>>i&1 == 1 {
			next[i] = restart(t, all[i], &before[i], byte(50+i))
		}
		if members>>i&1 == 1 {
			list = append(list, next[i])
		}
	}
	refounded(t, list...)
	return holds(list[0].Disclosure(), "a")
}

// lossy is a group of three whose machines are lost for good, one at a time, and come back empty.
type lossy struct {
	t         *rapid.T
	all       []*State
	gone      int                    // a machine that is lost, -1 for none
	committed map[uint64]wire.Digest // what f+1 certified
	seen      map[wire.Founding]bool
	nonce     byte
	batches   byte
}

func (l *lossy) up() (list []*State) {
	for i, s := range l.all {
		if i != l.gone {
			list = append(list, s)
		}
	}
	return list
}

// orders lets the leader propose and some vote.
func (l *lossy) orders() {
	for _, s := range l.up() {
		next := wire.Position{View: s.current.View, Order: s.current.Order + 1}
		if s.cfg.Group.Leader(next.View) != s.cfg.Self {
			continue // when the leader is lost, the next founding has another
		}
		digest := s.chosen(next.Order)
		if next.Order > s.selected {
			l.batches++
			digest = wire.Digest{l.batches}
		}
		p, err := s.Prepare(next, digest)
		if err != nil {
			continue // it came back in this view and is mute there
		}
		for _, x := range l.up() {
			if x == s || !rapid.Bool().Draw(l.t, "votes") {
				continue
			}
			if _, err := x.Commit(&p); err == nil {
				if was, ok := l.committed[next.Order]; ok && was != digest {
					l.t.Fatalf("order %d was %x and is %x", next.Order, was, digest)
				}
				l.committed[next.Order] = digest
			}
		}
	}
}

// powerFails restarts all that are there, and they found the next generation.
func (l *lossy) powerFails() {
	for i, s := range l.all {
		if l.nonce++; i != l.gone {
			f := s.Frontier()
			l.all[i] = restart(l.t, s, &f, l.nonce)
		}
	}
	if members := l.up(); l.gone < 0 {
		found(l.t, members...)
	} else {
		refounded(l.t, members...)
	}
	f := l.up()[0].founding
	if l.seen[f] {
		l.t.Fatalf("two foundings are %+v", f)
	}
	l.seen[f] = true
	for _, s := range l.up() {
		d := s.Disclosure()
		for order, digest := range l.committed {
			if e, ok := d.At(order); !ok || e.Batch != digest {
				l.t.Fatalf("order %d was %x and is %+v at replica %d", order, digest, e, s.cfg.Self)
			}
		}
	}
}

// comesBack lets the machine that was lost return with an empty folder.
func (l *lossy) comesBack() {
	l.nonce++
	back := restart(l.t, NewState(l.all[l.gone].cfg), nil, l.nonce)
	returns(l.t, back, l.up()...)
	l.all[l.gone], l.gone = back, -1
}

// takesPart lets the machine that was lost return with the folder that it had, while all others start, too.
func (l *lossy) takesPart() {
	l.gone = -1
	l.powerFails()
}

// A group orders, loses its power, loses machines for good, is founded without them and takes them back, empty or
// with what they had, over and over: what was once committed stays, in its place.
func TestRefoundingsAtRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &lossy{t: t, all: unborn(t, 3), gone: -1, committed: map[uint64]wire.Digest{}, seen: map[wire.Founding]bool{}, nonce: 120}
		found(t, l.all...)
		for range rapid.IntRange(4, 25).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				l.orders()
			case 2:
				if l.gone < 0 && rapid.Bool().Draw(t, "lost") {
					l.gone = rapid.IntRange(0, 2).Draw(t, "which")
				}
				l.powerFails()
			case 3:
				switch {
				case l.gone < 0:
				case rapid.Bool().Draw(t, "empty"):
					l.comesBack()
				default:
					l.takesPart()
				}
			}
		}
		l.powerFails()
	})
}
