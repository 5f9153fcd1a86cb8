package validate

import (
	"time"

	"troxymail/bftcore/wire"
)

// The adaptive switch, as in Troxy: reads that conflict too often are ordered at once.
const (
	// window is how many questions are judged together, maxFailed how many of them may fail (2 %).
	window    = 1000
	maxFailed = window * 2 / 100
	// probeEvery is which part of the reads of a class that is switched off is asked nevertheless; after
	// probeWindow of them of which less than 1 in goodShare (0.5 %) failed, the class is switched on.
	probeEvery  = 100
	probeWindow = 250
	goodShare   = 200
	// offFor is after how long a class that was switched off is tried anew, however few reads there were since: doubled
	// up to maxOff each time that it is switched off again.
	offFor = 10 * time.Second
	maxOff = 5 * time.Minute
)

// switches are the classes of keys, by kind: what one kind suffers (mailboxes under load) does not slow the others.
type switches [wire.KeyMailbox + 1]class

type class struct {
	off    bool
	seen   int // questions of this window that ended
	failed int
	missed int // reads that were ordered since the last probe
	until  int64
	rest   int64 // how long it was switched off the last time; 0 after a good window
}

func newSwitches() switches { return switches{} }

// classOf is the kind of the key that changes most: they are numbered so.
func classOf(versions []wire.KeyVersion) wire.KeyKind {
	var k wire.KeyKind
	for i := range versions {
		k = max(k, versions[i].Key.Kind)
	}
	return min(k, wire.KeyMailbox)
}

// let reports whether a question of that class may be asked now.
func (s *switches) let(k wire.KeyKind, now int64) bool {
	c := &s[k]
	if c.off && now >= c.until {
		*c = class{rest: c.rest}
	}
	if !c.off {
		return true
	}
	if c.missed++; c.missed < probeEvery {
		return false
	}
	c.missed = 0
	return true
}

// note counts how a question ended, and reports whether that switched its class off.
func (s *switches) note(k wire.KeyKind, good bool, now int64) bool {
	c := &s[k]
	c.seen++
	if !good {
		c.failed++
	}
	switch {
	case !c.off && c.failed > maxFailed:
		rest := min(max(2*c.rest, int64(offFor)), int64(maxOff))
		*c = class{off: true, until: now + rest, rest: rest}
		return true
	case !c.off && c.seen >= window:
		*c = class{}
	case c.off && c.failed*goodShare >= probeWindow:
		c.seen, c.failed = 0, 0
	case c.off && c.seen >= probeWindow:
		*c = class{}
	}
	return false
}

// Off returns the classes that are switched off, one bit a kind.
func (a *Asker) Off() (kinds uint8) {
	for k := range a.switches {
		if a.switches[k].off {
			kinds |= 1 << k
		}
	}
	return kinds
}
