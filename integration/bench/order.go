package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
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
			{"raft-" + suffix, func(dir string) ([]string, func(), error) { return startRaft(binaries, dir, raftWAL) }},
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

// compare runs all rounds of all systems and prints the medians, the first system being the baseline.
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
			baseline := median(results[systems[0].name][point{c, size}])
			for i, s := range systems {
				r := median(results[s.name][point{c, size}])
				r.Bench, r.Op = "order", s.name
				if i > 0 {
					r.Baseline, r.Ratio = systems[0].name, r.Rate/baseline.Rate
				}
				r.print(o.json)
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

// freeAddresses returns n loopback addresses that nothing listens on.
func freeAddresses(n int) ([]string, error) {
	ports, err := freePorts(n)
	all := make([]string, len(ports))
	for i, p := range ports {
		all[i] = fmt.Sprintf("127.0.0.1:%d", p)
	}
	return all, err
}

// freePorts returns n loopback ports that nothing listens on.
func freePorts(n int) ([]int, error) {
	var all []int
	var open []net.Listener
	defer func() {
		for _, l := range open {
			_ = l.Close()
		}
	}()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		open = append(open, l)
		all = append(all, l.Addr().(*net.TCPAddr).Port) // what a TCP listener has
	}
	return all, nil
}

// startRaft starts three members of the baseline.
func startRaft(binaries, dir string, wal bool) ([]string, func(), error) {
	addresses, err := freeAddresses(6)
	if err != nil {
		return nil, nil, err
	}
	var processes processes
	for i := range 3 {
		args := []string{raftCommand, "-id", fmt.Sprint(i), "-peers", strings.Join(addresses[:3], ","), "-clients", addresses[3+i]}
		if wal {
			folder := filepath.Join(dir, fmt.Sprint(i))
			if err := os.Mkdir(folder, 0o700); err != nil {
				return nil, nil, err
			}
			args = append(args, "-wal", folder)
		}
		if err := processes.start(exec.Command(filepath.Join(binaries, raftBinary), args...)); err != nil {
			processes.stop()
			return nil, nil, err
		}
	}
	return ready(addresses[3:], &processes)
}

// ready waits until every server answers an echo.
func ready(servers []string, p *processes) ([]string, func(), error) {
	for _, s := range servers {
		var err error
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
			if _, err = client(s, 16, time.Now(), time.Now().Add(time.Millisecond)); err == nil {
				break
			}
		}
		if err != nil {
			p.stop()
			return nil, nil, fmt.Errorf("%s does not answer: %w", s, err)
		}
	}
	return servers, p.stop, nil
}

// processes are started together and stopped together.
type processes []*exec.Cmd

func (p *processes) start(c *exec.Cmd) error {
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Pdeathsig = syscall.SIGKILL // a measurement that is killed leaves nothing behind that disturbs the next
	if err := c.Start(); err != nil {
		return err
	}
	*p = append(*p, c)
	return nil
}

// pids returns their numbers.
func (p *processes) pids() (all []int) {
	for _, c := range *p {
		all = append(all, c.Process.Pid)
	}
	return all
}

func (p *processes) stop() {
	for _, c := range *p {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}
