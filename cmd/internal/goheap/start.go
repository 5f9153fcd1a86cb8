package goheap

import (
	"os"
	"runtime"
)

// Start has Linux back the heap by huge pages, and the collector run when Headroom bytes were allocated, or as many as are
// held when those are more; where the environment says how often (GOGC), that stays. Call it once, when the process starts.
func Start() {
	reserve()
	if os.Getenv("GOGC") != "" {
		return
	}
	p := &pace{percent: defaultPercent}
	p.adjust(0)
	p.arm()
}

// arm has the next collection adjust the pace by what it found to be held.
func (p *pace) arm() {
	runtime.SetFinalizer(new([64]byte), func(*[64]byte) {
		p.adjust(held())
		p.arm()
	})
}
