package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// mixOptions are the flags of mix.
type mixOptions struct {
	orderOptions
	clients int
}

// mixPoints are what mix varies: shares of reads, and of operations that may conflict, for enclaves that read
// validated; those that order every read are measured at the first and last of the latter.
var (
	mixReads     = []float64{0, 0.5, 0.75, 0.9, 0.95, 0.99, 1}
	mixConflicts = []float64{0, 0.01, 0.05, 0.1}
)

// mix measures fast reads against ordered ones over shares of reads and rates of conflict, on one network.
func mix(o mixOptions) error {
	reads, conflicts := mixReads, mixConflicts
	if o.quick {
		o.rounds, o.duration = 1, o.duration/3
		reads, conflicts = []float64{0, 0.9, 1}, []float64{0, 0.1}
	}
	binaries, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	systems := []string{"ordered", "validated"}
	loads := map[string]*workload{}
	for _, name := range systems {
		dir, err := os.MkdirTemp("", "bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s, err := startMailReading(binaries, dir, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		defer s.stop()
		w, err := openWorkload(s, binaries, filepath.Join(dir, "cluster", "cluster.json"), o.clients, true)
		defer w.close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		loads[name] = w
	}
	type point struct {
		system string
		m      mixture
	}
	results := map[point][]row{}
	for range o.rounds {
		for _, share := range reads {
			for i, c := range conflicts {
				for _, name := range systems {
					if name == "ordered" && i > 0 && i < len(conflicts)-1 {
						continue
					}
					m := mixture{reads: share, conflicts: c}
					r, err := loads[name].measure(o.clients, m, o.duration/4, o.duration)
					if err != nil {
						return fmt.Errorf("%s, %+v: %w", name, m, err)
					}
					results[point{name, m}] = append(results[point{name, m}], r)
				}
			}
		}
	}
	for _, c := range conflicts {
		for _, share := range reads {
			m := mixture{reads: share, conflicts: c}
			baseline := results[point{systems[0], m}]
			if len(baseline) == 0 {
				baseline = results[point{systems[0], mixture{reads: share}}]
			}
			for _, name := range systems {
				rows := results[point{name, m}]
				if len(rows) == 0 {
					continue
				}
				r := median(rows)
				r.Bench, r.Op, r.System = "mix", "mix", name
				if name != systems[0] {
					r.Baseline, r.Ratio = systems[0], r.Rate/median(baseline).Rate
				}
				r.print(o.json)
			}
		}
	}
	return nil
}
