package bftcore

import (
	"slices"
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// behind is a core at order 0 of a founding whose stable checkpoint is at order, which peers 1 and 2 say to have been at,
// and whose state nobody gave.
func behind(t *testing.T, order uint64) *Core {
	t.Helper()
	group, err := quorum.New(3)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Quorum: group, Checkpoint: 8, Founding: wire.Founding{Generation: 2, Digest: wire.Digest{2}}}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	c.raise(wire.Stable{Order: order, Root: wire.Digest{1}})
	for r := range c.peers {
		c.peers[r].status.Executed = order
	}
	c.Ready()
	c.Advance()
	c.Step(2, NotInstalled{})
	return c
}

// passes lets time pass and returns what the core asks for then.
func (c *Core) passes(t Time, e Event) Ready {
	c.Step(c.now+t, e)
	r := c.Ready()
	r.Messages, r.Calls = slices.Clone(r.Messages), slices.Clone(r.Calls) // Advance takes them back
	c.Advance()
	return r
}

// fetches returns who was asked for orders that are not retraced yet, and for which.
func fetches(t *testing.T, r Ready) (to []wire.ReplicaID, of []wire.Fetch) {
	t.Helper()
	for _, m := range r.Messages {
		if f, err := wire.DecodeFetch(m.Raw); err == nil {
			to, of = append(to, m.To), append(of, f)
		}
	}
	return to, of
}

// told is a PROOF of an earlier founding.
func told(from wire.ReplicaID, order uint64, requests ...wire.Request) Received {
	digests := make([]wire.Digest, len(requests))
	for i := range requests {
		digests[i] = requests[i].Digest()
	}
	x := wire.Certificate{Kind: wire.CertPrepare, Founding: wire.Founding{Generation: 1, Digest: wire.Digest{1}}, Incarnation: 1,
		Vector: make([]uint32, 3), New: wire.Position{View: 1, Order: order}, Digest: wire.BatchDigest(digests), Replica: 1}
	return Received{From: from, Raw: wire.AppendProof(nil, wire.AppendPrepare(nil, &x, requests), nil)}
}

// A way is handed out order by order, however its pieces come, as its source tells it and nobody else, and no further than
// the host has gone and one question reaches.
func TestRetraceIsHandedOutInOrder(t *testing.T) {
	c := behind(t, 2*MaxFetchOrders)
	to, of := fetches(t, c.passes(0, Tick{}))
	if len(to) != 1 || of[0].From != 1 || of[0].To != MaxFetchOrders {
		t.Fatalf("asked %v for %+v", to, of)
	}
	source := to[0]
	other := 3 - source
	var got []uint64
	hear := func(e Event) Ready {
		r := c.passes(1, e)
		if r.Retrace != nil {
			if r.Retrace.Stable != c.stable || r.Retrace.From != source {
				t.Fatalf("%+v", r.Retrace)
			}
			for _, b := range r.Retrace.Batches {
				got = append(got, b.Order)
			}
		}
		return r
	}
	hear(told(source, 2))
	hear(told(source, 2))
	hear(told(other, 1))
	hear(told(source, MaxFetchOrders+1))
	if len(got) > 0 || len(c.retracing.early) != 1 {
		t.Fatalf("handed out %v, %d kept", got, len(c.retracing.early))
	}
	hear(told(source, 1))
	for o := uint64(3); o <= MaxFetchOrders; o++ {
		hear(told(source, o))
	}
	for i, o := range got {
		if o != uint64(i+1) {
			t.Fatalf("handed out %v", got)
		}
	}
	if len(got) != MaxFetchOrders || c.retracing.bytes != 0 {
		t.Fatalf("%d orders handed out, %d bytes kept", len(got), c.retracing.bytes)
	}
	if _, of := fetches(t, hear(Retraced{Attempt: c.retracing.attempt, Order: MaxFetchOrders/2 - 1})); of != nil {
		t.Errorf("asks on before the host has gone half of it: %+v", of)
	}
	_, of = fetches(t, hear(Retraced{Attempt: c.retracing.attempt, Order: MaxFetchOrders/2 + 1}))
	if len(of) != 1 || of[0].From != MaxFetchOrders+1 || of[0].To != MaxFetchOrders*3/2+1 {
		t.Errorf("asks for %+v once the host has", of)
	}
	for o := uint64(MaxFetchOrders + 1); o <= MaxFetchOrders*3/2+1; o++ {
		hear(told(source, o))
	}
	if _, of := fetches(t, hear(Retraced{Attempt: c.retracing.attempt, Order: MaxFetchOrders + 2})); len(of) != 1 || of[0].To != 2*MaxFetchOrders {
		t.Errorf("asks for %+v in the end", of)
	}
}

// However a peer cuts its answers, the host is never asked to keep more than one question's orders, or many bytes.
func TestRetraceWaitsForTheHost(t *testing.T) {
	c := behind(t, 100*MaxFetchOrders)
	to, _ := fetches(t, c.passes(0, Tick{}))
	handed := 0
	for o := uint64(1); o < 10*MaxFetchOrders; o++ {
		r := c.passes(1, told(to[0], o))
		if r.Retrace != nil {
			handed += len(r.Retrace.Batches)
		}
		if o%7 == 0 {
			c.passes(retraceAfter, Tick{}) // asks again
		}
	}
	if handed != MaxFetchOrders || c.retracing.at != 0 || c.retracing.from != to[0] {
		t.Errorf("%d orders handed out while the host has gone none; %+v", handed, c.retracing)
	}
	c.retracing.waiting = 2 * maxRetraceBytes
	if c.passes(1, Retraced{Attempt: c.retracing.attempt, Order: MaxFetchOrders / 2}); c.retracing.at != 0 {
		t.Error("asks on while the host has many bytes of it")
	}
}

// A peer that gives a little now and then is left for another, after ever longer times.
func TestRetraceLeavesWhoDribbles(t *testing.T) {
	const order = 4096
	c := behind(t, order)
	to, _ := fetches(t, c.passes(0, Tick{}))
	for o := uint64(1); o < MaxFetchOrders; o++ {
		for range retraceSilent - 1 {
			c.passes(retraceAfter, Tick{})
		}
		if c.retracing.from != to[0] {
			return
		}
		c.passes(1, told(to[0], o))
		c.passes(1, Retraced{Attempt: c.retracing.attempt, Order: o})
	}
	t.Error("it is not left")
}

// A transfer that goes on for long does not keep a way from being begun.
func TestRetraceBesideATransfer(t *testing.T) {
	c := behind(t, 8)
	c.retracing = retracing{}
	c.checkpoints.transferAt, c.checkpoints.failed = 0, 0
	c.fetching.lack, c.fetching.since = 1, c.now-transferAfter
	if r := c.passes(1, Tick{}); r.Transfer == nil || c.retracing.stable.Order != 0 {
		t.Fatalf("asks for %+v", r.Transfer)
	}
	if due := c.NextDeadline(); due > c.now+retraceBeside {
		t.Errorf("looks again in %v", due-c.now)
	}
	if c.passes(retraceBeside-1, Tick{}); c.retracing.stable.Order != 0 {
		t.Error("does not wait")
	}
	if c.passes(1, Tick{}); c.retracing.stable.Order != 8 {
		t.Error("no way is begun")
	}
}

// A peer that tells a way to elsewhere, or nothing, is followed by another, from the start; at a source's end a host that
// is silent is waited for.
func TestRetraceGoesToAnother(t *testing.T) {
	c := behind(t, 8)
	to, _ := fetches(t, c.passes(0, Tick{}))
	first := to[0]
	for o := uint64(1); o <= 8; o++ {
		c.passes(1, told(first, o))
	}
	if at := c.retracing.at; at != 0 {
		t.Fatalf("something is due at %d while the host has to do", at)
	}
	c.passes(1, Retraced{Attempt: c.retracing.attempt - 1, Failed: true}) // of another way
	if c.retracing.next != 9 {
		t.Fatal("what an earlier way came to ended this one")
	}
	attempt := c.retracing.attempt
	c.passes(1, Retraced{Attempt: attempt, Order: 8, Failed: true})
	to, of := fetches(t, c.passes(retraceMax, Tick{}))
	asked := map[wire.ReplicaID]bool{}
	for i := range to {
		if of[i].From == 1 && of[i].To == 8 {
			asked[to[i]] = true
		}
	}
	if second := 3 - first; c.retracing.from != second || c.retracing.next != 1 || c.retracing.attempt == attempt || !asked[second] {
		t.Fatalf("the way of %d was to elsewhere, asked are %v for %+v, %+v", first, to, of, c.retracing)
	}
	for range retraceSilent + 1 {
		c.passes(retraceAfter, Tick{})
	}
	if c.retracing.from != first {
		t.Errorf("%d is silent and asked on", c.retracing.from)
	}
}

// Requests are handed out once the own enclave called them genuine; a peer that tells others is left.
func TestRetraceChecksRequests(t *testing.T) {
	command := []byte("command")
	q, err := wire.DecodeRequest(wire.AppendRequest(nil, wire.AppendRequestHeader(nil, wire.RequestID{Sequence: 1}, 0, nil, nil, command), wire.MAC{7}, command))
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		verdict   Checked
		handed    int
		goesOn    bool // with the same peer
		remembers bool
	}{
		"genuine": {Checked{}, 2, true, false},
		"forged":  {Checked{Invalid: []int{0}}, 0, false, true},
		"refused": {Checked{Refused: true}, 0, true, true}, // order 2 waits: 1 is asked for again
	} {
		c := behind(t, 8)
		to, _ := fetches(t, c.passes(0, Tick{}))
		r := c.passes(1, told(to[0], 1, q))
		c.passes(1, told(to[0], 2))
		if r.Retrace != nil || len(r.Calls) != 1 {
			t.Fatalf("%s: handed out %+v with %d calls", name, r.Retrace, len(r.Calls))
		}
		x.verdict.Token = r.Calls[0].(CheckRequests).Token
		r = c.passes(1, x.verdict)
		handed := 0
		if r.Retrace != nil {
			handed = len(r.Retrace.Batches)
		}
		if handed != x.handed || (c.retracing.next != 0) != x.goesOn || (c.retracing.early[2] != nil) != x.remembers {
			t.Errorf("%s: %d handed out, %+v", name, handed, c.retracing)
		}
	}
}

// A state that comes by itself ends the way, and the host hears so.
func TestRetraceEnds(t *testing.T) {
	c := behind(t, 8)
	c.passes(0, Tick{})
	attempt := c.retracing.attempt
	r := c.passes(1, Installed{Stable: c.stable})
	if r.Retrace == nil || r.Retrace.Stable.Order != 0 || r.Retrace.Attempt <= attempt || c.retracing.stable.Order != 0 {
		t.Errorf("%+v, %+v", r.Retrace, c.retracing)
	}
	if r := c.passes(retraceMax, Tick{}); r.Retrace != nil {
		t.Errorf("told again: %+v", r.Retrace)
	}
}

// What waits for its turn is bounded in bytes; the next order always fits.
func TestRetraceIsBounded(t *testing.T) {
	c := behind(t, 8)
	to, _ := fetches(t, c.passes(0, Tick{}))
	c.retracing.bytes = maxRetraceBytes // of those that come later
	c.passes(1, told(to[0], 2))
	if len(c.retracing.early) != 0 || c.counters.BufferFull != 1 {
		t.Errorf("%d kept, %d times full", len(c.retracing.early), c.counters.BufferFull)
	}
	if r := c.passes(1, told(to[0], 1)); r.Retrace == nil || len(r.Retrace.Batches) != 1 {
		t.Errorf("the next one: %+v", r.Retrace)
	}
}
