package ordering

import (
	"flag"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/integration/check/explore"
)

// TestViewChanges: one order through three views, two orders through two and, with one liar, through three.
func TestViewChanges(t *testing.T) {
	for liar := range wire.ReplicaID(n) {
		exhaust(t, Bounds{Orders: 1, Views: 2, Changes: 6, Liar: liar})
		exhaust(t, Bounds{Orders: 2, Views: 1, Changes: 3, Liar: liar})
	}
	exhaust(t, Bounds{Orders: 2, Views: 2, Changes: 4})
}

// TestPillars: two orders that have counters of their own, through a view change, and through a loss of all memory.
func TestPillars(t *testing.T) {
	for liar := range wire.ReplicaID(n) {
		exhaust(t, Bounds{Orders: 2, Pillars: 2, Views: 1, Changes: 3, Liar: liar})
	}
	exhaust(t, Bounds{Orders: 2, Pillars: 2, Losses: 1, Founding: true, Old: 1, Liar: 2})
}

// exhaust searches everything within bounds, which must hold no violation.
func exhaust(t *testing.T, b Bounds) {
	t.Helper()
	m, err := New(b)
	if err != nil {
		t.Fatal(err)
	}
	r := explore.Run(m, explore.Options{})
	t.Logf("%+v: %v", b, r)
	if !r.Exhausted {
		t.Fatalf("%+v: %v", b, r)
	}
}

// TestRestarts: enclaves restart and come back alone; the liar keeps an old instance.
func TestRestarts(t *testing.T) {
	for liar := range wire.ReplicaID(n) {
		exhaust(t, Bounds{Orders: 1, Views: 1, Changes: 2, Restarts: 1, Copy: true, Liar: liar})
	}
}

// TestFoundings: all enclaves lose their memory at once, and one host, the liar's or an honest one, may show an
// older past.
func TestFoundings(t *testing.T) {
	for old := range wire.ReplicaID(n) {
		exhaust(t, Bounds{Orders: 1, Losses: 1, Founding: true, Old: old, Liar: old})
		exhaust(t, Bounds{Orders: 1, Losses: 2, Founding: true, Old: old, Liar: (old + 1) % n})
		exhaust(t, Bounds{Orders: 2, Losses: 1, Founding: true, Old: old, Liar: (old + 1) % n})
	}
	exhaust(t, Bounds{Orders: 1, Losses: 1, Founding: true, Changes: 2, Views: 2, Old: 0, Liar: 1})
}

// TestMixed: one enclave restarts, resigns, or gives up an attempt, and all lose their memory.
func TestMixed(t *testing.T) {
	t.Run("restart", func(t *testing.T) {
		exhaust(t, Bounds{Orders: 1, Losses: 1, Restarts: 1, Founding: true, Copy: true})
	})
	t.Run("restart of a follower", func(t *testing.T) {
		exhaust(t, Bounds{Orders: 1, Losses: 1, Restarts: 1, Founding: true, Liar: 1, Old: 1})
	})
	t.Run("resign", func(t *testing.T) {
		exhaust(t, Bounds{Orders: 1, Losses: 1, Draws: 1, Founding: true})
	})
	t.Run("pairs", func(t *testing.T) { // which enclaves refuse
		exhaust(t, Bounds{Orders: 1, Losses: 1, Founding: true, Pairs: true, Old: 0, Liar: 1})
	})
}

// TestCheckpoints: CHECKPOINTs are given, true ones and a wrong one, and enclaves forget what is below.
func TestCheckpoints(t *testing.T) {
	for liar := range wire.ReplicaID(n) {
		exhaust(t, Bounds{Orders: 1, Checkpoints: 1, Views: 1, Changes: 2, Liar: liar})
	}
}

// TestLeftOut: an administrator founds two, of which one lies and shows an older past, without the third, which has a stable
// checkpoint that they know nothing of. All lose their power, and the third takes part in what is founded then.
func TestLeftOut(t *testing.T) {
	exhaust(t, leftOut(0, 1))
	exhaust(t, leftOut(1, 0))
}

func leftOut(left, liar wire.ReplicaID) Bounds {
	return Bounds{Orders: 1, Losses: 2, Founding: true, Checkpoints: 1, Refound: true, Left: left, Liar: liar, Old: liar}
}

// TestTails: hosts sync when they like, and a power loss takes what they had not synced. What one of them had durably
// is never contradicted.
func TestTails(t *testing.T) {
	for liar := range wire.ReplicaID(n) {
		exhaust(t, Bounds{Orders: 1, Losses: 1, Founding: true, Tails: true, Liar: liar, Old: liar})
	}
}

// TestFences: the origin's enclave comes back, alone or by a founding, while a command of its former life is in other
// hands.
func TestFences(t *testing.T) {
	t.Run("restart", func(t *testing.T) {
		for liar := range wire.ReplicaID(n) {
			exhaust(t, Bounds{Orders: 2, Restarts: 1, Copy: true, Fences: true, Origin: 2, Liar: liar})
		}
	})
	t.Run("founding", func(t *testing.T) {
		for origin := range wire.ReplicaID(n) {
			exhaust(t, Bounds{Orders: 2, Losses: 1, Founding: true, Fences: true, Origin: origin})
		}
	})
}

// TestHostsRules: without a rule of hosts the violation is found.
func TestHostsRules(t *testing.T) {
	for name, b := range map[string]Bounds{
		"F12: attest what is synced":    {Orders: 1, Losses: 1, Founding: true, Tails: true, Checkpoints: 1, Liar: 1, Old: 1, Fault: AttestSynced},
		"F4: learners tell":             {Orders: 1, Losses: 1, Founding: true, Tails: true, Liar: 1, Old: 1, Fault: LearnerTells},
		"F19: refuse what a FENCE says": {Orders: 2, Restarts: 1, Fences: true, Origin: 2, Fault: OrderedFence},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := New(b)
			if err != nil {
				t.Fatal(err)
			}
			r := explore.Run(m, explore.Options{States: 300_000})
			t.Log(r)
			if r.Violation == nil {
				t.Error("the missing rule was not missed")
			}
		})
	}
}

var states = flag.Int("states", 5000, "how many states TestFar visits for each of its bounds")

// far are worlds that are too large for every day.
var far = []struct {
	name   string
	bounds Bounds
}{
	{"five changes", Bounds{Orders: 1, Views: 2, Changes: 5}},
	{"two restarts, resign", Bounds{Orders: 1, Restarts: 2, Founding: true, Draws: 1, Copy: true}},
	{"two restarts, view change", Bounds{Orders: 1, Restarts: 2, Founding: true, Changes: 1, Views: 1, Copy: true, Liar: 1, Old: 1}},
	{"restart, loss, resign", Bounds{Orders: 1, Restarts: 1, Losses: 1, Draws: 1, Founding: true, Changes: 1, Views: 2, Liar: 2, Old: 2, Copy: true}},
	{"three losses", Bounds{Orders: 1, Losses: 3, Founding: true}},
	{"orders, two restarts", Bounds{Orders: 2, Restarts: 2, Changes: 2, Views: 1, Copy: true}},
	{"orders, two losses", Bounds{Orders: 2, Losses: 2, Founding: true, Changes: 1, Views: 2, Old: 1}},
	{"orders, restart, loss", Bounds{Orders: 2, Restarts: 1, Losses: 1, Founding: true, Changes: 1, Views: 2, Copy: true}},
	{"orders, checkpoint, one change", Bounds{Orders: 2, Checkpoints: 1, Views: 1, Changes: 2}},
	{"pillars", Bounds{Orders: 2, Pillars: 2, Views: 2, Changes: 4}},
	{"pillars, checkpoint", Bounds{Orders: 2, Pillars: 2, Checkpoints: 1, Views: 1, Changes: 2}},
	{"pillars, restart", Bounds{Orders: 2, Pillars: 2, Restarts: 1, Views: 1, Changes: 2, Copy: true}},
	{"pillars, tails", Bounds{Orders: 2, Pillars: 2, Losses: 1, Founding: true, Tails: true}},
	{"orders, checkpoint", Bounds{Orders: 2, Checkpoints: 1, Views: 2, Changes: 4}},
	{"checkpoint, loss", Bounds{Orders: 2, Checkpoints: 2, Losses: 1, Founding: true, Old: 0, Liar: 1}},
	{"checkpoint, restart", Bounds{Orders: 1, Checkpoints: 1, Restarts: 1, Views: 1, Changes: 2, Copy: true}},
	{"tails, restart", Bounds{Orders: 1, Losses: 1, Restarts: 1, Founding: true, Tails: true, Liar: 1, Old: 1}},
	{"tails, two losses", Bounds{Orders: 1, Losses: 2, Founding: true, Tails: true, Liar: 1, Old: 1}},
	{"tails, orders, checkpoint", Bounds{Orders: 2, Losses: 1, Checkpoints: 1, Founding: true, Tails: true}},
	{"the leader is left out", leftOut(0, 2)},
	{"the last is left out", leftOut(2, 0)},
	{"fences, two restarts", Bounds{Orders: 2, Restarts: 2, Copy: true, Fences: true, Origin: 2, Liar: 2}},
	{"fences, view change", Bounds{Orders: 2, Restarts: 1, Views: 1, Changes: 2, Copy: true, Fences: true}},
	{"fences, two losses", Bounds{Orders: 2, Losses: 2, Founding: true, Fences: true, Origin: 1}},
	{"fences, restart, loss", Bounds{Orders: 2, Restarts: 1, Losses: 1, Founding: true, Copy: true, Fences: true, Origin: 2, Liar: 2, Old: 2}},
}

// TestFar goes as far as -states says into worlds that are too large for every day: make check STATES=5000000.
func TestFar(t *testing.T) {
	for _, c := range far {
		t.Run(c.name, func(t *testing.T) {
			m, err := New(c.bounds)
			if err != nil {
				t.Fatal(err)
			}
			r := explore.Run(m, explore.Options{States: *states})
			t.Logf("%+v: %v", c.bounds, r)
			if r.Violation != nil {
				t.Errorf("%+v: %v", c.bounds, r)
			}
		})
	}
}
