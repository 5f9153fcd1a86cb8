package host

import (
	"sync"
	"time"

	"troxymail/mailstore/kv"
)

const (
	// checkpointEvery is the distance of checkpoints in orders (K).
	checkpointEvery = 256
	// leaseTime is how long a snapshot stays after a peer read from it, leaseMost how long at most: while it is
	// there, what changes is written beside it and the file grows. A busy peer may first look for a long time into what
	// an attempt before has left it: were the snapshot gone by then, each attempt would end so.
	leaseTime = time.Minute
	leaseMost = 15 * time.Minute
)

// keeping holds at most two snapshots for peers: one that is read, of a stable checkpoint or of one that is
// about to be, and the next. Safe for concurrent use.
type keeping struct {
	mu      sync.Mutex
	reading *kv.Snapshot // guarded by mu
	next    *kv.Snapshot // guarded by mu
	stable  uint64       // guarded by mu
	began   time.Time    // of reading; guarded by mu
	read    time.Time    // last; guarded by mu
}

// fresh takes a new snapshot in. It is let go when the one that waits is not known to be stable yet: under load
// checkpoints come faster than they become stable.
func (k *keeping) fresh(x *kv.Snapshot) {
	if x == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.reading == nil:
		k.reading, k.began, k.read = x, time.Now(), time.Time{}
	case k.next == nil || k.next.Order() <= k.stable:
		if k.next != nil && k.reading.Order() < k.next.Order() && !k.leased(time.Now()) {
			k.promote()
		}
		if k.next != nil {
			k.next.Close()
		}
		k.next = x
	default:
		x.Close()
	}
}

// setStable notes a stable checkpoint: the snapshot that waits for it takes the place of the former.
func (k *keeping) setStable(order uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stable = max(k.stable, order)
	if k.next != nil && k.next.Order() <= k.stable && !k.leased(time.Now()) {
		k.promote()
	}
}

func (k *keeping) promote() {
	k.reading.Close()
	k.reading, k.next, k.began, k.read = k.next, nil, time.Now(), time.Time{}
}

// leased reports whether a peer may still be reading.
func (k *keeping) leased(now time.Time) bool {
	return now.Sub(k.read) < leaseTime && now.Sub(k.began) < leaseMost
}

// at returns the snapshot of an order, nil without one, and keeps it for its reader.
func (k *keeping) at(order uint64) *kv.Snapshot {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if k.next != nil && k.next.Order() <= k.stable && !k.leased(now) {
		k.promote()
	}
	switch {
	case k.reading != nil && k.reading.Order() == order:
		k.read = now
		return k.reading
	case k.next != nil && k.next.Order() == order:
		return k.next
	}
	return nil
}

// oldest is the order of the oldest snapshot that is kept, or of the stable checkpoint when there is none.
func (k *keeping) oldest() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	order := k.stable
	for _, x := range []*kv.Snapshot{k.reading, k.next} {
		if x != nil {
			order = min(order, x.Order())
		}
	}
	return order
}

// orders are those of the snapshots that are kept.
func (k *keeping) orders() []uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []uint64
	for _, x := range []*kv.Snapshot{k.reading, k.next} {
		if x != nil {
			list = append(list, x.Order())
		}
	}
	return list
}

// drop lets all snapshots go.
func (k *keeping) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range []*kv.Snapshot{k.reading, k.next} {
		if x != nil {
			x.Close()
		}
	}
	k.reading, k.next = nil, nil
}

// stableOrder is the newest stable checkpoint that the host was told of since it was opened.
func (k *keeping) stableOrder() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stable
}
