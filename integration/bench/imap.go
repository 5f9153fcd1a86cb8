package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// imapSystems are what imap compares; the first is the baseline.
func imapSystems(binaries string) []struct {
	name  string
	start func(dir string) (*mailSystem, error)
} {
	return []struct {
		name  string
		start func(dir string) (*mailSystem, error)
	}{
		{"dovecot-maildir", func(dir string) (*mailSystem, error) { return startDovecot(dir, "maildir", true) }},
		{"dovecot-mdbox", func(dir string) (*mailSystem, error) { return startDovecot(dir, "mdbox", true) }},
		{"troxymail", func(dir string) (*mailSystem, error) { return startMail(binaries, dir) }},
	}
}

// imap measures what mail clients and other servers ask for, in all systems, round by round in turn, so that
// all see the same machine.
func imap(o orderOptions, only, ops string) error {
	wanted := func(op string) bool { return ops == "" || slices.Contains(strings.Split(ops, ","), op) }
	filled := 100
	if o.quick {
		o.rounds, o.duration, filled = 1, o.duration/12, 20
	}
	binaries, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	systems := imapSystems(binaries)
	type point struct {
		op, system string
		clients    int
	}
	results := map[point][]row{}
	for range o.rounds {
		for _, s := range systems {
			if only != "" && s.name != only {
				continue
			}
			rows, err := imapRound(s.start, filled, o, wanted)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			for _, r := range rows {
				p := point{r.Op, s.name, r.Clients}
				results[p] = append(results[p], r)
			}
		}
	}
	for _, op := range append(operationNames(), "deliver") {
		for _, clients := range imapClients {
			baseline := results[point{op, systems[0].name, clients}]
			for i, s := range systems {
				rows := results[point{op, s.name, clients}]
				if len(rows) == 0 {
					continue // deliveries without Postfix
				}
				r := median(rows)
				r.Bench, r.System = "imap", s.name
				if i > 0 && len(baseline) > 0 {
					r.Baseline, r.Ratio = systems[0].name, r.Rate/median(baseline).Rate
				}
				r.print(o.json)
			}
		}
	}
	return nil
}

// imapClients are the numbers of clients.
var imapClients = []int{1, loadAccounts}

func operationNames() (names []string) {
	for _, o := range operations {
		names = append(names, o.name)
	}
	return names
}

// imapRound starts a system in a new folder, measures everything once, and ends it.
func imapRound(start func(dir string) (*mailSystem, error), filled int, o orderOptions, wanted func(op string) bool) (
	rows []row, err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := start(dir)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	if err := s.fill(filled); err != nil {
		return nil, fmt.Errorf("filling: %w", err)
	}
	for _, clients := range imapClients {
		for i := range operations {
			if !wanted(operations[i].name) {
				continue
			}
			r, err := s.measure(&operations[i], clients, filled, o.duration)
			if err != nil {
				return nil, fmt.Errorf("%s, %d clients: %w", operations[i].name, clients, err)
			}
			r.Op = operations[i].name
			rows = append(rows, r)
		}
		if len(s.smtp) == 0 || !wanted("deliver") {
			continue
		}
		r, err := s.deliver(clients, o.duration)
		if err != nil {
			return nil, fmt.Errorf("deliver, %d clients: %w", clients, err)
		}
		r.Op = "deliver"
		rows = append(rows, r)
	}
	return rows, nil
}

// startMail starts a cluster of three replicas with the accounts of the load.
func startMail(binaries, dir string) (*mailSystem, error) {
	return startMailReading(binaries, dir, "validated")
}

// startMailReading is startMail with enclaves that read so: validated, bounded or ordered.
func startMailReading(binaries, dir, reads string) (*mailSystem, error) {
	if err := initTroxymail(binaries, dir); err != nil {
		return nil, err
	}
	for i := range 3 {
		if err := edit(filepath.Join(dir, "cluster", fmt.Sprintf("enclave-%d.toml", i)), "reads", reads); err != nil {
			return nil, err
		}
	}
	return serveMail(binaries, dir)
}

// serveMail starts the cluster below dir and gives it the accounts of the load.
func serveMail(binaries, dir string) (*mailSystem, error) {
	_, p, err := startInitialised(binaries, dir)
	if err != nil {
		return nil, err
	}
	s := &mailSystem{stop: p.stop, pids: p.pids(), processes: p}
	if err := s.accounts(binaries, filepath.Join(dir, "cluster", "cluster.json")); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// accounts makes the accounts and waits until every replica serves.
func (s *mailSystem) accounts(binaries, file string) error {
	for i := range loadAccounts {
		add := exec.Command(filepath.Join(binaries, "troxymail"), "account", "add", loadUser(i), "--admin", file, "--password-stdin")
		add.Stdin = strings.NewReader(loadPassword + "\n")
		if out, err := add.CombinedOutput(); err != nil {
			return fmt.Errorf("account add: %w\n%s", err, out)
		}
	}
	var facts struct {
		Replicas []struct{ IMAPS, SMTP string }
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return err
	}
	for _, r := range facts.Replicas {
		s.imap, s.smtp = append(s.imap, r.IMAPS), append(s.smtp, r.SMTP)
	}
	return s.ready()
}
