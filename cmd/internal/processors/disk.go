package processors

import (
	"math/bits"
	"os"
	"runtime"
	"time"
)

// Fast is what a sync of the log takes on a disk that is fast: a thread that waits so long may keep its processor.
const Fast = 100 * time.Microsecond

// Of the last 64 syncs: with at most fewSlow slow ones the disk is fast, with manySlow it is not, and between both it stays
// what it was, so that a disk on the edge does not have the runtime stop the world again and again.
const (
	fewSlow  = 8
	manySlow = 32
)

// HalveWhileFast has the runtime work on half of the processors, as Halve does, for as long as syncs of the disk are fast:
// until 56 were, on all. It returns what is to be told how long each sync took, from one goroutine. It does nothing where the
// environment says how many (GOMAXPROCS). Call it once, when the process starts.
func HalveWhileFast() (synced func(took time.Duration)) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func(time.Duration) {}
	}
	all, d := runtime.GOMAXPROCS(0), newDisk()
	return func(took time.Duration) {
		if changed, fast := d.after(took); changed {
			share.follow(all, fast)
		}
	}
}

// disk is whether one is fast.
type disk struct {
	fast bool
	slow uint64 // of the last 64 syncs, those that were slow: a bit each
}

// newDisk is a slow one until it has shown else.
func newDisk() disk { return disk{slow: ^uint64(0)} }

// after takes note of a sync, and reports whether that changed what the disk is, and what it is.
func (d *disk) after(took time.Duration) (changed, fast bool) {
	d.slow <<= 1
	if took > Fast {
		d.slow |= 1
	}
	was := d.fast
	switch n := bits.OnesCount64(d.slow); {
	case n <= fewSlow:
		d.fast = true
	case n >= manySlow:
		d.fast = false
	}
	return d.fast != was, d.fast
}
