package hostlog

import "slices"

// TruncateBelow drops the oldest segments as long as nothing in them is needed: every record of an
// order belongs to one below order, and every record of order 0 has an LSN below live. The active
// segment always stays. The rule for the caller: append again what of order 0 is still needed (view,
// incarnation, checkpoint), then pass the LSN of the first record so appended; TruncateBelow syncs
// before it removes anything. Records that a caller still finds below order or live are there only
// because their segment is shared. An error poisons the log.
func (l *Log) TruncateBelow(order, live uint64) error {
	l.appendMu.Lock()
	defer l.appendMu.Unlock()
	n := l.droppable(order, live)
	if _, err := l.Sync(); err != nil || n == 0 {
		return err
	}
	floor := l.segments[n].number
	if err := writeMeta(l.fs, l.dir, meta{id: l.id, floor: floor}); err != nil {
		return l.poison(err)
	}
	l.mu.Lock()
	dropped := slices.Clone(l.segments[:n])
	l.segments = slices.Delete(l.segments, 0, n)
	l.retire(dropped)
	l.mu.Unlock()
	for _, s := range dropped {
		if err := l.fs.Remove(s.name); err != nil {
			return l.poison(err)
		}
	}
	return nil
}

// droppable counts the leading segments that the rule lets go. The caller holds appendMu.
func (l *Log) droppable(order, live uint64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n, s := range l.segments {
		if n == len(l.segments)-1 || s.index.maxOrder >= order || s.index.lastZero >= live {
			return n
		}
	}
	return 0
}

// OrderBefore returns the order below which TruncateBelow may be asked to cut while at least keep bytes of
// log remain; 0 when nothing may go.
func (l *Log) OrderBefore(keep int64) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest, order := int64(0), uint64(0)
	for _, s := range l.segments {
		rest += s.end
	}
	for _, s := range l.segments {
		if rest -= s.end; rest < keep {
			break
		}
		order = max(order, s.index.maxOrder+1)
	}
	return order
}
