package bftcore

import "troxymail/bftcore/wire"

// peer is what the core knows of another replica. All of it is hearsay but for heardAt.
type peer struct {
	status    PeerStatus
	heardAt   Time
	claim     uint64 // highest order that it seems to have
	fruitless int    // questions in a row about askedFrom

	askedFrom, askedTo uint64 // range of the last FETCH
	askedAt            Time
	allowance          bucket // bytes that may be sent again
	answers            bucket // requests that may be answered again
	loadingSince       Time   // 0: no Load under way
	helpedAt           Time
}

// heartbeat is when PROGRESS was sent and with what.
type heartbeat struct {
	last wire.Progress
	at   Time
	idle Time // distance of the next one while nothing changes
	sent bool
}

// progress tells the peers how far this host is: soon after something changed, and then ever more seldom,
// so that an idle group costs next to nothing.
func (c *Core) progress() {
	h := &c.heartbeat
	now := c.standing()
	changed := now != h.last
	if c.now < c.progressDeadline() {
		return
	}
	if changed || !h.sent {
		h.idle = idleFirst
	} else {
		h.idle = min(2*h.idle, idleMax)
	}
	h.last, h.at, h.sent = now, c.now, true
	raw := now.Append(nil)
	c.multicast(raw, false)
	c.counters.ProgressSent += uint64(c.n - 1)
}

// standing is what this host says of itself.
func (c *Core) standing() wire.Progress {
	p := wire.Progress{View: c.view, Prepared: c.nextOwn - 1, Executed: c.executed, Synced: c.durable}
	if c.keeps {
		p.Synced = min(p.Synced, c.stored)
	}
	return p
}

// progressDeadline is when the next PROGRESS is due.
func (c *Core) progressDeadline() Time {
	h := &c.heartbeat
	switch {
	case !h.sent:
		return c.now
	case h.last != c.standing():
		return h.at + progressAfter
	}
	return h.at + h.idle
}

// onProgress takes a peer's word on how far it is: a reason to ask it, or to help it, never evidence.
func (c *Core) onProgress(from wire.ReplicaID, raw []byte) {
	m, err := wire.DecodeProgress(raw)
	if err != nil {
		c.counters.Malformed++
		return
	}
	if m.View != c.view {
		c.counters.OtherView++ // a later view is where a replica learns that it missed a NEW-VIEW
		return
	}
	p := &c.peers[from]
	if m.Prepared < p.status.Prepared {
		p.status.SetBack++
	}
	if m.Prepared < p.status.Prepared || m.Synced < p.status.Synced {
		p.status.Voted = 0
	}
	p.status.Prepared, p.status.Executed, p.status.Synced = m.Prepared, m.Executed, m.Synced
	c.claim(from, max(m.Prepared, m.Executed))
	c.help(from)
}
