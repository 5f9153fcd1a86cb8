package troxy

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// run drives Tick at every deadline up to end and returns the times of everything that was sent again.
func (w *world) run(t fataler, end int64) (times []int64, sent [][]byte, ended []Outcome) {
	t.Helper()
	for at := w.client.NextDeadline(); at != 0 && at <= end; at = w.client.NextDeadline() {
		resend, over := w.client.Tick(at)
		if len(resend)+len(over) == 0 {
			t.Fatalf("nothing was due at the deadline %d", at)
		}
		for range resend {
			times = append(times, at)
		}
		sent, ended = append(sent, resend...), append(ended, over...)
	}
	return times, sent, ended
}

func TestWritesAreRetransmittedUnchangedAndDoubling(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	if resend, ended := w.client.Tick(int64(RetransmitAfter) - 1); len(resend)+len(ended) != 0 {
		t.Fatal("retransmitted too early")
	}
	times, sent, ended := w.run(t, 20*second)
	want := []int64{200e6, 600e6, 1400e6, 3000e6, 6200e6}
	if len(times) != len(want) {
		t.Fatalf("retransmitted at %v, want %v", times, want)
	}
	for i := range want {
		if times[i] != want[i] || !bytes.Equal(sent[i], q.Raw) {
			t.Errorf("retransmission %d at %d, want %d and the same bytes", i, times[i], want[i])
		}
	}
	if len(ended) != 1 || !errors.Is(ended[0].Err, ErrUnavailable) || ended[0].Ticket != q.ID.Sequence {
		t.Fatalf("ended %+v", ended)
	}
	if w.client.NextDeadline() != 0 || w.client.Pending() != 0 {
		t.Error("something is left after giving up")
	}
	_ = w.say(0, &q, 9, nil)
	if out := w.say(1, &q, 9, nil); len(out) != 0 {
		t.Errorf("an answer after giving up had an effect: %+v", out)
	}
}

func TestGiveUpCountsFromWhenItWasWanted(t *testing.T) {
	w := newWorld(t, 3)
	if _, _, err := w.client.Submit(8*second, 0, []byte("x"), 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, ended := w.client.Tick(10*second - 1); len(ended) != 0 {
		t.Fatal("given up too early")
	}
	if _, ended := w.client.Tick(10 * second); len(ended) != 1 {
		t.Fatal("not given up after GiveUpAfter")
	}
}

func TestReadsAreRenewed(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "read", wire.FlagReadOnly)
	_ = w.say(0, &q, 9, nil) // one answer to the first attempt
	times, sent, _ := w.run(t, 1400e6)
	if len(times) != 3 || bytes.Equal(sent[2], q.Raw) {
		t.Fatalf("asked again at %v, the last time unchanged: %v", times, bytes.Equal(sent[2], q.Raw))
	}
	renewed := decoded(t, sent[2])
	if renewed.ID.Sequence != q.ID.Sequence+1 || !bytes.Equal(renewed.Command, q.Command) || !renewed.ReadOnly() ||
		len(renewed.Keys) != 1 || renewed.Digest() == q.Digest() {
		t.Fatalf("renewed as %+v", renewed)
	}
	// Neither answers to the former attempt nor a former answer and a new one together decide.
	for from := range wire.ReplicaID(3) {
		if out := w.say(from, &q, 9, nil); len(out) != 0 {
			t.Fatalf("answers to the former attempt decided: %+v", out)
		}
	}
	mixed := func(s *wire.ReplySet) { s.Entries[0].Request = q.Digest() }
	if out := w.say(1, &renewed, 9, mixed); len(out) != 0 {
		t.Fatalf("an answer to the former attempt passed as one to the new: %+v", out)
	}
	if out := w.say(2, &renewed, 9, nil); len(out) != 0 {
		t.Fatalf("one answer decided: %+v", out)
	}
	out := w.say(1, &renewed, 9, nil)
	if err := isTruth(out, &renewed, 9); err != nil || out[0].Ticket != q.ID.Sequence {
		t.Fatalf("%v; outcome %+v, want the first attempt's ticket", err, out)
	}
}

// Each renewal waits twice as long, so that a slow group is not asked ever more.
func TestRenewalsBecomeRare(t *testing.T) {
	w := newWorld(t, 3)
	_ = w.submit(t, "read", wire.FlagReadOnly)
	_, sent, ended := w.run(t, 20*second)
	attempts := map[uint64]bool{}
	for _, raw := range sent {
		attempts[decoded(t, raw).ID.Sequence] = true
	}
	if c := w.client.Counters(); c.Renewed != 2 || len(attempts) != 3 || len(ended) != 1 || c.GivenUp != 1 {
		t.Fatalf("%d renewals, attempts %v, ended %+v", c.Renewed, attempts, ended)
	}
}

func TestWindow(t *testing.T) {
	w := newWorld(t, 3)
	first := w.submit(t, "store", 0)
	for range Window - 1 {
		q := w.submit(t, "store", 0)
		_ = w.say(0, &q, 9, nil)
		if out := w.say(1, &q, 9, nil); len(out) != 1 {
			t.Fatal("not decided")
		}
	}
	if _, _, err := w.client.Submit(0, 0, []byte("x"), 0, nil, nil); !errors.Is(err, ErrWindow) || w.client.Room() {
		t.Fatalf("request %d beyond the oldest unanswered: %v", Window, err)
	}
	_ = w.say(0, &first, 9, nil)
	if out := w.say(1, &first, 9, nil); len(out) != 1 {
		t.Fatal("not decided")
	}
	if q := w.submit(t, "store", 0); q.ID.Sequence != first.ID.Sequence+Window {
		t.Fatalf("next sequence %v", q.ID)
	}
}

// A read that cannot be renewed for want of room is retransmitted, and the window is never exceeded.
func TestRenewalRespectsTheWindow(t *testing.T) {
	w := newWorld(t, 3)
	_ = w.submit(t, "store", 0) // never renewed: it holds the window's lower end
	for range Window - 1 {
		_ = w.submit(t, "read", wire.FlagReadOnly)
	}
	for _, at := range []int64{200e6, 600e6, 1400e6, 3000e6} {
		_, _ = w.client.Tick(at)
		if span := w.client.next - w.client.oldest; span > Window {
			t.Fatalf("%d sequences from the oldest to the next at %d", span, at)
		}
	}
	if _, ended := w.client.Tick(10 * second); len(ended) != Window || w.client.Pending() != 0 {
		t.Fatalf("%d ended, %d pending", len(ended), w.client.Pending())
	}
	if !w.client.Room() {
		t.Error("no room although nothing is unanswered")
	}
}

// Another run that was given the same numbers makes other requests: replies of the one decide nothing in the
// other.
func TestRunsDiffer(t *testing.T) {
	before, after := newWorld(t, 3), newWorld(t, 3)
	after.client = NewClient(after.group, after.client.self, after.client.vector, testFirst+500, testKeys())
	old := before.submit(t, "read", wire.FlagReadOnly)
	again := after.submit(t, "read", wire.FlagReadOnly)
	for from := range wire.ReplicaID(3) {
		if out := after.say(from, &old, 9, nil); len(out) != 0 {
			t.Fatalf("replies to %v decided %v: %+v", old.ID, again.ID, out)
		}
	}
	for _, first := range []uint64{0, 1 << 63} {
		c := NewClient(after.group, after.client.self, after.client.vector, first, testKeys())
		if c.next < 1 || c.next > MaxFirst {
			t.Errorf("first %d gives %d", first, c.next)
		}
	}
}

// The heap of deadlines and the table of requests stay in step, whatever happens.
func TestDeadlinesStayInStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 3)
		var now int64
		var requests []wire.Request
		submitted, ended := 0, 0
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				flags := wire.RequestFlags(rapid.IntRange(0, 1).Draw(t, "flags"))
				_, raw, err := w.client.Submit(now, now, []byte("x"), flags, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				submitted++
				requests = append(requests, decoded(t, raw))
			case 1:
				now += rapid.Int64Range(0, 2*second).Draw(t, "pause")
				resend, over := w.client.Tick(now)
				ended += len(over)
				for _, raw := range resend {
					requests = append(requests, decoded(t, raw))
				}
			case 2:
				if len(requests) > 0 {
					q := rapid.SampledFrom(requests).Draw(t, "request")
					ended += len(w.say(0, &q, 5, nil)) + len(w.say(1, &q, 5, nil))
				}
			}
			if len(w.client.due) != len(w.client.slots) || submitted-ended != len(w.client.slots) {
				t.Fatalf("%d deadlines, %d slots, %d submitted, %d ended", len(w.client.due), len(w.client.slots), submitted, ended)
			}
			var first int64
			for seq, s := range w.client.slots {
				if w.client.due[s.place] != s || s.sequence != seq || s.due > s.giveUp || seq < w.client.oldest {
					t.Fatalf("slot %d is out of step", seq)
				}
				if first == 0 || s.due < first {
					first = s.due
				}
			}
			if first != w.client.NextDeadline() {
				t.Fatalf("next deadline %d, want %d", w.client.NextDeadline(), first)
			}
		}
	})
}
