package transfer

import (
	"testing"
	"time"

	"troxymail/bftcore/wire"
)

// While a source works on its questions and another has nothing of what is wanted, the next deadline is a moment to come:
// with one that passed the caller would spin, with none it would not notice that an answer was lost.
func TestDeadlineIsToCome(t *testing.T) {
	for name, loose := range map[string]bool{"parts that rest a source": false, "parts that may be missing": true} {
		f := New(0, 3, Item{Name: "h"}, func(x Item, _ []byte) (below []Item, err error) {
			if x.Name == "h" {
				for i := range 400 {
					below = append(below, Item{Name: string(rune('a' + i)), Digest: wire.Digest{1}, Loose: loose})
				}
			}
			return below, nil
		})
		now, owed := Time(1), 0
		reply := func(a Ask) {
			answer := &wire.TransferAnswer{Token: a.Token, Parts: make([][]byte, len(a.Items))}
			if a.To == 1 && a.Items[0].Name == "h" {
				answer.Parts[0] = []byte("head")
			}
			f.Answer(now, a.To, answer)
		}
		for now < 2*askAgain-1 {
			for {
				asks := f.Next(now).Asks
				if len(asks) == 0 {
					break
				}
				for _, a := range asks {
					if a.To == 2 {
						owed++
					} else {
						reply(a)
					}
				}
			}
			if d := f.Deadline(); d <= now {
				t.Fatalf("%s: at %v the deadline is %v", name, time.Duration(now), time.Duration(d))
			}
			now += Time(50 * time.Millisecond)
		}
		if owed == 0 || len(f.want)+f.open == 0 {
			t.Errorf("%s: nothing was owed", name)
		}
	}
}

// A transfer is fruitless once nobody may be about to send a part.
func TestFruitless(t *testing.T) {
	f := New(0, 3, Item{Name: "h"}, func(Item, []byte) ([]Item, error) { return nil, nil })
	now := Time(1)
	asked := map[wire.ReplicaID]Ask{}
	next := func() {
		for range 3 {
			for _, a := range f.Next(now).Asks {
				if asked[a.To] = a; a.To == 0 {
					f.Answer(now, 0, &wire.TransferAnswer{Token: a.Token, Parts: [][]byte{nil}})
				}
			}
		}
	}
	next()
	first := wire.ReplicaID(1)
	if _, ok := asked[1]; !ok {
		first = 2
	}
	f.Answer(now, first, &wire.TransferAnswer{Token: asked[first].Token, Gone: true})
	next()
	if other := 3 - first; asked[other].Items == nil || f.Fruitless() {
		t.Fatal("the other one may be about to answer")
	}
	now += askAgain - 1
	if next(); f.Fruitless() {
		t.Fatal("too early")
	}
	now++
	if next(); !f.Fruitless() || f.Stuck(now) {
		t.Fatal("it did not answer in time")
	}
	if f.Answer(now, first, &wire.TransferAnswer{Token: asked[first].Token, Parts: [][]byte{[]byte("head")}}); f.Fruitless() {
		t.Fatal("a part came")
	}
}

// Several questions that one pause leaves unanswered make a source slow once; it is given twice the time then, and counts
// as away only when it goes on.
func TestOnePauseIsNotAway(t *testing.T) {
	f := New(0, 2, Item{Name: "h"}, func(x Item, _ []byte) (below []Item, err error) {
		if x.Name == "h" {
			for i := range 10 * wire.MaxTransferItems {
				below = append(below, Item{Name: string(rune('a' + i)), Digest: wire.Digest{1}})
			}
		}
		return below, nil
	})
	now, silent := Time(1), false
	run := func() {
		for again := true; again; {
			asks := f.Next(now).Asks
			again = len(asks) > 0
			for _, a := range asks {
				answer := &wire.TransferAnswer{Token: a.Token, Parts: make([][]byte, len(a.Items))}
				if a.To == 1 {
					if silent = a.Items[0].Name != "h"; silent {
						continue
					}
					answer.Parts[0] = []byte("head")
				}
				f.Answer(now, a.To, answer)
			}
		}
	}
	run()
	if f.sources[1].asks != maxAsks {
		t.Fatalf("%d questions", f.sources[1].asks)
	}
	waits := []Time{askAgain, restAfter, 2 * askAgain, 2 * restAfter, 4 * askAgain}
	for i, wait := range waits {
		if s := f.sources[1]; s.slow != i/2 && s.slow != (i+1)/2 || f.Stuck(now) {
			t.Fatalf("wait %d: did not answer %d times, stuck %v", i, s.slow, f.Stuck(now))
		}
		if now += wait - 1; i > 0 {
			if run(); f.Stuck(now) {
				t.Fatalf("wait %d: stuck too early", i)
			}
		}
		now++
		run()
	}
	if f.sources[1].slow != slowLimit || !f.Stuck(now) {
		t.Errorf("did not answer %d times, stuck %v", f.sources[1].slow, f.Stuck(now))
	}
}
