package goheap

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercent(t *testing.T) {
	for live, want := range map[uint64]int{
		0: maxPercent, 1 << 20: maxPercent, 16 << 20: 400, 32 << 20: 200, 64 << 20: 100, 1 << 30: 100, 1 << 50: 100,
	} {
		if got := percentFor(live); got != want {
			t.Errorf("%d bytes: %d %%, want %d", live, got, want)
		}
	}
}

// A process that comes to hold much collects as by default from its next collections on.
func TestFollowsTheHeap(t *testing.T) {
	before := debug.SetGCPercent(defaultPercent)
	defer debug.SetGCPercent(before)
	p := &pace{percent: defaultPercent}
	p.adjust(0)
	if p.percent != maxPercent {
		t.Fatalf("begins with %d %%", p.percent)
	}
	much := make([]byte, 2*Headroom)
	for end := time.Now().Add(time.Minute); held() < Headroom && time.Now().Before(end); {
		runtime.GC()
	}
	p.adjust(held())
	runtime.KeepAlive(much)
	if p.percent != defaultPercent {
		t.Errorf("%d %% with %d bytes held", p.percent, held())
	}
}
