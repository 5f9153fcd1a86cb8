package troxy

import (
	"errors"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/mac"
)

// Errors of a Replier: what it does not authenticate.
var (
	// ErrRequest is returned for a request that no enclave of the group made.
	ErrRequest = errors.New("troxy: request is not authentic")
	// ErrConflict is returned for a second, different result (or order) of one request.
	ErrConflict = errors.New("troxy: another result of that request was authenticated")
	// ErrRepeated is returned for a read that was ordered once more, with what it shows then: the first answer
	// stands. Writes that are repeated have their first result again.
	ErrRepeated = errors.New("troxy: a read was ordered again")
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
	requests *Requests
	replies  *mac.Authenticator
	said     []said // by origin
	note     Note

	// Memory of Authenticate, used again.
	sets    []wire.ReplySet
	full    []int // bytes of whole results in each set
	touched []wire.Request
	signed  []byte
	wholes  []byte // encoded whole results
	out     []Addressed
}

// keptMessageBytes bounds each piece of memory that Authenticate uses again.
const keptMessageBytes = 256 << 10

// Note is told what a claim says of an authentic request, before its reply is authenticated; what it touched are keys
// of the request. An error keeps the reply from being authenticated.
type Note func(order, durableUpTo uint64, request *wire.Request, c *Claim) error

// NewReplier returns a Replier for the incarnation self; vector returns the incarnation vector to put
// into replies. note may be nil.
func NewReplier(group quorum.Config, self wire.Incarnation, vector func() []uint32, keys Keys, note Note) *Replier {
	return &Replier{
		note: note, group: group, self: self, vector: vector, said: make([]said, group.N()),
		requests: keys.Requests, replies: mac.New(keys.Reply, replyTag),
	}
}

// Addressed is a reply set for the enclave of replica To; Message is valid until the next Authenticate.
type Addressed struct {
	To      wire.ReplicaID
	Message []byte
}

// Authenticate turns a host's claims about one order into reply sets, one an origin, of at most
// wire.MaxReplies claims. Claims that do not hold are left out and reported; the rest is authenticated. It
// also returns the authentic requests that the claims are about, those too old for an answer included. All that it
// returns but the errors is valid until the next call.
func (r *Replier) Authenticate(order, durableUpTo uint64, claims []Claim) (out []Addressed, touched []wire.Request, refused []error) {
	clear(r.touched)
	r.touched = slices.Grow(r.touched[:0], len(claims))
	r.sets, r.full, r.wholes = r.sets[:0], r.full[:0], canon.Reuse(r.wholes, keptMessageBytes)
	for i := range claims {
		r.touched = append(r.touched, wire.Request{})
		q := &r.touched[len(r.touched)-1]
		entry, err := r.examine(order, durableUpTo, &claims[i], q)
		if err != nil && !errors.Is(err, ErrForgotten) {
			r.touched = r.touched[:len(r.touched)-1]
		}
		if err != nil {
			refused = append(refused, err)
			continue
		}
		at := r.setFor(q.ID, order, durableUpTo)
		if r.full[at]+len(entry.FullBytes) > maxFullBytes {
			entry.FullBytes = nil
		}
		r.full[at] += len(entry.FullBytes)
		r.sets[at].Entries = append(r.sets[at].Entries, entry)
	}
	for i := range r.sets {
		s := &r.sets[i]
		r.signed = s.AppendReplySigned(r.signed[:0])
		message := slices.Grow(r.memory(i), len(r.signed)+32+4*len(s.Entries)+r.full[i])
		message = wire.AppendReplySet(message, r.signed, r.replies.Sum(r.signed), s.Entries)
		r.out[i] = Addressed{To: s.Origin.Origin, Message: message}
		clear(s.Entries)
	}
	return r.out[:len(r.sets)], r.touched, refused
}

// memory returns room for the i-th message: that of the one before, unless it was large.
func (r *Replier) memory(i int) []byte {
	if i == len(r.out) {
		r.out = append(r.out, Addressed{})
	}
	return canon.Reuse(r.out[i].Message, keptMessageBytes)
}

// setFor returns the place of the set for the origin of a request, which it begins when it is the first of it.
func (r *Replier) setFor(origin wire.RequestID, order, durableUpTo uint64) int {
	origin.Sequence = 0
	for i := range r.sets {
		if r.sets[i].Origin == origin {
			return i
		}
	}
	var entries []wire.ReplyEntry
	at := len(r.sets)
	if at < cap(r.sets) {
		entries = r.sets[:at+1][at].Entries[:0]
	}
	s := r.set(origin, order, durableUpTo)
	s.Entries = entries
	r.sets, r.full = append(r.sets, s), append(r.full, 0)
	return at
}

func (r *Replier) set(origin wire.RequestID, order, durableUpTo uint64) wire.ReplySet {
	return wire.ReplySet{
		Founding: r.self.Founding, Replica: r.self.Replica, Incarnation: r.self.Number, Vector: r.vector(),
		Origin: origin, Order: order, DurableUpTo: durableUpTo,
	}
}

// examine checks one claim and makes its entry; q is filled with its request.
func (r *Replier) examine(order, durableUpTo uint64, c *Claim, q *wire.Request) (wire.ReplyEntry, error) {
	var err error
	*q, err = wire.DecodeRequestHeader(c.Header)
	digest, genuine := r.requests.Verify(c.Header, c.MAC)
	if err != nil || int(q.ID.Origin) >= r.group.N() || !genuine {
		return wire.ReplyEntry{}, ErrRequest
	}
	if order == 0 || max(order, durableUpTo) > wire.MaxNumber || c.Depends > order {
		return wire.ReplyEntry{}, ErrNumber
	}
	for _, t := range c.Head.Touched {
		if !slices.Contains(q.Keys, t.Key) {
			return wire.ReplyEntry{}, ErrTouched
		}
	}
	e := wire.ReplyEntry{Sequence: q.ID.Sequence, Request: digest, Result: c.Head.Digest(), Depends: c.Depends}
	now := statement{sequence: e.Sequence, request: e.Request, order: order, result: e.Result}
	err = r.said[q.ID.Origin].note(q.ID, now)
	if errors.Is(err, ErrConflict) && q.ReadOnly() {
		err = ErrRepeated
	}
	if r.note != nil && (err == nil || errors.Is(err, ErrForgotten)) {
		err = errors.Join(r.note(order, durableUpTo, q, c), err)
	}
	if err != nil {
		return wire.ReplyEntry{}, err
	}
	if c.Full {
		whole := wire.Result{Status: c.Head.Status, Touched: c.Head.Touched, Payload: c.Payload}
		from := len(r.wholes)
		r.wholes = whole.Append(r.wholes)
		e.FullBytes = r.wholes[from:len(r.wholes):len(r.wholes)]
	}
	return e, nil
}
