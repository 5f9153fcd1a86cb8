package processes

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	durationVariable = "CHAOS_DURATION" // how long TestChaos goes on; `make soak` sets it
	shortChaos       = 10 * time.Second
	roundLimit       = 2 * time.Minute  // then the ledger is checked and a new account begins
	usualFault       = 2 * time.Second  // how long a fault lasts at most,
	longFault        = 25 * time.Second // but for a few, which outlast every patience between hosts
	longOnes         = 12               // one in so many, in a long run
	folderOnes       = 3                // one fault in so many is one of a follower's data folder
)

// chaos strikes one replica at a time.
type chaos struct {
	c     *Cluster
	rng   *rand.Rand
	kinds map[string]int
	long  bool // a long run
}

// TestChaos kills and stops hosts and enclaves at random, one replica at a time, the leader's too, and damages
// followers' folders or sets them back, for as long as CHAOS_DURATION says. After each round the ledger is held
// against every replica.
func TestChaos(t *testing.T) {
	duration := shortChaos
	if s := os.Getenv(durationVariable); s != "" {
		var err error
		if duration, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	n := seed(t)
	x := &chaos{c: Start(t, 3), rng: rand.New(rand.NewPCG(n, 0)), kinds: map[string]int{}, long: duration > time.Minute}
	acknowledged := 0
	end := time.Now().Add(duration)
	for round := 0; round == 0 || time.Now().Before(end); round++ {
		if round > 0 {
			x.c.AddAccount(t, fmt.Sprintf("round%d@example.org", round))
		}
		l := x.c.StartLoad(t, 1, n+uint64(round))
		roundEnd := time.Now().Add(roundLimit)
		for first := true; first || time.Now().Before(end) && time.Now().Before(roundEnd); first = false {
			x.strike(t, l)
		}
		l.Stop()
		l.Check(t)
		acknowledged += l.Acks()
		t.Logf("round %d: acknowledged %d commands in all; faults: %s", round, acknowledged, x.summary())
		if t.Failed() {
			return
		}
	}
}

// strike does one fault, lets the others go on, and waits until the replica is back and all go on.
func (x *chaos) strike(t *testing.T, l *Load) {
	t.Helper()
	if x.rng.IntN(folderOnes) == 0 {
		x.strikeFolder(t, l)
		return
	}
	i := x.rng.IntN(3)
	faults := []struct {
		name         string
		strike, mend func()
	}{
		{"host killed", x.c.Hosts[i].Kill, func() { x.c.StartHost(t, i) }},
		{"enclave killed", x.c.Enclaves[i].Kill, func() { x.c.StartEnclave(t, i) }},
		{"both killed", func() { x.c.Hosts[i].Kill(); x.c.Enclaves[i].Kill() },
			func() { x.c.StartHost(t, i); x.c.StartEnclave(t, i) }},
		{"host stopped", func() { x.c.Hosts[i].Signal(t, syscall.SIGSTOP) },
			func() { x.c.Hosts[i].Signal(t, syscall.SIGCONT) }},
		{"enclave stopped", func() { x.c.Enclaves[i].Signal(t, syscall.SIGSTOP) },
			func() { x.c.Enclaves[i].Signal(t, syscall.SIGCONT) }},
		{"host ended", func() { x.c.Hosts[i].Stop(t) }, func() { x.c.StartHost(t, i) }},
		{"enclave ended", func() { x.c.Enclaves[i].Stop(t) }, func() { x.c.StartEnclave(t, i) }},
	}
	f := faults[x.rng.IntN(len(faults))]
	x.kinds[f.name]++
	f.strike()
	l.Progress(t, some, (i+1)%3, (i+2)%3)
	lasts := usualFault
	if x.long && x.rng.IntN(longOnes) == 0 {
		lasts = longFault
	}
	<-time.After(time.Duration(x.rng.Int64N(int64(lasts))))
	f.mend()
	x.c.AwaitServing(t, i)
	l.Progress(t, some, 0, 1, 2)
}

// strikeFolder damages a follower's folder or sets it back. It repairs that by itself.
func (x *chaos) strikeFolder(t *testing.T, l *Load) {
	t.Helper()
	i := 1 + x.rng.IntN(2)
	name := "folder set back"
	if k := x.rng.IntN(len(FolderFaults) + 1); k < len(FolderFaults) {
		f := &FolderFaults[k]
		name = f.Name
		x.c.Hosts[i].Kill()
		f.Strike(t, x.c.HostFolder(i), x.rng)
		l.Progress(t, some, 0, 3-i)
	} else {
		x.c.setBack(t, l, i)
	}
	x.kinds[name]++
	x.c.StartHost(t, i)
	x.c.CatchesUp(t, i, 0)
	x.c.AwaitServing(t, i)
	l.Progress(t, some, 0, 1, 2)
	x.c.Recovers(t, i) // else another fault would be one too many
	x.c.ClearAside(t, i)
}

func (x *chaos) summary() string {
	var parts []string
	for name, n := range x.kinds {
		parts = append(parts, fmt.Sprintf("%s %d", name, n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}
