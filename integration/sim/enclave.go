package sim

import (
	"errors"
	"slices"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
	"troxymail/enclave/mac"
)

// Keys of the group: those of the product are derived from its genesis.
var (
	counterKey = [32]byte{1}
	requestKey = [32]byte{2}
	replyKey   = [32]byte{3}
	replyMACs  = func() *mac.Authenticator { return mac.New(replyKey, "troxymail/reply/v1") }
)

// enclave is the trusted side of one replica in one life: the product's counter, and around it what the product's
// enclave does for ordering. Its host, honest or not, may ask it for anything at any time.
type enclave struct {
	c       *Cluster
	id      wire.ReplicaID
	set     *counter.Set
	replies *mac.Authenticator
	client  *client       // nil while it is not ACTIVE
	lent    wire.Position // for requests of its client (bftcore.Reserve); order 0: nothing is
	used    wire.Position // where it used that last: a call for it may have crossed
	accused bool          // the last call of prepare asked for another batch where one was certified: no honest host does
}

// newEnclave starts an enclave that knows nothing.
func (c *Cluster) newEnclave(id wire.ReplicaID) *enclave {
	e := &enclave{c: c, id: id, replies: replyMACs()}
	e.set = counter.New(counter.Config{Group: c.group, Self: id, Pillars: c.scene.pillars, Key: counterKey})
	return e
}

// start shows it what its host's log holds.
func (e *enclave) start(frontier []byte, own []wire.Certificate) error {
	if err := e.set.Restore(frontier, own); err != nil {
		return err
	}
	return e.set.Boot(e.c.nonce())
}

// authentic reports whether an enclave of the group made a request.
func (e *enclave) authentic(q *wire.Request) bool {
	m, ok := e.c.known[q.Digest()]
	return ok && m == q.MAC
}

// batch returns the digest of requests, or the index of the first that is not authentic (else -1).
func (e *enclave) batch(requests []wire.Request) (wire.Digest, int) {
	for i := range requests {
		if !e.authentic(&requests[i]) {
			return wire.Digest{}, i
		}
	}
	return wire.BatchDigest(wire.RequestDigests(requests)), -1
}

// prepare certifies a proposal. Without a certificate it refused, because of a request when bad is not negative.
func (e *enclave) prepare(at wire.Position, requests []wire.Request) (certificate *wire.Certificate, bad int) {
	e.lent, e.accused = wire.Position{}, false
	if !e.set.Active() {
		return nil, -1
	}
	d, bad := e.batch(requests)
	if bad >= 0 {
		return nil, bad
	}
	c, err := e.set.CertifyPrepare(at, d)
	if err != nil {
		e.accused = errors.Is(err, counter.ErrDigest) && at != e.used
		return nil, -1
	}
	e.c.check.certified(e, &c)
	return &c, -1
}

// propose certifies requests of the own client where the host lent an order; nil: they are for the host.
func (e *enclave) propose(requests []wire.Request) *wire.Certificate {
	at := e.lent
	e.lent = wire.Position{}
	if at.Order == 0 || slices.ContainsFunc(requests, func(q wire.Request) bool { return len(q.Bodies) > 0 }) {
		return nil
	}
	certificate, _ := e.prepare(at, requests)
	if certificate != nil {
		e.used = at
		e.c.counts[ownProposal]++
	}
	return certificate
}

// commit certifies a vote; nil: it refused.
func (e *enclave) commit(p *wire.Certificate, requests []wire.Request) *wire.Certificate {
	if !e.set.Active() {
		return nil
	}
	if d, bad := e.batch(requests); bad >= 0 || d != p.Digest {
		return nil
	}
	c, err := e.set.CertifyCommit(p)
	if err != nil {
		return nil
	}
	e.c.check.certified(e, &c)
	return &c
}

// invalid returns the indices of requests that are not authentic; false: no verdict.
func (e *enclave) invalid(requests []wire.Request) (list []int, ok bool) {
	e.lent = wire.Position{} // it crosses as CertifyPrepare does
	for i := range requests {
		if !e.authentic(&requests[i]) {
			list = append(list, i)
		}
	}
	return list, e.set.Active()
}

// rule is a rule of the counter: those of bftcore.Op, then those of rejoin.Op.
type rule uint8

// question asks for a rule.
type question struct {
	rule     rule
	number   uint64
	digest   wire.Digest
	messages [][]byte
}

var errRule = errors.New("sim: no such rule")

// ask applies a rule. It may end or begin the enclave's incarnation.
func (e *enclave) ask(q *question) (counter.Said, error) {
	before := e.set.Standing()
	said, err := e.apply(q)
	if err == nil {
		e.c.check.applied(e, before, q, &said)
	}
	switch after := e.set.Standing(); {
	case after == before:
	case after == wire.Active:
		e.c.check.active(e)
		e.client = newClient(e)
	case before == wire.Active:
		e.client = nil
	}
	return said, err
}

func (e *enclave) apply(q *question) (counter.Said, error) {
	switch bftcore.Op(q.rule) {
	case bftcore.AskReqVC:
		return e.set.ReqVC(q.number)
	case bftcore.AskViewChange:
		return e.set.ViewChange(q.number, q.messages)
	case bftcore.AskNewView:
		return e.set.NewView(q.number, q.messages)
	case bftcore.AskEnter:
		return e.set.Enter(q.only())
	case bftcore.AskCheckpoint:
		return e.set.Checkpoint(q.number, q.digest)
	case bftcore.AskStable:
		return e.set.Advance(q.messages)
	}
	switch rejoin.Op(q.rule) {
	case rejoin.OpHello:
		return e.set.Hello(e.c.nonce())
	case rejoin.OpAnswer:
		return e.set.Answer(q.only())
	case rejoin.OpRequest:
		return e.set.Request(q.messages)
	case rejoin.OpGrant:
		return e.set.Grant(q.only())
	case rejoin.OpRecover:
		return e.set.Recover(q.messages)
	case rejoin.OpResign:
		return e.set.Resign(q.messages, e.c.nonce())
	case rejoin.OpLearn:
		return e.set.Learn(q.messages)
	case rejoin.OpCold:
		return e.set.Cold(q.messages)
	case rejoin.OpJoin:
		return e.set.Join(q.messages)
	case rejoin.OpFound:
		return e.set.Found(q.messages)
	case rejoin.OpAbandon:
		return e.set.Abandon(e.c.nonce())
	}
	return counter.Said{}, errRule
}

// only is the one message of a question that takes one; nil, which nothing accepts, when there are others.
func (q *question) only() []byte {
	if len(q.messages) != 1 {
		return nil
	}
	return q.messages[0]
}

// answer authenticates results of one order for one origin, as the host tells them. Nil while it is not ACTIVE.
func (e *enclave) answer(origin wire.RequestID, order, durable uint64, entries []wire.ReplyEntry) []byte {
	if !e.set.Active() {
		return nil
	}
	self := e.set.Incarnation()
	origin.Sequence = 0
	s := wire.ReplySet{Founding: self.Founding, Replica: e.id, Incarnation: self.Number, Vector: e.set.Vector(), Origin: origin,
		Order: order, DurableUpTo: durable, Entries: entries}
	signed := s.AppendReplySigned(nil)
	return wire.AppendReplySet(nil, signed, e.replies.Sum(signed), entries)
}
