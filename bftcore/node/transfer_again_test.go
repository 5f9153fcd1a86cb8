package node

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// refused is a disk on which no state can be begun.
type refused struct{ Checkpoints }

func (refused) Take(wire.Stable) (Taking, error) { return nil, errors.New("the disk is full") }

// gone are links over which every peer says that it keeps no such state; said counts the questions.
type gone struct {
	n    *Node
	said *atomic.Int32
}

func (l gone) Send(to int, frame []byte) {
	ask, _, err := wire.DecodeTransfer(frame)
	if err != nil || ask == nil {
		return
	}
	l.said.Add(1)
	go l.n.Receive(to, (&wire.TransferAnswer{Order: ask.Order, Token: ask.Token, Gone: true}).Append(nil))
}

// mute are links over which nobody says anything.
type mute struct{}

func (mute) Send(int, []byte) {}

// events are what the core would be told.
func events(n *Node) (failed, wanted int) {
	for _, e := range n.inbox.take(nil) {
		switch e.event.(type) {
		case bftcore.NotInstalled:
			failed++
		case bftcore.WantCheckpoint:
			wanted++
		}
	}
	return failed, wanted
}

// newTaker is a node whose clock is that of the test's bubble, and which takes states over links.
func newTaker(t *testing.T, of Checkpoints) *Node {
	began := time.Now()
	n, _ := newLeader(t)
	n.o.Now = func() int64 { return int64(time.Since(began)) + 1 }
	n.o.Checkpoints = of
	return n
}

// A transfer that fails is told to the core, which asks for it again: one that the disk refuses, and one for which
// nobody has a part. While nobody has, a checkpoint is asked for, from which a state could come.
func TestFailedTransferIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newTaker(t, refused{})
		stop := taking(t, n)
		n.Transfer(wire.Stable{Order: 8})
		synctest.Wait()
		if failed, wanted := events(n); failed != 1 || wanted != 0 || n.diskErrors.Load() != 1 {
			t.Errorf("a refused one: told %d times, %d checkpoints wanted, %d disk errors", failed, wanted, n.diskErrors.Load())
		}
		stop()
		var said atomic.Int32
		n.o.Checkpoints, n.o.Links = onePart{content: "x"}, gone{n, &said}
		stop = taking(t, n)
		n.Transfer(wire.Stable{Order: 8})
		<-time.After(time.Duration(fruitlessAfter) - time.Second)
		if failed, wanted := events(n); failed != 0 || wanted == 0 || wanted > 3 || said.Load() < 5 {
			t.Errorf("before it is given up: told %d times, %d checkpoints wanted, %d questions", failed, wanted, said.Load())
		}
		<-time.After(5 * time.Second)
		if failed, _ := events(n); failed != 1 || n.diskErrors.Load() != 1 || n.transfers.target.Load() != 0 {
			t.Errorf("one that nobody has: told %d times, %d disk errors", failed, n.diskErrors.Load())
		}
		n.o.Links = mute{}
		n.Transfer(wire.Stable{Order: 16})
		<-time.After(time.Duration(giveUpAfter) - time.Second)
		if failed, _ := events(n); failed != 0 {
			t.Errorf("it is given up %d times before those that say nothing had their time", failed)
		}
		<-time.After(5 * time.Second)
		if failed, _ := events(n); failed != 1 {
			t.Errorf("one of which nobody says anything: told %d times", failed)
		}
		stop()
	})
}

// half are links over which one peer says that it keeps no such state, and the other nothing; asked are the orders of the
// questions.
type half struct {
	gone
	asked *sync.Map
}

func (l half) Send(to int, frame []byte) {
	if ask, _, err := wire.DecodeTransfer(frame); err == nil && ask != nil && ask.Token != 0 {
		l.asked.Store(ask.Order, true)
	}
	if to == 1 {
		l.gone.Send(to, frame)
	}
}

// A state that nobody who answers has gives way to a newer one, also while a peer says nothing at all.
func TestFruitlessTransferGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newTaker(t, onePart{content: "x"})
		var said atomic.Int32
		var asked sync.Map
		n.o.Links = half{gone{n, &said}, &asked}
		stop := taking(t, n)
		n.Transfer(wire.Stable{Order: 8})
		synctest.Wait()
		n.Transfer(wire.Stable{Order: 16})
		<-time.After(3 * time.Second) // the silent one may be asked first
		if _, first := asked.Load(uint64(8)); !first {
			t.Error("the first was not asked for")
		}
		if _, newer := asked.Load(uint64(16)); !newer {
			t.Error("the newer one was not asked for")
		}
		stop()
	})
}

// late are links over which one peer says that it keeps no such state, and the other gives every state: it answers the first
// question about each after a while, and further ones after another.
type late struct {
	gone
	first, further time.Duration
	asked          *sync.Map // by order
}

func (l late) Send(to int, frame []byte) {
	ask, _, err := wire.DecodeTransfer(frame)
	if err != nil || ask == nil || to == 1 {
		l.gone.Send(to, frame)
		return
	}
	if ask.Token == 0 {
		return // it is to be held: no question of a transfer's
	}
	after := l.first
	if _, again := l.asked.LoadOrStore(ask.Order, true); again {
		after = l.further
	}
	go func() {
		<-time.After(after)
		l.n.Receive(to, (&wire.TransferAnswer{Order: ask.Order, Token: ask.Token, Parts: [][]byte{[]byte("x")}}).Append(nil))
	}()
}

// One peer that says for ever that it has no state does not keep those of another one from being taken over, however fast
// newer ones are wanted.
func TestTransferBesideOneThatHasNothing(t *testing.T) {
	for _, x := range []struct {
		first, further time.Duration
		least          int32 // states a minute
	}{
		{700 * time.Millisecond, 700 * time.Millisecond, 30},
		{2500 * time.Millisecond, 0, 5}, // the first answer is always too late
	} {
		synctest.Test(t, func(t *testing.T) {
			if n := takenInAMinute(t, x.first, x.further); n < x.least {
				t.Errorf("answers after %v and %v: %d states were taken over in a minute", x.first, x.further, n)
			}
		})
	}
}

// wantedEvery is how soon a newer state is wanted.
const wantedEvery = 300 * time.Millisecond

// takenInAMinute is how many states are taken over from a peer that answers so, beside one that has none, while newer ones
// are wanted.
func takenInAMinute(t *testing.T, first, further time.Duration) (installed int32) {
	n := newTaker(t, onePart{content: "x"})
	var said atomic.Int32
	n.o.Links = late{gone{n, &said}, first, further, &sync.Map{}}
	stop := taking(t, n)
	for order := uint64(8); order <= 8*uint64(time.Minute/wantedEvery); order += 8 {
		n.Transfer(wire.Stable{Order: order})
		next := time.After(wantedEvery)
		for waits := true; waits; {
			select {
			case w := <-n.execute:
				installed++
				close(w.taken.done)
			case <-next:
				waits = false
			}
		}
	}
	stop()
	<-time.After(first + further) // answers that are on their way
	return installed
}
