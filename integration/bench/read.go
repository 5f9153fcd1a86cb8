package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// readOptions are the flags of read.
type readOptions struct {
	orderOptions
	big  int    // messages of the large mailbox
	ops  string // these alone
	only string // this system beside the baseline
}

// readClients is how many clients read at once.
const readClients = loadAccounts

// readSystem is a running system that reads are measured in.
type readSystem struct {
	*mailSystem
	name, baseline string
}

// read measures reading with warm caches: all systems run all the time and are measured in turn, round by round.
// Dovecot is the baseline, and for an enclave that reads "bounded" one that reads "validated".
func read(o readOptions) error {
	fixed := 100
	if o.quick {
		o.rounds, o.duration, o.big, fixed = 1, 700*time.Millisecond, min(o.big, 10_000), 20
	}
	binaries, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	systems, stop, err := startReaders(binaries, o, fixed)
	defer stop()
	if err != nil {
		return err
	}
	wanted := func(op string) bool { return o.ops == "" || slices.Contains(strings.Split(o.ops, ","), op) }
	results := map[[2]string][]row{}
	for range o.rounds {
		for i := range readOperations {
			op := &readOperations[i]
			if !wanted(op.name) {
				continue
			}
			for _, s := range systems {
				r, err := s.read(op, fixed, o)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", s.name, op.name, err)
				}
				results[[2]string{op.name, s.name}] = append(results[[2]string{op.name, s.name}], r)
			}
		}
	}
	for i := range readOperations {
		for _, s := range systems {
			rows := results[[2]string{readOperations[i].name, s.name}]
			if len(rows) == 0 {
				continue
			}
			r := median(rows)
			r.Bench, r.Op, r.System = "read", readOperations[i].name, s.name
			if baseline := results[[2]string{r.Op, s.baseline}]; len(baseline) > 0 {
				r.Baseline, r.Ratio = s.baseline, r.Rate/median(baseline).Rate
			}
			r.print(o.json)
		}
	}
	return nil
}

// read measures an operation once. Streaming flags of the large mailbox tells of the enclaves' memory too.
func (s *readSystem) read(op *operation, fixed int, o readOptions) (r row, err error) {
	big := strings.HasSuffix(op.name, "-big")
	if op.name == "flags-big" && s.name != "dovecot" {
		enclaves := []int{s.pids[1], s.pids[3], s.pids[5]}
		r, err = s.streaming(enclaves, readClients, fixed, o.duration)
	} else {
		r, err = s.measure(op, readClients, fixed, o.duration)
	}
	if r.Messages = fixed; big {
		r.Messages = o.big
	}
	return r, err
}

// startReaders starts and fills all systems; stop ends those that were started, also after an error.
func startReaders(binaries string, o readOptions, fixed int) (systems []readSystem, stop func(), err error) {
	var dirs []string
	stop = func() {
		for _, s := range systems {
			s.stop()
		}
		for _, dir := range dirs {
			_ = os.RemoveAll(dir)
		}
	}
	for _, s := range []struct {
		name, baseline string
		start          func(dir string) (*mailSystem, error)
	}{
		{"dovecot", "", func(dir string) (*mailSystem, error) { return startDovecot(dir, "maildir", false) }},
		{"validated", "dovecot", func(dir string) (*mailSystem, error) { return startMailReading(binaries, dir, "validated") }},
		{"bounded", "validated", func(dir string) (*mailSystem, error) { return startMailReading(binaries, dir, "bounded") }},
		{"ordered", "validated", func(dir string) (*mailSystem, error) { return startMailReading(binaries, dir, "ordered") }},
	} {
		if o.only != "" && s.name != o.only && s.name != "dovecot" || o.quick && s.name == "ordered" {
			continue
		}
		dir, err := os.MkdirTemp("", "bench-")
		if err != nil {
			return systems, stop, err
		}
		dirs = append(dirs, dir)
		running, err := s.start(dir)
		if err != nil {
			return systems, stop, fmt.Errorf("%s: %w", s.name, err)
		}
		systems = append(systems, readSystem{running, s.name, s.baseline})
		if err := running.fillToRead(fixed, o.big); err != nil {
			return systems, stop, errors.Join(fmt.Errorf("%s: filling", s.name), err)
		}
	}
	return systems, stop, nil
}
