package validate

import (
	"testing"
	"time"

	"troxymail/bftcore/wire"
)

// Questions that come while many messages are under way wait for an answer and share one, or go after a bounded while.
func TestQuestionsShareMessages(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a, now := group[0], int64(time.Second)
	first, out := a.ask(t, now, mailbox)
	for flying := 1; flying < maxFlying; flying++ {
		if _, out := a.ask(t, now, mailbox); len(out) != 1 {
			t.Fatalf("a question makes %d messages, with %d under way", len(out), flying)
		}
	}
	second, third := a.put(t, mailbox), a.put(t, mailbox)
	if held := a.Flush(now); len(held) != 0 {
		t.Fatalf("%d messages more than may be under way", len(held))
	}
	single(t, exchange(t, group, a, now+1, out), first, Valid)
	out = a.Flush(now + 1)
	if len(out) != 1 {
		t.Fatalf("%d messages for two questions once one may go", len(out))
	}
	if d := exchange(t, group, a, now+2, out); len(d) != 2 || d[0].Ticket != second || d[1].Ticket != third {
		t.Fatalf("decided %+v", d)
	}

	a.patience = int64(time.Second) // peers far away
	a.ask(t, now, mailbox)
	a.put(t, mailbox)
	a.Flush(now)
	due := a.NextDeadline()
	if wait := time.Duration(due - now); wait > maxHold || wait <= 0 {
		t.Fatalf("held back for %v", wait)
	}
	if len(a.Flush(due-1)) != 0 || len(a.Flush(due)) != 1 {
		t.Error("does not go when its time has come")
	}
}

// Machines that are busy answer late at times. That costs each of these reads an ordered one and switches nothing off; and
// the answers, late as they are, tell how long to wait for the next.
func TestLateAnswersTeach(t *testing.T) {
	group := newGroup(t, 3)
	for _, e := range group {
		e.learn(t, 5, mailbox, 5)
	}
	a, now := group[0], int64(time.Second)
	const busy, every = 10 * minPatience, 10
	for i := range 2 * window {
		ticket, out := a.ask(t, now, mailbox)
		if i%every != 0 || i < 5*every { // it learns first that answers come fast
			now += int64(time.Millisecond)
			single(t, exchange(t, group, a, now, out), ticket, Valid)
			continue
		}
		now += int64(busy)
		single(t, a.Tick(now), ticket, TimedOut)
		if d := exchange(t, group, a, now, out); len(d) > 0 {
			t.Fatalf("a question that was given up is decided: %+v", d)
		}
		if wait := time.Duration(a.wait()); wait < busy/3 {
			t.Fatalf("the next answer is waited for %v", wait)
		}
		a.patience = int64(time.Millisecond)
	}
	if n := a.Counters(); n.Late == 0 || n.TimedOut != n.Late {
		t.Errorf("%d given up, %d of these answered late", n.TimedOut, n.Late)
	}
	if a.Off() != 0 || a.Counters().SwitchedOff != 0 {
		t.Errorf("switched off: %b", a.Off())
	}
}

// When too few peers answer at all, reads are ordered at once, but for one now and then.
func TestSilentPeersAreNotWaitedFor(t *testing.T) {
	a := newGroup(t, 3)[0]
	a.learn(t, 5, mailbox, 5)
	versions, _ := a.index.Snapshot([]wire.Key{mailbox})
	now, end, asked, refused := int64(1), int64(time.Minute), 0, 0
	for ; now < end; now += int64(10 * time.Millisecond) {
		a.Tick(now)
		_, ok := a.Ask(versions, 1)
		a.Flush(now)
		switch {
		case now < int64(10*time.Second): // it finds out
		case ok:
			asked++
		default:
			refused++
		}
	}
	if refused < 100*asked || asked == 0 {
		t.Errorf("%d reads waited for nobody, %d were ordered at once", asked, refused)
	}
	a.Tick(end + int64(maxRest))
	if _, ok := a.Ask(versions, 1); !ok {
		t.Error("nobody is asked any more")
	}
}
