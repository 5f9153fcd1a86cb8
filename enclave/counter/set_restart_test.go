package counter

import (
	"testing"

	"troxymail/bftcore/wire"
)

// booted returns the sets of a group that was just switched on, without anything in its logs.
func booted(t *testing.T, n int) []*Set {
	var out []*Set
	for i := range n {
		s := New(config(t, n, wire.ReplicaID(i)))
		if err := s.Restore(nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Boot(wire.Nonce{byte(i + 1)}); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func said(t *testing.T) func(x Said, err error) []byte {
	return func(x Said, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x.Message
	}
}

// answers asks the others how they stand.
func answers(t *testing.T, s *Set, others ...*Set) [][]byte {
	t.Helper()
	hello := said(t)(s.Hello(wire.Nonce{99}))
	var out [][]byte
	for _, o := range others {
		if o != s {
			out = append(out, said(t)(o.Answer(hello)))
		}
	}
	return out
}

// founded brings a whole founding about and returns the frontiers of the JOINs.
func founded(t *testing.T, all ...*Set) [][]byte {
	t.Helper()
	var states, joins, frontiers [][]byte
	for _, s := range all {
		states = append(states, said(t)(s.Cold(answers(t, s, all...))))
	}
	for _, s := range all {
		x, err := s.Join(states)
		joins, frontiers = append(joins, said(t)(x, err)), append(frontiers, x.Frontier)
	}
	for _, s := range all {
		if x, err := s.Found(joins); err != nil || len(x.Frontier) == 0 {
			t.Fatalf("%v, frontier of %d bytes", err, len(x.Frontier))
		}
	}
	return frontiers
}

// The life of a group over the bytes that travel: founded, one restarts and returns, all restart.
func TestLifeOfAGroup(t *testing.T) {
	all := booted(t, 3)
	joined := founded(t, all...)
	p := must[wire.Certificate](t)(all[1].CertifyPrepare(at(1, 1), batch("a")))
	c := must[wire.Certificate](t)(all[2].CertifyCommit(&p))
	if !all[0].Verify(&p) || !all[0].Verify(&c) {
		t.Fatal("certificates of the founding are not accepted")
	}
	again := New(config(t, 3, 2))
	if err := again.Restore(joined[2], []wire.Certificate{c}); err != nil {
		t.Fatal(err)
	}
	if err := again.Boot(wire.Nonce{50}); err != nil {
		t.Fatal(err)
	}
	req := said(t)(again.Request(answers(t, again, all[:2]...)))
	states := [][]byte{said(t)(all[0].Grant(req)), said(t)(all[1].Grant(req))}
	x, err := again.Recover(states)
	if err != nil || again.Incarnation().Number != 2 || !again.Active() {
		t.Fatal(err)
	}
	f, err := wire.DecodeFrontier(x.Frontier)
	if err != nil || f.Certificate.RecoveryView != 2 || len(f.Disclosure.Entries) != 1 {
		t.Errorf("%v, %+v", err, f)
	}
	// All restart, one of them from before it returned: a founding.
	fronts := [][]byte{all[0].Frontier(), all[1].Frontier(), joined[2]}
	next := make([]*Set, 3)
	for i := range next {
		next[i] = New(config(t, 3, wire.ReplicaID(i)))
		if err := next[i].Restore(fronts[i], nil); err != nil {
			t.Fatal(err)
		}
		if err := next[i].Boot(wire.Nonce{60 + byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	founded(t, next...)
	if s := next[0].State(); s.founding.Generation != 2 || !holds(s.Disclosure(), "a") {
		t.Errorf("%+v", s)
	}
	// F2: the generation before is nothing any more, in certificates and in messages.
	if next[0].Verify(&p) || next[0].Verify(&c) {
		t.Error("a certificate of generation 1 is accepted in generation 2")
	}
	if _, err := next[0].Grant(req); err == nil {
		t.Error("a number of generation 1 is granted in generation 2")
	}
}

// What no enclave made moves nothing, at every step of returning and founding.
func TestForgedRestartMessages(t *testing.T) {
	flip := func(b []byte) []byte {
		bad := append([]byte(nil), b...)
		bad[2+wire.CertificateBytes(3)-1] ^= 1 // the MAC's last byte
		return bad
	}
	all := booted(t, 3)
	hello := said(t)(all[0].Hello(wire.Nonce{}))
	_, err := all[1].Answer(flip(hello))
	want(t, "REC-HELLO", err, ErrForged)
	list := answers(t, all[0], all...)
	_, err = all[0].Cold([][]byte{flip(list[0]), list[1]})
	want(t, "STATEMENT for a founding", err, ErrForged)
	var states, joins [][]byte
	for _, s := range all {
		states = append(states, said(t)(s.Cold(answers(t, s, all...))))
	}
	_, err = all[0].Join([][]byte{states[0], flip(states[1]), states[2]})
	want(t, "COLD-STATE", err, ErrQuorum)
	for _, s := range all {
		joins = append(joins, said(t)(s.Join(states)))
	}
	_, err = all[0].Found([][]byte{joins[0], flip(joins[1]), joins[2]})
	want(t, "JOIN", err, ErrQuorum)
	for _, s := range all {
		if _, err := s.Found(joins); err != nil {
			t.Fatal(err)
		}
	}
	again := booted(t, 3)[0]
	infos := answers(t, again, all[1:]...)
	_, err = again.Request([][]byte{infos[0], flip(infos[1])})
	want(t, "REC-INFO", err, ErrQuorum)
	req := said(t)(again.Request(infos))
	_, err = all[1].Grant(flip(req))
	want(t, "REC-REQ", err, ErrForged)
	grants := [][]byte{said(t)(all[1].Grant(req)), said(t)(all[2].Grant(req))}
	_, err = again.Recover([][]byte{flip(grants[0]), grants[1]})
	want(t, "REC-STATE", err, ErrQuorum)
	other := booted(t, 3)
	say := answers(t, all[1], other[0], other[2])
	_, err = all[1].Resign([][]byte{flip(say[0]), say[1]}, wire.Nonce{7})
	want(t, "STATEMENT for a RESIGN", err, ErrQuorum)
	_, err = all[1].Resign([][]byte{flip(say[0]), flip(say[1])}, wire.Nonce{7})
	want(t, "nothing but forged STATEMENTs", err, ErrQuorum)
	if _, err = all[1].Resign(say, wire.Nonce{7}); err != nil || all[1].Standing() != wire.Resigned {
		t.Error(err)
	}
	p := must[wire.Certificate](t)(booked(t, all[2]))
	_, err = again.Learn([][]byte{p.Append(nil), nil})
	want(t, "f certificates", err, ErrQuorum)
}

// booked returns any certificate.
func booked(t *testing.T, s *Set) (wire.Certificate, error) {
	t.Helper()
	return s.AttestStored(batch("b"))
}
