package goheap

import (
	"runtime/debug"
	"runtime/metrics"
)

const (
	// Headroom is how much garbage, in bytes, may lie between two collections of a process that holds little.
	Headroom = 64 << 20
	// Huge is how much of the heap is backed by huge pages, in bytes: what a process uses that holds little. Linux fills
	// them up where Go gave a part back, so that a process whose whole heap had them would stay as large as it ever was.
	Huge = 2 * Headroom
	// defaultPercent is Go's own: of what is held, how much may be added until the next collection.
	defaultPercent = 100
	// maxPercent bounds it where next to nothing is held.
	maxPercent = 800
)

// pace is what is set at present. One goroutine at a time: that of the finalizers.
type pace struct{ percent int }

// held is how many bytes the last collection found in use.
func held() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// adjust sets the percentage for a heap of live bytes. Setting it stops the world for a moment: small changes are
// left out.
func (p *pace) adjust(live uint64) {
	want := percentFor(live)
	if d := want - p.percent; d*d*100 > p.percent*p.percent || want == defaultPercent && d != 0 {
		p.percent = want
		debug.SetGCPercent(want)
	}
}

// percentFor is the percentage by which Headroom may be added to live bytes, within its bounds.
func percentFor(live uint64) int {
	if live == 0 {
		return maxPercent
	}
	return int(min(max(Headroom*100/live, defaultPercent), maxPercent))
}
