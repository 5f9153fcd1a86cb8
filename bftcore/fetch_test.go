package bftcore

import (
	"testing"
	"time"

	"troxymail/bftcore/wire"
)

// A replica that is far behind asks for as many orders as it takes PROOFs of one peer at a time, beside what peers send
// unasked. What is beyond would be refused, and be asked for again only after T_fetch: a mute replica then learned some 470
// orders a second, fell behind a faster group for ever, and its clients waited for as long.
func TestNoMoreIsAskedForThanIsTaken(t *testing.T) {
	c := oneOfThree(t)
	c.view, c.inView = 1, true // another one leads
	c.claim(1, 1000)
	asked := 0
	for now := Time(1); now < Time(time.Second); now += Time(10 * time.Millisecond) {
		c.Step(now, Tick{})
		for _, m := range c.Ready().Messages {
			f, err := wire.DecodeFetch(m.Raw)
			if err != nil {
				continue
			}
			asked++
			if n := f.To - f.From + 1; n+resendAtOnce > maxStatements {
				t.Fatalf("%d orders are asked for, and %d messages are taken", n, maxStatements)
			}
		}
		c.Advance()
	}
	if asked == 0 {
		t.Error("nothing was asked for")
	}
}
