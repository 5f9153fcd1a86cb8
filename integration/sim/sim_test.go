package sim

import (
	"flag"
	"strings"
	"testing"
)

var (
	flagSeed  = flag.Uint64("seed", 1, "first seed of TestSeed")
	flagSteps = flag.Int("steps", 20000, "events until faults end")
	flagRuns  = flag.Int("runs", 300, "seeds that TestSeeds runs")
)

// run plays one seed and reports how to see it again.
func run(t *testing.T, seed uint64, steps int) *Cluster {
	c := New(seed, false)
	if failure := c.Run(steps); failure != "" {
		again := New(seed, true)
		again.Run(steps)
		t.Fatalf("seed %d: %s\n%s\nsee it again: go test ./integration/sim -run 'TestSeed$' -seed=%d -steps=%d",
			seed, failure, strings.Join(again.Trace(60), "\n"), seed, steps)
	}
	return c
}

// TestSeed replays one seed, with its trace when it fails.
func TestSeed(t *testing.T) { run(t, *flagSeed, *flagSteps) }

// TestSeeds runs many short seeds; every kind of fault must have happened among them.
func TestSeeds(t *testing.T) {
	var total Faults
	steps, acks := 0, 0
	for i := range *flagRuns {
		c := run(t, 1000+uint64(i), *flagSteps)
		steps += c.steps
		acks += len(c.check.acks)
		total.add(&c.faults)
	}
	t.Logf("%d seeds, %d steps, %d requests acknowledged, faults %+v", *flagRuns, steps, acks, total)
	if *flagRuns >= 100 && (total.least() == 0 || acks == 0) {
		t.Errorf("a kind of fault never happened: %+v", total)
	}
}

// TestSameSeedSameRun compares two traces of one seed, line by line.
func TestSameSeedSameRun(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		a, b := New(seed, true), New(seed, true)
		a.Run(5000)
		b.Run(5000)
		if x, y := strings.Join(a.lines, "\n"), strings.Join(b.lines, "\n"); x != y {
			t.Fatalf("seed %d ran in two ways", seed)
		}
	}
}

func (f *Faults) all() []*int {
	return []*int{&f.Lost, &f.Duplicated, &f.Delayed, &f.Partitions, &f.Crashes, &f.PowerLosses, &f.Blackouts,
		&f.LiesMutated, &f.LiesReplayed, &f.LiesDropped, &f.LiesForged, &f.LiesCertified}
}

func (f *Faults) add(g *Faults) {
	for i, x := range g.all() {
		*f.all()[i] += *x
	}
}

func (f *Faults) least() int {
	low := *f.all()[0]
	for _, x := range f.all() {
		low = min(low, *x)
	}
	return low
}
