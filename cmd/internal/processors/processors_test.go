package processors

import (
	"runtime"
	"testing"
)

// Half of them, and one more for each goroutine that computes for long, as far as they go.
func TestHalfAndOneMore(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for all, want := range map[int][4]int{1: {1, 1, 1, 1}, 2: {1, 2, 2, 2}, 3: {1, 2, 3, 3}, 4: {2, 3, 4, 4}, 8: {4, 5, 6, 7}} {
		var p processors
		p.follow(all, true)
		for computing, n := range want {
			if got := runtime.GOMAXPROCS(0); got != n {
				t.Errorf("of %d, %d computing: %d, want %d", all, computing, got, n)
			}
			p.compute(1)
		}
		p.compute(-4)
		if got := runtime.GOMAXPROCS(0); got != want[0] {
			t.Errorf("of %d, when all are done: %d, want %d", all, got, want[0])
		}
	}
}

// What the environment says stays, and so does what nobody halved.
func TestEnvironmentDecides(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(8)
	t.Setenv("GOMAXPROCS", "8")
	Halve()
	done := Lend()
	if runtime.GOMAXPROCS(0) != 8 {
		t.Errorf("%d processors, the environment says 8", runtime.GOMAXPROCS(0))
	}
	done()
	if runtime.GOMAXPROCS(0) != 8 {
		t.Errorf("%d processors, the environment says 8", runtime.GOMAXPROCS(0))
	}
}
