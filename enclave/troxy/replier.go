package troxy

import (
	"errors"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

// Errors of a Replier: what it does not authenticate.
var (
	// ErrRequest is returned for a request that no enclave of the group made.
	ErrRequest = errors.New("troxy: request is not authentic")
	// ErrConflict is returned for a second, different result of one order, or a result of an order below
	// one that was already forgotten.
	ErrConflict = errors.New("troxy: another result at that order was authenticated")
	// ErrTouched is returned for a result that names a key its request does not touch.
	ErrTouched = errors.New("troxy: result touches a key that its request does not")
)

// remembered is how many of the newest results a Replier remembers, to refuse a second one.
const remembered = 2 * Window

// Claim is what a host says about one request: its result at an order. Payload is there for requests of
// this enclave, and when a retransmission asked for the whole result.
type Claim struct {
	Header  []byte
	MAC     wire.MAC
	Head    wire.ResultHead
	Depends uint64
	Payload []byte
	Full    bool
}

// Replier authenticates results. One owner.
type Replier struct {
	group    quorum.Config
	self     wire.Incarnation
	vector   func() []uint32
	requests *mac.Authenticator
	replies  *mac.Authenticator
	said     map[wire.Digest]statement // by request digest
	ring     []wire.Digest             // the same, oldest at next
	next     int
}

// statement is what was said about a request: the result at the order of its execution.
type statement struct {
	order  uint64
	result wire.Digest
}

// NewReplier returns a Replier for the incarnation self; vector returns the incarnation vector to put
// into replies.
func NewReplier(group quorum.Config, self wire.Incarnation, vector func() []uint32, keys Keys) *Replier {
	return &Replier{
		group: group, self: self, vector: vector, said: map[wire.Digest]statement{},
		ring: make([]wire.Digest, 0, remembered), requests: mac.New(keys.Request, requestTag), replies: mac.New(keys.Reply, replyTag),
	}
}

// VerifyRequest reports whether an enclave of the group made the request with that header.
func (r *Replier) VerifyRequest(header []byte, m wire.MAC) bool { return r.requests.Verify(header, m) }

// Addressed is a reply set for the enclave of replica To.
type Addressed struct {
	To      wire.ReplicaID
	Message []byte
}

// Authenticate turns a host's claims about one order into reply sets, one an origin. Claims that do not
// hold are left out and reported; the rest is authenticated. It also returns, per authenticated claim,
// the decoded request, so that the caller can raise what it knows of the keys that were touched: that
// must happen before the messages leave.
func (r *Replier) Authenticate(order, durableUpTo uint64, claims []Claim) (out []Addressed, touched []wire.Request, refused []error) {
	var sets []wire.ReplySet
	for i := range claims {
		q, entry, err := r.examine(order, &claims[i])
		if err != nil {
			refused = append(refused, err)
			continue
		}
		touched = append(touched, q)
		origin := q.ID
		origin.Sequence = 0
		at := slices.IndexFunc(sets, func(s wire.ReplySet) bool { return s.Origin == origin })
		if at < 0 {
			at = len(sets)
			sets = append(sets, wire.ReplySet{
				Founding: r.self.Founding, Replica: r.self.Replica, Incarnation: r.self.Number, Vector: r.vector(),
				Origin: origin, Order: order, DurableUpTo: durableUpTo,
			})
		}
		sets[at].Entries = append(sets[at].Entries, entry)
	}
	for i := range sets {
		signed := sets[i].AppendReplySigned(nil)
		message := wire.AppendReplySet(make([]byte, 0, len(signed)+64), signed, r.replies.Sum(signed), sets[i].Entries)
		out = append(out, Addressed{To: sets[i].Origin.Origin, Message: message})
	}
	return out, touched, refused
}

// examine checks one claim and makes its entry.
func (r *Replier) examine(order uint64, c *Claim) (wire.Request, wire.ReplyEntry, error) {
	q, err := wire.DecodeRequestHeader(c.Header)
	if err != nil || int(q.ID.Origin) >= r.group.N() || !r.VerifyRequest(c.Header, c.MAC) {
		return q, wire.ReplyEntry{}, ErrRequest
	}
	for _, t := range c.Head.Touched {
		if !slices.Contains(q.Keys, t.Key) {
			return q, wire.ReplyEntry{}, ErrTouched
		}
	}
	e := wire.ReplyEntry{Sequence: q.ID.Sequence, Request: q.Digest(), Result: c.Head.Digest(), Depends: c.Depends}
	if !r.remember(e.Request, statement{order: order, result: e.Result}) {
		return q, wire.ReplyEntry{}, ErrConflict
	}
	if c.Full {
		whole := wire.Result{Status: c.Head.Status, Touched: c.Head.Touched, Payload: c.Payload}
		e.FullBytes = whole.Append(nil)
	}
	return q, e, nil
}

// remember records what is about to be said about a request; false when something else was said.
func (r *Replier) remember(request wire.Digest, s statement) bool {
	if old, ok := r.said[request]; ok {
		return old == s
	}
	if len(r.ring) < remembered {
		r.ring = append(r.ring, request)
	} else {
		delete(r.said, r.ring[r.next])
		r.ring[r.next] = request
		r.next = (r.next + 1) % remembered
	}
	r.said[request] = s
	return true
}
