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
	provedAt           Time   // when it was last sent what makes the checkpoint stable
	shownAt            Time   // when it was last told how the view began
	view               uint64 // that it says to be in
	stable             uint64 // order of the checkpoint that it says to be stable
	statements         int    // of its messages, that wait for a verdict
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

// standing is what this host says of itself. While its view has not begun here, because its NEW-VIEW is missing or
// because its enclave is mute in it, it says that it is in the one before: so it gets that NEW-VIEW, and proofs of
// orders rather than what to vote on.
func (c *Core) standing() wire.Progress {
	p := wire.Progress{View: c.view, Prepared: c.nextOwn.first() - 1, Executed: c.executed, Synced: c.durable,
		Stable: c.stable.Order}
	if !c.inView && c.view > 0 {
		p.View--
	}
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
		c.malformed(from, err)
		return
	}
	p := &c.peers[from]
	back := m.View < p.view || m.View == p.view && m.Prepared < p.status.Prepared
	if m.Executed < p.status.Executed {
		p.status.SetBack++
	}
	if back || m.Synced < p.status.Synced {
		p.status.Voted = 0
	}
	p.view, p.stable = m.View, m.Stable
	p.status.Prepared, p.status.Executed, p.status.Synced = m.Prepared, m.Executed, m.Synced
	if !c.inView {
		c.assignPending() // it may be the first to tell who orders now
	}
	p.claim = m.Executed // its newest word: an older, higher one was a lie or is lost
	if m.View == c.view {
		p.claim = max(m.Prepared, m.Executed)
		if len(c.nextOwn) > 1 {
			p.claim = max(p.claim, p.status.Voted) // beyond a gap, which Prepared stops at
		}
		c.help(from)
	} else if m.View < c.view {
		c.show(from)
	}
	if m.Stable <= c.stable.Order {
		c.attestAgain()
	}
	if m.Stable < c.stable.Order && (p.provedAt == 0 || c.now >= p.provedAt+lagAfter) {
		p.provedAt = max(c.now, 1)
		c.showCheckpoint(from)
	}
}
