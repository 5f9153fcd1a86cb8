package processes

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

const (
	partitionsVariable = "PARTITION_ROUNDS" // how many partitions TestPartitions makes; `make partitions` sets it
	alone              = 2 * time.Second    // how long nobody hears another
	longAlone          = 25 * time.Second   // how much longer a partition lasts at most, in a long run
)

// partitions are who hears whom no more.
var partitions = []struct {
	name          string
	leader        bool // it strikes the leader; else a follower
	all           bool // it strikes everybody
	hears, speaks bool
}{
	{"leader alone", true, false, false, false}, {"follower alone", false, false, false, false},
	{"leader hears nobody", true, false, false, true}, {"leader heard by nobody", true, false, true, false},
	{"nobody hears another", false, true, false, false},
}

// TestPartitions cuts one replica off from the others under load, in one direction or both, or all from each other. The
// others go on without it, a replica that is alone acknowledges nothing, and after healing all go on.
func TestPartitions(t *testing.T) {
	rounds, rest := len(partitions), time.Duration(1)
	if s := os.Getenv(partitionsVariable); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		rest = longAlone
	}
	n := seed(t)
	rng := rand.New(rand.NewPCG(n, 4))
	w := onNetwork(t, 3)
	l := w.StartLoad(t, 1, n)
	l.Progress(t, some, 0, 1, 2)
	var cutOff, healed outages
	for round := range rounds {
		p := partitions[round%len(partitions)]
		i := w.awaitLeader(t, -1)
		if !p.leader {
			i = (i + 1) % 3
		}
		struck, others := []int{i}, []int{(i + 1) % 3, (i + 2) % 3}
		if p.all {
			struck, others = []int{0, 1, 2}, nil
		}
		for _, k := range struck {
			w.cut(t, k, p.hears, p.speaks)
		}
		since := l.strike()
		if p.all {
			<-time.After(alone)
		} else {
			cutOff.goesOn(t, since, others...)
			l.Progress(t, some, others...)
		}
		<-time.After(time.Duration(rng.Int64N(int64(rest))))
		if n := since.after(struck...); n > 0 {
			t.Errorf("%s: %d commands were acknowledged by %v", p.name, n, struck)
		}
		dropped := 0
		for _, k := range struck {
			dropped += w.heal(t, k)
		}
		if dropped == 0 {
			t.Errorf("%s: no packet was dropped: the fault was not there", p.name)
		}
		back := l.strike()
		healed.goesOn(t, back, struck...)
		for k := range 3 {
			w.AwaitServing(t, k)
		}
		l.Progress(t, some, 0, 1, 2)
		t.Logf("%s (%v): %d packets dropped; all go on %v after healing", p.name, struck, dropped, time.Since(back.at))
	}
	l.Stop()
	l.Check(t)
	t.Logf("%d partitions, %d commands acknowledged; first new acknowledgement at another replica: %v; at one that was cut off, after healing: %v",
		rounds, l.Acks(), cutOff, healed)
}
