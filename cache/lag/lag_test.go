package lag

import (
	"slices"
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

var (
	inbox   = wire.Key{Kind: wire.KeyMailbox, Account: [16]byte{1}, Mailbox: 1}
	archive = wire.Key{Kind: wire.KeyMailbox, Account: [16]byte{1}, Mailbox: 2}
)

// enclave is one of a group under test.
type enclave struct {
	*Detector
	marks *Marks
	mute  bool
}

// group is n enclaves; the first one is judged.
type group struct {
	t       *testing.T
	all     []*enclave
	now     int64
	watched []wire.Key
	woken   []wire.Key // in the last round
}

func newGroup(t *testing.T, n int) *group {
	q, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	g := &group{t: t, watched: []wire.Key{inbox}}
	for i := range n {
		m := NewMarks(10)
		g.all = append(g.all, &enclave{marks: m, Detector: New(Options{
			Group: q, Self: wire.ReplicaID(i), Founding: wire.Founding{Generation: 1}, Run: wire.Nonce{byte(i)}, Key: [32]byte{1},
		}, m)})
	}
	g.round()
	return g
}

// wrote has the hosts of some report a write.
func (g *group) wrote(order uint64, k wire.Key, at ...int) {
	for _, i := range at {
		g.all[i].marks.Wrote(order, []wire.Key{k})
	}
}

// round plays a round of the first enclave and returns its verdict, which says also whom it wakes.
func (g *group) round() State {
	g.t.Helper()
	a := g.all[0]
	g.now = max(g.now+1, a.NextDeadline())
	out, woken := a.Tick(g.now, func() []wire.Key { return slices.Clone(g.watched) })
	for _, m := range out {
		if peer := g.all[m.To]; !peer.mute {
			back, ok := peer.Answer(m.Bytes)
			if !ok || back.To != 0 {
				g.t.Fatal("no answer")
			}
			a.OnReply(back.Bytes)
		}
	}
	g.woken = woken
	return a.State()
}

// rounds plays rounds until the verdict is no longer Abreast, limit at most, and returns it and how many.
func (g *group) rounds(limit int) (State, int) {
	g.t.Helper()
	for i := range limit {
		if s := g.round(); s != Abreast {
			return s, i + 1
		}
	}
	return Abreast, limit
}

// A write that the own host withholds wakes those who watch in the next round, and is Behind in the end.
func TestWithheldWrite(t *testing.T) {
	for _, n := range []int{3, 5} {
		g := newGroup(t, n)
		others := []int{1, 2, 3, 4}[:n-1]
		g.round()
		g.wrote(20, inbox, others...)
		g.round()
		if g.round(); !slices.Equal(g.woken, g.watched) {
			t.Fatalf("n=%d: woken %v", n, g.woken)
		}
		s, took := g.rounds(3 * GraceRounds)
		if s != Behind || took < GraceRounds-1 || took > GraceRounds+1 {
			t.Fatalf("n=%d: %d after %d rounds", n, s, took)
		}
		// The verdict passes, and what it was about is not held against the host again.
		for range AwayRounds {
			g.round()
		}
		if s, _ := g.rounds(3 * GraceRounds); s != Abreast {
			t.Fatalf("n=%d: %d again for the same write", n, s)
		}
	}
}

// Each further write that is withheld wakes again.
func TestEachWithheldWriteWakes(t *testing.T) {
	g := newGroup(t, 3)
	g.round()
	for order := uint64(20); order < 26; order++ {
		g.wrote(order, inbox, 1, 2)
		g.round()
		if g.round(); !slices.Equal(g.woken, g.watched) {
			t.Fatalf("order %d: woken %v", order, g.woken)
		}
	}
}

// A host that lags is not Behind while it comes up to each write in time, however long it goes on.
func TestLaggingHost(t *testing.T) {
	g := newGroup(t, 3)
	for i := range uint64(20 * GraceRounds) {
		g.wrote(20+i, inbox, 1, 2)
		if i >= GraceRounds-2 {
			g.wrote(20+i-(GraceRounds-2), inbox, 0)
		}
		if s := g.round(); s != Abreast {
			t.Fatalf("%d in round %d", s, i)
		}
	}
}

// A host that is one round further behind than it may be is.
func TestLaggingTooMuch(t *testing.T) {
	g := newGroup(t, 3)
	for i := range uint64(3 * GraceRounds) {
		g.wrote(20+i, inbox, 1, 2)
		if i >= GraceRounds+2 {
			g.wrote(20+i-(GraceRounds+2), inbox, 0)
		}
		if g.round() == Behind {
			return
		}
	}
	t.Error("never Behind")
}

// What f hosts say proves nothing: they may make it up.
func TestLyingPeers(t *testing.T) {
	for n, liars := range map[int][]int{3: {2}, 5: {2, 3}} {
		g := newGroup(t, n)
		for i := range uint64(3 * GraceRounds) {
			g.wrote(1000+i, inbox, liars...)
			if s := g.round(); s != Abreast || len(g.woken) > 0 {
				t.Fatalf("n=%d: %d, woken %v by %d liars", n, s, g.woken, len(liars))
			}
		}
	}
}

// A host that drops the answers of some too is judged by the others, once those it drops have been silent for long.
func TestSomeAnswersDropped(t *testing.T) {
	g := newGroup(t, 5)
	g.round()
	g.all[1].mute, g.all[2].mute = true, true
	g.wrote(20, inbox, 1, 2, 3, 4)
	s, took := g.rounds(SilentRounds + 2*GraceRounds)
	if s != Behind || took < SilentRounds {
		t.Fatalf("%d after %d rounds", s, took)
	}
}

// A crashed replica alone is no reason to send anybody away.
func TestCrashedPeer(t *testing.T) {
	g := newGroup(t, 3)
	g.all[2].mute = true
	g.wrote(20, inbox, 0, 1)
	if s, _ := g.rounds(3 * SilentRounds); s != Abreast {
		t.Fatalf("verdict %d", s)
	}
}

// An enclave that hears nobody for long is Alone, until it hears others again.
func TestAlone(t *testing.T) {
	g := newGroup(t, 3)
	g.all[1].mute, g.all[2].mute = true, true
	s, took := g.rounds(2 * SilentRounds)
	if s != Alone || took < SilentRounds {
		t.Fatalf("%d after %d rounds", s, took)
	}
	g.watched = nil // the sessions are gone
	g.round()
	g.all[1].mute, g.all[2].mute = false, false
	g.round()
	if s := g.round(); s != Abreast {
		t.Fatalf("verdict %d after the others came back", s)
	}
}

// Without sessions nobody is asked, and silence is not counted.
func TestNobodyWatches(t *testing.T) {
	g := newGroup(t, 3)
	g.watched = nil
	g.all[1].mute, g.all[2].mute = true, true
	before := g.all[0].Counters().Rounds
	if s, _ := g.rounds(2 * SilentRounds); s != Abreast || g.all[0].Counters().Rounds > before+1 {
		t.Fatalf("verdict %d after %d rounds", s, g.all[0].Counters().Rounds)
	}
}

// What was written before a key was watched may have been skipped by taking over a state: it wakes and is no offence.
func TestWrittenBefore(t *testing.T) {
	g := newGroup(t, 3)
	g.wrote(20, archive, 1, 2)
	g.watched = []wire.Key{inbox, archive}
	g.round()
	if g.round(); !slices.Equal(g.woken, []wire.Key{archive}) {
		t.Fatalf("woken %v", g.woken)
	}
	if s, _ := g.rounds(3 * GraceRounds); s != Abreast {
		t.Fatalf("verdict %d", s)
	}
}

// An answer counts for the round that asked, once, and as it was given.
func TestReplaysAndForgeries(t *testing.T) {
	g := newGroup(t, 3)
	a := g.all[0]
	watched := func() []wire.Key { return g.watched }
	out, _ := a.Tick(a.NextDeadline(), watched)
	first, _ := g.all[out[0].To].Answer(out[0].Bytes)
	for i := range first.Bytes {
		bad := slices.Clone(first.Bytes)
		bad[i] ^= 1
		if a.OnReply(bad); slices.Contains(a.heard, true) {
			t.Fatalf("byte %d changed: heard", i)
		}
		bad = slices.Clone(out[0].Bytes)
		bad[i%len(bad)] ^= 1
		if _, ok := g.all[1].Answer(bad); ok {
			t.Fatalf("byte %d of the question changed: answered", i%len(bad))
		}
	}
	a.OnReply(first.Bytes)
	if !a.heard[out[0].To] {
		t.Fatal("not heard")
	}
	a.Tick(a.NextDeadline(), watched)
	if a.OnReply(first.Bytes); slices.Contains(a.heard, true) {
		t.Fatal("an old answer was taken")
	}
}

// More keys than a round asks about come in turn.
func TestManyKeys(t *testing.T) {
	g := newGroup(t, 3)
	g.watched = nil
	for i := range uint32(2*MaxRoundKeys + 5) {
		g.watched = append(g.watched, wire.Key{Kind: wire.KeyMailbox, Mailbox: i + 1})
	}
	for range 8 {
		g.round()
	}
	last := g.watched[len(g.watched)-1]
	g.wrote(20, last, 1, 2)
	for range 8 {
		if g.round(); slices.Contains(g.woken, last) {
			return
		}
	}
	t.Error("the last key was never asked about")
}

// Marks that were dropped for room count as shown for the own host, and as nothing for others.
func TestMarksAreBounded(t *testing.T) {
	m := newLimited(3, 2)
	if m.Shown(inbox) != 3 || m.Mark(inbox) != 0 {
		t.Fatal("before any write")
	}
	for i := range uint64(3) {
		m.Wrote(5+i, []wire.Key{{Kind: wire.KeyMailbox, Mailbox: uint32(i)}})
	}
	first := wire.Key{Kind: wire.KeyMailbox}
	if m.Mark(first) != 0 || m.Shown(first) != 5 || len(m.byKey) != 2 {
		t.Fatalf("mark %d, shown %d", m.Mark(first), m.Shown(first))
	}
	m.Wrote(4, []wire.Key{{Kind: wire.KeyMailbox, Mailbox: 2}})
	if got := m.Mark(wire.Key{Kind: wire.KeyMailbox, Mailbox: 2}); got != 7 {
		t.Fatalf("a mark fell to %d", got)
	}
}
