package session

import (
	"math/rand/v2"
	"slices"
	"testing"

	"troxymail/mailstore/command"
)

// A set counts right what is below a UID while UIDs come and go, from its end too.
func TestUIDSetCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var s uidSet
	var want []command.UID // rising
	for i := range 20_000 {
		u := command.UID(1 + rng.IntN(3000))
		at, there := slices.BinarySearch(want, u)
		switch {
		case i%5000 > 4000 && len(want) > 0:
			u = want[len(want)-1]
			want = want[:len(want)-1]
			s.remove(u)
		case there:
			want = slices.Delete(want, at, at+1)
			s.remove(u)
		default:
			want = slices.Insert(want, at, u)
			s.add(u)
		}
		u = command.UID(1 + rng.IntN(3100))
		if at, _ := slices.BinarySearch(want, u); int(s.below(u)) != at || int(s.n) != len(want) {
			t.Fatalf("step %d: %d of %d below %d, want %d of %d", i, s.below(u), s.n, u, at, len(want))
		}
		if n := len(want); n > 0 && s.nth(uint32(n-1)) != want[n-1] {
			t.Fatalf("step %d: the last is %d, want %d", i, s.nth(uint32(n-1)), want[n-1])
		}
	}
}
