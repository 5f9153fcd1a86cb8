package bftcore

import (
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Whatever no correct replica sends is refused, counted by cause, and told once for each peer and cause.
func TestRefusalsAreCountedAndToldOnce(t *testing.T) {
	group, _ := quorum.New(3)
	founding := wire.Founding{Generation: 2, Digest: wire.Digest{2}}
	c, err := New(Config{Self: 2, Quorum: group, Founding: founding}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	cert := func(edit func(x *wire.Certificate)) wire.Certificate {
		x := wire.Certificate{
			Kind: wire.CertPrepare, Founding: founding, New: wire.Position{Order: 1}, Incarnation: 1, Vector: []uint32{1, 1, 1},
			Digest: wire.BatchDigest(nil),
		}
		edit(&x)
		return x
	}
	prepare := func(edit func(x *wire.Certificate)) []byte {
		x := cert(edit)
		return wire.AppendPrepare(nil, &x, nil)
	}
	foreign := wire.AppendRequest(nil, wire.AppendRequestHeader(nil, wire.RequestID{Origin: 9, Generation: 1, Incarnation: 1, Sequence: 1},
		0, nil, nil, []byte("x")), wire.MAC{}, []byte("x"))
	request, err := wire.DecodeRequest(foreign)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		raw   []byte
		cause Cause
	}{
		"nothing":                   {nil, CauseMalformed},
		"another format":            {[]byte{byte(wire.KindPrepare), wire.Version + 1}, CauseMalformed},
		"more than any message":     {make([]byte, wire.MaxMessageBytes+1), CauseMalformed},
		"an order above 2^62":       {prepare(func(x *wire.Certificate) { x.New.Order = 1<<62 + 1 }), CauseMalformed},
		"a view above 2^62":         {prepare(func(x *wire.Certificate) { x.New.View = 1<<62 + 1 }), CauseMalformed},
		"another batch":             {prepare(func(x *wire.Certificate) { x.Digest[0]++ }), CauseMalformed},
		"a replica beyond any":      {prepare(func(x *wire.Certificate) { x.Replica = wire.MaxReplicas }), CauseMalformed},
		"a certificate of no use":   {prepare(func(x *wire.Certificate) { x.Kind = wire.CertCommit }), CauseMalformed},
		"nothing to order":          {wire.AppendForward(nil, nil), CauseMalformed},
		"an origin outside":         {wire.AppendForward(nil, []wire.Request{request}), CauseMalformed},
		"orders before the first":   {wire.Fetch{To: 3}.Append(nil), CauseMalformed},
		"orders backwards":          {wire.Fetch{From: 3, To: 2}.Append(nil), CauseMalformed},
		"another generation":        {prepare(func(x *wire.Certificate) { x.Founding.Generation = 3 }), CauseOtherFounding},
		"another group's founding":  {prepare(func(x *wire.Certificate) { x.Founding.Digest[0]++ }), CauseOtherFounding},
		"another epoch":             {prepare(func(x *wire.Certificate) { x.Epoch = 1 }), CauseOtherFounding},
		"a larger group":            {prepare(func(x *wire.Certificate) { x.Vector = make([]uint32, 5) }), CauseOtherFounding},
		"a pillar that there isn't": {prepare(func(x *wire.Certificate) { x.Counter = 1 }), CauseOtherFounding},
	} {
		c.blames = NewBlames(3)
		before := c.Counters()
		for range 3 {
			c.Step(2, Received{From: 0, Raw: x.raw})
		}
		c.Step(2, Received{From: 1, Raw: x.raw})
		r := c.Ready()
		after := c.Counters()
		malformed, other := after.Malformed-before.Malformed, after.OtherFounding-before.OtherFounding
		if want := map[Cause]uint64{CauseMalformed: malformed, CauseOtherFounding: other}; want[x.cause] != 4 || malformed+other != 4 {
			t.Errorf("%s: %d malformed, %d of another founding", name, malformed, other)
		}
		if len(r.Refusals) != 2 || r.Refusals[0].From != 0 || r.Refusals[1].From != 1 || r.Refusals[0].Cause != x.cause {
			t.Errorf("%s: told %+v", name, r.Refusals)
		}
		c.Advance()
	}
}

// What the own enclave finds not genuine is its sender's fault; that it gave no verdict is nobody's.
func TestForgedStatementsAreBlamed(t *testing.T) {
	group, _ := quorum.New(3)
	c, err := New(Config{Self: 2, Quorum: group, Checkpoint: 8}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range []struct {
		ok              []bool
		forged, nothing uint64
	}{{nil, 0, 1}, {[]bool{true}, 0, 1}, {[]bool{false}, 1, 1}} {
		c.authenticate(1, []wire.Certificate{{}}, func(bool) {})
		c.Step(2, Verified{Token: c.token, OK: x.ok})
		if n := c.Counters(); n.ForgedStatements != x.forged || n.NonsenseAnswers != x.nothing {
			t.Errorf("verdict %d: %+v", i, n)
		}
	}
	if r := c.Ready(); len(r.Refusals) != 1 || r.Refusals[0].Cause != CauseForged || r.Refusals[0].From != 1 {
		t.Errorf("told %+v", r.Refusals)
	}
}
