package counter

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

var founding = wire.Founding{Generation: 1, Digest: wire.Sum([]byte("founding"))}

func group(t testing.TB, n int) quorum.Config {
	g, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func active(t testing.TB, self wire.ReplicaID) *Set {
	s := New(Config{Group: group(t, 3), Self: self, Key: [32]byte{7}})
	s.Activate(founding)
	return s
}

func at(v, o uint64) wire.Position { return wire.Position{View: v, Order: o} }

// T1 of the adversarial cases: a host asks for two proposals at one place.
func TestNoSecondCertificateAtOnePosition(t *testing.T) {
	s := active(t, 0)
	if _, err := s.CertifyPrepare(at(0, 1), wire.Sum([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"a", "b"} {
		if _, err := s.CertifyPrepare(at(0, 1), wire.Sum([]byte(d))); !errors.Is(err, ErrPosition) {
			t.Errorf("second certificate at [0|1] for %s: %v", d, err)
		}
	}
}

func TestRules(t *testing.T) {
	d := wire.Sum([]byte("d"))
	cases := []struct {
		name string
		do   func(s *Set) error
		want error
	}{
		{"gap", func(s *Set) error {
			_, _ = s.CertifyPrepare(at(0, 1), d)
			_, err := s.CertifyPrepare(at(0, 3), d)
			return err
		}, ErrPosition},
		{"gap at the beginning", func(s *Set) error { _, err := s.CertifyPrepare(at(0, 2), d); return err }, ErrPosition},
		{"back", func(s *Set) error {
			_, _ = s.CertifyViewChange(3, d)
			_, err := s.CertifyPrepare(at(0, 1), d)
			return err
		}, ErrPosition},
		{"leader commits", func(s *Set) error { _, err := s.CertifyCommit(at(0, 1), d); return err }, ErrRole},
		{"follower prepares", func(s *Set) error { _, err := s.CertifyPrepare(at(1, 1), d); return err }, ErrRole},
		{"order zero", func(s *Set) error { _, err := s.CertifyPrepare(at(0, 0), d); return err }, ErrRange},
		{"huge order", func(s *Set) error { _, err := s.CertifyPrepare(at(0, 1<<63), d); return err }, ErrRange},
		{"huge view", func(s *Set) error { _, err := s.CertifyViewChange(1<<63, d); return err }, ErrRange},
		{"view change to the present view", func(s *Set) error { _, err := s.CertifyViewChange(0, d); return err }, ErrPosition},
		{"NEW-VIEW twice", func(s *Set) error {
			_, _ = s.CertifyViewChange(3, d)
			if _, err := s.CertifyNewView(3, d); err != nil {
				return err
			}
			_, err := s.CertifyNewView(3, wire.Sum([]byte("e")))
			return err
		}, ErrPosition},
		{"NEW-VIEW of another leader", func(s *Set) error { _, err := s.CertifyNewView(1, d); return err }, ErrRole},
		{"attest a counter kind", func(s *Set) error { _, err := s.Attest(wire.CertPrepare, at(0, 1), d); return err }, ErrRole},
		{"inactive", func(s *Set) error { s.active = false; _, err := s.CertifyPrepare(at(0, 1), d); return err }, ErrInactive},
		{"mute", func(s *Set) error { s.recovery = 1; _, err := s.CertifyPrepare(at(0, 1), d); return err }, ErrMute},
	}
	for _, c := range cases {
		if err := c.do(active(t, 0)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestViewChangeShowsThePreviousValue(t *testing.T) {
	s := active(t, 0)
	d := wire.Sum([]byte("d"))
	_, _ = s.CertifyPrepare(at(0, 1), d)
	_, _ = s.CertifyPrepare(at(0, 2), d)
	c, err := s.CertifyViewChange(4, d)
	if err != nil || c.Previous != at(0, 2) || c.New != at(4, 0) {
		t.Fatalf("%v previous %v new %v", err, c.Previous, c.New)
	}
}

// Whatever a host asks for, in whatever order, no two certificates of one incarnation share a position.
func TestPositionsAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _ := quorum.New(3)
		s := New(Config{Group: g, Self: wire.ReplicaID(rapid.IntRange(0, 2).Draw(t, "self")), Key: [32]byte{7}})
		s.Activate(founding)
		seen := map[wire.Position]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			pos := at(rapid.Uint64Range(0, 4).Draw(t, "view"), rapid.Uint64Range(0, 5).Draw(t, "order"))
			var err error
			switch rapid.IntRange(0, 2).Draw(t, "call") {
			case 0:
				_, err = s.CertifyPrepare(pos, wire.Digest{})
			case 1:
				_, err = s.CertifyCommit(pos, wire.Digest{})
			case 2:
				pos.Order = 0
				_, err = s.CertifyViewChange(pos.View, wire.Digest{})
			}
			if err == nil && seen[pos] {
				t.Fatalf("two certificates at %v", pos)
			}
			if err == nil {
				seen[pos] = true
			}
		}
	})
}

func TestVerifyRefusesWhatIsForeign(t *testing.T) {
	leader, follower := active(t, 0), active(t, 1)
	c, _ := leader.CertifyPrepare(at(0, 1), wire.Sum([]byte("d")))
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
	}
	other := New(Config{Group: group(t, 3), Self: 1, Key: [32]byte{8}})
	other.Activate(founding)
	if other.Verify(&c) {
		t.Error("accepted under another group's key")
	}
}

// A dead incarnation's certificate stays authentic but cannot be counted beside one that knows better.
func TestDeadIncarnationsDoNotCount(t *testing.T) {
	leader, follower := active(t, 0), active(t, 1)
	old, _ := leader.CertifyPrepare(at(0, 1), wire.Digest{1})
	leader.number = 2
	young, _ := leader.CertifyPrepare(at(0, 2), wire.Digest{1})
	if !follower.Verify(&young) || !follower.Verify(&old) {
		t.Fatal("authentic certificate refused")
	}
	c, _ := follower.CertifyCommit(at(0, 1), wire.Digest{1})
	if c.Vector[0] != 2 {
		t.Fatal("the newer incarnation is missing in the vector")
	}
	if quorum.Consistent(quorum.WitnessOf(&c), quorum.WitnessOf(&old)) {
		t.Fatal("a COMMIT that knows of the restart counts beside the dead incarnation's PREPARE")
	}
}

func TestResumeUnsafe(t *testing.T) {
	before := active(t, 0)
	_, _ = before.CertifyPrepare(at(0, 1), wire.Digest{1})
	last, _ := before.CertifyPrepare(at(0, 2), wire.Digest{1})
	after := New(before.cfg)
	if err := after.ResumeUnsafe(founding, &last); err != nil {
		t.Fatal(err)
	}
	if _, err := after.CertifyPrepare(at(0, 2), wire.Digest{2}); !errors.Is(err, ErrPosition) {
		t.Errorf("certified again at a used position: %v", err)
	}
	if _, err := after.CertifyPrepare(at(0, 3), wire.Digest{2}); err != nil {
		t.Errorf("cannot go on: %v", err)
	}
	foreign := active(t, 1)
	if err := foreign.ResumeUnsafe(founding, &last); !errors.Is(err, ErrFrontier) || foreign.Active() {
		t.Errorf("resumed from another replica's certificate: %v", err)
	}
	forged := last
	forged.New.Order = 1
	if err := after.ResumeUnsafe(founding, &forged); !errors.Is(err, ErrFrontier) {
		t.Errorf("resumed from a forged certificate: %v", err)
	}
}

// An attestation is authentic and of this replica, but its position says nothing of the counter.
func TestResumeRefusesAttestations(t *testing.T) {
	before := active(t, 0)
	_, _ = before.CertifyPrepare(at(0, 1), wire.Digest{1})
	for kind := wire.CertCheckpoint; kind <= wire.CertForward; kind++ {
		c, err := before.Attest(kind, wire.Position{}, wire.Digest{2})
		if err != nil {
			t.Fatal(err)
		}
		after := New(before.cfg)
		if err := after.ResumeUnsafe(founding, &c); !errors.Is(err, ErrFrontier) || after.Active() {
			t.Errorf("resumed from an attestation of kind %d at %v: %v", kind, after.Position(), err)
		}
	}
}

// What a certificate says of restarts, of the recovery and of NEW-VIEWs survives with its position.
func TestResumeKeepsWhatTheCertificateSays(t *testing.T) {
	before := active(t, 0)
	before.number, before.vector = 2, []uint32{2, 4, 1}
	before.recovery, before.base = 3, wire.Digest{9}
	last, err := before.CertifyViewChange(6, wire.Digest{1})
	if err != nil {
		t.Fatal(err)
	}
	after := New(before.cfg)
	if err := after.ResumeUnsafe(founding, &last); err != nil {
		t.Fatal(err)
	}
	if v := after.Vector(); v[0] != 2 || v[1] != 4 || v[2] != 1 || after.Incarnation().Number != 2 {
		t.Errorf("vector %v, incarnation %v", v, after.Incarnation())
	}
	if _, err := after.CertifyNewView(6, wire.Digest{2}); !errors.Is(err, ErrPosition) {
		t.Errorf("a second NEW-VIEW is possible: %v", err)
	}
	c, err := after.CertifyPrepare(at(6, 1), wire.Digest{3})
	if err != nil || c.RecoveryView != 3 || c.Base != (wire.Digest{9}) {
		t.Errorf("%v: recovery view %d, base %v", err, c.RecoveryView, c.Base)
	}
}

// No certificate ever carries a number that a decoder of another replica would refuse.
func TestCertificatesDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _ := quorum.New(3)
		s := New(Config{Group: g, Self: wire.ReplicaID(rapid.IntRange(0, 2).Draw(t, "self")), Key: [32]byte{7}})
		s.Activate(founding)
		edge := rapid.SampledFrom([]uint64{0, 1, 2, wire.MaxNumber - 1, wire.MaxNumber, wire.MaxNumber + 1, 1<<64 - 1})
		for range 6 {
			pos := at(edge.Draw(t, "view"), edge.Draw(t, "order"))
			var c wire.Certificate
			var err error
			switch rapid.IntRange(0, 3).Draw(t, "call") {
			case 0:
				c, err = s.CertifyPrepare(pos, wire.Digest{})
			case 1:
				c, err = s.CertifyCommit(pos, wire.Digest{})
			case 2:
				c, err = s.CertifyViewChange(pos.View, wire.Digest{})
			case 3:
				c, err = s.CertifyNewView(pos.View, wire.Digest{})
			}
			if err != nil {
				continue
			}
			again, err := wire.DecodeCertificate(c.Append(nil))
			if err != nil || again.New != c.New || !s.Verify(&again) {
				t.Fatalf("%v does not travel: %v", c.New, err)
			}
		}
	})
}
