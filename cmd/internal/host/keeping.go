package host

import (
	"slices"
	"sync"
	"time"

	"troxymail/bftcore/wire"
)

const (
	// checkpointEvery is the distance of checkpoints in orders (K).
	checkpointEvery = 256
	// leaseTime is how long a snapshot stays after a peer read from it, leaseMost how long at most: while it is
	// there, what changes is written beside it and the file grows. A busy peer may first look for a long time into what
	// an attempt before has left it: were the snapshot gone by then, each attempt would end so.
	leaseTime = time.Minute
	leaseMost = 15 * time.Minute
	// leaseBytes is how much the file may grow while a snapshot is there for a peer. bbolt does not use a page again that came
	// from the end of the file, was written after a snapshot and is free, before that snapshot is closed: under load the file
	// grows with each flush, by some megabytes a second in production and by a hundred where checkpoints come every few
	// orders, and never shrinks. A peer that loses its state to this goes on with a newer one, and keeps the parts it has.
	leaseBytes = 1 << 30
)

// snapshot is a state that can be read while the store goes on: kv.Snapshot.
type snapshot interface {
	comparable
	Order() uint64
	Grown() int64 // bytes that the file has grown by since
	Close()
}

// keeping holds at most two snapshots for peers: one that is read, of a stable checkpoint or of one that is
// about to be, and the next. Safe for concurrent use.
//
// A peer holds the snapshot that it asked for last, whichever of the two that is, and no other: one that went on to a newer
// state does not keep that from staying, and what it reads does not go because it was the next when it began.
type keeping[S snapshot] struct {
	most int64 // leaseBytes; set before it is used

	mu      sync.Mutex
	reading S                         // guarded by mu, like all below; zero: none
	next    S                         // zero: none; never without reading
	stable  uint64                    //
	began   time.Time                 // of reading
	readers map[wire.ReplicaID]reader // by peer
}

// reader is the snapshot that a peer asked for last, and when.
type reader struct {
	order uint64
	at    time.Time
}

// has reports whether there is a snapshot.
func has[S snapshot](x S) bool {
	var none S
	return x != none
}

// fresh takes a new snapshot in. It is let go when the one that waits is not known to be stable yet, since under load
// checkpoints come faster than they become stable; and when both are being read.
func (k *keeping[S]) fresh(x S, now time.Time) {
	if !has(x) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.promote(now)
	switch {
	case !has(k.reading):
		k.reading, k.began = x, now
	case !has(k.next):
		k.next = x
	case k.next.Order() <= k.stable && !k.leased(k.next, now):
		k.next.Close()
		k.next = x
	default:
		x.Close()
	}
}

// setStable notes a stable checkpoint: the snapshot that waits for it takes the place of the former.
func (k *keeping[S]) setStable(order uint64, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stable = max(k.stable, order)
	k.promote(now)
}

// promote puts the snapshot that waits in the place of the one that is read, once it is stable and no peer reads that.
func (k *keeping[S]) promote(now time.Time) {
	if !has(k.next) || k.next.Order() > k.stable || k.leased(k.reading, now) {
		return
	}
	var none S
	k.reading.Close()
	k.reading, k.next, k.began = k.next, none, now
}

// leased reports whether a peer may still be reading a snapshot.
func (k *keeping[S]) leased(x S, now time.Time) bool {
	if x == k.reading && now.Sub(k.began) >= leaseMost || x.Grown() > k.most {
		return false
	}
	for _, r := range k.readers {
		if r.order == x.Order() && now.Sub(r.at) < leaseTime {
			return true
		}
	}
	return false
}

// at returns the snapshot of an order, zero without one, and keeps it for the peer that reads it.
func (k *keeping[S]) at(order uint64, by wire.ReplicaID, now time.Time) (x S) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.readers == nil {
		k.readers = map[wire.ReplicaID]reader{}
	}
	k.readers[by] = reader{order: order, at: now} // as many as there are replicas
	k.promote(now)
	switch {
	case has(k.reading) && k.reading.Order() == order:
		return k.reading
	case has(k.next) && k.next.Order() == order:
		return k.next
	}
	return x
}

// keeps reports whether there is a snapshot of an order.
func (k *keeping[S]) keeps(order uint64) bool { return slices.Contains(k.orders(), order) }

// oldest is the order of the oldest snapshot that is kept, or of the stable checkpoint when there is none.
func (k *keeping[S]) oldest() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	order := k.stable
	for _, x := range k.all() {
		order = min(order, x.Order())
	}
	return order
}

// orders are those of the snapshots that are kept.
func (k *keeping[S]) orders() (list []uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range k.all() {
		list = append(list, x.Order())
	}
	return list
}

// drop lets all snapshots go.
func (k *keeping[S]) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range k.all() {
		x.Close()
	}
	var none S
	k.reading, k.next = none, none
}

// forget lets all snapshots go, and with them what was known of the states that they were of.
func (k *keeping[S]) forget() {
	k.drop()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stable, k.readers = 0, nil
}

// all are the snapshots that are kept. The caller holds mu.
func (k *keeping[S]) all() (list []S) {
	for _, x := range []S{k.reading, k.next} {
		if has(x) {
			list = append(list, x)
		}
	}
	return list
}

// stableOrder is the newest stable checkpoint that the host was told of since it was opened.
func (k *keeping[S]) stableOrder() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stable
}
