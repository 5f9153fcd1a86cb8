package bftcore

import (
	"slices"
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// wish is a REQ-VC as an enclave of some incarnation makes it that knows of some others.
func wish(r wire.ReplicaID, incarnation uint32, vector []uint32, view uint64) wire.ReqVC {
	x := wire.Certificate{Kind: wire.CertReqVC, Replica: r, Incarnation: incarnation, Vector: vector, New: wire.Position{View: view}}
	return wire.ReqVC{Certificate: x, Raw: []byte{byte(r)}}
}

// A wish for a view far away that a former incarnation of a liar's enclave made may not be counted beside those that
// know of the new one. A host that counted it asked its enclave for a view that this refused, again and again, and
// never for the view that all others wanted: nothing was ordered any more.
func TestWishesOfTheDeadAreNotCounted(t *testing.T) {
	group, _ := quorum.New(5)
	c, err := New(Config{Quorum: group, Checkpoint: 8}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	c.view = 2
	w := c.changing.wants
	w[0] = wish(0, 1, []uint32{1, 1, 1, 1, 2}, 3)
	w[1] = wish(1, 1, []uint32{1, 1, 1, 1, 2}, 3)
	w[2] = wish(2, 2, []uint32{1, 1, 2, 2, 2}, 4)
	w[3] = wish(3, 1, []uint32{1, 1, 1, 1, 1}, 1<<60)
	w[4] = wish(4, 3, []uint32{1, 1, 2, 2, 3}, 4)
	c.follow()
	if len(c.out.Calls) != 1 || c.out.Calls[0].(Ask).Number != 3 {
		t.Fatalf("%+v", c.out.Calls)
	}
}

// The word of a newer incarnation takes the place of a former one's, whatever that wanted.
func TestNewIncarnationIsHeard(t *testing.T) {
	old, young := wish(3, 1, nil, 1<<60).Certificate, wish(3, 2, nil, 4).Certificate
	if !supersedes(&young, &old) || supersedes(&old, &young) {
		t.Error("a former incarnation keeps the new one out")
	}
	higher := wish(3, 2, nil, 5).Certificate
	if !supersedes(&higher, &young) || supersedes(&young, &higher) || supersedes(&young, &young) {
		t.Error("of one incarnation the higher view counts")
	}
}

// Patience shrinks by what shows that it is too long, and by nothing else.
func TestPatienceShrinks(t *testing.T) {
	group, _ := quorum.New(3)
	c, err := New(Config{Quorum: group, RequestTimeout: 1000}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	g := &c.changing
	for name, x := range map[string]struct {
		waited []Time // of batches, 1 ns apart
		failed int    // afterwards
	}{
		"a batch or two":                      {[]Time{900, 100}, 3},
		"prompt ones":                         {[]Time{100, 500, 0, 100}, 0},
		"a slow one among prompt ones":        {[]Time{100, 100, 100, 501, 100, 100, 100}, 3},
		"what nobody waited for shows little": {[]Time{-1, -1, -1, -1, -1}, 3},
		"many slow ones":                      {make31(900), 3},
		"one more":                            {append(make31(900), 900), 0},
	} {
		g.failed, g.eased, g.done, g.prompt = 3, c.now, 0, 0
		for _, w := range x.waited {
			c.now++
			c.ease(w)
		}
		if g.failed != x.failed {
			t.Errorf("%s: doubled %d times, want %d", name, g.failed, x.failed)
		}
	}
	g.failed, g.eased, g.done, g.prompt = 3, c.now, 0, 0
	for _, step := range []struct {
		pass   Time
		failed int
	}{{15999, 3}, {1, 2}, {7999, 2}, {1, 1}, {4000, 0}} {
		c.now += step.pass
		c.ease(900)
		if g.failed != step.failed {
			t.Errorf("after %d more: doubled %d times, want %d", step.pass, g.failed, step.failed)
		}
	}
}

func make31(waited Time) []Time { return slices.Repeat([]Time{waited}, 31) }
