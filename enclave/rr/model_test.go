package rr

import (
	"math/bits"
	"testing"
)

// models calls f for every model of up to seven replicas.
func models(f func(m Model)) {
	for n := 1; n <= 7; n++ {
		for w := 1; w <= n; w++ {
			for mr := range w {
				for silent := 0; silent <= n-w; silent++ {
					if m, err := New(Model{N: n, F: silent, Rollbacks: mr, W: w}); err == nil {
						f(m)
					}
				}
			}
		}
	}
}

// finds reports whether every read of size r with s suspicious answers finds every write: for all sets of holders,
// readers, suspicious readers, and rolled back ones among them.
func finds(m Model, r, s int) bool {
	holders := 1<<m.W - 1 // by symmetry, the first W
	for readers := range 1 << m.N {
		if bits.OnesCount(uint(readers)) != r {
			continue
		}
		for suspicious := readers; ; suspicious = (suspicious - 1) & readers {
			if bits.OnesCount(uint(suspicious)) == s {
				lost := min(m.Rollbacks, bits.OnesCount(uint(suspicious&holders)))
				if bits.OnesCount(uint(holders&readers)) <= lost {
					return false
				}
			}
			if suspicious == 0 {
				break
			}
		}
	}
	return true
}

// R(s) finds every write, and one answer less does not.
func TestReadIsSafeAndLeast(t *testing.T) {
	models(func(m Model) {
		for s := range m.N + 1 {
			r := m.Read(s)
			if r > m.N || s > r {
				continue // there is no such read
			}
			if !finds(m, r, s) {
				t.Errorf("%+v: %d answers, %d of them suspicious, miss a write", m, r, s)
			}
			if s < r && finds(m, r-1, s) {
				t.Errorf("%+v: %d answers, %d of them suspicious, would do", m, r-1, s)
			}
			if fresh := r - s; !m.Enough(fresh, s) || fresh > 0 && m.Enough(fresh-1, s) {
				t.Errorf("%+v: Enough disagrees with Read(%d)", m, s)
			}
		}
	})
}

// completes reports whether W certificates of the old generation can come together that no honest member shows,
// with somebody correct to accept them: from those outside, from copies of F lying hosts, and from M_R members
// that forgot.
func completes(m Model, members int) bool {
	inside := 1<<members - 1
	for liars := range 1 << m.N {
		if bits.OnesCount(uint(liars)) > m.F {
			continue
		}
		outside := (1<<m.N - 1) &^ inside
		if outside&^liars == 0 {
			continue // nobody correct is left in the old generation
		}
		for forgot := inside; ; forgot = (forgot - 1) & inside {
			if bits.OnesCount(uint(forgot)) <= m.Rollbacks && bits.OnesCount(uint(outside|liars|forgot)) >= m.W {
				return true
			}
			if forgot == 0 {
				break
			}
		}
	}
	return false
}

// A founding of Members cannot be contradicted by the generation before, and one of fewer can.
func TestMembersAreSafeAndLeast(t *testing.T) {
	models(func(m Model) {
		members := m.Members()
		if completes(m, members) {
			t.Errorf("%+v: %d members can be contradicted", m, members)
		}
		if m.F > 0 && !completes(m, members-1) {
			t.Errorf("%+v: %d members would do", m, members-1)
		}
		if suspicious := members; members < m.Read(suspicious) {
			t.Errorf("%+v: %d members miss a write", m, members)
		}
	})
}

// An enclave that returns alone cannot take the old generation's word, and finds what W hold.
func TestRecovery(t *testing.T) {
	models(func(m Model) {
		old := m.N - m.Members() + m.F
		if m.Members() == m.N {
			old = m.F // copies only
		}
		if old >= m.Recovery() {
			t.Errorf("%+v: %d of the old generation answer, %d are needed", m, old, m.Recovery())
		}
	})
}

func TestMajority(t *testing.T) {
	for n := -1; n <= 16; n++ {
		m, err := Majority(n)
		if valid := n >= 3 && n%2 == 1; valid != (err == nil) {
			t.Errorf("%d: %v", n, err)
		} else if valid && (m.N != 2*m.F+1 || m.W != m.F+1 || m.Members() != n || m.Recovery() != m.F+1 || m.Read(0) != m.F+1 ||
			m.Read(1) != m.F+2 || m.Read(n) != m.F+2 || m.Refounding() != m.F+1) {
			t.Errorf("%+v: members %d, R %d %d", m, m.Members(), m.Read(0), m.Read(n))
		}
	}
}

// The profile of four with three holders, and the examples of the documentation.
func TestExamples(t *testing.T) {
	four, err := New(Model{N: 4, F: 1, Rollbacks: 1, W: 3})
	if err != nil || four.Read(3) != 3 || four.Members() != 4 || !completes(four, 3) {
		t.Errorf("%+v %v: R(3) %d, members %d", four, err, four.Read(3), four.Members())
	}
	five, _ := Majority(5)
	if five.Read(4) != 4 || !completes(five, 4) || completes(five, 5) {
		t.Error("five replicas, four members")
	}
	for _, bad := range []Model{{N: 3, F: 1, Rollbacks: 2, W: 2}, {N: 3, F: 2, W: 2}, {N: 3, F: -1, W: 2}, {N: 3, Rollbacks: -1, W: 2}, {N: 2, W: 3}, {N: 5, F: 2, W: 2}} {
		if _, err := New(bad); err == nil {
			t.Errorf("%+v is a model", bad)
		}
	}
}

// A founding of fewer finds every write as long as no more than Tolerates are old, and misses one beyond that.
func TestTolerates(t *testing.T) {
	for n := 3; n <= 9; n += 2 {
		m, err := Majority(n)
		if err != nil {
			t.Fatal(err)
		}
		for members := m.Refounding(); members <= n; members++ {
			may := m.Tolerates(members)
			old := m
			old.Rollbacks = may
			if !finds(old, members, members) {
				t.Errorf("%d of %d members, %d of them old, miss a write", members, n, may)
			}
			if old.Rollbacks++; may < m.Rollbacks && finds(old, members, members) {
				t.Errorf("%d of %d members tolerate more than %d", members, n, may)
			}
		}
		if m.Tolerates(m.Refounding()) != 0 || m.Tolerates(n) != 1 {
			t.Errorf("%d replicas: %d with the fewest, %d with all", n, m.Tolerates(m.Refounding()), m.Tolerates(n))
		}
	}
}
