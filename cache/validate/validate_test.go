package validate

import (
	"testing"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/cache/index"
)

var (
	mailbox = wire.Key{Kind: wire.KeyMailbox, Mailbox: 1}
	account = wire.Key{Kind: wire.KeyAccount}
	secret  = [32]byte{1}
)

// enclave is an index with its Asker.
type enclave struct {
	*Asker
	index  *index.Index
	vector []uint32
}

func newEnclave(t *testing.T, n int, self wire.ReplicaID, number uint32, run byte) *enclave {
	t.Helper()
	group, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	e := &enclave{index: index.New(0), vector: make([]uint32, n)}
	for i := range e.vector {
		e.vector[i] = 1
	}
	e.vector[self] = number
	e.Asker = NewAsker(Options{
		Group: group, Self: wire.Incarnation{Replica: self, Number: number}, Vector: func() []uint32 { return e.vector },
		Run: [16]byte{run}, Key: secret,
	})
	e.index.Voted(1, nil)
	return e
}

func newGroup(t *testing.T, n int) []*enclave {
	group := make([]*enclave, n)
	for i := range group {
		group[i] = newEnclave(t, n, wire.ReplicaID(i), 1, byte(i))
	}
	return group
}

func (e *enclave) learn(t *testing.T, order uint64, k wire.Key, b byte) {
	t.Helper()
	if err := e.index.Claims(order, true, []wire.Key{k}, []wire.KeyDigest{{Key: k, Digest: wire.Digest{b}}}); err != nil {
		t.Fatal(err)
	}
}

// ask asks about keys and returns the questions on their way.
func (e *enclave) ask(t *testing.T, now int64, keys ...wire.Key) (uint64, []Message) {
	t.Helper()
	return e.put(t, keys...), e.Flush(now)
}

// put asks about keys, for the next Flush.
func (e *enclave) put(t *testing.T, keys ...wire.Key) uint64 {
	t.Helper()
	versions, ok := e.index.Snapshot(keys)
	if !ok {
		t.Fatal("a key is not known")
	}
	ticket, ok := e.Ask(versions, 1)
	if !ok {
		t.Fatal("refused")
	}
	return ticket
}

// exchange lets the peers answer, and returns the decisions.
func exchange(t *testing.T, group []*enclave, from *enclave, now int64, out []Message) (all []Decision) {
	t.Helper()
	for _, m := range out {
		a, ok := group[m.To].Answer(group[m.To].index, m.Bytes)
		if !ok || a.To != from.o.Self.Replica {
			t.Fatalf("no answer of %d", m.To)
		}
		all = append(all, from.OnReply(now, a.Bytes)...)
	}
	return all
}

func single(t *testing.T, d []Decision, ticket uint64, want Outcome) Decision {
	t.Helper()
	if len(d) != 1 || d[0].Ticket != ticket || d[0].Outcome != want {
		t.Fatalf("decided %+v, want outcome %d of ticket %d", d, want, ticket)
	}
	return d[0]
}

func TestValid(t *testing.T) {
	for _, n := range []int{3, 5, 7} {
		group := newGroup(t, n)
		for _, e := range group {
			e.learn(t, 5, mailbox, 5)
			e.learn(t, 4, account, 4)
		}
		ticket, out := group[0].ask(t, 1, mailbox, account)
		if len(out) != (n-1)/2 {
			t.Fatalf("%d questions in a group of %d", len(out), n)
		}
		single(t, exchange(t, group, group[0], 2, out), ticket, Valid)
		if group[0].NextDeadline() != 0 {
			t.Error("something is left")
		}
	}
}

// One peer that does not know the same of one of the keys decides against it, at once.
func TestConflict(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
		e.learn(t, 4, account, 4)
	}
	group[1].learn(t, 6, account, 6)
	group[2].learn(t, 6, account, 6)
	ticket, out := group[0].ask(t, 1, mailbox, account)
	d := single(t, exchange(t, group, group[0], 2, out), ticket, Again)
	if d.Verdict != wire.VerdictNewer {
		t.Errorf("verdict %d", d.Verdict)
	}
	versions, _ := group[0].index.Snapshot([]wire.Key{mailbox, account})
	ticket, _ = group[0].Ask(versions, maxAttempts)
	single(t, exchange(t, group, group[0], 2, group[0].Flush(2)), ticket, Conflict)
}

// Questions of many travel in one message a peer, and each gets its own answer.
func TestBatch(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
		e.learn(t, 4, account, 4)
	}
	group[1].learn(t, 6, account, 6)
	group[2].learn(t, 6, account, 6)
	a := group[0]
	want := map[uint64]Outcome{}
	for i, k := range []wire.Key{mailbox, account, mailbox} {
		versions, _ := a.index.Snapshot([]wire.Key{k})
		ticket, ok := a.Ask(versions, 1)
		if !ok {
			t.Fatal("refused")
		}
		want[ticket] = Valid
		if i == 1 {
			want[ticket] = Again
		}
	}
	out := a.Flush(1)
	if len(out) != 1 {
		t.Fatalf("%d messages for three questions", len(out))
	}
	decided := exchange(t, group, a, 2, out)
	if len(decided) != 3 {
		t.Fatalf("decided %v", decided)
	}
	for _, d := range decided {
		if want[d.Ticket] != d.Outcome {
			t.Errorf("ticket %d: %d", d.Ticket, d.Outcome)
		}
	}
}

// An answer counts for the question that it was given to and for no other: not for the next one about the same
// versions, not for that of another run of the enclave.
func TestReplay(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a := group[0]
	_, out := a.ask(t, 1, mailbox)
	old, ok := group[out[0].To].Answer(group[out[0].To].index, out[0].Bytes)
	if !ok {
		t.Fatal("no answer")
	}
	if d := a.OnReply(2, old.Bytes); len(d) != 1 {
		t.Fatalf("decided %v", d)
	}
	a.ask(t, 3, mailbox)
	if d := a.OnReply(4, old.Bytes); len(d) != 0 || a.Counters().Unasked != 1 {
		t.Fatalf("an old answer decided %v", d)
	}
	again := newEnclave(t, 3, 0, 1, 99)
	again.learn(t, 5, mailbox, 5)
	again.ask(t, 1, mailbox)
	if d := again.OnReply(4, old.Bytes); len(d) != 0 || again.Counters().Unasked != 1 {
		t.Fatalf("an answer to a former run decided %v", d)
	}
}

// A host may change what it carries: it is dropped, like what nobody was asked for.
func TestForged(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a := group[0]
	_, out := a.ask(t, 1, mailbox)
	peer := group[out[0].To]
	good, _ := peer.Answer(peer.index, out[0].Bytes)
	for i := range good.Bytes {
		bad := append([]byte(nil), good.Bytes...)
		bad[i] ^= 1
		if d := a.OnReply(2, bad); len(d) != 0 {
			t.Fatalf("byte %d changed: decided %v", i, d)
		}
	}
	for i := range out[0].Bytes {
		bad := append([]byte(nil), out[0].Bytes...)
		bad[i] ^= 1
		if _, ok := peer.Answer(peer.index, bad); ok {
			t.Fatalf("byte %d of the question changed: answered", i)
		}
	}
	// The other peer was not asked: its answer, genuine as it is, does not count.
	other := group[3-out[0].To]
	unasked, _ := other.Answer(other.index, out[0].Bytes)
	if d := a.OnReply(2, unasked.Bytes); len(d) != 0 {
		t.Fatalf("a peer that was not asked decided %v", d)
	}
	if d := a.OnReply(2, good.Bytes); len(d) != 1 {
		t.Fatalf("decided %v", d)
	}
}

// Who was restarted, as the peer knows, gets no valid answer any more: its successor may have told more.
func TestIncarnations(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a := group[0]
	ticket, out := a.ask(t, 1, mailbox)
	peer := group[out[0].To]
	before, _ := peer.Answer(peer.index, out[0].Bytes)
	_ = before
	peer.vector[0] = 2 // it has granted a new incarnation
	if _, ok := peer.Answer(peer.index, out[0].Bytes); ok {
		t.Fatal("a dead incarnation was answered")
	}
	// One whose peers know of each other's death is refused when the answers are put together.
	a.vector[peer.o.Self.Replica] = 2
	single(t, a.OnReply(2, before.Bytes), ticket, Conflict)
}

// f is not enough: with f = 2 one equal peer decides nothing, two do, and a second dead one does not.
func TestQuorum(t *testing.T) {
	group := newGroup(t, 5)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a := group[0]
	ticket, out := a.ask(t, 1, mailbox)
	if d := exchange(t, group, a, 2, out[:1]); len(d) != 0 {
		t.Fatalf("f members decided %v", d)
	}
	first := group[out[0].To]
	first.vector[out[1].To] = 7 // too late: what it said before counts
	group[out[1].To].vector[out[0].To] = 2
	single(t, exchange(t, group, a, 2, out[1:]), ticket, Conflict)
}

// A silent peer costs a timeout now and then, ever more rarely, and is asked again once it answers.
func TestTimeout(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a := group[0]
	now := int64(1)
	ticket, out := a.ask(t, now, mailbox)
	silent := out[0].To
	now = a.NextDeadline()
	if d := a.Tick(now - 1); len(d) != 0 {
		t.Fatalf("before its time: %v", d)
	}
	single(t, a.Tick(now), ticket, TimedOut)
	round := func(listens bool) (asked bool) {
		ticket, out := a.ask(t, now, mailbox)
		if out[0].To == silent && !listens {
			now = a.NextDeadline()
			single(t, a.Tick(now), ticket, TimedOut)
			return true
		}
		now += int64(time.Millisecond)
		single(t, exchange(t, group, a, now, out), ticket, Valid)
		return out[0].To == silent
	}
	asked := 0
	for range 10 * tryOther {
		if round(false) {
			asked++
		}
	}
	if asked > 10 || asked < silentRounds-1 || a.Counters().Skipped == 0 {
		t.Errorf("a silent peer was asked %d times, skipped %d", asked, a.Counters().Skipped)
	}
	now += int64(maxRest)
	for n := 0; !round(true); n++ {
		if n > 2*tryOther {
			t.Fatal("the peer is never asked again")
		}
	}
}

func TestSwitch(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 4, account, 4)
	}
	a := group[0]
	a.learn(t, 5, mailbox, 5)
	for _, e := range group[1:] {
		e.learn(t, 5, mailbox, 55)
	}
	failed := 0
	for a.Off() == 0 {
		ticket, out := a.ask(t, 1, mailbox)
		single(t, exchange(t, group, a, 2, out), ticket, Conflict)
		if failed++; failed > window {
			t.Fatal("never switched off")
		}
	}
	if failed != maxFailed+1 {
		t.Errorf("switched off after %d", failed)
	}
	for _, e := range group {
		e.learn(t, 6, mailbox, 6)
	}
	versions, _ := a.index.Snapshot([]wire.Key{mailbox})
	asked, tried := 0, 0
	for a.Off() != 0 {
		tried++
		if _, ok := a.Ask(versions, 1); ok {
			asked++
			exchange(t, group, a, 2, a.Flush(1))
		}
		if tried > 2*probeEvery*probeWindow {
			t.Fatal("never switched on")
		}
	}
	if asked != probeWindow || tried != probeEvery*probeWindow {
		t.Errorf("switched on after %d of %d", asked, tried)
	}
	if ticket, out := a.ask(t, 1, account); true {
		single(t, exchange(t, group, a, 2, out), ticket, Valid)
	}
}

func TestBounds(t *testing.T) {
	a := newGroup(t, 3)[0]
	a.learn(t, 5, mailbox, 5)
	versions, _ := a.index.Snapshot([]wire.Key{mailbox})
	for range MaxOpen {
		if _, ok := a.Ask(versions, 1); !ok {
			t.Fatal("refused too early")
		}
	}
	if _, ok := a.Ask(versions, 1); ok {
		t.Fatal("more than MaxOpen")
	}
	if out := a.Flush(1); len(out) != MaxOpen/wire.MaxCacheQuestions {
		t.Fatalf("%d messages", len(out))
	}
	if d := a.Tick(1 << 60); len(d) != MaxOpen {
		t.Fatalf("%d ended", len(d))
	}
}
