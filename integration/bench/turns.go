package main

import (
	"errors"
	"fmt"
	"os"
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

// turns measures systems that stand ready together and take turns, as order does. The first is the baseline of the others. It
// is for comparing changes of some percent; two clusters of one build differ by up to 6 %, so that a small difference takes
// several runs of it, or several clusters of both.
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
	var systems []system
	for _, name := range names {
		systems = append(systems, system{name, func(dir string) ([]string, func(), error) { return startNamed(name, here, dir, o.disk) }})
	}
	load := func(servers []string) error {
		_, err := measure(servers, slices.Max(clients), o.size, warmUp)
		return err
	}
	return standingReady(folders(o.disk), systems, load, func(ready [][]string) error {
		for _, c := range clients {
			rows, err := takeTurns(ready, o.rounds, c, o.size, o.duration)
			if err != nil {
				return err
			}
			for i, name := range names {
				printTurns(name, rows[0], rows[i])
			}
		}
		return nil
	})
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

// printTurns prints medians, and the quartiles of what one turn's ratios to the baseline were.
func printTurns(name string, baseline, rows []row) {
	middle := func(of func(row) float64) float64 {
		var all []float64
		for _, r := range rows {
			all = append(all, of(r))
		}
		return quantile(all, 0.5)
	}
	against := func(of func(row) float64) string {
		return fmt.Sprintf("%.3f (%.3f to %.3f)", ratio(rows, baseline, 0.5, of), ratio(rows, baseline, 0.25, of), ratio(rows, baseline, 0.75, of))
	}
	rate, p50 := func(r row) float64 { return r.Rate }, func(r row) float64 { return r.P50 }
	name, _, _ = strings.Cut(name, "=")
	fmt.Printf("%-14s %4d clients %6d B %7.0f op/s %s  p50 %6.3f ms %s  p99 %6.2f ms  %4.0f µs of processor\n",
		name, rows[0].Clients, rows[0].Bytes, middle(rate), against(rate), middle(p50), against(p50),
		middle(func(r row) float64 { return r.P99 }), middle(func(r row) float64 { return r.Cost }))
}
