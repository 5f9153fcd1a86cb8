package processors

import (
	"runtime"
	"testing"
)

func TestHalf(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 1, 3: 1, 4: 2, 64: 32} {
		if got := half(n); got != want {
			t.Errorf("of %d: %d, want %d", n, got, want)
		}
	}
}

// What the environment says stays.
func TestEnvironmentDecides(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	runtime.GOMAXPROCS(8)
	t.Setenv("GOMAXPROCS", "8")
	if Halve(); runtime.GOMAXPROCS(0) != 8 {
		t.Errorf("%d processors, the environment says 8", runtime.GOMAXPROCS(0))
	}
	t.Setenv("GOMAXPROCS", "")
	if Halve(); runtime.GOMAXPROCS(0) != 4 {
		t.Errorf("%d processors of 8", runtime.GOMAXPROCS(0))
	}
}
