package hostlog

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Replay calls fn for every record with an LSN of at least from (or from the oldest there is), in
// order, up to the last one written when Replay was called. rec.Body is valid only during the call: it
// aliases a buffer that the next record overwrites. fn may call the log's methods. An error of fn ends
// the replay and is returned as it is; *DamageError when a record no longer verifies.
func (l *Log) Replay(from uint64, fn func(lsn uint64, rec Record) error) error {
	spans, err := l.spans(func(dst []span, s *segment) []span {
		if s.last < from || s.last < s.firstLSN {
			return dst
		}
		return append(dst, span{s, dataStart, s.end})
	})
	if err != nil {
		return err
	}
	defer l.releaseSpans(spans)
	sc := newScanner(nil)
	for _, sp := range spans {
		sc.reset(sp.seg, sp.from, sp.to, sp.seg.firstLSN)
		err := sc.each(sp, func(f *frame) error {
			if f.kind == kindMark || f.lsn < from {
				return nil
			}
			return fn(f.lsn, Record{f.kind, f.order, f.body})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ReadOrders returns the records of orders from to to (at least 1; at most MaxReadOrders of them, else
// ErrRange) whose kind is among kinds (all when none is named), sorted by order, then as written.
// Orders are returned whole and without holes, as many as fit in maxBytes of bodies and 32 bytes a
// record, but at least the first that has records. next is the first order not looked at, to+1 when all
// were. The caller owns the records. It sees what was written, synced or not. *DamageError when a
// record no longer verifies.
func (l *Log) ReadOrders(from, to uint64, maxBytes int, kinds ...Kind) (
	recs []Record, next uint64, err error,
) {
	if from == 0 || to < from || to-from >= MaxReadOrders {
		return nil, 0, fmt.Errorf("%w: %d to %d, allowed are %d orders from 1 on",
			ErrRange, from, to, MaxReadOrders)
	}
	spans, err := l.spans(func(dst []span, s *segment) []span { return s.appendSpans(dst, from, to) })
	if err != nil {
		return nil, 0, err
	}
	defer l.releaseSpans(spans)
	g := gather{from: from, to: to, max: maxBytes, used: make([]int, to-from+1)}
	sc := newScanner(make([]byte, blockBytes))
	for _, sp := range spans {
		sc.reset(sp.seg, sp.from, sp.seg.limit(sp.to), 0)
		err := sc.each(sp, func(f *frame) error {
			wanted := f.kind != kindMark && (len(kinds) == 0 || slices.Contains(kinds, f.kind))
			if wanted && f.order >= g.from && f.order <= g.to {
				g.add(Record{f.kind, f.order, bytes.Clone(f.body)})
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	slices.SortStableFunc(g.recs, func(a, b Record) int { return cmp.Compare(a.Order, b.Order) })
	return g.recs, g.to + 1, nil
}

// limit is how far a frame that starts before off may reach: a block's last frame ends in the next.
func (s *segment) limit(off int64) int64 {
	return min(off+frameSize(s.maxRecord), s.size)
}

// gather collects records and lowers to whenever they exceed max.
type gather struct {
	from, to uint64
	max      int
	total    int
	used     []int // bytes held per order, from from on
	recs     []Record
}

func (g *gather) add(r Record) {
	cost := frameHeader + len(r.Body)
	g.used[r.Order-g.from] += cost
	g.total += cost
	g.recs = append(g.recs, r)
	if g.total <= g.max {
		return
	}
	first := g.from
	for g.used[first-g.from] == 0 {
		first++
	}
	for g.total > g.max && g.to > first {
		g.total -= g.used[g.to-g.from]
		g.used[g.to-g.from] = 0
		g.to--
	}
	g.recs = slices.DeleteFunc(g.recs, func(r Record) bool { return r.Order > g.to })
}

// each reads the frames that start in sp. Frames of the log itself always verify, so all else is damage.
func (sc *scanner) each(sp span, fn func(*frame) error) error {
	var f frame
	for sc.off < sp.to {
		if err := sc.next(&f); err != nil {
			if errors.Is(err, errEnd) {
				err = ErrBadFrame
			}
			return damage(sp.seg.name, sc.off, err)
		}
		if err := fn(&f); err != nil {
			return err
		}
	}
	return nil
}

// spans collects what pick names of each segment and keeps those segments open.
func (l *Log) spans(pick func([]span, *segment) []span) ([]span, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	var spans []span
	for _, s := range l.segments {
		spans = pick(spans, s)
	}
	for _, sp := range spans {
		sp.seg.refs++
	}
	return spans, nil
}

func (l *Log) releaseSpans(spans []span) {
	for _, sp := range spans {
		l.release(sp.seg)
	}
}
