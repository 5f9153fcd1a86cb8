package replica

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestInbox(t *testing.T) {
	b := newInbox()
	done := 0
	call := func(*owner) { done++ }
	for range maxWaiting {
		if err := b.put(call, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.put(call, false); !errors.Is(err, ErrBusy) {
		t.Fatalf("one too many: %v", err)
	}
	for done < maxWaiting {
		<-b.wake // it is there as long as calls wait
		calls := b.take()
		for _, c := range calls {
			c(nil)
		}
		if len(calls) > maxCallsPerTurn {
			t.Fatalf("%d calls in a turn", len(calls))
		}
	}
	if len(b.wake) != 0 {
		t.Error("the owner is woken for nothing")
	}
	if err := b.put(call, false); err != nil || len(b.wake) != 1 {
		t.Errorf("the next call: %v, %d tokens", err, len(b.wake))
	}
	b.close()
	if err := b.put(call, true); !errors.Is(err, ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
}

// A patient call waits for room, and ends when nobody will make any.
func TestInboxPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newInbox()
		for range maxWaiting {
			_ = b.put(func(*owner) {}, false)
		}
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- b.put(func(*owner) {}, true) }()
		}
		synctest.Wait()
		if len(results) != 0 {
			t.Fatal("put beyond the limit")
		}
		b.take()
		synctest.Wait()
		if len(results) != 2 || <-results != nil || <-results != nil {
			t.Fatal("there is room, and it was not taken")
		}
		for b.put(func(*owner) {}, false) == nil {
		}
		go func() { results <- b.put(func(*owner) {}, true) }()
		synctest.Wait()
		b.close()
		if err := <-results; !errors.Is(err, ErrStopped) {
			t.Errorf("closed while it waited: %v", err)
		}
	})
}

// Who gave up before asks for nothing.
func TestCallsOfTheGone(t *testing.T) {
	r := New(Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.call(ctx, func(*owner) {}); !errors.Is(err, context.Canceled) || len(r.calls.calls) != 0 {
		t.Errorf("%v, %d calls", err, len(r.calls.calls))
	}
}
