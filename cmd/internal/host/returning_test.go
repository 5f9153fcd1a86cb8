package host

import (
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// founded is a group whose enclaves believe nothing of their hosts' logs but in a founding.
func founded(t testing.TB, n int) *group { return startGroup(t, n, nil, wire.Founding{}) }

// generation waits until a replica serves and returns the generation that it is in.
func (g *group) generation(i int) uint32 {
	g.t.Helper()
	g.do(i, &command.Ping{Data: []byte("here")})
	return g.enclaves[i].Stats().Generation
}

// All stop and start, again and again: each start is a founding, and all mail is there.
func TestAllRestart(t *testing.T) {
	g := founded(t, 3)
	m := newMail(g)
	m.file(20, 0, 1, 2)
	for round := range uint32(3) {
		if got := g.generation(0); got != round+1 {
			t.Fatalf("generation %d in round %d", got, round)
		}
		for i := range 3 {
			g.end(i)
		}
		for i := range 3 {
			g.start(i)
		}
		m.file(10, 0, 1, 2)
		g.agree()
		for i := range 3 {
			m.read(i)
		}
	}
}

// Each replica in turn restarts while the others run: it returns in the same generation, as a new incarnation, and
// the group serves all the while, with another leader when it was the leader.
func TestEachRestartsAlone(t *testing.T) {
	g := founded(t, 3)
	m := newMail(g)
	m.file(10, 0, 1, 2)
	for i := range 3 {
		g.end(i)
		m.file(5, (i+1)%3, (i+2)%3)
		g.start(i)
		m.file(5, 0, 1, 2)
		g.agree()
		if got := g.generation(i); got != 1 || g.enclaves[i].Stats().Incarnation < 2 { // it asks again when answers are late
			t.Fatalf("replica %d: generation %d, incarnation %d", i, got, g.enclaves[i].Stats().Incarnation)
		}
	}
	for i := range 3 {
		m.read(i)
	}
}

// Two of three restart: the third resigns, and the next generation has what the first had.
func TestTwoRestart(t *testing.T) {
	g := founded(t, 3)
	m := newMail(g)
	m.file(10, 0, 1, 2)
	g.end(0)
	g.end(1)
	g.start(0)
	g.start(1)
	m.file(5, 0, 1, 2)
	g.agree()
	if got := g.generation(2); got != 2 {
		t.Errorf("generation %d", got)
	}
	for i := range 3 {
		m.read(i)
	}
}

// Power fails for all, and one folder comes back older: nothing that was acknowledged is missing.
func TestOneFolderSetBackInAFounding(t *testing.T) {
	for old := range 3 {
		g := founded(t, 3)
		m := newMail(g)
		m.file(10, 0, 1, 2)
		g.agree()
		g.end(old)
		image := t.TempDir() + "/old"
		copyFolder(t, g.dirs[old], image)
		g.start(old)
		m.file(20, 0, 1, 2)
		for i := range 3 {
			g.end(i)
		}
		copyFolder(t, image, g.dirs[old])
		for i := range 3 {
			g.start(i)
		}
		m.file(5, 0, 1, 2)
		g.agree()
		for i := range 3 {
			m.read(i)
		}
	}
}
