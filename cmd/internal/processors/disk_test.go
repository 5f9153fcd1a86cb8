package processors

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// A disk is slow until nearly all of its last syncs were fast, and fast until half of them were slow.
func TestFastDisk(t *testing.T) {
	d := newDisk()
	again := func(n int, took time.Duration) (changes int, fast bool) {
		for range n {
			var changed bool
			if changed, fast = d.after(took); changed {
				changes++
			}
		}
		return changes, fast
	}
	for i, x := range []struct {
		n       int
		took    time.Duration
		changes int
		fast    bool
	}{
		{55, Fast, 0, false},
		{1, Fast, 1, true},
		{200, Fast, 0, true},
		{31, Fast + 1, 0, true},
		{1, Fast + 1, 1, false},
		{100, time.Second, 0, false},
		{56, 0, 1, true},
	} {
		if changes, fast := again(x.n, x.took); changes != x.changes || fast != x.fast {
			t.Fatalf("line %d: %d changes, fast: %v, want %d, %v", i, changes, fast, x.changes, x.fast)
		}
	}
}

// A disk on the edge, of which every third sync is slow by chance, changes nothing again and again.
func TestDiskOnTheEdge(t *testing.T) {
	rng, d, all := rand.New(rand.NewPCG(1, 1)), newDisk(), 0
	for range 10_000 {
		if changed, _ := d.after(Fast + time.Duration(rng.IntN(3)) - 1); changed {
			all++
		}
	}
	if all > 10 {
		t.Errorf("%d changes in 10,000 syncs", all)
	}
}

// A host takes half of the processors while its disk is fast, and what computes for long gets no more than all.
func TestHostFollowsItsDisk(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	defer func() { share = processors{} }()
	t.Setenv("GOMAXPROCS", "") // for what asks the environment; the runtime has looked already
	runtime.GOMAXPROCS(4)
	synced := HalveWhileFast()
	for i, x := range []struct {
		took time.Duration
		want int
	}{{0, 2}, {time.Second, 4}, {0, 2}} {
		for range 64 {
			synced(x.took)
		}
		if got := runtime.GOMAXPROCS(0); got != x.want {
			t.Errorf("step %d: %d processors, want %d", i, got, x.want)
		}
	}
	done := Lend()
	if got := runtime.GOMAXPROCS(0); got != 3 {
		t.Errorf("%d processors while one is lent, want 3", got)
	}
	for range 64 {
		synced(time.Second)
	}
	if got := runtime.GOMAXPROCS(0); got != 4 {
		t.Errorf("%d processors while one is lent and the disk is slow, want 4", got)
	}
	done()
	t.Setenv("GOMAXPROCS", "4")
	synced = HalveWhileFast()
	for range 64 {
		synced(0)
	}
	if got := runtime.GOMAXPROCS(0); got != 4 {
		t.Errorf("%d processors, the environment says 4", got)
	}
}
