package scenario

import (
	"fmt"
	"strings"

	"troxymail/bftcore/wire"
)

func (w *world) word(d wire.Digest) string {
	if s, ok := w.words[d]; ok {
		return s
	}
	return "?"
}

// batch is a batch as {a b}.
func (w *world) batch(d wire.Digest) string {
	var names []string
	for _, q := range w.batches[d].requests {
		names = append(names, q.name)
	}
	if names == nil && d != wire.BatchDigest(nil) {
		return "?"
	}
	return "{" + strings.Join(names, " ") + "}"
}

// by is who made a certificate: replica.incarnation, and its generation.
func by(c *wire.Certificate) string {
	return fmt.Sprintf("by %d.%d of generation %d", c.Replica, c.Incarnation, c.Founding.Generation)
}

// disclosed writes the entries of a disclosure: order:batch@generation.view.
func (w *world) disclosed(d *wire.Disclosure) string {
	if len(d.Entries) == 0 {
		return " nothing"
	}
	var b strings.Builder
	for _, e := range d.Entries {
		fmt.Fprintf(&b, " %d:%s@%d.%d", e.Order, w.batch(e.Batch), e.Rank.Generation, e.Rank.View)
	}
	return b.String()
}

// describe writes a message as a person would.
func (w *world) describe(raw []byte) string {
	kind, _ := wire.PeekKind(raw)
	switch kind {
	case wire.KindPrepare:
		if m, err := wire.DecodePrepare(raw); err == nil {
			return fmt.Sprintf("PREPARE %v %s %s", m.Certificate.New, w.batch(m.Certificate.Digest), by(&m.Certificate))
		}
	case wire.KindCommit:
		if m, err := wire.DecodeCommit(raw); err == nil {
			return fmt.Sprintf("COMMIT %v %s %s", m.Certificate.New, w.batch(m.Certificate.Digest), by(&m.Certificate))
		}
	case wire.KindReplies:
		if m, err := wire.DecodeReplySet(raw); err == nil {
			return w.replies(&m)
		}
	case wire.KindCacheQuery:
		if m, err := wire.DecodeCacheQuery(raw); err == nil {
			return w.question(&m)
		}
	case wire.KindCacheReply:
		if m, err := wire.DecodeCacheReply(raw); err == nil {
			return fmt.Sprintf("CACHE-A %s", verdicts[m.Verdicts[0]])
		}
	}
	return w.describeRestart(kind, raw)
}

// describeRestart writes the messages of view changes, recoveries and foundings.
func (w *world) describeRestart(kind wire.Kind, raw []byte) string {
	switch kind {
	case wire.KindReqVC:
		if m, err := wire.DecodeReqVC(raw); err == nil {
			return fmt.Sprintf("REQ-VC %d %s", m.View(), by(&m.Certificate))
		}
	case wire.KindViewChange:
		if m, err := wire.DecodeViewChange(raw); err == nil {
			return fmt.Sprintf("VIEW-CHANGE %d %s, was at %v, certified%s", m.View(), by(&m.Certificate), m.Certificate.Previous, w.disclosed(&m.Disclosure))
		}
	case wire.KindNewView:
		if m, err := wire.DecodeNewView(raw); err == nil {
			return fmt.Sprintf("NEW-VIEW %d %s, selects%s", m.View(), by(&m.Certificate), w.disclosed(&m.Disclosure))
		}
	case wire.KindRecHello:
		if m, err := wire.DecodeRecHello(raw); err == nil {
			return fmt.Sprintf("REC-HELLO of %d", m.Certificate.Replica)
		}
	case wire.KindRecInfo:
		if m, err := wire.DecodeRecInfo(raw); err == nil {
			return fmt.Sprintf("REC-INFO for %d: knows incarnations %v, %s", m.For, m.Certificate.Vector, by(&m.Certificate))
		}
	case wire.KindStatement:
		if m, err := wire.DecodeStatement(raw); err == nil {
			return fmt.Sprintf("STATEMENT of %d: %v", m.Certificate.Replica, m.Standing)
		}
	case wire.KindRecRequest:
		if m, err := wire.DecodeRecRequest(raw); err == nil {
			return fmt.Sprintf("REC-REQ of %d for incarnation %d", m.Certificate.Replica, m.Certificate.Incarnation)
		}
	case wire.KindRecState:
		if m, err := wire.DecodeRecState(raw); err == nil {
			return fmt.Sprintf("REC-STATE grants %d.%d, %s at %v, certified%s", m.For, m.Granted, by(&m.Certificate), m.Certificate.New, w.disclosed(&m.Disclosure))
		}
	case wire.KindColdState:
		if m, err := wire.DecodeColdState(raw); err == nil {
			return fmt.Sprintf("COLD-STATE %s, was at %v, certified%s", by(&m.Certificate), m.Certificate.New, w.disclosed(&m.Disclosure))
		}
	case wire.KindJoin:
		if m, err := wire.DecodeJoin(raw); err == nil {
			return fmt.Sprintf("JOIN of %d to generation %d, view %d", m.Certificate.Replica, m.Certificate.Founding.Generation, m.Certificate.New.View)
		}
	}
	return "something undecodable"
}

func (w *world) replies(m *wire.ReplySet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "REPLY at order %d, durable to %d:", m.Order, m.DurableUpTo)
	for _, e := range m.Entries {
		name := "?"
		if q := w.known[e.Request]; q != nil {
			name = q.name
		}
		value := "a digest"
		if r, err := wire.DecodeResult(e.FullBytes); err == nil {
			value = fmt.Sprintf("%q", r.Payload)
		}
		fmt.Fprintf(&b, " %s gives %s", name, value)
	}
	return b.String()
}

func (w *world) question(m *wire.CacheQuery) string {
	var b strings.Builder
	b.WriteString("CACHE-Q")
	for _, versions := range m.Questions {
		for _, v := range versions {
			fmt.Fprintf(&b, ", is %s of order %d current", w.word(v.Digest), v.Version)
		}
	}
	return b.String() + "?"
}

var verdicts = map[wire.Verdict]string{
	wire.VerdictUnknown: "not known here", wire.VerdictEqual: "equal", wire.VerdictNotDurable: "not durable here",
	wire.VerdictOlder: "older here", wire.VerdictNewer: "newer here", wire.VerdictDiffers: "another value at that order here",
}
