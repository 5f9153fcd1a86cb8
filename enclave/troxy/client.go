package troxy

import (
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
	// RetransmitAfter is how long a request waits for its decision before it goes to all replicas;
	// doubled each time.
	RetransmitAfter = 200 * time.Millisecond
	// RenewAfter is when a read that nobody answers is asked again under a new sequence number: replicas
	// do not remember the results of reads.
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

// Keys are the group's keys for requests and replies.
type Keys struct {
	Request [32]byte
	Reply   [32]byte
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
	requests *mac.Authenticator
	replies  *mac.Authenticator
	slots    map[uint64]*slot // by sequence
	oldest   uint64           // no slot below
	next     uint64
	counters Counters
}

// Counters count what a Client refused, by cause.
type Counters struct {
	Malformed, BadMAC, Foreign, Unknown, Repeated, BadResult, Retransmitted, Renewed, GivenUp uint64
}

// NewClient returns a Client for the incarnation self.
func NewClient(group quorum.Config, self wire.Incarnation, keys Keys) *Client {
	return &Client{
		group: group, self: self, slots: map[uint64]*slot{}, oldest: 1, next: 1,
		requests: mac.New(keys.Request, requestTag), replies: mac.New(keys.Reply, replyTag),
	}
}

// slot is one unanswered request.
type slot struct {
	ticket   uint64 // sequence of the first attempt
	raw      []byte
	digest   wire.Digest
	flags    wire.RequestFlags
	keys     []wire.Key
	bodies   []wire.Digest
	command  []byte
	started  int64 // of the first attempt
	asked    int64 // of this attempt
	resendAt int64
	pause    int64
	votes    []vote // one a replica, in order of arrival
	results  map[wire.Digest]wire.Result
}

// Submit makes a request for command and returns its ticket and its encoding, to be handed to the host.
// ErrWindow when too many are unanswered. The Client keeps command and raw until the outcome.
func (c *Client) Submit(now int64, command []byte, flags wire.RequestFlags, keys []wire.Key, bodies []wire.Digest) (uint64, []byte, error) {
	if !c.Room() {
		return 0, nil, ErrWindow
	}
	s := &slot{started: now, flags: flags, keys: keys, bodies: bodies, command: command}
	s.ticket = c.next
	return s.ticket, c.issue(now, s), nil
}

// Room reports whether Submit would accept a request.
func (c *Client) Room() bool { return c.next-c.oldest < Window }

// issue gives s the next sequence number.
func (c *Client) issue(now int64, s *slot) []byte {
	id := wire.RequestID{
		Origin: c.self.Replica, Generation: c.self.Founding.Generation, Incarnation: c.self.Number, Sequence: c.next,
	}
	header := wire.AppendRequestHeader(nil, id, s.flags, s.keys, s.bodies, s.command)
	s.raw = wire.AppendRequest(make([]byte, 0, len(header)+40+len(s.command)), header, c.requests.Sum(header), s.command)
	s.digest = wire.Sum(header)
	s.asked, s.pause = now, int64(RetransmitAfter)
	s.resendAt = now + s.pause
	s.votes, s.results = s.votes[:0], nil
	c.slots[c.next] = s
	c.next++
	return s.raw
}

// NextDeadline returns when Tick wants to be called, or 0 for never.
func (c *Client) NextDeadline() int64 {
	var first int64
	for _, s := range c.slots {
		at := min(s.resendAt, s.started+int64(GiveUpAfter))
		if first == 0 || at < first {
			first = at
		}
	}
	return first
}

// Tick returns the requests to send to all replicas again, and the outcomes of those that ran out of
// time.
func (c *Client) Tick(now int64) (resend [][]byte, ended []Outcome) {
	for seq := c.oldest; seq < c.next; seq++ {
		s := c.slots[seq]
		switch {
		case s == nil:
		case now >= s.started+int64(GiveUpAfter):
			c.counters.GivenUp++
			delete(c.slots, seq)
			ended = append(ended, Outcome{Ticket: s.ticket, Err: ErrUnavailable})
		case now >= s.resendAt && s.flags&wire.FlagReadOnly != 0 && now >= s.asked+int64(RenewAfter) && c.Room():
			c.counters.Renewed++
			delete(c.slots, seq)
			resend = append(resend, c.issue(now, s))
		case now >= s.resendAt:
			c.counters.Retransmitted++
			s.pause *= 2
			s.resendAt = now + s.pause
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
