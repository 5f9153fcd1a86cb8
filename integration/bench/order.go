package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// orderOptions are the flags of order.
type orderOptions struct {
	quick, json bool
	rounds      int
	memory      bool // not with fsync
	pillars     int  // in Troxymail's genesis
	duration    time.Duration
	// clients and sizes are lists of numbers, as in 1,16.
	clients, sizes string
}

// warmUp is how long a system serves before it is measured: until then its processes touch their memory for the first
// time, which costs a virtual machine more than all else.
const warmUp = 12 * time.Second

// system is something to measure: started, it serves echo clients at the addresses returned.
type system struct {
	name  string
	start func(dir string) (servers []string, stop func(), err error)
}

// order measures small requests through both systems, in memory and with fsync, round by round in turn, so
// that both see the same machine.
func order(o orderOptions) error {
	if o.quick {
		o.clients, o.sizes, o.rounds, o.duration = "16,128", "256", 1, 2*time.Second
	}
	clients, err := numbers(o.clients)
	if err != nil {
		return err
	}
	sizes, err := numbers(o.sizes)
	if err != nil {
		return err
	}
	binaries, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	for _, disk := range []bool{false, true} {
		if disk && o.memory {
			break
		}
		suffix, base := "memory", "/dev/shm"
		if disk {
			suffix, base = "fsync", ""
		}
		raftWAL, own := disk, "troxymail-"+suffix
		if o.pillars > 1 {
			own += fmt.Sprintf("-%d-pillars", o.pillars)
		}
		systems := []system{
			{"raft-" + suffix, func(dir string) ([]string, func(), error) { return startRaft(binaries, dir, raftWAL, false) }},
			{"raft-proxied-" + suffix, func(dir string) ([]string, func(), error) { return startRaft(binaries, dir, raftWAL, true) }},
			{own, func(dir string) ([]string, func(), error) { return startTroxymail(binaries, dir, o.pillars) }},
		}
		if err := compare(o, base, systems, clients, sizes); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads a list of numbers above 0, as in 1,16.
func numbers(list string) (all []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no list of numbers: write as in 1,16", list)
		}
		all = append(all, n)
	}
	return all, nil
}

// compare runs all rounds of all systems and prints the medians, those before a system being its baselines.
func compare(o orderOptions, base string, systems []system, clients, sizes []int) error {
	type point struct{ clients, size int }
	results := map[string]map[point][]row{}
	for range o.rounds {
		for _, s := range systems {
			dir, err := os.MkdirTemp(base, "bench-")
			if err != nil {
				return err
			}
			servers, stop, err := s.start(dir)
			if err != nil {
				return errors.Join(fmt.Errorf("%s: %w", s.name, err), os.RemoveAll(dir))
			}
			if _, err := measure(servers, slices.Max(clients), slices.Max(sizes), warmUp); err != nil {
				stop()
				return fmt.Errorf("%s, warming up: %w", s.name, err)
			}
			for _, c := range clients {
				for _, size := range sizes {
					r, err := measure(servers, c, size, o.duration)
					if err != nil {
						stop()
						return fmt.Errorf("%s, %d clients, %d bytes: %w", s.name, c, size, err)
					}
					if results[s.name] == nil {
						results[s.name] = map[point][]row{}
					}
					results[s.name][point{c, size}] = append(results[s.name][point{c, size}], r)
				}
			}
			stop()
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	for _, c := range clients {
		for _, size := range sizes {
			for i, s := range systems {
				r := median(results[s.name][point{c, size}])
				r.Bench, r.Op = "order", s.name
				if i == 0 {
					r.print(o.json)
				}
				for _, b := range systems[:i] {
					r.Baseline, r.Ratio = b.name, r.Rate/median(results[b.name][point{c, size}]).Rate
					r.print(o.json)
				}
			}
		}
	}
	return nil
}

// median returns the row with the median rate.
func median(rows []row) row {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b row) int { return int(a.Rate - b.Rate) })
	return sorted[len(sorted)/2]
}
