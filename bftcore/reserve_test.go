package bftcore_test

import (
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// lentTo returns a cluster whose leader has lent order 2 to its enclave.
func lentTo(t *testing.T) (*world, *player) {
	t.Helper()
	w := newWorld(3, func(*bftcore.Config) {})
	w.quiet = true
	p := w.hosts[0]
	p.want(w.request("first", 0, nil, 0), false)
	w.settle(nil)
	if p.lent != (wire.Position{Order: 2}) {
		t.Fatalf("lent is %v", p.lent)
	}
	return w, p
}

// certify has p's enclave certify a batch of requests at an order.
func (p *player) certify(t *testing.T, order uint64, requests ...wire.Request) bftcore.Proposed {
	t.Helper()
	x, err := p.set.CertifyPrepare(wire.Position{Order: order}, wire.BatchDigest(wire.RequestDigests(requests)))
	if err != nil {
		t.Fatal(err)
	}
	e := bftcore.Proposed{Certificate: x}
	for i := range requests {
		e.Requests = append(e.Requests, requests[i].Raw)
	}
	return e
}

// What the enclave certified by itself is proposed as it came, several requests as well, and once.
func TestProposedIsProposed(t *testing.T) {
	w, p := lentTo(t)
	e := p.certify(t, 2, w.request("a", 0, nil, 0), w.request("b", 0, nil, 0))
	p.step(e)
	p.step(e) // the boundary may repeat itself
	w.settle(nil)
	for _, h := range w.hosts {
		if s := h.core.Status(); s.Executed != 2 || s.Pending != 0 {
			t.Errorf("replica %d executed up to %d, %d requests wait", h.id, s.Executed, s.Pending)
		}
	}
	if c := p.core.Counters(); c.Reserved != 1 || c.Requests != 3 {
		t.Errorf("%d proposals of the enclave's own, %d requests executed", c.Reserved, c.Requests)
	}
}

// What does not fit the reservation is no proposal, and its requests are ordered like others.
func TestProposedThatDoesNotFit(t *testing.T) {
	for name, spoil := range map[string]func(e *bftcore.Proposed){
		"another order":   func(e *bftcore.Proposed) { e.Certificate.New.Order++ },
		"another view":    func(e *bftcore.Proposed) { e.Certificate.New.View++ },
		"another kind":    func(e *bftcore.Proposed) { e.Certificate.Kind = wire.CertCommit },
		"another replica": func(e *bftcore.Proposed) { e.Certificate.Replica = 1 },
		"another digest":  func(e *bftcore.Proposed) { e.Certificate.Digest[0]++ },
		"another group":   func(e *bftcore.Proposed) { e.Certificate.Epoch++ },
	} {
		w, p := lentTo(t)
		q := w.request("a", 0, nil, 0)
		e := bftcore.Proposed{Certificate: wire.Certificate{
			Kind: wire.CertPrepare, Founding: founding, Incarnation: 1, Vector: []uint32{1, 1, 1}, New: wire.Position{Order: 2},
			Digest: wire.BatchDigest([]wire.Digest{q.Digest()}),
		}, Requests: [][]byte{q.Raw}}
		spoil(&e)
		p.step(e)
		if c := p.core.Counters(); c.NonsenseAnswers != 1 || c.Reserved != 0 {
			t.Errorf("%s: %d nonsense, %d taken", name, c.NonsenseAnswers, c.Reserved)
		}
		w.settle(nil)
		if s := p.core.Status(); s.Executed != 2 || s.Pending != 0 {
			t.Errorf("%s: executed up to %d, %d requests wait", name, s.Executed, s.Pending)
		}
	}
}

// Requests that are none of the own enclave's, or that need bodies, are refused as a whole.
func TestProposedRequestsAreOwn(t *testing.T) {
	w, p := lentTo(t)
	for name, raw := range map[string][]byte{
		"undecodable": {1, 2, 3}, "of another origin": w.request("other", 1, nil, 0).Raw, "with a body": w.request("large", 0, []string{"x"}, 0).Raw,
	} {
		before := p.core.Counters()
		p.step(bftcore.Proposed{Requests: [][]byte{w.request(name, 0, nil, 0).Raw, raw}})
		if c := p.core.Counters(); c.Malformed != before.Malformed+1 || p.core.Status().Pending != 0 {
			t.Errorf("%s: %d malformed, %d requests wait", name, c.Malformed-before.Malformed, p.core.Status().Pending)
		}
	}
}

// Nothing is lent where a batch would wait, or for the clients of others.
func TestLendsOnlyWithLittleToDo(t *testing.T) {
	w := newWorld(3, func(*bftcore.Config) {})
	w.quiet = true
	p := w.hosts[0]
	w.hosts[1].want(w.request("of a follower", 1, nil, 0), false)
	w.settle(nil)
	if p.lent.Order != 0 {
		t.Errorf("%v is lent after a batch of another's client", p.lent)
	}
	for range 20 {
		p.step(bftcore.Submit{Raw: w.request("many", 0, nil, 0).Raw})
	}
	w.now += 100 * millisecond
	w.tick()
	w.settle(nil)
	if p.lent.Order != 0 {
		t.Errorf("%v is lent after a large batch", p.lent)
	}
	w.settle(nil)
	w.now += 100 * millisecond
	w.tick()
	w.settle(nil)
	p.want(w.request("one", 0, nil, 0), false)
	w.now += 100 * millisecond
	w.tick()
	w.settle(nil)
	if next := p.core.Status().Executed + 1; p.lent != (wire.Position{Order: next}) {
		t.Errorf("%v is lent, the next order is %d", p.lent, next)
	}
}

// A reservation ends with its view: what the enclave certifies after that is the next leader's affair, and the request waits
// for it.
func TestReservationEndsWithItsView(t *testing.T) {
	w, p := lentTo(t)
	for id := 1; id <= 2; id++ { // who cannot reach the leader, and want another one
		w.hosts[id].step(bftcore.Submit{Raw: w.request("urgent", id, nil, id).Raw})
	}
	pass := func(rounds int, but ...string) {
		for range rounds {
			w.now += 100 * millisecond
			w.tick()
			w.settle(but)
		}
	}
	pass(30, "0")
	pass(60)
	if s := p.core.Status(); s.View == 0 || !s.InView {
		t.Fatalf("view %d", s.View)
	}
	p.want(w.request("late", 0, nil, 0), false)
	pass(10)
	for _, h := range w.hosts {
		if s := h.core.Status(); s.Pending != 0 {
			t.Errorf("replica %d: %d requests wait in view %d", h.id, s.Pending, s.View)
		}
	}
	if c := p.core.Counters(); c.Reserved != 0 {
		t.Errorf("%d reservations of a former view were used", c.Reserved)
	}
}
