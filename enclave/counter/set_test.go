package counter

import (
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

func TestVerifyRefusesWhatIsForeign(t *testing.T) {
	leader, follower := active(t, 0), active(t, 1)
	c, _ := leader.CertifyPrepare(at(0, 1), batch("d"))
	if !follower.Verify(&c) {
		t.Fatal("authentic certificate refused")
	}
	for name, change := range map[string]func(c *wire.Certificate){
		"kind": func(c *wire.Certificate) { c.Kind = wire.CertCommit }, "epoch": func(c *wire.Certificate) { c.Epoch++ },
		"generation": func(c *wire.Certificate) { c.Founding.Generation++ }, "founding": func(c *wire.Certificate) { c.Founding.Digest[0]++ },
		"replica": func(c *wire.Certificate) { c.Replica = 2 }, "replica out of range": func(c *wire.Certificate) { c.Replica = 9 },
		"incarnation": func(c *wire.Certificate) { c.Incarnation++ }, "vector": func(c *wire.Certificate) { c.Vector[0]++ },
		"short vector": func(c *wire.Certificate) { c.Vector = c.Vector[:2] }, "counter": func(c *wire.Certificate) { c.Counter++ },
		"view": func(c *wire.Certificate) { c.New.View++ }, "order": func(c *wire.Certificate) { c.New.Order++ },
		"previous": func(c *wire.Certificate) { c.Previous.Order++ }, "recovery": func(c *wire.Certificate) { c.RecoveryView++ },
		"base": func(c *wire.Certificate) { c.Base[0]++ }, "digest": func(c *wire.Certificate) { c.Digest[0]++ },
		"mac": func(c *wire.Certificate) { c.MAC[31]++ },
	} {
		bad := c
		bad.Vector = append([]uint32(nil), c.Vector...)
		change(&bad)
		if follower.Verify(&bad) {
			t.Errorf("accepted with another %s", name)
		}
		if _, err := follower.CertifyCommit(&bad); err == nil {
			t.Errorf("committed to a PREPARE with another %s", name)
		}
	}
	cfg := config(t, 3, 1)
	cfg.Key[0]++
	other := New(cfg)
	other.Activate(founding)
	if other.Verify(&c) {
		t.Error("accepted under another group's key")
	}
	follower.state.standing = wire.Resigned
	if follower.Verify(&c) {
		t.Error("M7: a resigned enclave verifies what its host would execute")
	}
}

// An authentic certificate of an older founding is nothing, although the set knows that founding.
func TestOlderFoundingsAreNothing(t *testing.T) {
	leader, follower := active(t, 0), active(t, 1)
	old, _ := leader.CertifyPrepare(at(0, 1), batch("d"))
	follower.Activate(wire.Founding{Generation: 2, Digest: batch("later")})
	if follower.Verify(&old) {
		t.Error("verified")
	}
	_, err := follower.CertifyCommit(&old)
	want(t, "COMMIT", err, ErrPrepare)
}

// A dead incarnation's certificate stays authentic but cannot be counted beside one that knows better.
func TestDeadIncarnationsDoNotCount(t *testing.T) {
	leader, follower := active(t, 0), active(t, 1)
	old, _ := leader.CertifyPrepare(at(0, 1), wire.Digest{1})
	leader.state.number, leader.state.vector[0] = 2, 2
	young, _ := leader.CertifyPrepare(at(0, 2), wire.Digest{1})
	if !follower.Verify(&young) || !follower.Verify(&old) {
		t.Fatal("authentic certificate refused")
	}
	_, err := follower.CertifyCommit(&old)
	want(t, "COMMIT to a dead incarnation's PREPARE", err, ErrPrepare)
	w := quorum.Witness{Founding: founding, Replica: 1, Incarnation: 1, Vector: follower.Vector()}
	if quorum.Consistent(w, quorum.WitnessOf(&old)) {
		t.Fatal("who knows of the restart counts beside the dead incarnation's PREPARE")
	}
}

// Messages that no enclave made do not count, whatever they say.
func TestForgedMessagesDoNotCount(t *testing.T) {
	all := []*Set{active(t, 0), active(t, 1), active(t, 2)}
	say := func(said Said, err error) []byte { return must[Said](t)(said, err).Message }
	flip := func(b []byte) []byte {
		bad := append([]byte(nil), b...)
		bad[len(bad)-1] ^= 1
		return bad
	}
	reqs := [][]byte{say(all[1].ReqVC(1)), say(all[2].ReqVC(1))}
	for i := range reqs {
		bad := append([][]byte(nil), reqs...)
		bad[i] = flip(bad[i])
		_, err := all[1].ViewChange(1, bad)
		want(t, "a forged REQ-VC", err, ErrQuorum)
	}
	vcs := [][]byte{say(all[1].ViewChange(1, reqs)), say(all[2].ViewChange(1, reqs))}
	for i := range vcs {
		bad := append([][]byte(nil), vcs...)
		m, _ := wire.DecodeViewChange(vcs[i])
		m.Certificate.MAC[0] ^= 1
		bad[i] = m.Append(nil)
		_, err := all[1].NewView(1, bad)
		want(t, "a forged VIEW-CHANGE", err, ErrQuorum)
	}
	nv := say(all[1].NewView(1, vcs))
	m, _ := wire.DecodeNewView(nv)
	m.Disclosure.Entries = []wire.Entry{{Order: 1, Batch: batch("x")}}
	m.Certificate.Digest = wire.NewViewDigest(&m.Disclosure)
	for name, bad := range map[string][]byte{"another selection": m.Append(nil), "not a NEW-VIEW": vcs[0], "nothing": nil} {
		_, err := all[2].Enter(bad)
		want(t, name, err, ErrForged)
	}
	must[Said](t)(all[2].Enter(nv))
	cps := [][]byte{say(all[1].Checkpoint(4, batch("r"))), say(all[2].Checkpoint(4, batch("r")))}
	_, err := all[0].Advance([][]byte{cps[0], flip(cps[1])})
	want(t, "a forged CHECKPOINT", err, ErrQuorum)
	must[Said](t)(all[0].Advance(cps))
}

// No certificate ever carries a number that a decoder of another replica would refuse.
func TestCertificatesDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := active(t, wire.ReplicaID(rapid.IntRange(0, 2).Draw(t, "self")))
		edge := rapid.SampledFrom([]uint64{0, 1, 2, wire.MaxNumber - 1, wire.MaxNumber, wire.MaxNumber + 1, 1<<64 - 1})
		decode := func(b []byte, err error) {
			if err == nil && len(b) > 0 {
				r, e := wire.PeekKind(b)
				_, e2 := decoders[r](b)
				if e != nil || e2 != nil {
					t.Fatalf("%v %v", e, e2)
				}
			}
		}
		for range 6 {
			n, d := edge.Draw(t, "number"), batch("d")
			var said Said
			var err error
			switch rapid.IntRange(0, 2).Draw(t, "call") {
			case 0:
				said, err = s.ReqVC(n)
			case 1:
				said, err = s.Checkpoint(n, d)
			case 2:
				other := active(t, 1)
				req := func(s *Set) []byte { x, _ := s.ReqVC(n); return x.Message }
				said, err = s.ViewChange(n, [][]byte{req(other), req(active(t, 2))})
			}
			decode(said.Message, err)
			decode(said.Frontier, err)
		}
	})
}

var decoders = map[wire.Kind]func([]byte) (any, error){
	wire.KindReqVC:      func(b []byte) (any, error) { return wire.DecodeReqVC(b) },
	wire.KindViewChange: func(b []byte) (any, error) { return wire.DecodeViewChange(b) },
	wire.KindCheckpoint: func(b []byte) (any, error) { return wire.DecodeCheckpoint(b) },
	wire.KindFrontier:   func(b []byte) (any, error) { return wire.DecodeFrontier(b) },
}
