package bftcore

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// changing is what the core knows of views that are to come, and why.
type changing struct {
	wanted   uint64             // the view that this host wants; 0 for none
	failed   int                // how often patience is doubled: views that failed, less those that did well
	eased    Time               // when that was last lowered in this view, or the view entered
	done     int                // batches executed in this view since
	prompt   int                // the last of them, whose requests waited for less than half of the shortest patience
	since    Time               // when this host left for the present view, while that has not begun
	judgeAt  Time               // when requests that wait for long are looked at next
	againAt  Time               // when REQ-VC or VIEW-CHANGE are sent again
	retryAt  Time               // after a refusal of the enclave
	wants    []wire.ReqVC       // by replica: genuine, the highest view
	changes  []*wire.ViewChange // by replica: genuine, of the highest view
	refusals int                // NEW-VIEWs that the own enclave would not make
	offered  *wire.NewView      // genuine, not entered yet
	shunned  uint64             // the own enclave refuses to enter this view and those below
	served   Time               // when the newest request arrived that was executed since
	progress Time               // when a batch was last executed in the present view
}

// changeViews does what the time asks for: suspects a leader, joins those who do, takes up what they agreed on.
func (c *Core) changeViews() {
	c.suspect()
	c.follow()
	c.begin()
	c.enter()
	c.obtain()
	c.sayAgain()
}

// suspect wants the next view when a request waits for too long in this one (T_req), or when this one does not
// begin (T_vc).
func (c *Core) suspect() {
	g := &c.changing
	if c.cfg.Checkpoint == 0 && c.nextOwn.last() >= wire.MaxEntries {
		return // enclaves have forgotten the first orders, which a view would have to begin with
	}
	if g.wanted > c.view {
		if c.inView && !c.overdue() {
			g.wanted = 0 // the leader did better after all
		}
		return
	}
	switch {
	case c.now < g.retryAt:
	case !c.inView:
		if c.now >= g.since+c.patience() {
			c.want(c.next())
		}
	case c.suspectAt() != 0 && c.now >= c.suspectAt():
		g.judgeAt = c.now + max(judgeAfter, c.patience()/8)
		if c.overdue() {
			c.want(c.next())
		}
	}
}

// next is the view to want: behind the present one, but not behind what a genuine VIEW-CHANGE shows that f+1 wanted.
func (c *Core) next() uint64 {
	view := c.view + 1
	for _, m := range c.changing.changes {
		if m != nil {
			view = max(view, m.View())
		}
	}
	return view
}

// suspectAt is when the oldest request will have waited for too long; 0 for never.
func (c *Core) suspectAt() Time {
	w := c.pending.oldest()
	if w == nil || c.cfg.Checkpoint == 0 && c.nextOwn.last() >= wire.MaxEntries {
		return 0
	}
	wait := c.patience()
	if !w.genuine {
		wait /= 2 // so that it is known in time
	}
	return max(w.since(c.entered)+wait, c.changing.judgeAt)
}

// overdue reports whether a genuine request waits for too long, in a way that speaks against the leader: nothing
// was executed for as long (it is dead), younger ones were (it censors), or it has waited for very long (it is
// slow). So a long queue alone does not bring a good leader down. A request counts once the own enclave found its
// MAC genuine, and the store was asked whether it is executed: otherwise a host could make everybody suspicious of
// a leader that rightly drops what is forged or old. When the own store is behind, the leader is not to blame.
func (c *Core) overdue() bool {
	if c.executed >= c.applied+uint64(c.cfg.Window) {
		return false
	}
	patience := c.patience()
	var unknown []*waiting
	for w := range c.pending.all() {
		since := w.since(c.entered)
		if c.now < since+patience/2 || len(unknown) >= maxSuspects {
			break
		}
		if !w.genuine {
			if !w.checking {
				unknown = append(unknown, w)
			}
			continue
		}
		if c.now >= since+patience && (c.now >= c.changing.progress+patience || c.changing.served > since+patience/2 || c.now >= since+8*patience) {
			return true
		}
	}
	c.checkWaiting(unknown)
	return false
}

// checkWaiting has the own enclave say which requests of peers are genuine; and the store, which are executed.
func (c *Core) checkWaiting(list []*waiting) {
	if len(list) == 0 {
		return
	}
	requests := make([]wire.Request, len(list))
	for i, w := range list {
		w.checking = true
		requests[i] = w.request
		c.reanswer(w.request)
	}
	c.checkRequests(requests, func(e *Checked) {
		for i, w := range list {
			w.checking = false
			switch {
			case e.Refused || w.gone:
			case slices.Contains(e.Invalid, i):
				c.invalidRequest(w.source)
				c.forget(w)
			default:
				w.genuine = true
			}
		}
	})
}

// checkRequests asks the own enclave for verdicts on requests.
func (c *Core) checkRequests(requests []wire.Request, checked func(e *Checked)) {
	c.token++
	c.checks[c.token] = checked
	c.out.Calls = append(c.out.Calls, CheckRequests{Token: c.token, Requests: requests})
}

func (c *Core) onChecked(e *Checked) {
	f, ok := c.checks[e.Token]
	if !ok {
		c.counters.LateAnswers++
		return
	}
	delete(c.checks, e.Token)
	f(e)
}

// want has the own enclave ask for a view.
func (c *Core) want(view uint64) {
	g := &c.changing
	asked := c.ask(Ask{Op: AskReqVC, Number: view}, func(t *Told) {
		m, err := wire.DecodeReqVC(t.Message)
		if t.Refused || err != nil || m.View() != view {
			g.retryAt = c.now + refusedAgain
			g.wanted = 0
			return
		}
		g.wants[c.cfg.Self] = m
		if m.View() > c.view {
			c.multicast(m.Raw, false)
			g.againAt = c.now + againAfter
		}
	})
	if asked {
		g.wanted = view
		if c.patience() < patienceMax {
			g.failed++
		}
		c.counters.ViewsWanted++
	}
}

// onReqVC takes a peer's wish. It counts once its certificate is found genuine.
func (c *Core) onReqVC(from wire.ReplicaID, raw []byte) {
	m, err := wire.DecodeReqVC(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	x := &m.Certificate
	r := x.Replica
	if !c.fits(x) {
		c.foreign(from, x)
		return
	}
	g := &c.changing
	switch { // the own wish of before a restart counts as well
	case m.View() <= c.view:
		c.counters.OtherView++
		c.show(from)
	case !supersedes(x, &g.wants[r].Certificate):
		c.counters.Duplicate++
	default:
		c.authenticate(from, []wire.Certificate{*x}, func(genuine bool) {
			if genuine && supersedes(x, &g.wants[r].Certificate) {
				g.wants[r] = m
			}
		})
	}
}

// supersedes reports whether a replica's word takes the place of its former one: of a newer incarnation, or for a higher
// view. What a former incarnation said, a liar's wish for a view far away perhaps, is not counted beside those that know
// of the new one, and must not keep its word out.
func supersedes(a, b *wire.Certificate) bool {
	if a.Incarnation != b.Incarnation {
		return a.Incarnation > b.Incarnation
	}
	return a.New.View > b.New.View
}

// follow leaves for the highest view that f+1 replicas want, whose words may be counted together: one of them is correct.
// (The enclave checks this again: a host cannot take its enclave into a view that it alone wants.)
func (c *Core) follow() {
	g := &c.changing
	if c.now < g.retryAt || c.open[AskViewChange] {
		return
	}
	view := uint64(0)
	for r := range g.wants {
		if v := g.wants[r].View(); v > max(c.view, view) && c.wanted(v) {
			view = v
		}
	}
	if view == 0 {
		return
	}
	var wants [][]byte
	for r := range g.wants {
		if g.wants[r].View() >= view {
			wants = append(wants, g.wants[r].Raw)
		}
	}
	c.ask(Ask{Op: AskViewChange, Number: view, Messages: wants}, func(t *Told) { c.left(view, wants, t) })
}

// wanted reports whether f+1 replicas want a view or one above it, consistent in their incarnations.
func (c *Core) wanted(view uint64) bool {
	ws := c.witnesses[:0]
	for r := range c.changing.wants {
		if w := &c.changing.wants[r]; w.View() >= view {
			ws = append(ws, quorum.WitnessOf(&w.Certificate))
		}
	}
	c.witnesses = ws
	_, ok := quorum.Holds(ws, c.cfg.Quorum.Size())
	return ok
}
