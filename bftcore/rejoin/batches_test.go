package rejoin

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// goodMAC is what requests of the group's enclaves have.
var goodMAC = wire.MAC{7}

// knowsBatches checks the rule: what an enclave's state remembers from a comeback on is in its host's log.
func (x *node) knowsBatches(frontier []byte) {
	x.w.t.Helper()
	m, err := wire.DecodeFrontier(frontier)
	if err != nil {
		x.w.t.Fatal(err)
	}
	for _, e := range m.Disclosure.Entries {
		if e.Rank = (wire.Rank{}); e.Batch != noopDigest && x.batches[e] == nil {
			x.w.t.Errorf("%d remembers order %d, whose batch it does not have", x.id, e.Order)
		}
	}
}

func (x *node) give(to int, order uint64, batch wire.Digest) {
	raw := x.batches[wire.Entry{Order: order, Batch: batch}]
	if raw == nil || x.withholds {
		return
	}
	if x.spoils {
		p, err := wire.DecodePrepare(raw)
		if err != nil {
			x.w.t.Fatal(err)
		}
		q := &p.Requests[0]
		spoilt, err := wire.DecodeRequest(wire.AppendRequest(nil, q.Header, wire.MAC{9}, q.Command))
		if err != nil {
			x.w.t.Fatal(err)
		}
		raw = wire.AppendPrepare(nil, &p.Certificate, []wire.Request{spoilt})
	}
	x.w.fly(x.id, to, raw)
}

// lead has the leader's enclave certify orders from its position on, whose batches only its host has.
func (x *node) lead(orders int) {
	x.w.t.Helper()
	for range orders {
		at := x.set.Position()
		at.Order++
		command := fmt.Append(nil, at)
		id := wire.RequestID{Generation: 1, Incarnation: 1, Sequence: at.Order}
		q, err := wire.DecodeRequest(wire.AppendRequest(nil, wire.AppendRequestHeader(nil, id, 0, nil, nil, command), goodMAC, command))
		if err != nil {
			x.w.t.Fatal(err)
		}
		c, err := x.set.CertifyPrepare(at, wire.BatchDigest([]wire.Digest{q.Digest()}))
		if err != nil {
			x.w.t.Fatal(err)
		}
		x.batches[wire.Entry{Order: at.Order, Batch: c.Digest}] = wire.AppendPrepare(nil, &c, []wire.Request{q})
	}
	x.log = append(x.log, x.set.Frontier())
	x.synced = len(x.log)
}

// An enclave that returns is told of what a peer's enclave certified only once the own log has it.
func TestRecoveryWaitsForBatches(t *testing.T) {
	w := started(t, 3, 11)
	leader := w.nodes[1] // of view 1
	leader.lead(100)
	leader.withholds = true
	w.nodes[0].start(false)
	w.run(20 * time.Second)
	if w.nodes[0].set.Active() {
		t.Fatal("it returned without the batches")
	}
	if s := w.nodes[0].driver.Status(); !slices.Contains(s.Waiting, 1) {
		t.Errorf("it waits for %v", s.Waiting)
	}
	leader.withholds = false
	w.settle()
	if n := len(w.nodes[0].batches); n != 100 {
		t.Errorf("%d batches", n)
	}
}

// What peers spoke of first, and their logs have let go of since, is not waited for: a checkpoint took its place.
func TestRecoveryForgetsWhatPeersForgot(t *testing.T) {
	w := started(t, 3, 15)
	leader, other := w.nodes[1], w.nodes[2]
	leader.lead(100)
	leader.withholds = true
	w.nodes[0].start(false)
	w.run(2 * time.Second)
	if got := w.nodes[0].driver.Wanted(); len(got) != maxWanted || got[0].Order > 90 {
		t.Fatalf("it asks for %v", got)
	}
	var shown [][]byte
	for _, x := range []*node{leader, other} {
		said, err := x.set.Checkpoint(90, wire.Sum([]byte("root")))
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, said.Message)
	}
	for _, x := range []*node{leader, other} {
		if _, err := x.set.Advance(shown); err != nil {
			t.Fatal(err)
		}
	}
	maps.DeleteFunc(leader.batches, func(e wire.Entry, _ []byte) bool { return e.Order <= 90 })
	w.run(time.Second)
	if got := w.nodes[0].driver.Wanted(); len(got) != 10 || got[0].Order != 91 {
		t.Fatalf("it asks for %v", got)
	}
	leader.withholds = false
	w.settle()
	if n := len(w.nodes[0].batches); n != 10 {
		t.Errorf("%d batches", n)
	}
}

// A leader whose enclave certified more than there is room for questions, and told nobody, gives nothing to one of five that
// comes back. What the others, who are in the next view, speak of a little later is asked for all the same.
func TestQuestionsTakeTurns(t *testing.T) {
	for name, stops := range map[string]bool{"it lies": false, "it lost its power": true} {
		w := started(t, 5, 21)
		former, others := w.nodes[1], w.nodes[2:]
		former.lead(2 * maxWanted)
		former.withholds = true
		w.nextView(2, others)
		leader, last := others[0], others[2]
		leader.lead(10)
		w.cut[[2]int{last.id, 0}] = true // its answer is late
		w.nodes[0].start(false)
		w.run(5 * time.Second)
		if stops {
			former.stop()
		}
		leader.lead(5)
		for e, raw := range leader.batches {
			last.batches[e] = raw
		}
		for o := uint64(1); o <= 15; o++ {
			for e, raw := range leader.batches {
				p, err := wire.DecodePrepare(raw)
				if err != nil {
					t.Fatal(err)
				}
				if e.Order == o {
					if _, err := last.set.CommitVerified(&p.Certificate); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		delete(w.cut, [2]int{last.id, 0})
		w.run(30 * time.Second)
		if !w.nodes[0].set.Active() {
			t.Errorf("%s: it asks for %v, %+v", name, w.nodes[0].driver.Wanted(), w.nodes[0].driver.Status())
		}
	}
}

// nextView has the enclaves of f+1 nodes begin a view, whose leader is the first of them.
func (w *world) nextView(view uint64, of []*node) {
	w.t.Helper()
	all := func(rule func(x *node) (counter.Said, error)) (messages [][]byte) {
		for _, x := range of {
			said, err := rule(x)
			if err != nil {
				w.t.Fatal(err)
			}
			messages = append(messages, said.Message)
		}
		return messages
	}
	wants := all(func(x *node) (counter.Said, error) { return x.set.ReqVC(view) })
	changes := all(func(x *node) (counter.Said, error) { return x.set.ViewChange(view, wants) })
	begins, err := of[0].set.NewView(view, changes)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, x := range of[1:] {
		if _, err := x.set.Enter(begins.Message); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Hundreds of small batches are there soon: a group under load certifies more meanwhile.
func TestManyBatchesAreObtainedAtOnce(t *testing.T) {
	w := started(t, 3, 14)
	w.nodes[1].lead(400)
	w.nodes[0].start(false)
	if took := w.settle(); took > 4*time.Second {
		t.Errorf("took %v", took)
	}
}

// Of five, one that withholds is passed over.
func TestRecoveryPassesOverWhoWithholds(t *testing.T) {
	w := started(t, 5, 12)
	leader := w.nodes[1]
	leader.lead(3)
	leader.withholds = true
	w.nodes[0].start(false)
	if took := w.settle(); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	if n := len(w.nodes[0].set.State().Disclosure().Entries); n != 0 {
		t.Errorf("it remembers %d orders", n)
	}
}

// A founding takes what its members remember only with the batches, which all have then.
func TestFoundingWaitsForBatches(t *testing.T) {
	w := started(t, 3, 13)
	leader := w.nodes[1]
	leader.lead(100)
	leader.withholds = true
	for _, x := range w.nodes {
		x.start(false)
	}
	w.run(20 * time.Second)
	if n := w.active(); n != 0 {
		t.Fatalf("%d ACTIVE without the batches", n)
	}
	if s := w.nodes[2].driver.Status(); !slices.Equal(s.Waiting, []wire.ReplicaID{1}) {
		t.Errorf("it waits for %v", s.Waiting)
	}
	leader.withholds = false
	w.settle()
	for _, x := range w.nodes {
		if len(x.batches) != 100 {
			t.Errorf("%d has %d batches", x.id, len(x.batches))
		}
	}
}

// The digest of a batch says nothing of the MACs of its requests: one with wrong ones is asked of somebody else.
func TestSpoiltBatchIsAskedOfAnother(t *testing.T) {
	w := started(t, 3, 14)
	leader := w.nodes[1]
	leader.lead(5)
	maps.Copy(w.nodes[2].batches, leader.batches)
	leader.spoils = true
	w.nodes[0].start(false)
	w.settle()
	for e, raw := range w.nodes[0].batches {
		if p, err := wire.DecodePrepare(raw); err != nil || p.Requests[0].MAC != goodMAC {
			t.Errorf("order %d with MAC %v, %v", e.Order, p.Requests[0].MAC, err)
		}
	}
}

// One batch may stand at two orders (a read that is asked again, a NOOP). In the log at the first of them, which may be
// cut off, it is not there for the second.
func TestBatchOfAnotherOrderIsAskedFor(t *testing.T) {
	w := started(t, 3, 16)
	leader := w.nodes[1]
	leader.lead(1)
	for e, raw := range leader.batches {
		p, err := wire.DecodePrepare(raw)
		if err != nil {
			t.Fatal(err)
		}
		w.nodes[0].batches[wire.Entry{Order: e.Order + 7, Batch: p.Certificate.Digest}] = raw
	}
	w.nodes[0].start(false)
	w.settle()
	if n := len(w.nodes[0].batches); n != 2 {
		t.Errorf("%d batches", n)
	}
}

// A peer that asks for batches on and on has the host read its disk for one at a time.
func TestFloodOfFetchesIsBounded(t *testing.T) {
	w := newWorld(t, 3, 15)
	w.nodes[0].start(false)
	d := w.nodes[0].driver
	d.Ready()
	gives := 0
	for i := range 1000 {
		d.Step(w.now, Received{From: 1, Raw: wire.Fetch{From: 1, To: 1, Body: wire.Digest{byte(i), 1}}.Append(nil)})
		gives += len(d.Ready().Gives)
	}
	if gives != 1 {
		t.Errorf("%d batches looked for", gives)
	}
}
