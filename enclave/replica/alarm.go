package replica

// alarm is a lower bound of when something is due among many, so that a turn need not look at all of
// them: it may ring early, never late. 0 means never.
type alarm struct{ at int64 }

// by makes the alarm ring at t or before.
func (a *alarm) by(t int64) {
	if a.at == 0 || t < a.at {
		a.at = t
	}
}

// rings reports whether it is time to look at all; the caller then calls by again for what is left.
func (a *alarm) rings(now int64) bool {
	if a.at == 0 || now < a.at {
		return false
	}
	a.at = 0
	return true
}
