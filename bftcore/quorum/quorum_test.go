package quorum

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

func TestSizes(t *testing.T) {
	for n := -1; n <= wire.MaxReplicas+2; n++ {
		g, err := New(n)
		if valid := n >= 3 && n <= wire.MaxReplicas && n%2 == 1; valid != (err == nil) {
			t.Errorf("New(%d): %v", n, err)
		} else if !valid {
			continue
		}
		if g.N() != n || g.N() != 2*g.F()+1 || g.Size() != g.F()+1 {
			t.Errorf("n %d: f %d, size %d", g.N(), g.F(), g.Size())
		}
		// Any two quorums meet, and a quorum is left when f replicas are silent.
		if 2*g.Size() <= n || n-g.F() < g.Size() {
			t.Errorf("n %d: quorums of %d do not do", n, g.Size())
		}
	}
}

func TestLeaderRotates(t *testing.T) {
	g, _ := New(5)
	for v := range uint64(12) {
		if int(g.Leader(v)) != int(v%5) {
			t.Errorf("view %d is led by %d", v, g.Leader(v))
		}
	}
}

// fresh returns a witness of every replica in a group of n, all of incarnation 1.
func fresh(n int) []Witness {
	ws := make([]Witness, n)
	for i := range ws {
		ws[i] = Witness{Replica: wire.ReplicaID(i), Incarnation: 1, Vector: make([]uint32, n)}
		for j := range ws[i].Vector {
			ws[i].Vector[j] = 1
		}
	}
	return ws
}

// Every subset of every group up to seven, with every single piece of knowledge of a restart: Holds says what
// a count over all subsets says.
func TestHoldsExhaustive(t *testing.T) {
	for n := 3; n <= 7; n += 2 {
		g, _ := New(n)
		for knower := range n {
			for restarted := range n {
				ws := fresh(n)
				if knower != restarted { // knower knows that restarted has a second life; its witness is of the first
					ws[knower].Vector[restarted] = 2
				}
				for set := range 1 << n {
					var chosen []Witness
					for i := range n {
						if set>>i&1 == 1 {
							chosen = append(chosen, ws[i])
						}
					}
					compare(t, g, chosen)
				}
			}
		}
	}
}

// compare checks Holds against a search through all subsets.
func compare(t rapid.TB, g Config, ws []Witness) {
	t.Helper()
	want := false
	for set := range 1 << len(ws) {
		if bits.OnesCount(uint(set)) == g.Size() && agree(ws, set) {
			want = true
			break
		}
	}
	got, ok := Holds(ws, g.Size())
	if ok != want {
		t.Fatalf("n %d: Holds says %v, want %v for %+v", g.N(), ok, want, ws)
	}
	if !ok {
		return
	}
	set, last := 0, -1
	for _, i := range got {
		if i <= last {
			t.Fatalf("indices %v do not ascend", got)
		}
		set, last = set|1<<i, i
	}
	if len(got) != g.Size() || !agree(ws, set) {
		t.Fatalf("Holds returned %v, which is no quorum of %+v", got, ws)
	}
}

// agree is Consistent for a whole set, written out once more.
func agree(ws []Witness, set int) bool {
	for i := range ws {
		for j := range ws {
			if i == j || set>>i&1 == 0 || set>>j&1 == 0 {
				continue
			}
			a, b := ws[i], ws[j]
			if a.Replica == b.Replica || a.Founding != b.Founding || int(b.Replica) >= len(a.Vector) ||
				a.Vector[b.Replica] > b.Incarnation {
				return false
			}
		}
	}
	return true
}

// Arbitrary witnesses: repeated replicas, several foundings, short vectors.
func TestHoldsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _ := New(rapid.SampledFrom([]int{3, 5, 7}).Draw(t, "n"))
		ws := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Witness {
			return Witness{
				Founding:    wire.Founding{Generation: rapid.Uint32Range(1, 2).Draw(t, "generation")},
				Replica:     wire.ReplicaID(rapid.IntRange(0, g.N()-1).Draw(t, "replica")),
				Incarnation: rapid.Uint32Range(1, 3).Draw(t, "incarnation"),
				Vector:      rapid.SliceOfN(rapid.Uint32Range(1, 3), g.N()-1, g.N()).Draw(t, "vector"),
			}
		}), 0, 8).Draw(t, "witnesses")
		compare(t, g, ws)
	})
}

func TestConsistent(t *testing.T) {
	ws := fresh(3)
	a, b := ws[0], ws[1]
	if !Consistent(a, b) || !Consistent(b, a) {
		t.Fatal("two fresh witnesses are not consistent")
	}
	other := b
	other.Founding.Digest[0] = 1
	if Consistent(a, other) {
		t.Error("another founding digest is accepted")
	}
	knows := b
	knows.Vector = []uint32{2, 1, 1}
	if Consistent(a, knows) || Consistent(knows, a) {
		t.Error("a witness beside one that knows it to be dead is accepted")
	}
	newer := a
	newer.Incarnation = 2
	if !Consistent(newer, knows) {
		t.Error("the incarnation that is known is refused")
	}
	foreign := a
	foreign.Replica = 9
	if Consistent(foreign, b) {
		t.Error("a replica outside the vectors is accepted")
	}
}

func TestHoldsNothingAndTooMuch(t *testing.T) {
	if set, ok := Holds(nil, 0); !ok || len(set) != 0 {
		t.Error("no certificates are enough for none")
	}
	if _, ok := Holds(nil, 1); ok {
		t.Error("no certificate is one")
	}
	if _, ok := Holds(fresh(3), 4); ok {
		t.Error("three are four")
	}
}
