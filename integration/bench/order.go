package main

import (
	"fmt"
	"os"
	"path/filepath"
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
	warm        time.Duration // how long a system is loaded before order measures it
	// clients and sizes are lists of numbers, as in 1,16.
	clients, sizes string
}

// warmUp is how long a system serves before it is measured, unless order is told otherwise: until then its processes touch
// their memory for the first time, which costs a virtual machine more than all else.
const warmUp = 3 * time.Second

// system is something to measure: started, it serves echo clients at the addresses returned.
type system struct {
	name  string
	start func(dir string) (servers []string, stop func(), err error)
}

// order measures small requests through all systems, in memory and with fsync.
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
		suffix, base := "memory", folders(disk)
		if disk {
			suffix = "fsync"
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

// turnsPerRound is into how many turns order divides a measurement of one round.
const turnsPerRound = 4

// compare runs all rounds and prints the medians, those before a system being its baselines. In each round all systems start
// anew, stand ready together and take turns, so that what the machine does for a while all of them meet.
func compare(o orderOptions, base string, systems []system, clients, sizes []int) error {
	type point struct{ clients, size int }
	results := map[point][][]row{}
	for range o.rounds {
		load := func(servers []string) error {
			_, err := measure(servers, slices.Max(clients), slices.Max(sizes), o.warm)
			return err
		}
		err := standingReady(base, systems, load, func(ready [][]string) error {
			for _, c := range clients {
				for _, size := range sizes {
					rows, err := takeTurns(ready, turnsPerRound, c, size, o.duration/turnsPerRound)
					if err != nil {
						return err
					}
					p := point{c, size}
					if results[p] == nil {
						results[p] = make([][]row, len(systems))
					}
					for i := range rows {
						results[p][i] = append(results[p][i], rows[i]...)
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, c := range clients {
		for _, size := range sizes {
			rows := results[point{c, size}]
			for i, s := range systems {
				r := median(rows[i])
				r.Bench, r.Op = "order", s.name
				if i == 0 {
					r.print(o.json)
				}
				for k, b := range systems[:i] {
					r.Baseline = b.name
					r.Ratio = ratio(rows[i], rows[k], 0.5, func(r row) float64 { return r.Rate })
					r.RatioP50 = ratio(rows[i], rows[k], 0.5, func(r row) float64 { return r.P50 })
					r.print(o.json)
				}
			}
		}
	}
	return nil
}

// standingReady starts all systems, loads each for a while, has do work with their addresses, and stops them.
func standingReady(base string, systems []system, load func(servers []string) error, do func(ready [][]string) error) error {
	dir, err := os.MkdirTemp(base, "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var ready [][]string
	for i, s := range systems {
		below := filepath.Join(dir, strconv.Itoa(i))
		if err := os.Mkdir(below, 0o700); err != nil {
			return err
		}
		servers, stop, err := s.start(below)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		defer stop()
		ready = append(ready, servers)
	}
	for i, servers := range ready {
		if err := load(servers); err != nil {
			return fmt.Errorf("%s, warming up: %w", systems[i].name, err)
		}
	}
	return do(ready)
}

// takeTurns measures each system for a moment in turn, forwards and backwards by turns, and returns the rows of each.
func takeTurns(ready [][]string, turns, clients, size int, d time.Duration) ([][]row, error) {
	rows := make([][]row, len(ready))
	for turn := range turns {
		for k := range ready {
			if turn%2 == 1 {
				k = len(ready) - 1 - k
			}
			r, err := measure(ready[k], clients, size, d)
			if err != nil {
				return nil, fmt.Errorf("%d clients, %d bytes: %w", clients, size, err)
			}
			rows[k] = append(rows[k], r)
		}
	}
	return rows, nil
}

// ratio is the quantile q of what of has in the rows over what it has in those of the same turns of a baseline.
func ratio(rows, baseline []row, q float64, of func(row) float64) float64 {
	var all []float64
	for i := range rows {
		all = append(all, of(rows[i])/of(baseline[i]))
	}
	return quantile(all, q)
}

func quantile(all []float64, q float64) float64 {
	slices.Sort(all)
	return all[int(q*float64(len(all)-1))]
}

// median returns the row with the median rate.
func median(rows []row) row {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b row) int { return int(a.Rate - b.Rate) })
	return sorted[len(sorted)/2]
}
