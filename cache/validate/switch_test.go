package validate

import (
	"testing"
	"time"

	"troxymail/bftcore/wire"
)

// A class that was switched off is tried anew after a while, however little is read, and left alone for longer when
// that was too early.
func TestSwitchIsTriedAnew(t *testing.T) {
	group := newGroup(t, 3)
	a := group[0]
	a.learn(t, 5, mailbox, 5)
	for _, e := range group[1:] {
		e.learn(t, 5, mailbox, 55)
	}
	now := int64(1)
	for _, rest := range []time.Duration{offFor, 2 * offFor, 4 * offFor} {
		for range maxFailed + 1 {
			ticket, out := a.ask(t, now, mailbox)
			single(t, exchange(t, group, a, now, out), ticket, Conflict)
		}
		if a.Off() == 0 {
			t.Fatal("never switched off")
		}
		versions, _ := a.index.Snapshot([]wire.Key{mailbox})
		for _, early := range []time.Duration{0, rest - 1} {
			a.Flush(now + int64(early))
			if _, ok := a.Ask(versions, 1); ok {
				t.Errorf("asked %v after it was switched off", early)
			}
		}
		now += int64(rest)
		a.Flush(now)
	}
}

// When the way to a peer becomes longer, all that is under way is late at once. That is one surprise: the class stays
// on, the peer is not left alone, and the wait for the next answer is not the longest there is.
func TestLateAtOnce(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a := group[0]
	now := int64(time.Second)
	for range 100 { // it learns that answers come fast
		ticket, out := a.ask(t, now, mailbox)
		now += int64(time.Millisecond)
		single(t, exchange(t, group, a, now, out), ticket, Valid)
	}
	const late, together = 10 * maxFailed, 50 // in messages of so many questions
	for range late / together {
		for range together {
			a.put(t, mailbox)
		}
		a.Flush(now)
		now += int64(2 * time.Millisecond)
	}
	now += int64(minPatience)
	if d := a.Tick(now); len(d) != late {
		t.Fatalf("%d of %d timed out", len(d), late)
	}
	if a.Off() != 0 || a.Counters().Skipped != 0 {
		t.Errorf("switched off %b, a peer was left alone %d times", a.Off(), a.Counters().Skipped)
	}
	ticket, out := a.ask(t, now, mailbox)
	if wait := time.Duration(a.NextDeadline() - now); wait > 2*minPatience {
		t.Errorf("the next answer is waited for %v", wait)
	}
	single(t, exchange(t, group, a, now+1, out), ticket, Valid)
}

// After a write that f+1 replicas answered, the one that is still behind is asked once: then another is, which cannot be
// behind as well.
func TestWhoIsBehindIsNotAskedAgain(t *testing.T) {
	group := newGroup(t, 3)
	a, late := group[0], group[1]
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a.learn(t, 6, mailbox, 6)
	group[2].learn(t, 6, mailbox, 6)
	for range 10 * maxFailed {
		late.learn(t, 5, mailbox, 5) // still
		ticket, out := a.ask(t, 1, mailbox)
		first := exchange(t, group, a, 2, out)
		if len(first) == 1 && first[0].Outcome == Valid {
			continue // the other one was asked at once
		}
		d := single(t, first, ticket, Again)
		if d.Peer != late.o.Self.Replica || d.Verdict != wire.VerdictOlder {
			t.Fatalf("decided %+v", d)
		}
		versions, _ := a.index.Snapshot([]wire.Key{mailbox})
		ticket, ok := a.AskOthers(versions, 2, d.Peer)
		if !ok {
			t.Fatal("refused")
		}
		single(t, exchange(t, group, a, 3, a.Flush(3)), ticket, Valid)
		a.peers.of(late.o.Self.Replica).took = 0 // and it answers fastest all the time
	}
	if a.Off() != 0 || a.Counters().Conflicts != 0 {
		t.Errorf("switched off %b after %d conflicts", a.Off(), a.Counters().Conflicts)
	}
}
