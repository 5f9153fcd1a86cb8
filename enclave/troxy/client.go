package troxy

import (
	"container/heap"
	"errors"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

// Limits and times of a Client.
const (
	// Window is how far sequence numbers may run ahead of the oldest unanswered request; the state
	// machine remembers as many against duplicates.
	Window = 4096
	// MaxFirst bounds the sequence number that a Client begins with: no run reaches wire.MaxNumber.
	MaxFirst = wire.MaxNumber / 2
	// maxHeldBytes bounds the whole results of one sender that wait for their votes. One over it counts as
	// a digest only; the retransmission brings it again. Each sender has its own share, so that a liar's
	// inventions keep no other's results out.
	maxHeldBytes = 64 << 20
	// RetransmitAfter is how long a request waits for its decision before it goes to all replicas;
	// doubled each time.
	RetransmitAfter = 200 * time.Millisecond
	// RenewAfter is when a read that nobody answers is asked again under a new sequence number (replicas
	// do not remember the results of reads); doubled each time, so that a slow group is not asked ever
	// faster than it answers.
	RenewAfter = time.Second
	// GiveUpAfter is when a request's outcome is reported as unknown.
	GiveUpAfter = 10 * time.Second
)

// Errors of a Client.
var (
	// ErrWindow is returned by Submit while the oldest unanswered request is Window behind: wait for it.
	ErrWindow = errors.New("troxy: too many unanswered requests")
	// ErrUnavailable is the outcome of a request that no quorum answered in time. Whether it was
	// executed is not known.
	ErrUnavailable = errors.New("troxy: no quorum answered in time; the outcome is unknown")
)

// Tags of the MACs, one a type.
const (
	requestTag = "troxymail/request/v1"
	replyTag   = "troxymail/reply/v1"
)

// Keys are the group's keys for requests and replies. All that one enclave has may share Requests.
type Keys struct {
	Requests *Requests
	Reply    [32]byte
}

// Outcome is what became of a request: a voted result, or ErrUnavailable.
type Outcome struct {
	Ticket uint64 // as Submit returned it
	Order  uint64
	Result wire.Result
	Err    error
}

// Client makes requests and votes on their replies. One owner.
type Client struct {
	group    quorum.Config
	self     wire.Incarnation
	vector   func() []uint32
	requests *Requests
	replies  *mac.Authenticator
	slots    map[uint64]*slot // by sequence
	due      deadlines        // the same
	oldest   uint64           // no slot below
	next     uint64
	held     []int // bytes of whole results that wait for their votes, by who sent them
	counters Counters

	// Memory of OnReplies, used again.
	set     wire.ReplySet
	decided []Outcome
	same    []quorum.Witness
	free    []*slot // of requests that ended, for later ones: at most maxFree
}

// maxFree bounds the memory of ended requests that is kept for others.
const maxFree = 256

// Counters count what a Client refused, by cause.
type Counters struct {
	Malformed, BadMAC, Foreign, Dead, Unknown, Repeated, BadResult, Unheld, Retransmitted, Renewed, GivenUp uint64
}

// NewClient returns a Client for the incarnation self, whose first request has the sequence number first
// (at least 1, at most MaxFirst): drawn at random, it makes the requests of this run other ones than those
// of any former run, even if the host made both runs carry one incarnation number; no reply of another run
// is then about a request of this one. vector returns the newest incarnation known of each replica: what a
// former one says is not counted.
func NewClient(group quorum.Config, self wire.Incarnation, vector func() []uint32, first uint64, keys Keys) *Client {
	first = min(max(first, 1), MaxFirst)
	return &Client{
		group: group, self: self, vector: vector, slots: map[uint64]*slot{}, oldest: first, next: first,
		held: make([]int, group.N()), requests: keys.Requests, replies: mac.New(keys.Reply, replyTag),
	}
}

// slot is one unanswered request.
type slot struct {
	ticket   uint64 // sequence of the first attempt
	sequence uint64 // of this attempt
	place    int    // in Client.due
	due      int64  // when Tick is to look at it
	raw      []byte
	digest   wire.Digest
	flags    wire.RequestFlags
	keys     []wire.Key
	bodies   []wire.Digest
	command  []byte // aliases raw
	giveUp   int64
	resendAt int64
	pause    int64
	renewAt  int64
	patience int64   // until the next renewal
	votes    []vote  // one a replica, in order of arrival
	room     [2]vote // for the first votes, which mostly are all
}

// Submit makes a request for command, which somebody has wanted since the time since, and returns its
// ticket and its encoding, to be handed to the host. ErrWindow when too many are unanswered. The Client
// keeps keys, bodies and the encoding until the outcome; the caller must not change them.
func (c *Client) Submit(now, since int64, command []byte, flags wire.RequestFlags, keys []wire.Key, bodies []wire.Digest) (uint64, []byte, error) {
	if !c.Room() {
		return 0, nil, ErrWindow
	}
	s := c.unused()
	*s = slot{
		ticket: c.next, flags: flags, keys: keys, bodies: bodies, command: command,
		giveUp: min(now, since) + int64(GiveUpAfter), patience: int64(RenewAfter),
	}
	return s.ticket, c.issue(now, s), nil
}

// Digest returns the digest of an unanswered request that was asked once, by its ticket; false for no such request.
func (c *Client) Digest(ticket uint64) (wire.Digest, bool) {
	if s := c.slots[ticket]; s != nil {
		return s.digest, true
	}
	return wire.Digest{}, false
}

// Room reports whether Submit would accept a request.
func (c *Client) Room() bool { return c.next-c.oldest < Window && c.next < wire.MaxNumber }

// issue gives s the next sequence number.
func (c *Client) issue(now int64, s *slot) []byte {
	id := wire.RequestID{
		Origin: c.self.Replica, Generation: c.self.Founding.Generation, Incarnation: c.self.Number, Sequence: c.next,
	}
	raw := make([]byte, 0, wire.RequestBytes(len(s.keys), len(s.bodies), len(s.command)))
	raw = wire.AppendRequestHeader(raw, id, s.flags, s.keys, s.bodies, s.command)
	m, digest := c.requests.Sign(raw)
	raw = wire.AppendRequest(raw[:0], raw, m, s.command) // the header stays where it is
	s.raw, s.command = raw, raw[len(raw)-len(s.command):]
	s.digest, s.sequence = digest, c.next
	s.pause, s.resendAt = int64(RetransmitAfter), now+int64(RetransmitAfter)
	s.renewAt = now + s.patience
	c.slots[c.next] = s
	c.next++
	s.due = min(s.resendAt, s.giveUp)
	heap.Push(&c.due, s)
	return raw
}

// NextDeadline returns when Tick wants to be called, or 0 for never.
func (c *Client) NextDeadline() int64 {
	if len(c.due) == 0 {
		return 0
	}
	return c.due[0].due
}

// Tick returns the requests to send to all replicas again, and the outcomes of those that ran out of
// time.
func (c *Client) Tick(now int64) (resend [][]byte, ended []Outcome) {
	for len(c.due) > 0 && c.due[0].due <= now {
		s := c.due[0]
		switch {
		case now >= s.giveUp:
			c.counters.GivenUp++
			ended = append(ended, Outcome{Ticket: s.ticket, Err: ErrUnavailable})
			c.end(s)
		case s.flags&wire.FlagReadOnly != 0 && now >= s.renewAt && c.Room():
			c.counters.Renewed++
			c.drop(s)
			s.patience *= 2
			resend = append(resend, c.issue(now, s))
		default:
			c.counters.Retransmitted++
			s.pause *= 2
			s.resendAt = now + s.pause
			s.due = min(s.resendAt, s.giveUp)
			heap.Fix(&c.due, 0)
			resend = append(resend, s.raw)
		}
	}
	c.slide()
	return resend, ended
}

// slide moves oldest over sequences that are decided.
func (c *Client) slide() {
	for c.oldest < c.next && c.slots[c.oldest] == nil {
		c.oldest++
	}
}

// Pending returns how many requests are unanswered.
func (c *Client) Pending() int { return len(c.slots) }

// Counters returns what was refused so far.
func (c *Client) Counters() Counters { return c.counters }
