package refound

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"reflect"
	"strings"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

var genesis = [32]byte{7}

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func public(seed byte) ed25519.PublicKey { return key(seed).Public().(ed25519.PublicKey) }

// plan is one of a group of n by members.
func plan(n int, members ...wire.ReplicaID) Plan {
	p := Plan{Replicas: n, Founding: wire.Founding{Generation: 3, Digest: wire.Digest{1}}, Begins: 812}
	for _, r := range members {
		p.Members = append(p.Members, Shown{Replica: r, Nonce: wire.Nonce{byte(r + 1)}, Generation: 2, Incarnation: 1, View: 4, Stable: 768, Last: 812})
	}
	return p
}

// The words name who is left out, what that costs, and what nobody will notice.
func TestLoss(t *testing.T) {
	for name, c := range map[string]struct {
		plan  Plan
		says  []string
		never []string
	}{
		"the fewest": {plan(3, 0, 1), []string{"Replicas 0 and 1 found generation 3 without replica 2", "behind order 812",
			"only replica 2 has", "now none may", "ACKNOWLEDGED mail that it and replica 2 alone had is lost", "Replica 2 must have stopped for good"},
			[]string{"folder is a new one"}},
		"one more than the fewest": {plan(5, 0, 1, 2, 4), []string{"Replicas 0, 1, 2 and 4", "without replica 3", "on 3 replicas", "all members but 1 show"},
			[]string{"none may"}},
		"two left out": {plan(5, 0, 3, 4), []string{"without replicas 1 and 2", "replicas 1 and 2 have", "now none may", "take the state over"}, nil},
	} {
		text := c.plan.Loss()
		for _, w := range c.says {
			if !strings.Contains(text, w) {
				t.Errorf("%s: does not say %q:\n%s", name, w, text)
			}
		}
		for _, w := range c.never {
			if strings.Contains(text, w) {
				t.Errorf("%s: says %q:\n%s", name, w, text)
			}
		}
	}
	empty := plan(3, 0, 1)
	empty.Members[1].Generation = 0
	if text := empty.Loss(); !strings.Contains(text, "Replica 1 shows nothing of its past") {
		t.Error(text)
	}
	for i := range empty.Members {
		empty.Members[i].Generation = 0 // a group that never was: nobody is older than another
	}
	if text := empty.Loss(); strings.Contains(text, "nothing of its past") {
		t.Error(text)
	}
	left := plan(5, 0, 2, 3, 4)
	left.Members[1].Former, left.Members[2].Former = true, true
	left.Members[2].Generation = 0 // and empty: that is said already
	if text := left.Loss(); !strings.Contains(text, "Nothing is taken over from replica 2: as far as it shows, the founding that others were active in last was without it.") {
		t.Error(text)
	}
	left.Members[3].Former = true
	if text := left.Loss(); !strings.Contains(text, "Nothing is taken over from replicas 2 and 4: as far as they show,") {
		t.Error(text)
	}
	var most []wire.ReplicaID
	for i := range wire.ReplicaID(8) {
		most = append(most, i)
	}
	large := plan(15, most...)
	for i := range large.Members[1:] {
		large.Members[i].Generation = 0
	}
	if n := len(large.Loss()); n > MaxLossBytes {
		t.Errorf("%d bytes of words", n)
	}
}

// What could not be founded has no words, so that no order for it is good.
func TestNoLossWithoutAPlan(t *testing.T) {
	for name, p := range map[string]Plan{
		"nothing": {}, "all are members": plan(3, 0, 1, 2), "fewer than can write": plan(5, 0, 1), "no group": plan(4, 0, 1, 2),
	} {
		if text := p.Loss(); text != "" {
			t.Errorf("%s: %s", name, text)
		}
		o := p.Sign(key(1), genesis)
		if err := o.Verify(public(1), genesis, &p); !errors.Is(err, ErrWords) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An order is good for what it was signed for and nothing else.
func TestOrderIsBoundToEverything(t *testing.T) {
	p := plan(3, 0, 1)
	o := p.Sign(key(1), genesis)
	if err := o.Verify(public(1), genesis, &p); err != nil {
		t.Fatal(err)
	}
	other := genesis
	other[31]++
	for name, err := range map[string]error{
		"another key": o.Verify(public(2), genesis, &p), "no key": o.Verify(nil, genesis, &p), "another genesis": o.Verify(public(1), other, &p),
	} {
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(o *Order){
		"generation": func(o *Order) { o.Founding.Generation++ }, "bundle": func(o *Order) { o.Founding.Digest[9]++ },
		"nonce": func(o *Order) { o.Members[1].Nonce[3]++ }, "member": func(o *Order) { o.Members[1].Replica = 2 },
		"fewer": func(o *Order) { o.Members = o.Members[:1] }, "words": func(o *Order) { o.Loss = "nothing" },
		"signature": func(o *Order) { o.Signature[0]++ },
	} {
		edited := p.Sign(key(1), genesis)
		change(&edited)
		if err := edited.Verify(public(1), genesis, &p); !errors.Is(err, ErrSignature) {
			t.Errorf("an edited %s: %v", name, err)
		}
	}
	for name, change := range map[string]func(p *Plan){
		"generation": func(p *Plan) { p.Founding.Generation++ }, "bundle": func(p *Plan) { p.Founding.Digest[9]++ },
		"nonce": func(p *Plan) { p.Members[1].Nonce[3]++ }, "member": func(p *Plan) { p.Members[1].Replica = 2 },
		"members": func(p *Plan) { p.Members = p.Members[:1] },
	} {
		q := plan(3, 0, 1)
		change(&q)
		if err := o.Verify(public(1), genesis, &q); !errors.Is(err, ErrOther) {
			t.Errorf("another %s is planned: %v", name, err)
		}
	}
	worse := plan(3, 0, 1)
	worse.Members[1].Generation = 0 // the same bundle digest, but the words would be others
	if err := o.Verify(public(1), genesis, &worse); !errors.Is(err, ErrWords) {
		t.Errorf("other words: %v", err)
	}
}

func TestEncodings(t *testing.T) {
	p := plan(5, 0, 2, 4)
	p.Members[1].Former = true
	b := p.Append(nil)
	r := canon.NewReader(b)
	if got := Read(r); r.Done() != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("%+v, %v", got, r.Err())
	}
	for i := range b {
		if r := canon.NewReader(b[:i]); len(Read(r).Members) == 3 && r.Done() == nil {
			t.Errorf("cut at %d", i)
		}
	}
	for name, change := range map[string]func(p *Plan){
		"out of order": func(p *Plan) { p.Members[0].Replica = 3 }, "no such replica": func(p *Plan) { p.Members[2].Replica = 5 },
		"more than there are": func(p *Plan) { p.Replicas = 2 }, "a huge group": func(p *Plan) { p.Replicas = 99 },
	} {
		q := plan(5, 0, 2, 4)
		change(&q)
		if r := canon.NewReader(q.Append(nil)); len(Read(r).Members) > 0 || r.Err() == nil {
			t.Errorf("%s was read", name)
		}
	}
	o := p.Sign(key(1), genesis)
	b = o.Append(nil)
	if got, err := Decode(b); err != nil || !reflect.DeepEqual(got, o) || len(b) > MaxOrderBytes {
		t.Errorf("%+v, %v, %d bytes", got, err, len(b))
	}
	for i := range b {
		if _, err := Decode(b[:i]); !errors.Is(err, ErrFormat) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	o.Loss = strings.Repeat("x", MaxLossBytes+1)
	if _, err := Decode(o.Append(nil)); !errors.Is(err, ErrFormat) {
		t.Errorf("words over the limit: %v", err)
	}
}

func FuzzOrder(f *testing.F) {
	p := plan(3, 0, 1)
	o := p.Sign(key(1), genesis)
	f.Add(o.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := Decode(b)
		if err == nil && !bytes.Equal(o.Append(nil), b) {
			t.Fatal("two encodings of one order")
		}
	})
}
