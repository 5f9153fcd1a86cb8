package bftcore_test

import (
	"testing"

	"github.com/cockroachdb/datadriven"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// lie plays the verbs of a Byzantine host.
func (w *world) lie(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "certify":
		w.certify(t, d)
	case "ask":
		w.askRule(t, d)
	case "forge":
		var as string
		d.ScanArgs(t, "as", &as)
		m, err := wire.DecodeNewView(w.messages[d.CmdArgs[0].Key])
		if err != nil {
			t.Fatal(err)
		}
		m.Certificate.MAC[0]++
		w.messages[as] = m.Append(nil)
	case "spoil":
		var as string
		d.ScanArgs(t, "as", &as)
		w.messages[as] = w.spoil(t, d, append([]byte(nil), w.messages[d.CmdArgs[0].Key]...))
	case "inject":
		var from, to int
		d.ScanArgs(t, "from", &from)
		d.ScanArgs(t, "to", &to)
		w.hosts[to].step(bftcore.Received{From: wire.ReplicaID(from), Raw: w.invent(t, d)})
	case "keep":
		var from, to int
		var only string
		d.ScanArgs(t, "from", &from)
		d.ScanArgs(t, "to", &to)
		d.ScanArgs(t, "only", &only)
		for _, m := range w.network {
			if m.from == from && m.to == to && kindOf(m.raw) == only {
				w.messages[d.CmdArgs[0].Key] = m.raw
				w.say("keeps %s", w.describe(m.raw))
				return
			}
		}
		t.Fatalf("%s: nothing to keep", d.Pos)
	}
}

// askRule has the enclave of a Byzantine host apply a rule beside the hot path.
func (w *world) askRule(t *testing.T, d *datadriven.TestData) {
	p, name := w.host(t, d), d.CmdArgs[1].Key
	var view, order uint64
	maybe(t, d, "view", &view)
	maybe(t, d, "order", &order)
	var root string
	maybe(t, d, "root", &root)
	if root != "" {
		w.names[wire.Sum([]byte(root))] = root
	}
	a := bftcore.Ask{Number: max(view, order), Digest: wire.Sum([]byte(root)), Op: map[string]bftcore.Op{
		"req-vc": bftcore.AskReqVC, "view-change": bftcore.AskViewChange, "new-view": bftcore.AskNewView,
		"checkpoint": bftcore.AskCheckpoint,
	}[d.CmdArgs[2].Key]}
	for _, m := range values(d, "with") {
		a.Messages = append(a.Messages, w.messages[m])
	}
	said, err := p.rule(a)
	if err != nil {
		w.say("the enclave refuses: %v", err)
		return
	}
	w.messages[name] = said.Message
	w.say("%s", w.describe(said.Message))
}

// certify drives the enclave of a Byzantine host.
func (w *world) certify(t *testing.T, d *datadriven.TestData) {
	p, name := w.host(t, d), d.CmdArgs[1].Key
	switch d.CmdArgs[2].Key {
	case "prepare":
		var at, view int
		d.ScanArgs(t, "at", &at)
		maybe(t, d, "view", &view)
		var requests []wire.Request
		for _, n := range values(d, "batch") {
			requests = append(requests, w.requests[n])
		}
		// The requests' MACs are not looked at: a hole in an enclave must not be enough.
		x, err := p.set.CertifyPrepare(wire.Position{View: uint64(view), Order: uint64(at)},
			wire.BatchDigest(wire.RequestDigests(requests)))
		if err != nil {
			w.say("the enclave refuses: %v", err)
			return
		}
		w.messages[name] = wire.AppendPrepare(nil, &x, requests)
	case "commit":
		var of string
		d.ScanArgs(t, "of", &of)
		prepare, err := wire.DecodePrepare(w.messages[of])
		if err != nil {
			t.Fatal(err)
		}
		x, err := p.set.CertifyCommit(&prepare.Certificate)
		if err != nil {
			w.say("the enclave refuses: %v", err)
			return
		}
		w.messages[name] = wire.AppendCommit(nil, &x, &prepare.Certificate)
	}
	w.say("%s", w.describe(w.messages[name]))
}

// spoil changes a kept PREPARE or COMMIT in one respect and keeps it well formed.
func (w *world) spoil(t *testing.T, d *datadriven.TestData, raw []byte) []byte {
	edit := func(x *wire.Certificate) {
		var order, replica int
		if d.HasArg("cert") {
			x.MAC[0]++
		}
		if maybe(t, d, "order", &order); order != 0 {
			x.New.Order = uint64(order)
		}
		if d.HasArg("view") {
			x.New.View++
		}
		if d.HasArg("generation") {
			x.Founding.Generation++
		}
		if d.HasArg("epoch") {
			x.Epoch++
		}
		if d.HasArg("huge") {
			x.New.Order = 1<<64 - 1
		}
		if maybe(t, d, "replica", &replica); replica != 0 {
			x.Replica = wire.ReplicaID(replica)
		}
	}
	if m, err := wire.DecodeCommit(raw); err == nil {
		edit(&m.Certificate)
		m.Prepare.New = m.Certificate.New
		return wire.AppendCommit(nil, &m.Certificate, &m.Prepare)
	}
	p, err := wire.DecodePrepare(raw)
	if err != nil {
		t.Fatal(err)
	}
	edit(&p.Certificate)
	if d.HasArg("mac") {
		q := &p.Requests[0]
		m := q.MAC
		m[0]++
		q.Raw = wire.AppendRequest(nil, q.Header, m, q.Command)
	}
	return wire.AppendPrepare(nil, &p.Certificate, p.Requests)
}

// invent makes the message of an inject.
func (w *world) invent(t *testing.T, d *datadriven.TestData) []byte {
	what := d.CmdArgs[len(d.CmdArgs)-1]
	switch what.Key {
	case "forward", "forward-bad-mac":
		var requests []wire.Request
		for _, n := range what.Vals {
			q := w.requests[n]
			if what.Key == "forward-bad-mac" {
				m := q.MAC
				m[0]++
				q.Raw = wire.AppendRequest(nil, q.Header, m, q.Command)
			}
			requests = append(requests, q)
		}
		return wire.AppendForward(nil, requests)
	case "claim":
		n := uint64(number(t, what.Vals[0]))
		return wire.Progress{Prepared: n, Executed: n, Synced: n}.Append(nil)
	case "absurd-claim":
		return wire.Progress{Prepared: 1 << 63, Executed: wire.MaxNumber}.Append(nil)
	case "fetch":
		return wire.Fetch{From: uint64(number(t, what.Vals[0])), To: uint64(number(t, what.Vals[1]))}.Append(nil)
	case "nothing":
		return nil
	case "noise":
		return []byte{byte(wire.KindCommit), wire.Version, 1, 2, 3}
	case "oversized":
		return append([]byte{byte(wire.KindPrepare), wire.Version}, make([]byte, wire.MaxMessageBytes)...)
	case "other-version":
		return []byte{byte(wire.KindCommit), wire.Version + 1}
	case "later-kind":
		return []byte{byte(wire.KindNewView), wire.Version, 0}
	}
	raw, ok := w.messages[what.Key]
	if !ok {
		t.Fatalf("%s: no message %q", d.Pos, what.Key)
	}
	return raw
}
