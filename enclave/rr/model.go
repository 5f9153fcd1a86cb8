package rr

import "fmt"

// Model is a group under the restart-rollback model. Immutable.
type Model struct {
	N         int // replicas
	F         int // that may be silent or lie at a time
	Rollbacks int // M_R: that may show an older state than they had, at a time
	W         int // replicas that hold what is written
}

// rollbacks is M_R of this project: one machine may come back with an older past.
const rollbacks = 1

// Majority is the model of this project's groups: n = 2f+1, f+1 hold what is written, and one may be rolled back.
// Errors: n is not odd or below 3.
func Majority(n int) (Model, error) {
	if n < 3 || n%2 == 0 {
		return Model{}, fmt.Errorf("rr: %d replicas: want an odd number from 3", n)
	}
	f := (n - 1) / 2
	return New(Model{N: n, F: f, Rollbacks: rollbacks, W: f + 1})
}

// New checks that a model can keep what is written (Rollbacks < W), that liars alone write nothing (F < W), and
// that it goes on writing while F are silent (W <= N-F).
func New(m Model) (Model, error) {
	if m.F < 0 || m.Rollbacks < 0 || m.W <= m.Rollbacks || m.W <= m.F || m.W > m.N-m.F {
		return Model{}, fmt.Errorf("rr: no model of %d replicas with %d silent, %d rolled back and %d holders", m.N, m.F, m.Rollbacks, m.W)
	}
	return m, nil
}

// Read is R(s): how many answers, of which s are suspicious, find every write.
func (m Model) Read(s int) int { return m.N - m.W + 1 + min(s, m.Rollbacks) }

// Enough reports whether fresh and suspicious answers together make a read.
func (m Model) Enough(fresh, suspicious int) bool {
	return fresh+suspicious >= m.Read(suspicious)
}

// Recovery is how many others, none of them suspicious, an enclave that returns alone has to hear.
func (m Model) Recovery() int { return m.W }

// Members is how many take part in a founding.
func (m Model) Members() int { return min(m.N, m.N-m.W+1+m.Rollbacks+m.F) }

// Refounding is the least number of members that an administrator may found the group with when the others are
// gone: as many as can write.
func (m Model) Refounding() int { return m.W }

// Tolerates is how many members of a founding may show an older past than they had while every write is found still:
// fewer than Rollbacks when an administrator leaves replicas out.
func (m Model) Tolerates(members int) int {
	return max(0, min(m.Rollbacks, members-m.Read(0)))
}
