package sim

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	flagSeed    = flag.Uint64("seed", 1, "first seed of TestSeed and TestDuration")
	flagSteps   = flag.Int("steps", 2500, "events until faults end")
	flagPillars = flag.Int("pillars", 0, "parallel instances in TestSeed and TestDuration; 0 for one")
	flagRuns    = flag.Int("runs", 300, "seeds that TestSeeds runs")

	flagTrace    = flag.Int("trace", 80, "lines of a trace that are shown")
	flagDuration = flag.Duration("duration", time.Second, "how long TestDuration goes on")
	flagSeeds    = flag.Int("seeds", 0, "how many seeds TestDuration runs at most; 0 for any number")
)

// play runs one seed; when it fails, the second result says how, and how to see it again.
func play(seed uint64, steps, pillars int) (c *Cluster, failure string) {
	c = New(seed, false)
	c.Pillars(pillars)
	if failure = c.Run(steps); failure == "" {
		return c, ""
	}
	again := New(seed, true)
	again.Pillars(pillars)
	again.Run(steps)
	return c, fmt.Sprintf("seed %d: %s\n%s\nsee it again: go test ./integration/sim -run 'TestSeed$' -args -seed=%d -steps=%d -pillars=%d -trace=1000000",
		seed, failure, strings.Join(again.Trace(*flagTrace), "\n"), seed, steps, pillars)
}

// TestSeed replays one seed, with its trace when it fails.
func TestSeed(t *testing.T) {
	c, failure := play(*flagSeed, *flagSteps, *flagPillars)
	if failure != "" {
		t.Fatal(failure)
	}
	t.Logf("%d steps, %.1f s played, %v", c.steps, float64(c.now)/1e9, &c.counts)
}

// TestSeeds runs many short seeds; every kind of fault must have happened among them.
func TestSeeds(t *testing.T) {
	x := soak(1000, *flagRuns, 0, one)
	if x.failure != "" {
		t.Fatal(x.failure)
	}
	t.Log(x)
	if low := x.counts.least(); *flagRuns >= 300 && x.counts[low] == 0 {
		t.Errorf("never happened: %s", faultNames[low])
	}
}

// one pillar, whatever the seed.
func one(uint64) int { return 0 }

// TestSeedsWithPillars runs seeds of which each orders in one, two or four parallel instances.
func TestSeedsWithPillars(t *testing.T) {
	x := soak(500_000, *flagRuns/3, 0, func(seed uint64) int { return 1 << (seed % 3) })
	if x.failure != "" {
		t.Fatal(x.failure)
	}
	t.Log(x)
}

// TestDuration runs seed after seed, on all processors, for -duration and prints what was done; see make sim.
func TestDuration(t *testing.T) {
	x := soak(*flagSeed, *flagSeeds, *flagDuration, func(uint64) int { return *flagPillars })
	if x.failure != "" {
		t.Fatal(x.failure)
	}
	t.Log(x)
}

// TestSameSeedSameRun compares two traces of one seed, line by line.
func TestSameSeedSameRun(t *testing.T) {
	for seed := uint64(1); seed <= 6; seed++ {
		a, b := New(seed, true), New(seed, true)
		a.Run(2000)
		b.Run(2000)
		if x, y := strings.Join(a.lines, "\n"), strings.Join(b.lines, "\n"); x != y {
			t.Fatalf("seed %d ran in two ways", seed)
		}
	}
}

// soaked is what many seeds did.
type soaked struct {
	first                               uint64
	seeds, steps, views, founded, acked int
	played                              Time
	least                               int // steps of the shortest
	took                                time.Duration
	counts                              Counts
	failure                             string
}

func (x *soaked) String() string {
	return fmt.Sprintf("%d seeds from %d on, no violation: %d steps (%d at least, %.0f a second), %.0f s played, %d views begun, %d generations, %d answers%v",
		x.seeds, x.first, x.steps, x.least, float64(x.steps)/x.took.Seconds(), float64(x.played)/1e9, x.views, x.founded, x.acked, &x.counts)
}

// tellEvery is how often a long run tells how far it is.
const tellEvery = 30 * time.Second

// soak runs seeds from first on, on all processors, until their number is reached, the time is up or one fails.
func soak(first uint64, seeds int, duration time.Duration, pillars func(seed uint64) int) *soaked {
	x := &soaked{first: first, least: 1 << 60}
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // runs are small and short
	began := time.Now()
	tell := began.Add(tellEvery)
	var next atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	more := func(i int64) bool {
		mu.Lock()
		defer mu.Unlock()
		return x.failure == "" && (seeds == 0 || i < int64(seeds)) && (duration == 0 || i == 0 || time.Since(began) < duration)
	}
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; more(i); i = next.Add(1) - 1 {
				seed := first + uint64(i)
				c, failure := play(seed, *flagSteps, pillars(seed))
				mu.Lock()
				x.add(c, failure)
				if now := time.Now(); duration > 0 && now.After(tell) {
					tell = now.Add(tellEvery)
					fmt.Fprintf(os.Stderr, "%v: %d seeds, %d steps\n", now.Sub(began).Round(time.Second), x.seeds, x.steps)
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	x.took = time.Since(began)
	return x
}

func (x *soaked) add(c *Cluster, failure string) {
	if failure != "" && x.failure == "" {
		x.failure = failure
	}
	x.seeds++
	x.steps += c.steps
	x.least = min(x.least, c.steps)
	x.views += len(c.check.views)
	x.founded += len(c.check.foundings)
	x.acked += c.answers
	x.played += c.now
	x.counts.add(&c.counts)
}
