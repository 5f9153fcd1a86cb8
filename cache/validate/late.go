package validate

import "slices"

// NextDeadline returns when Tick and Flush want to be called, 0 for never.
func (a *Asker) NextDeadline() int64 {
	at := a.lateAt()
	if held := a.heldUntil(); held != 0 && (at == 0 || held < at) {
		return held
	}
	return at
}

// lateAt is when the oldest question is given up; 0 for never.
func (a *Asker) lateAt() int64 {
	for len(a.byAge) > 0 && a.byAge[0].left == 0 {
		a.byAge[0] = nil
		a.byAge = a.byAge[1:]
	}
	if len(a.byAge) == 0 {
		return 0
	}
	return a.byAge[0].sent + a.wait()
}

func (a *Asker) wait() int64 {
	return min(max(patienceFactor*a.patience, int64(minPatience)), int64(maxPatience))
}

// Tick ends the questions that were not answered in time. Of those that were asked before the wait for them was made
// longer nothing follows any more: a path that became longer makes all late that are under way. An answer that comes
// nevertheless decides nothing, and tells how long to wait for the next.
func (a *Asker) Tick(now int64) []Decision {
	a.now = now
	var ended []Decision
	for at := a.lateAt(); at != 0 && at <= now; at = a.lateAt() {
		r := a.byAge[0]
		if r.sent >= a.longer {
			a.patience = min(2*a.patience, int64(maxPatience)/patienceFactor)
			for _, peer := range r.asked {
				if r.expects(peer) && a.peers.silent(peer, now, now-r.sent) {
					a.counters.Skipped++
				}
			}
			a.longer = now
		}
		if len(a.late) == maxLate {
			a.late = slices.Delete(a.late, 0, 1)
		}
		a.late = append(a.late, r)
		for i := range r.questions {
			if !r.decided[i] {
				ended = append(ended, a.end(r, i, Decision{Ticket: r.questions[i].ticket, Outcome: TimedOut}))
			}
		}
	}
	return ended
}
