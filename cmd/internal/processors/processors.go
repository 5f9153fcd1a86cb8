package processors

import (
	"os"
	"runtime"
)

// Halve has the runtime work on half of the processors that it would take, on one at least. It does nothing where the
// environment says how many (GOMAXPROCS). Call it when the process starts.
func Halve() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(half(runtime.GOMAXPROCS(0)))
	}
}

func half(n int) int { return max(1, n/2) }
