package clients

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

const (
	idleMemory   = 150 << 20        // bytes resident before the first login
	idleCPU      = 0.02             // of one core
	idleMeasured = 20 * time.Second // how long the processor time is measured
	clockTicks   = 100.0            // ticks a second in /proc, fixed in Linux's interface to user space
)

// TestIdleCost holds the two bounds of an idle demo: memory, and processor time (no polling).
func TestIdleCost(t *testing.T) {
	d := fresh(t)
	demo.Eventually(t, startingLimit, "the start's own work is done", func() bool { return quiet(t, d) })
	before := cpuSeconds(t, d.PID())
	start := time.Now()
	<-time.After(idleMeasured)
	share := (cpuSeconds(t, d.PID()) - before) / time.Since(start).Seconds()
	memory := resident(t, d.PID())
	t.Logf("idle: %.2f %% of a core, %d MiB resident", 100*share, memory>>20)
	if share > idleCPU {
		t.Errorf("idle demo uses %.2f %% of a core, at most %.0f %%", 100*share, 100*idleCPU)
	}
	if memory > idleMemory {
		t.Errorf("idle demo holds %d MiB, at most %d", memory>>20, idleMemory>>20)
	}
}

// startingLimit bounds how long the program may work after it serves.
const startingLimit = 30 * time.Second

// quiet reports whether a second passed with less than a twentieth of a core used.
func quiet(t *testing.T, d *demo.Demo) bool {
	t.Helper()
	before := cpuSeconds(t, d.PID())
	<-time.After(time.Second)
	return cpuSeconds(t, d.PID())-before < 0.05
}

// cpuSeconds reads the user and system time of a process from /proc.
func cpuSeconds(t *testing.T, pid int) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after) // from field 3, state
	user, err := strconv.ParseFloat(fields[11], 64)
	must(t, err)
	system, err := strconv.ParseFloat(fields[12], 64)
	must(t, err)
	return (user + system) / clockTicks
}

// resident reads the resident memory of a process, in bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	must(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	must(t, err)
	return pages * os.Getpagesize()
}
