package processors

import (
	"os"
	"runtime"
	"sync"
)

// Halve has the runtime work on half of the processors that it would take, on one at least. It does nothing where the
// environment says how many (GOMAXPROCS). Call it once, when the process starts.
func Halve() {
	if os.Getenv("GOMAXPROCS") == "" {
		share.follow(runtime.GOMAXPROCS(0), true)
	}
}

// Lend gives the runtime one more processor, of those that Halve took, until done is called once: for a goroutine that
// computes for long, so that it keeps no other waiting. Safe for concurrent use.
func Lend() (done func()) {
	share.compute(1)
	return func() { share.compute(-1) }
}

// share is what this process works on.
var share processors

type processors struct {
	mu        sync.Mutex
	all       int // 0 before follow
	half      bool
	computing int
}

// follow has it work on half of all processors, or on all.
func (p *processors) follow(all int, half bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all, p.half = all, half
	p.set()
}

func (p *processors) compute(more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.computing += more
	p.set()
}

// set tells the runtime. The caller holds mu. Setting stops the world for some microseconds, but not when nothing changes.
func (p *processors) set() {
	if p.all == 0 {
		return
	}
	n := p.all
	if p.half {
		n = min(p.all, max(1, p.all/2)+p.computing)
	}
	if n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
}
