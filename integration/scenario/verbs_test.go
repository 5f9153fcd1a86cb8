package scenario

import (
	"fmt"

	"github.com/cockroachdb/datadriven"

	"troxymail/bftcore/wire"
	"troxymail/enclave/replica"
)

// status says how all stand.
func (w *world) status() {
	for _, name := range w.names {
		e := w.enclaves[name]
		s := e.replica.Stats()
		switch {
		case !e.up:
			w.say("%s: stopped", name)
		case s.Standing == wire.Active:
			w.say("%s: ACTIVE, incarnation %d of generation %d, at %v", name, s.Incarnation, s.Generation, s.Position)
		default:
			w.say("%s: %v", name, s.Standing)
		}
	}
}

// effects says what the enclave's proxy counted of a message that it refused.
func (w *world) effects(e *enclave, before replica.Stats) {
	a, b := before, e.replica.Stats()
	for _, x := range []struct {
		n    uint64
		what string
	}{
		{b.Client.BadMAC - a.Client.BadMAC, "not of an enclave of the group"},
		{b.Client.Malformed - a.Client.Malformed, "malformed"},
		{b.Client.Foreign - a.Client.Foreign, "not for this incarnation, or of another founding"},
		{b.Client.Dead - a.Client.Dead, "of an incarnation that is known to be dead"},
		{b.Client.Unknown - a.Client.Unknown, "about a request that does not wait"},
		{b.Client.Repeated - a.Client.Repeated, "said before"},
		{b.Client.BadResult - a.Client.BadResult, "a result that does not fit its digest"},
		{b.Reads.Unasked - a.Reads.Unasked, "an answer to a question that is not open"},
		{b.Reads.BadMAC - a.Reads.BadMAC, "not of an enclave of the group"},
		{b.Reads.Foreign - a.Reads.Foreign, "of another founding or a dead incarnation"},
	} {
		if x.n > 0 {
			w.say("%s refuses it: %s", e.name, x.what)
		}
	}
}

func (w *world) arg(d *datadriven.TestData, i int) string {
	if i >= len(d.CmdArgs) {
		w.t.Fatalf("%s: an argument is missing", d.Pos)
	}
	return d.CmdArgs[i].Key
}

// enclave is the one that the first argument names.
func (w *world) enclave(d *datadriven.TestData) *enclave {
	e := w.enclaves[w.arg(d, 0)]
	if e == nil {
		w.t.Fatalf("%s: no enclave %q", d.Pos, w.arg(d, 0))
	}
	return e
}

func (w *world) integer(s string) (n int) {
	if _, err := fmt.Sscan(s, &n); err != nil {
		w.t.Fatalf("%q is no number", s)
	}
	return n
}

// wanted are requests by name; "nothing" is no request.
func (w *world) wanted(names []string) (list []*request) {
	if len(names) == 1 && names[0] == "nothing" {
		return nil
	}
	for _, n := range names {
		q := w.requests[n]
		if q == nil || q.wire.Header == nil {
			w.t.Fatalf("no request %q", n)
		}
		list = append(list, q)
	}
	return list
}

// option is an argument's value, "" when it is missing.
func option(d *datadriven.TestData, key string) string {
	for _, a := range d.CmdArgs {
		if a.Key == key && len(a.Vals) > 0 {
			return a.Vals[0]
		}
	}
	return ""
}

// values is the list that an argument holds; nil when it is missing.
func values(d *datadriven.TestData, key string) []string {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			return a.Vals
		}
	}
	return nil
}

// certificate is that of a kept PREPARE or COMMIT.
func (w *world) certificate(name string) *wire.Certificate {
	if m, err := wire.DecodeCommit(w.messages[name]); err == nil {
		return &m.Certificate
	}
	p, err := wire.DecodePrepare(w.messages[name])
	if err != nil {
		w.t.Fatalf("%q is no PREPARE or COMMIT", name)
	}
	return &p.Certificate
}

// spoil changes what an enclave made, and keeps it well formed.
func (w *world) spoil(d *datadriven.TestData, raw []byte) []byte {
	if m, err := wire.DecodeNewView(raw); err == nil {
		m.Disclosure.Entries = m.Disclosure.Entries[:len(m.Disclosure.Entries)-1]
		m.Certificate.Digest = wire.NewViewDigest(&m.Disclosure)
		return m.Append(nil)
	}
	m, err := wire.DecodeViewChange(raw)
	if err != nil {
		w.t.Fatalf("%s: no VIEW-CHANGE or NEW-VIEW", d.Pos)
	}
	if d.HasArg("previous") {
		m.Certificate.Previous.Order--
	} else {
		m.Disclosure.Entries = m.Disclosure.Entries[:len(m.Disclosure.Entries)-1]
		m.Certificate.Digest = wire.ViewChangeDigest(&m.Disclosure)
	}
	return m.Append(nil)
}
