package bftcore_test

import (
	"fmt"
	"strings"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// name of a request or body, as the script called it.
func (w *world) name(d wire.Digest) string {
	if n, ok := w.names[d]; ok {
		return n
	}
	return d.String()
}

// list writes a batch as {a b c}.
func (w *world) list(requests []wire.Request) string {
	var names []string
	for i := range requests {
		name := w.name(requests[i].Digest())
		if !w.mac.Verify(requests[i].Header, requests[i].MAC) {
			name += "(bad MAC)"
		}
		names = append(names, name)
	}
	list := "{" + strings.Join(names, " ") + "}"
	w.batches[wire.BatchDigest(wire.RequestDigests(requests))] = list
	return list
}

// describe writes a message as a person would.
func (w *world) describe(raw []byte) string {
	kind, _ := wire.PeekKind(raw)
	switch kind {
	case wire.KindPrepare:
		if p, err := wire.DecodePrepare(raw); err == nil {
			return fmt.Sprintf("PREPARE %v %s", p.Certificate.New, w.list(p.Requests))
		}
	case wire.KindCommit:
		if m, err := wire.DecodeCommit(raw); err == nil {
			return fmt.Sprintf("COMMIT %v of %d", m.Certificate.New, m.Certificate.Replica)
		}
	case wire.KindForward:
		if q, err := wire.DecodeForward(raw); err == nil {
			return "FORWARD " + w.list(q)
		}
	case wire.KindFetch:
		if f, err := wire.DecodeFetch(raw); err == nil {
			what := ""
			if f.View > 0 {
				what = fmt.Sprintf(" of view %d", f.View)
			}
			if f.Body != (wire.Digest{}) {
				what += " of batch " + w.batch(f.Body)
			}
			return fmt.Sprintf("FETCH %d to %d%s", f.From, f.To, what)
		}
	case wire.KindProgress:
		if p, err := wire.DecodeProgress(raw); err == nil {
			out := fmt.Sprintf("PROGRESS prepared %d, executed %d, synced %d", p.Prepared, p.Executed, p.Synced)
			if p.Stable > 0 {
				out += fmt.Sprintf(", stable %d", p.Stable)
			}
			if p.View > 0 {
				out += fmt.Sprintf(", view %d", p.View)
			}
			return out
		}
	case wire.KindProof:
		if p, err := wire.DecodeProof(raw); err == nil {
			from := []wire.ReplicaID{p.Prepare.Certificate.Replica}
			for i := range p.Commits {
				from = append(from, p.Commits[i].Certificate.Replica)
			}
			return fmt.Sprintf("PROOF %v %s of %d", p.Prepare.Certificate.New, w.list(p.Prepare.Requests), from)
		}
	case wire.KindReqVC:
		if m, err := wire.DecodeReqVC(raw); err == nil {
			return fmt.Sprintf("REQ-VC %d of %d", m.View(), m.Certificate.Replica)
		}
	case wire.KindViewChange:
		if m, err := wire.DecodeViewChange(raw); err == nil {
			return fmt.Sprintf("VIEW-CHANGE %d of %d, was at %v%s", m.View(), m.Certificate.Replica, m.Certificate.Previous,
				w.disclosed(&m.Disclosure))
		}
	case wire.KindNewView:
		if m, err := wire.DecodeNewView(raw); err == nil {
			return fmt.Sprintf("NEW-VIEW %d of %d%s", m.View(), m.Certificate.Replica, w.disclosed(&m.Disclosure))
		}
	case wire.KindCheckpoint:
		if m, err := wire.DecodeCheckpoint(raw); err == nil {
			return fmt.Sprintf("CHECKPOINT %d %s of %d", m.Certificate.New.Order, w.name(m.Certificate.Digest), m.Certificate.Replica)
		}
	case wire.KindFrontier:
		if m, err := wire.DecodeFrontier(raw); err == nil {
			return fmt.Sprintf("FRONTIER at %v, in view %v, selected to %d%s", m.Certificate.New, m.InView, m.Selected,
				w.disclosed(&m.Disclosure))
		}
	}
	return "something undecodable"
}

func (w *world) describeCall(c bftcore.Call) string {
	switch c := c.(type) {
	case bftcore.CertifyPrepare:
		return fmt.Sprintf("for a PREPARE at [%d|%d] %s", c.View, c.Order, w.list(c.Requests))
	case bftcore.Reserve:
		return fmt.Sprintf("to use [%d|%d] for requests of its own", c.View, c.Order)
	case bftcore.CertifyCommit:
		return fmt.Sprintf("for a COMMIT at %v %s", c.Prepare.New, w.list(c.Requests))
	case bftcore.Verify:
		var names []string
		for i := range c.Certificates {
			x := &c.Certificates[i]
			kind := map[wire.CertKind]string{
				wire.CertPrepare: "PREPARE", wire.CertCommit: "COMMIT", wire.CertReqVC: "REQ-VC",
				wire.CertViewChange: "VIEW-CHANGE", wire.CertNewView: "NEW-VIEW", wire.CertCheckpoint: "CHECKPOINT",
			}[x.Kind]
			names = append(names, fmt.Sprintf("%s %v of %d", kind, x.New, x.Replica))
		}
		return "to verify " + strings.Join(names, ", ")
	case bftcore.CheckRequests:
		return "to check " + w.list(c.Requests)
	case bftcore.Ask:
		return w.describeAsk(c)
	}
	return "?"
}

func (w *world) describeAsk(c bftcore.Ask) string {
	var with []string
	for _, raw := range c.Messages {
		with = append(with, w.describe(raw))
	}
	list := strings.Join(with, "; ")
	switch c.Op {
	case bftcore.AskReqVC:
		return fmt.Sprintf("for a REQ-VC %d", c.Number)
	case bftcore.AskViewChange:
		return fmt.Sprintf("for a VIEW-CHANGE %d with %s", c.Number, list)
	case bftcore.AskNewView:
		return fmt.Sprintf("for a NEW-VIEW %d with %s", c.Number, list)
	case bftcore.AskEnter:
		return "to enter by " + list
	case bftcore.AskCheckpoint:
		return fmt.Sprintf("for a CHECKPOINT %d %s", c.Number, w.name(c.Digest))
	}
	return "to move to the checkpoint of " + list
}

// disclosed writes the checkpoint and the entries of a disclosure: order:batch@view.
func (w *world) disclosed(d *wire.Disclosure) string {
	var b strings.Builder
	if d.Stable.Order > 0 {
		fmt.Fprintf(&b, ", stable %d", d.Stable.Order)
	}
	for _, e := range d.Entries {
		fmt.Fprintf(&b, " %d:%s@%d", e.Order, w.batch(e.Batch), e.Rank.View)
	}
	return b.String()
}

// batch is the name of a batch digest.
func (w *world) batch(d wire.Digest) string {
	if d == wire.BatchDigest(nil) {
		return "{}"
	}
	if n, ok := w.batches[d]; ok {
		return n
	}
	return d.String()
}

// kindOf is the word for a message kind in scripts.
func kindOf(raw []byte) string {
	kind, _ := wire.PeekKind(raw)
	return map[wire.Kind]string{
		wire.KindPrepare: "prepare", wire.KindCommit: "commit", wire.KindForward: "forward",
		wire.KindFetch: "fetch", wire.KindProgress: "progress", wire.KindProof: "proof", wire.KindReqVC: "req-vc",
		wire.KindViewChange: "view-change", wire.KindNewView: "new-view", wire.KindCheckpoint: "checkpoint",
	}[kind]
}
