package main

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// perfRate is how many samples perf takes of each processor a second: no divisor of what ticks by itself.
const perfRate = 499

// profile drives a cluster as order does and prints where its six processes spend their processor time: by
// process and kind of work, in percent of all samples and in microseconds a request. It needs Linux and perf.
func profile(clients, size int, d time.Duration, disk bool) error {
	c, err := runInWorkplace(disk)
	if err != nil {
		return err
	}
	defer c.end()
	if _, err := measure(c.servers, clients, size, time.Second); err != nil {
		return err
	}
	rec, err := record(c.binaries, c.dir, c.processes)
	if err != nil {
		return err
	}
	before, err := ordered(c.dir)
	if err != nil {
		return err
	}
	r, err := measure(c.servers, clients, size, d)
	if err != nil {
		return err
	}
	after, err := ordered(c.dir)
	if err != nil {
		return err
	}
	samples, all, err := rec.end()
	if err != nil {
		return err
	}
	// The samples cover the warm-up too; a request's share is taken of the measured part.
	perRequest := func(n int) float64 {
		return float64(n) / perfRate * 1e6 / (r.Rate * d.Seconds() * 1.1)
	}
	fmt.Printf("%d clients, %d B: %.0f op/s, p50 %.2f ms; %.1f requests a batch; %.0f µs of processor time a request (%.0f sampled)\n",
		clients, size, r.Rate, r.P50, (after.requests-before.requests)/(after.batches-before.batches), r.Cost, perRequest(all))
	printKinds(samples, all, perRequest)
	return nil
}

// recording is perf at work on the processes of a cluster.
type recording struct {
	perf  *exec.Cmd
	data  string
	names map[string]string // by process id
}

// record starts to sample the processes of the cluster below dir, into a file beside the binaries; end has to be called.
func record(binaries, dir string, p *processes) (*recording, error) {
	leader, err := leaderOf(binaries, dir)
	if err != nil {
		return nil, err
	}
	r := &recording{data: filepath.Join(binaries, "perf.data"), names: map[string]string{}}
	var pids []string
	for i, c := range *p {
		pid := strconv.Itoa(c.Process.Pid)
		pids = append(pids, pid)
		role := []string{"host", "enclave"}[i%2]
		if i/2 == leader {
			r.names[pid] = "leader's " + role
		} else {
			r.names[pid] = "a follower's " + role
		}
	}
	r.perf = exec.Command("perf", "record", "-q", "-F", strconv.Itoa(perfRate), "-e", "cpu-clock", "-o", r.data, "-p", strings.Join(pids, ","))
	r.perf.Stderr = os.Stderr
	return r, r.perf.Start()
}

// end stops sampling and returns the samples by process and kind of work, and how many there are.
func (r *recording) end() (map[string]map[string]int, int, error) {
	if err := r.perf.Process.Signal(os.Interrupt); err != nil {
		return nil, 0, err
	}
	_ = r.perf.Wait() // its status tells of the signal
	return count(r.data, r.names)
}

// printKinds prints shares of processes and of kinds of work in each.
func printKinds(samples map[string]map[string]int, all int, perRequest func(samples int) float64) {
	for _, name := range []string{"leader's host", "leader's enclave", "a follower's host", "a follower's enclave"} {
		kinds, total, of := samples[name], 0, 1
		for _, n := range kinds {
			total += n
		}
		if strings.HasPrefix(name, "a follower") {
			of = 2
		}
		fmt.Printf("%-21s %5.1f%% %6.1f µs:", name, 100*float64(total)/float64(of*all), perRequest(total)/float64(of))
		for _, k := range slices.SortedFunc(maps.Keys(kinds), func(a, b string) int { return kinds[b] - kinds[a] }) {
			fmt.Printf("  %s %.0f%%", k, 100*float64(kinds[k])/float64(total))
		}
		fmt.Println()
	}
}

// progress is what a host has ordered.
type progress struct{ batches, requests float64 }

// ordered asks the metrics of host 0 of the cluster below dir.
func ordered(dir string) (p progress, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "cluster", "host-0.toml"))
	if err != nil {
		return p, err
	}
	admin := regexp.MustCompile(`(?m)^admin\s*=\s*"(.*)"`).FindSubmatch(text)
	if admin == nil {
		return p, errors.New("host-0.toml names no admin address")
	}
	answer, err := http.Get("http://" + string(admin[1]) + "/metrics")
	if err != nil {
		return p, err
	}
	defer answer.Body.Close()
	for s := bufio.NewScanner(answer.Body); s.Scan(); {
		line := s.Text()
		for name, value := range map[string]*float64{"batches": &p.batches, "requests": &p.requests} {
			if rest, ok := strings.CutPrefix(line, fmt.Sprintf("troxymail_host_ordering_total{kind=%q} ", name)); ok {
				*value, err = strconv.ParseFloat(rest, 64)
			}
		}
	}
	return p, err
}

// count reads samples: by process and kind of work, and how many there are.
func count(data string, names map[string]string) (map[string]map[string]int, int, error) {
	script := exec.Command("perf", "script", "-i", data, "-F", "pid,ip,sym,dso")
	out, err := script.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	if err := script.Start(); err != nil {
		return nil, 0, err
	}
	found, all := map[string]map[string]int{}, 0
	for s := bufio.NewScanner(out); s.Scan(); {
		f := strings.Fields(s.Text()) // pid, address, symbol, (object)
		if len(f) < 3 || names[f[0]] == "" {
			continue
		}
		name := names[f[0]]
		if found[name] == nil {
			found[name] = map[string]int{}
		}
		found[name][kindOf(f[2], s.Text())]++
		all++
	}
	return found, all, script.Wait()
}

// kindOf says what kind of work a function is.
func kindOf(symbol, line string) string {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(symbol, p) })
	}
	switch {
	case strings.Contains(line, "[kernel") && has("task_switch", "schedule", "futex", "wake", "spin_unlock", "epoll", "ep_", "nanosleep"):
		return "task switches"
	case strings.Contains(line, "[kernel") || strings.Contains(line, "[unknown]") || has("Syscall6", "vdso"):
		return "sockets and files"
	case has("crypto/", "sha256", "gcm", "aes", "subtle", "hmac"):
		return "cryptography"
	case has("runtime.gc", "runtime.scan", "runtime.grey", "runtime.mark", "runtime.malloc", "runtime.mem", "runtime.sweep",
		"runtime.(*mspan)", "runtime.(*mcache)", "runtime.(*mheap)", "runtime.(*gc", "runtime.growslice", "runtime.makeslice",
		"runtime.newobject", "runtime.wbBuf", "runtime.heap", "runtime.bulk", "runtime.typePointers", "runtime.(*sweep", "runtime.findObject"):
		return "memory"
	case has("runtime.", "runtime/", "sync."):
		return "Go scheduling"
	case has("troxymail/"):
		return "own code"
	}
	return "other libraries"
}
