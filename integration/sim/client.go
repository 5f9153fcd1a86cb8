package sim

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/troxy"
)

// client is the part of an ACTIVE enclave that has commands ordered for its sessions: the product's proxy, with
// sessions that want something now and then. An incarnation's first command is a FENCE, which nothing else precedes.
type client struct {
	e       *enclave
	self    wire.Incarnation
	troxy   *troxy.Client
	first   troxy.Fence
	open    []wish // by ticket
	last    uint64 // sequence
	voted   int    // outcomes
	planned Time   // when it is looked at next, by its host's clock
}

// wish is a command whose outcome is awaited.
type wish struct {
	ticket uint64
	fence  bool
	read   bool
	floor  uint64 // the highest order that any answer had shown before
}

// maxOpen bounds what the sessions of one enclave wait for.
const maxOpen = 6

func newClient(e *enclave) *client {
	c := &client{e: e, self: e.set.Incarnation()}
	c.troxy = troxy.NewClient(e.c.group, c.self, e.set.Vector, 1+e.c.rng.Uint64N(1<<40), troxy.Keys{Requests: e.c.requests, Reply: replyKey})
	return c
}

// room reports whether a session may submit: few wait, and the oldest is well within the window that the state
// remembers, also when reads are asked anew under other sequences.
func (c *client) room() bool {
	return c.first.Serves() && len(c.open) < maxOpen && (len(c.open) == 0 || c.last-c.open[0].ticket < window/2)
}

// fence makes the first command of this incarnation; nil when there is nothing to be done.
func (c *client) fence(now Time) []byte {
	if c.first != troxy.FenceUnasked {
		return nil
	}
	raw := c.submit(now, []byte("fence"), 0, nil, true)
	if raw != nil {
		c.first = c.first.Asked()
	}
	return raw
}

// wish makes some command that a session wants.
func (c *client) wish(now Time) []byte {
	rng := c.e.c.rng
	command := make([]byte, 4+rng.IntN(60))
	command[0], command[1] = byte(c.last), byte(rng.Uint32())
	var flags wire.RequestFlags
	if rng.IntN(5) == 0 {
		flags = wire.FlagReadOnly
	}
	var bodies []wire.Digest
	if flags == 0 && rng.IntN(20) == 0 {
		bodies = append(bodies, wire.Sum(command))
	}
	return c.submit(now, command, flags, bodies, false)
}

func (c *client) submit(now Time, command []byte, flags wire.RequestFlags, bodies []wire.Digest, fence bool) []byte {
	keys := []wire.Key{{Kind: wire.KeyMailbox, Mailbox: uint32(c.e.id) + 1}}
	ticket, raw, err := c.troxy.Submit(now, now, command, flags, keys, bodies)
	if err != nil {
		return nil
	}
	c.made(raw)
	c.open = append(c.open, wish{ticket: ticket, fence: fence, read: flags == wire.FlagReadOnly, floor: c.e.c.check.acked})
	return raw
}

// made notes a request as genuine.
func (c *client) made(raw []byte) {
	q, _ := wire.DecodeRequest(raw)
	c.last = max(c.last, q.ID.Sequence)
	c.e.c.known[q.Digest()] = q.MAC
}

// tick returns the requests to be sent to all once more.
func (c *client) tick(now Time) [][]byte {
	if at := c.troxy.NextDeadline(); at == 0 || now < at {
		return nil
	}
	resend, ended := c.troxy.Tick(now)
	for _, raw := range resend {
		c.made(raw) // a read that nobody answers is asked anew
	}
	c.settle(ended)
	return resend
}

// replies takes what an enclave answered.
func (c *client) replies(message []byte) { c.settle(c.troxy.OnReplies(message)) }

// settle ends the waiting for outcomes.
func (c *client) settle(outcomes []troxy.Outcome) {
	for _, o := range outcomes {
		at := slices.IndexFunc(c.open, func(w wish) bool { return w.ticket == o.Ticket })
		w := c.open[at]
		c.open = slices.Delete(c.open, at, at+1)
		if w.fence {
			c.first = c.first.After(&o)
		}
		if o.Err != nil {
			c.e.c.counts[unanswered]++
			continue
		}
		c.voted++
		if c.first.Serves() && w.fence {
			c.e.c.counts[fence]++
		}
		c.e.c.check.acknowledged(c.e, w, &o)
	}
}
