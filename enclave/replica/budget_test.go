package replica

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// used returns how much of a budget of n is taken.
func (b *byteBudget) used(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return n - b.free
}

func budgetOf(n int) *byteBudget {
	b := &byteBudget{}
	b.init(n)
	return b
}

// A large claim is served in its turn, although small ones would fit before it.
func TestBudgetIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, ctx, done := budgetOf(10), context.Background(), make(chan struct{})
		var served []int
		if err := b.take(ctx, done, 6); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		for _, n := range []int{10, 1, 2} {
			go func() {
				if err := b.take(ctx, done, n); err != nil {
					t.Error(err)
				}
				mu.Lock()
				served = append(served, n)
				mu.Unlock()
				b.give(n)
			}()
			synctest.Wait() // they come in this order
		}
		if len(served) != 0 || b.used(10) != 6 {
			t.Fatalf("served %v before the large one, %d used", served, b.used(10))
		}
		b.give(6)
		synctest.Wait()
		if len(served) != 3 || served[0] != 10 || b.used(10) != 0 {
			t.Errorf("served %v, %d used", served, b.used(10))
		}
	})
}

// Who leaves takes nothing along and stands in nobody's way.
func TestBudgetAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, done := budgetOf(10), make(chan struct{})
		_ = b.take(context.Background(), done, 6)
		ctx, cancel := context.WithCancel(context.Background())
		large, small := make(chan error, 1), make(chan error, 1)
		go func() { large <- b.take(ctx, done, 8) }()
		synctest.Wait()
		go func() { small <- b.take(context.Background(), done, 3) }()
		synctest.Wait()
		cancel()
		if err := <-large; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := <-small; err != nil || b.used(10) != 9 {
			t.Errorf("%v, %d used", err, b.used(10))
		}
		go func() { large <- b.take(context.Background(), done, 8) }()
		synctest.Wait()
		close(done)
		if err := <-large; !errors.Is(err, ErrStopped) {
			t.Error(err)
		}
		if b.used(10) != 9 || len(b.waiting) != 0 {
			t.Errorf("%d used, %d wait", b.used(10), len(b.waiting))
		}
	})
}

// Whatever is claimed, left and given back: no byte is lost or taken twice.
func TestBudgetKeepsCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := budgetOf(10)
		var claims []*claimant
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 1).Draw(t, "step") {
			case 0:
				c := &claimant{n: rapid.IntRange(0, 10).Draw(t, "n"), granted: make(chan struct{})}
				claims = append(claims, c)
				b.mu.Lock()
				b.waiting = append(b.waiting, c)
				b.grant()
				b.mu.Unlock()
			case 1:
				if len(claims) > 0 {
					i := rapid.IntRange(0, len(claims)-1).Draw(t, "claim")
					b.abandon(claims[i])
					claims = append(claims[:i], claims[i+1:]...)
				}
			}
			used, waiting := 0, 0
			for _, c := range claims {
				select {
				case <-c.granted:
					used += c.n
				default:
					waiting++
				}
			}
			if b.used(10) != used || used > 10 || len(b.waiting) != waiting {
				t.Fatalf("%d counted, %d used, %d wait, %d listed", b.used(10), used, waiting, len(b.waiting))
			}
			if len(b.waiting) > 0 && b.waiting[0].n <= 10-used {
				t.Fatal("the first in line is not served although there is room")
			}
		}
	})
}
