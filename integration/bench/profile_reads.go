package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// profileTop is how many functions of a profile are printed.
const profileTop = 25

// profileReads drives a cluster as read does with one of its operations and prints where its six processes spend their
// processor time, as profile does, and in which functions.
func profileReads(name string, big int, d time.Duration) error {
	at := slices.IndexFunc(readOperations, func(o operation) bool { return o.name == name })
	if at < 0 {
		return fmt.Errorf("nothing is read by %q: see readOperations", name)
	}
	const fixed = 100
	binaries, dir, done, err := workplace("")
	if err != nil {
		return err
	}
	defer done()
	s, err := startMail(binaries, dir)
	if err != nil {
		return err
	}
	defer s.stop()
	if !strings.HasSuffix(name, "-big") {
		big = fixed
	}
	if err := s.fillToRead(fixed, big); err != nil {
		return err
	}
	if _, err := s.measure(&readOperations[at], readClients, fixed, time.Second); err != nil {
		return err
	}
	rec, err := record(binaries, dir, s.processes)
	if err != nil {
		return err
	}
	r, err := s.measure(&readOperations[at], readClients, fixed, d)
	if err != nil {
		return err
	}
	samples, all, err := rec.end()
	if err != nil {
		return err
	}
	perRequest := func(n int) float64 { return float64(n) / perfRate * 1e6 / (r.Rate * d.Seconds() * 1.1) }
	fmt.Printf("%s, %d clients: %.0f op/s, p50 %.2f ms; %.0f µs of processor time (%.0f sampled)\n",
		name, readClients, r.Rate, r.P50, r.Cost, perRequest(all))
	printKinds(samples, all, perRequest)
	return top(rec.data)
}

// top prints the functions with most samples, of all processes.
func top(data string) error {
	out, err := exec.Command("perf", "report", "-i", data, "--stdio", "-q", "--no-children", "-s", "comm,symbol").Output()
	if err != nil {
		return err
	}
	n := 0
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan() && n < profileTop; {
		if line := strings.TrimSpace(s.Text()); line != "" {
			fmt.Println(strings.TrimRight(line, " -"))
			n++
		}
	}
	return nil
}
