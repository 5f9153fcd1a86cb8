package host

import (
	"sync"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Groups that order in several parallel instances do what others do: many clients at once, each replica restarting
// alone, the leader among them, and all of them.
func TestPillars(t *testing.T) {
	for _, pillars := range []int{2, 4} {
		g := &group{t: t, pillars: pillars}
		g.begin(3, nil, wire.Founding{})
		m := newMail(g)
		var clients sync.WaitGroup
		for i := range 12 {
			clients.Go(func() {
				for range 20 {
					g.do(i%3, &command.Ping{Data: []byte{byte(i)}})
				}
			})
		}
		clients.Wait()
		for i := range 3 {
			g.end(i)
			m.file(5, (i+1)%3, (i+2)%3)
			g.start(i)
			m.file(5, 0, 1, 2)
			g.agree()
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
			if refused := g.enclaves[i].Stats().RefusedClaims; refused > 0 {
				t.Errorf("enclave %d refused %d results of an honest host", i, refused)
			}
			g.end(i)
		}
	}
}
