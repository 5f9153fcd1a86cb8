package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/PID/stat on Linux.
const ticksPerSecond = 100

// processorTime returns how much processor time the processes that this one started, and that still run, have used.
func processorTime() (time.Duration, error) {
	all, err := processTable()
	if err != nil {
		return 0, err
	}
	ticks := 0
	for _, p := range all {
		if p.parent == os.Getpid() {
			ticks += p.ticks
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// ownTime returns how much processor time this process has used.
func ownTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for no reason that can be here
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// processorTimeOf returns how much processor time the processes roots have used with all that they started: what
// has ended counts once its parent has waited for it.
func processorTimeOf(roots []int) (time.Duration, error) {
	all, err := processTable()
	if err != nil {
		return 0, err
	}
	ticks := 0
	for pid := range all {
		for up := pid; up > 1; up = all[up].parent {
			if slices.Contains(roots, up) {
				ticks += all[pid].ticks + all[pid].waited
				break
			}
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// usage is what a process has used, in ticks: itself, and children that it has waited for.
type usage struct{ parent, ticks, waited int }

// processTable reads all processes of the machine.
func processTable() (map[int]usage, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]usage{}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid ...; the name may hold anything, so its last bracket counts.
		f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(f) < 15 {
			continue
		}
		var n [5]int // parent, then user and system time, its own and of children
		for i, field := range append(f[1:2:2], f[11:15]...) {
			if n[i], err = strconv.Atoi(field); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		all[pid] = usage{parent: n[0], ticks: n[1] + n[2], waited: n[3] + n[4]}
	}
	return all, nil
}

// forgetPeak makes what residentPeak says of a process begin anew (Linux: proc(5), clear_refs).
func forgetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// residentPeak returns how much memory a process holds, and the most that it held since forgetPeak, in KiB.
func residentPeak(pid int) (now, peak int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		for name, value := range map[string]*int{"VmRSS:": &now, "VmHWM:": &peak} {
			if rest, ok := strings.CutPrefix(line, name); ok {
				if *value, err = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB")); err != nil {
					return 0, 0, err
				}
			}
		}
	}
	return now, peak, nil
}
