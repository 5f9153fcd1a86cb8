package node

import (
	"sync"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

const (
	// rootEvery is the distance of the orders whose state digests are kept for long.
	rootEvery = 64
	// maxNewRoots and maxOldRoots bound the digests kept: of the newest orders, and of the multiples of
	// rootEvery below them. So replicas that are up to 4096 orders apart have one in common.
	maxNewRoots = boundary.MaxRoots / 2
	maxOldRoots = boundary.MaxRoots / 2
)

// roots remembers state digests by order, for people who compare replicas. Safe for concurrent use.
type roots struct {
	mu    sync.Mutex
	newer []boundary.Root // the newest orders, rising; guarded by mu
	older []boundary.Root // multiples of rootEvery below them, rising; guarded by mu
}

// note remembers the digest after an order; orders rise.
func (x *roots) note(order uint64, digest wire.Digest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.newer) == maxNewRoots {
		if x.newer[0].Order%rootEvery == 0 {
			x.older = append(x.older[max(0, len(x.older)+1-maxOldRoots):], x.newer[0])
		}
		x.newer = x.newer[:copy(x.newer, x.newer[1:])]
	}
	x.newer = append(x.newer, boundary.Root{Order: order, Digest: digest})
}

// list returns what is remembered, rising by order.
func (x *roots) list() []boundary.Root {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append(append(make([]boundary.Root, 0, len(x.older)+len(x.newer)), x.older...), x.newer...)
}
