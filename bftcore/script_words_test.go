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
	return "{" + strings.Join(names, " ") + "}"
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
			return fmt.Sprintf("FETCH %d to %d", f.From, f.To)
		}
	case wire.KindProgress:
		if p, err := wire.DecodeProgress(raw); err == nil {
			return fmt.Sprintf("PROGRESS prepared %d, executed %d, synced %d", p.Prepared, p.Executed, p.Synced)
		}
	}
	return "something undecodable"
}

func (w *world) describeCall(c bftcore.Call) string {
	switch c := c.(type) {
	case bftcore.CertifyPrepare:
		return fmt.Sprintf("for a PREPARE at [%d|%d] %s", c.View, c.Order, w.list(c.Requests))
	case bftcore.CertifyCommit:
		return fmt.Sprintf("for a COMMIT at %v %s", c.Prepare.New, w.list(c.Requests))
	case bftcore.Verify:
		var names []string
		for i := range c.Certificates {
			x := &c.Certificates[i]
			kind := "PREPARE"
			if x.Kind == wire.CertCommit {
				kind = "COMMIT"
			}
			names = append(names, fmt.Sprintf("%s %v of %d", kind, x.New, x.Replica))
		}
		return "to verify " + strings.Join(names, ", ")
	}
	return "?"
}

// kindOf is the word for a message kind in scripts.
func kindOf(raw []byte) string {
	kind, _ := wire.PeekKind(raw)
	return map[wire.Kind]string{
		wire.KindPrepare: "prepare", wire.KindCommit: "commit", wire.KindForward: "forward",
		wire.KindFetch: "fetch", wire.KindProgress: "progress",
	}[kind]
}
