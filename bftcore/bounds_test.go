package bftcore_test

import (
	"errors"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

func TestConfigBounds(t *testing.T) {
	w := newWorld(3, func(*bftcore.Config) {})
	good := w.hosts[0].config
	for name, edit := range map[string]func(c *bftcore.Config){
		"no group":          func(c *bftcore.Config) { *c = bftcore.Config{} },
		"replica outside":   func(c *bftcore.Config) { c.Self = 3 },
		"batch too large":   func(c *bftcore.Config) { c.MaxBatch = wire.MaxBatchRequests + 1 },
		"batch negative":    func(c *bftcore.Config) { c.MaxBatch = -1 },
		"bytes too large":   func(c *bftcore.Config) { c.BatchBytes = wire.MaxBatchBytes + 1 },
		"delay too long":    func(c *bftcore.Config) { c.BatchDelay = 2e9 },
		"window too large":  func(c *bftcore.Config) { c.Window = 5000 },
		"window negative":   func(c *bftcore.Config) { c.Window = -1 },
		"bytes negative":    func(c *bftcore.Config) { c.BatchBytes = -1 },
		"delay in the past": func(c *bftcore.Config) { c.BatchDelay = -1 },
	} {
		c := good
		edit(&c)
		if _, err := bftcore.New(c, 0, bftcore.Restored{}); !errors.Is(err, bftcore.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A log that is damaged, or of another group, is named as such.
func TestForeignLogIsRefused(t *testing.T) {
	w := newWorld(3, func(*bftcore.Config) {})
	w.hosts[1].step(bftcore.Submit{Raw: w.request("a", 1, nil, 0).Raw})
	w.settle(nil)
	log := w.hosts[1].log
	if len(log) < 2 {
		t.Fatal("nothing was logged")
	}
	records := func(edit func(r *bftcore.Record)) bftcore.Restored {
		return bftcore.Restored{Records: func(yield func(bftcore.Record) bool) {
			for _, r := range log {
				r.Body = append([]byte(nil), r.Body...)
				edit(&r)
				if !yield(r) {
					return
				}
			}
		}}
	}
	other := w.hosts[1].config
	other.Epoch++
	for name, err := range map[string]error{
		"cut": start(w.hosts[1].config,
			records(func(r *bftcore.Record) { r.Body = r.Body[:len(r.Body)-1] })),
		"order": start(w.hosts[1].config, records(func(r *bftcore.Record) { r.Order++ })),
		"kind": start(w.hosts[1].config,
			records(func(r *bftcore.Record) { r.Kind = bftcore.RecordCommit })),
		"another epoch": start(other, records(func(*bftcore.Record) {})),
	} {
		if !errors.Is(err, bftcore.ErrLog) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What an older founding committed is nothing in a later one, but no damage either.
	next := w.hosts[1].config
	next.Founding.Generation++
	core, err := bftcore.New(next, w.now, records(func(*bftcore.Record) {}))
	if err != nil || core.Status().Executed != 0 {
		t.Errorf("a log of the founding before: %v", err)
	}
	later := records(func(*bftcore.Record) {})
	all := later.Records
	later.Records = func(yield func(bftcore.Record) bool) {
		all(yield)
		yield(bftcore.Record{Kind: 99, Body: []byte("of a later version")})
	}
	if err := start(w.hosts[1].config, later); err != nil {
		t.Errorf("a record kind of later work: %v", err)
	}
}

func start(c bftcore.Config, r bftcore.Restored) error {
	_, err := bftcore.New(c, 0, r)
	return err
}

// A peer that floods takes nothing from the others: its share is full, the own enclave's is not.
func TestFloodOfRequests(t *testing.T) {
	for _, id := range []int{0, 1} {
		w := newWorld(3, func(*bftcore.Config) {})
		w.quiet = true
		p := w.hosts[id]
		w.hosts[id].calls = nil
		for range bftcore.MaxPendingRequests + 100 {
			q := w.request("flood", 2, nil, 0)
			p.core.Step(w.now, bftcore.Received{From: 2, Raw: wire.AppendForward(nil, []wire.Request{q})})
		}
		c := p.core.Counters()
		if id == 0 && c.RequestsRefused != 100 || id == 1 && c.RequestsEvicted != 100 {
			t.Errorf("replica %d: %+v", id, c)
		}
		if n := p.core.Status().Pending; n != bftcore.MaxPendingRequests {
			t.Errorf("replica %d keeps %d requests", id, n)
		}
		p.step(bftcore.Submit{Raw: w.request("own", id, nil, 0).Raw})
		if n := p.core.Status().Pending; n != bftcore.MaxPendingRequests+1 {
			t.Errorf("replica %d has no room for its own request", id)
		}
	}
}

// Early PREPAREs are kept up to a number of bytes, and up to a window.
func TestEarlyPrepares(t *testing.T) {
	w := newWorld(3, func(c *bftcore.Config) { c.Window = 4096 })
	w.quiet = true
	q := w.request("big", 1, nil, wire.MaxCommandBytes-100)
	leader, p := w.hosts[0], w.hosts[1]
	sent := uint64(0)
	for o := uint64(1); p.core.Counters().BufferFull == 0; o++ {
		batch := []wire.Request{q}
		x, err := leader.set.CertifyPrepare(wire.Position{Order: o}, wire.BatchDigest(wire.RequestDigests(batch)))
		if err != nil {
			t.Fatal(err)
		}
		if o > 1 { // the first is missing: nothing can be done with the others
			p.core.Step(w.now, bftcore.Received{From: 0, Raw: wire.AppendPrepare(nil, &x, batch)})
			sent++
		}
		if sent > 2*bftcore.MaxBufferedBytes/wire.MaxCommandBytes {
			t.Fatal("nothing bounds what is kept")
		}
	}
	if sent < bftcore.MaxBufferedBytes/wire.MaxCommandBytes {
		t.Errorf("full after %d", sent)
	}
}

func TestWants(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		want bool
	}{
		"PROGRESS":        {wire.Progress{}.Append(nil), true},
		"FETCH of orders": {wire.Fetch{From: 1, To: 2}.Append(nil), true},
		"FETCH of a body": {wire.Fetch{Body: wire.Digest{1}}.Append(nil), false},
		"replies":         {[]byte{byte(wire.KindReplies), wire.Version}, false},
		"nothing":         {nil, false},
	} {
		if bftcore.Wants(c.raw) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

// One replica's claims are nobody's measure of being behind, and its newest word takes the place of older ones.
func TestOneClaimIsNotBelieved(t *testing.T) {
	w := newWorld(3, func(*bftcore.Config) {})
	w.quiet = true
	p := w.hosts[0]
	claims := func(from wire.ReplicaID, order uint64) uint64 {
		progress := wire.Progress{Prepared: order, Executed: order, Synced: order}
		p.core.Step(w.now, bftcore.Received{From: from, Raw: progress.Append(nil)})
		return p.core.Status().Known
	}
	for i, c := range []struct {
		from        wire.ReplicaID
		order, want uint64
	}{{2, wire.MaxNumber, 0}, {1, 7, 7}, {2, 3, 3}, {2, 9, 7}, {1, 2, 2}} {
		if got := claims(c.from, c.order); got != c.want {
			t.Errorf("claim %d: %d orders are known, want %d", i, got, c.want)
		}
	}
}
