package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// turnsOptions are the flags of turns.
type turnsOptions struct {
	rounds, size int
	duration     time.Duration
	clients      string
	disk         bool
}

// built are the names of what turns builds by itself.
const (
	turnRaft    = "raft"
	turnProxied = "raft-proxied"
	turnHere    = "here"
)

// turns measures systems that stand ready together, each for a moment in turn, forwards in one round and backwards in the
// next: what a machine does slowly for a while, or quickly, all of them meet. The first is the baseline of the others. It is
// for comparing changes of some percent; two clusters of one build differ by up to 6 %, so that a small difference takes
// two runs of it.
func turns(o turnsOptions, names []string) error {
	clients, err := numbers(o.clients)
	if err != nil {
		return err
	}
	if len(names) < 2 {
		return fmt.Errorf("name at least two systems, as in: turns %s %s old=FOLDER", turnRaft, turnHere)
	}
	here, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(here)
	base := "/dev/shm"
	if o.disk {
		base = ""
	}
	dir, err := os.MkdirTemp(base, "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var ready [][]string // the addresses of each
	for i, name := range names {
		below := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(below, 0o700); err != nil {
			return err
		}
		servers, stop, err := startNamed(name, here, below, o.disk)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer stop()
		ready = append(ready, servers)
	}
	for _, servers := range ready {
		if _, err := measure(servers, slices.Max(clients), o.size, warmUp); err != nil {
			return fmt.Errorf("warming up: %w", err)
		}
	}
	for _, c := range clients {
		rows, err := takeTurns(o, ready, c)
		if err != nil {
			return err
		}
		for i, name := range names {
			printTurns(name, rows[0], rows[i])
		}
	}
	return nil
}

// startNamed starts one of built in the binaries of here, or NAME=FOLDER, Troxymail by the binaries in a folder.
func startNamed(name, here, dir string, disk bool) ([]string, func(), error) {
	switch name {
	case turnRaft, turnProxied:
		return startRaft(here, dir, disk, name == turnProxied)
	case turnHere:
		return startTroxymail(here, dir, 1)
	}
	_, binaries, ok := strings.Cut(name, "=")
	if !ok {
		return nil, nil, errors.New("neither raft, raft-proxied, here nor NAME=FOLDER with binaries, built with the tag bench")
	}
	return startTroxymail(binaries, dir, 1)
}

// takeTurns returns the rows of each system, by round.
func takeTurns(o turnsOptions, systems [][]string, clients int) ([][]row, error) {
	rows := make([][]row, len(systems))
	for round := range o.rounds {
		for k := range systems {
			if round%2 == 1 {
				k = len(systems) - 1 - k
			}
			r, err := measure(systems[k], clients, o.size, o.duration)
			if err != nil {
				return nil, err
			}
			rows[k] = append(rows[k], r)
		}
	}
	return rows, nil
}

// printTurns prints medians, and the quartiles of what one round's ratios to the baseline were.
func printTurns(name string, baseline, rows []row) {
	quartile := func(q float64, of func(i int) float64) float64 {
		var all []float64
		for i := range rows {
			all = append(all, of(i))
		}
		slices.Sort(all)
		return all[int(q*float64(len(all)-1))]
	}
	ratio := func(of func(r row) float64) string {
		each := func(i int) float64 { return of(rows[i]) / of(baseline[i]) }
		return fmt.Sprintf("%.3f (%.3f to %.3f)", quartile(0.5, each), quartile(0.25, each), quartile(0.75, each))
	}
	name, _, _ = strings.Cut(name, "=")
	fmt.Printf("%-14s %4d clients %6d B %7.0f op/s %s  p50 %6.3f ms %s  p99 %6.2f ms  %4.0f µs of processor\n",
		name, rows[0].Clients, rows[0].Bytes, quartile(0.5, func(i int) float64 { return rows[i].Rate }),
		ratio(func(r row) float64 { return r.Rate }), quartile(0.5, func(i int) float64 { return rows[i].P50 }),
		ratio(func(r row) float64 { return r.P50 }), quartile(0.5, func(i int) float64 { return rows[i].P99 }),
		quartile(0.5, func(i int) float64 { return rows[i].Cost }))
}
