package scenario

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// prepare has an enclave certify a proposal, and keeps the PREPARE under a name.
func (w *world) prepare(e *enclave, keep string, at wire.Position, requests []*request) bool {
	items := make([]boundary.Item, len(requests))
	list := make([]wire.Request, len(requests))
	for i, q := range requests {
		items[i], list[i] = q.item(), q.wire
	}
	c, ok := w.certified(e, func(token uint64) []byte {
		return (&boundary.CertifyPrepare{Token: token, Position: at, Items: items}).Append(nil)
	})
	if !ok {
		return false
	}
	w.messages[keep] = wire.AppendPrepare(nil, c, list)
	w.batches[c.Digest] = batch{requests: requests, prepare: w.messages[keep]}
	e.logs(c)
	w.say("%s", w.describe(w.messages[keep]))
	return true
}

// commit has an enclave vote for a proposal.
func (w *world) commit(e *enclave, keep string, prepare []byte) bool {
	p, err := wire.DecodePrepare(prepare)
	if err != nil {
		w.t.Fatal(err)
	}
	var items []boundary.Item
	for _, q := range w.batches[p.Certificate.Digest].requests {
		items = append(items, q.item())
	}
	c, ok := w.certified(e, func(token uint64) []byte {
		return (&boundary.CertifyCommit{Token: token, Prepare: p.Certificate, Items: items}).Append(nil)
	})
	if !ok {
		return false
	}
	w.messages[keep] = wire.AppendCommit(nil, c, &p.Certificate)
	e.logs(c)
	w.say("%s", w.describe(w.messages[keep]))
	return true
}

// logs notes in the host's log what its enclave certified.
func (e *enclave) logs(c *wire.Certificate) {
	e.w.seen[c.New.Order] = append(e.w.seen[c.New.Order], *c)
	e.log.own = append(e.log.own, *c)
	e.log.batches = append(e.log.batches, wire.Entry{Order: c.New.Order, Batch: c.Digest})
}

func (w *world) certified(e *enclave, frame func(token uint64) []byte) (*wire.Certificate, bool) {
	raw := e.put(frame)
	if raw == nil {
		w.say("the enclave of %s says nothing: it is not ACTIVE", e.name)
		return nil, false
	}
	a, err := boundary.DecodeCertified(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	if a.Refusal != boundary.RefusedNothing {
		w.say("the enclave of %s refuses: %s", e.name, refusals[a.Refusal])
		return nil, false
	}
	return &a.Certificate, true
}

var refusals = map[boundary.Refusal]string{
	boundary.RefusedInactive: "it is not ACTIVE",
	boundary.RefusedPosition: "its counter is past that position, or would leave a gap",
	boundary.RefusedRole:     "the leader does not COMMIT, a follower does not PREPARE",
	boundary.RefusedPrepare:  "the PREPARE is not genuine, or of another founding",
	boundary.RefusedRequest:  "a request is not genuine",
	boundary.RefusedView:     "it is not in that view, or mute in it, or past it",
	boundary.RefusedQuorum:   "too few that are genuine, distinct and consistent",
	boundary.RefusedDigest:   "another batch is settled at that order",
	boundary.RefusedWindow:   "out of range",
	boundary.RefusedStanding: "it does not stand so that the rule applies",
	boundary.RefusedNonce:    "it is for another attempt",
}

// counted says whether the certificates commit one batch, as every honest host judges it: genuine for the enclave that
// is asked, of one position and digest, f+1 of distinct replicas, none of which knows that another was dead.
func (w *world) counted(e *enclave, names []string) {
	var ws []quorum.Witness
	first := w.certificate(names[0])
	list := make([]wire.Certificate, len(names))
	for i, n := range names {
		list[i] = *w.certificate(n)
	}
	for i, ok := range e.verified(list) {
		c := &list[i]
		switch {
		case !ok:
			w.say("%s is not genuine, or of another founding", names[i])
		case c.New != first.New || c.Digest != first.Digest:
			w.say("%s is about another batch", names[i])
		default:
			ws = append(ws, quorum.WitnessOf(c))
		}
	}
	if _, ok := quorum.Holds(ws, w.group.Size()); ok {
		w.say("they commit %s at %v", w.batch(first.Digest), first.New)
		return
	}
	for i := range ws {
		for j := range ws[:i] {
			if !quorum.Consistent(ws[i], ws[j]) {
				w.say("incarnations %d.%d and %d.%d are not consistent", ws[j].Replica, ws[j].Incarnation, ws[i].Replica, ws[i].Incarnation)
			}
		}
	}
	w.say("they commit nothing")
}

// order has the group order, execute and answer a batch, all honestly, by those who vote.
func (w *world) order(requests []*request, voters []string, quiet bool) {
	w.quiet = quiet
	defer func() { w.quiet = false }()
	order, ok := w.agree(requests, voters)
	if !ok {
		return
	}
	for _, name := range voters {
		for _, q := range requests {
			w.executes(w.enclaves[name], q, order, claim{durable: order})
		}
	}
	w.deliver(func(l letter) bool { return l.reply })
	w.told()
}

// agree has a batch committed at the next order.
func (w *world) agree(requests []*request, voters []string) (order uint64, ok bool) {
	leader := w.leader()
	if leader == nil || !w.prepare(leader, "PREPARE", wire.Position{View: leader.position().View, Order: w.next}, requests) {
		return 0, false
	}
	votes := 1
	for _, name := range voters {
		if e := w.enclaves[name]; e != leader && w.commit(e, "COMMIT "+name, w.messages["PREPARE"]) {
			votes++
		}
	}
	order = w.next
	w.history[order] = requests
	w.next++
	w.say("order %d: committed by %d", order, votes)
	return order, true
}

// leader is who leads the highest view that an ACTIVE enclave is in.
func (w *world) leader() *enclave {
	var view uint64
	for _, name := range w.names {
		view = max(view, w.enclaves[name].position().View)
	}
	return w.present(w.group.Leader(view))
}

func (e *enclave) position() wire.Position { return e.replica.Stats().Position }

// fences has the first command of each incarnation ordered, without which its sessions wait.
func (w *world) fences() {
	var names []string
	for name, q := range w.requests {
		if q.fence && !w.ordered(q) && w.present(q.wire.ID.Origin).self.Number == q.wire.ID.Incarnation {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		w.order(w.wanted([]string{n}), w.voters(), true)
	}
}

// voters are all whose enclaves are ACTIVE and whose hosts are honest.
func (w *world) voters() (list []string) {
	for _, e := range w.driven(nil) {
		if e.replica.Stats().Standing == wire.Active && w.present(e.id) == e {
			list = append(list, e.name)
		}
	}
	return list
}

func (w *world) ordered(q *request) bool {
	for _, list := range w.history {
		if slices.Contains(list, q) {
			return true
		}
	}
	return false
}
