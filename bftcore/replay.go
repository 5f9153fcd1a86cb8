package bftcore

import (
	"fmt"

	"troxymail/bftcore/wire"
)

// replay is what the records say, as far as they were read.
type replay struct {
	c         *Core
	evidence  map[uint64][]*evidence // of orders beyond the store, one a view, in the order of the log
	view      uint64                 // of the own enclave
	next      pillars                // of its counters
	inView    bool
	selection []wire.Entry
	begun     *wire.NewView
	change    *wire.ViewChange
	floor     uint64 // order of the checkpoint that the enclave begins with
}

// useless reports whether an order is behind a gap and below the checkpoint: the state of that will have it. A log may
// hold any number of them, when the host stopped while it waited for the state.
func (r *replay) useless(order uint64) bool {
	return order > r.c.applied+2*uint64(r.c.cfg.Window) && order <= r.floor
}

// evidence is what the log holds of one order and view.
type evidence struct {
	view    uint64
	prepare *wire.Prepare
	commits []wire.Commit
	raw     [][]byte // of the COMMITs
}

// record takes one record in.
func (r *replay) record(x *Record) error {
	var err error
	switch x.Kind {
	case RecordPrepare:
		err = r.prepare(x)
	case RecordCommit:
		err = r.commit(x)
	case RecordBatch:
		err = r.batch(x)
	case RecordFrontier:
		err = r.frontier(x)
	case RecordViewChange:
		var m wire.ViewChange
		if m, err = wire.DecodeViewChange(x.Body); err == nil && r.c.fits(&m.Certificate) {
			r.change = &m
		}
	case RecordNewView:
		var m wire.NewView
		if m, err = wire.DecodeNewView(x.Body); err == nil && r.c.fits(&m.Certificate) {
			r.begun = &m
		}
	case RecordCheckpoint:
		err = r.checkpoint(x.Body)
	}
	if err != nil {
		return fmt.Errorf("%w: record of kind %d, order %d: %w", ErrLog, x.Kind, x.Order, err)
	}
	return nil
}

func (r *replay) prepare(x *Record) error {
	p, err := wire.DecodePrepare(x.Body)
	if err != nil {
		return err
	}
	c, y := r.c, &p.Certificate
	if !c.cfg.kin(y) || y.New.Order != x.Order || y.Replica != c.cfg.Quorum.Leader(y.New.View) {
		return fmt.Errorf("PREPARE of replica %d at %v in another group or place", y.Replica, y.New)
	}
	r.own(y)
	if r.useless(x.Order) {
		return nil
	}
	if x.Order > c.applied && !c.fits(y) {
		c.hold(x.Order, &p, c.cfg.Self, true) // the present founding may have selected it: then it is voted again
		return nil
	}
	if x.Order <= c.applied {
		for i := range p.Requests {
			c.dedup.mark(&p.Requests[i])
		}
		return nil
	}
	if e := r.of(y.New); e.prepare == nil {
		e.prepare = &p
	}
	return nil
}

// batch takes the batch of a PREPARE whose certificate means nothing.
func (r *replay) batch(x *Record) error {
	p, err := wire.DecodePrepare(x.Body)
	if err == nil && x.Order > r.c.applied && !r.useless(x.Order) {
		r.c.hold(x.Order, &p, r.c.cfg.Self, true)
	}
	return err
}

func (r *replay) commit(x *Record) error {
	m, err := wire.DecodeCommit(x.Body)
	if err != nil {
		return err
	}
	c, y := r.c, &m.Certificate
	if !c.cfg.kin(y) || y.New.Order != x.Order {
		return fmt.Errorf("COMMIT of replica %d at %v in another group or place", y.Replica, y.New)
	}
	r.own(y)
	if x.Order <= c.applied || !c.fits(y) || r.useless(x.Order) { // what an older founding committed is nothing to this one
		return nil
	}
	e := r.of(y.New)
	e.commits, e.raw = append(e.commits, m), append(e.raw, x.Body)
	return nil
}

// of returns the evidence of a position.
func (r *replay) of(at wire.Position) *evidence {
	for _, e := range r.evidence[at.Order] {
		if e.view == at.View {
			return e
		}
	}
	e := &evidence{view: at.View}
	r.evidence[at.Order] = append(r.evidence[at.Order], e)
	return e
}

// own notes a certificate of the own enclave: it was there. Those before the newest Frontier say nothing more.
func (r *replay) own(y *wire.Certificate) {
	if y.Replica != r.c.cfg.Self || !r.c.fits(y) || y.New.View < r.view || y.New.View == r.view && y.New.Order < r.next.of(y.New.Order) {
		return
	}
	if y.New.View > r.view {
		r.view, r.next = y.New.View, r.c.after(r.c.stable.Order)
	}
	r.inView = true
	r.next.pass(y.New.Order)
	r.c.certified(y)
}

// frontier takes over the own enclave's state at that moment.
func (r *replay) frontier(x *Record) error {
	m, err := wire.DecodeFrontier(x.Body)
	if err != nil {
		return err
	}
	if !r.c.cfg.kin(&m.Certificate) || m.Certificate.Replica != r.c.cfg.Self {
		return fmt.Errorf("frontier of replica %d, in another group", m.Certificate.Replica)
	}
	if max(1, int(m.Pillars)) != r.c.cfg.Pillars {
		return fmt.Errorf("frontier of %d pillars", m.Pillars)
	}
	if !r.c.fits(&m.Certificate) {
		return nil // of an older founding: the enclave was shown it, and what the present one begins with is given
	}
	r.c.evidence = Evidence{Frontier: x.Body}
	r.state(&m)
	return nil
}

func (r *replay) state(m *wire.Frontier) {
	r.view, r.inView, r.next = m.Certificate.New.View, m.InView, pillarsOf(m)
	r.c.frontier = m.Certificate
	r.c.stable = m.Disclosure.Stable
	r.selection = nil
	for i, e := range m.Disclosure.Entries {
		if e.Order > m.Selected {
			break
		}
		r.selection = m.Disclosure.Entries[:i+1]
	}
}

func (r *replay) checkpoint(body []byte) error {
	list, err := checkpointsOf(body)
	if err != nil {
		return err
	}
	for _, raw := range list {
		m, err := wire.DecodeCheckpoint(raw)
		if err != nil {
			return err
		}
		if !r.c.fits(&m.Certificate) {
			return nil
		}
		r.c.said(&m)
	}
	r.c.checkpoints.proof = body
	return nil
}

// apart continues from a frontier that was kept apart from a lost log. It is older than what the enclave
// certified before, and the host asks it to certify the orders in between once more.
//
// That is safe at a follower of a view that has not changed. Its enclave votes only for a batch with a genuine
// PREPARE of the leader, whose counter certifies one digest at a position: so the second COMMIT at [view|order]
// binds the digest of the first. The leader must not do so: its PREPAREs choose, and a lost one may be known to a
// peer; it is refused (ErrLogBehind here, and by the host when its log is gone). Nor with several pillars, of which one
// certificate does not tell. Recovery from peers takes the place of this rule.
func (r *replay) apart(frontier *wire.Certificate) error {
	c := r.c
	if frontier == nil || r.next.last() > 0 || c.cfg.Pillars > 1 || c.evidence.Frontier != nil || c.cfg.Quorum.Leader(0) == c.cfg.Self {
		return nil
	}
	if !c.fits(frontier) || frontier.Kind != wire.CertCommit || frontier.Replica != c.cfg.Self ||
		frontier.New.Order > c.applied {
		return fmt.Errorf("%w: the frontier kept apart is of another replica or ahead of the store", ErrLog)
	}
	r.own(frontier)
	return nil
}
