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
	// ErrConflict is returned for a second, different result (or order) of one request.
	ErrConflict = errors.New("troxy: another result of that request was authenticated")
	// ErrForgotten is returned for a request so old that its origin cannot wait for an answer: of a former
	// incarnation, or 2*Window sequences behind the newest. What was said about it is not known any more.
	ErrForgotten = errors.New("troxy: request is too old to be answered")
	// ErrNumber is returned for an order or a dependency that cannot be.
	ErrNumber = errors.New("troxy: number out of range")
	// ErrTouched is returned for a result that names a key its request does not touch.
	ErrTouched = errors.New("troxy: result touches a key that its request does not")
)

// maxFullBytes bounds the whole results in one reply set: the message with all else that a set may hold
// stays below wire.MaxMessageBytes. Further ones go as digests; who needs one asks again.
const maxFullBytes = wire.MaxMessageBytes - 256<<10

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
	said     []said // by origin
}

// NewReplier returns a Replier for the incarnation self; vector returns the incarnation vector to put
// into replies.
func NewReplier(group quorum.Config, self wire.Incarnation, vector func() []uint32, keys Keys) *Replier {
	return &Replier{
		group: group, self: self, vector: vector, said: make([]said, group.N()),
		requests: mac.New(keys.Request, requestTag), replies: mac.New(keys.Reply, replyTag),
	}
}

// VerifyRequest reports whether an enclave of the group made the request with that header.
func (r *Replier) VerifyRequest(header []byte, m wire.MAC) bool { return r.requests.Verify(header, m) }

// Addressed is a reply set for the enclave of replica To.
type Addressed struct {
	To      wire.ReplicaID
	Message []byte
}

// Authenticate turns a host's claims about one order into reply sets, one an origin, of at most
// wire.MaxReplies claims. Claims that do not hold are left out and reported; the rest is authenticated. It
// also returns the authentic requests that the claims are about, those too old for an answer included, so
// that the caller can raise what it knows of the keys that were touched: that must happen before the
// messages leave.
func (r *Replier) Authenticate(order, durableUpTo uint64, claims []Claim) (out []Addressed, touched []wire.Request, refused []error) {
	sets := make([]wire.ReplySet, 0, 1)
	full := make([]int, 0, 1) // bytes of whole results in each set
	for i := range claims {
		q, entry, err := r.examine(order, durableUpTo, &claims[i])
		if err == nil || errors.Is(err, ErrForgotten) {
			touched = append(touched, q)
		}
		if err != nil {
			refused = append(refused, err)
			continue
		}
		origin := q.ID
		origin.Sequence = 0
		at := slices.IndexFunc(sets, func(s wire.ReplySet) bool { return s.Origin == origin })
		if at < 0 {
			at = len(sets)
			sets = append(sets, r.set(origin, order, durableUpTo))
			full = append(full, 0)
		}
		if full[at]+len(entry.FullBytes) > maxFullBytes {
			entry.FullBytes = nil
		}
		full[at] += len(entry.FullBytes)
		sets[at].Entries = append(sets[at].Entries, entry)
	}
	for i := range sets {
		signed := sets[i].AppendReplySigned(nil)
		message := make([]byte, 0, len(signed)+32+4*len(sets[i].Entries)+full[i])
		message = wire.AppendReplySet(message, signed, r.replies.Sum(signed), sets[i].Entries)
		out = append(out, Addressed{To: sets[i].Origin.Origin, Message: message})
	}
	return out, touched, refused
}

func (r *Replier) set(origin wire.RequestID, order, durableUpTo uint64) wire.ReplySet {
	return wire.ReplySet{
		Founding: r.self.Founding, Replica: r.self.Replica, Incarnation: r.self.Number, Vector: r.vector(),
		Origin: origin, Order: order, DurableUpTo: durableUpTo,
	}
}

// examine checks one claim and makes its entry.
func (r *Replier) examine(order, durableUpTo uint64, c *Claim) (wire.Request, wire.ReplyEntry, error) {
	q, err := wire.DecodeRequestHeader(c.Header)
	if err != nil || int(q.ID.Origin) >= r.group.N() || !r.VerifyRequest(c.Header, c.MAC) {
		return q, wire.ReplyEntry{}, ErrRequest
	}
	if order == 0 || max(order, durableUpTo) > wire.MaxNumber || c.Depends > order {
		return q, wire.ReplyEntry{}, ErrNumber
	}
	for _, t := range c.Head.Touched {
		if !slices.Contains(q.Keys, t.Key) {
			return q, wire.ReplyEntry{}, ErrTouched
		}
	}
	e := wire.ReplyEntry{Sequence: q.ID.Sequence, Request: q.Digest(), Result: c.Head.Digest(), Depends: c.Depends}
	now := statement{sequence: e.Sequence, request: e.Request, order: order, result: e.Result}
	if err := r.said[q.ID.Origin].note(q.ID, now); err != nil {
		return q, wire.ReplyEntry{}, err
	}
	if c.Full {
		whole := wire.Result{Status: c.Head.Status, Touched: c.Head.Touched, Payload: c.Payload}
		e.FullBytes = whole.Append(nil)
	}
	return q, e, nil
}
