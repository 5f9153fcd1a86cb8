package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
)

// buildTroxymail builds the program's binaries, hosts and enclaves with the tag bench, and raft's, into a new folder.
func buildTroxymail() (string, error) {
	dir, err := os.MkdirTemp("", "bench-bin-")
	if err != nil {
		return "", err
	}
	for _, x := range []struct {
		in   string
		args []string
	}{
		{"../..", []string{"build", "-o", filepath.Join(dir, "troxymail"), "troxymail/cmd/troxymail"}},
		{"../..", []string{"build", "-tags", "bench", "-o", filepath.Join(dir, "troxymail-host"), "troxymail/cmd/troxymail-host"}},
		{"../..", []string{"build", "-tags", "bench", "-o", filepath.Join(dir, "troxymail-enclave"), "troxymail/cmd/troxymail-enclave"}},
		{".", []string{"build", "-o", filepath.Join(dir, raftBinary), "."}},
	} {
		args := x.args
		c := exec.Command("go", args...)
		c.Dir = x.in
		c.Env = append(os.Environ(), "CGO_ENABLED=0") // as README.md says
		if out, err := c.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %v: %w\n%s", args, err, out)
		}
	}
	return dir, nil
}

// folders is where systems keep their folders, as os.MkdirTemp takes it: on disk or in memory.
func folders(disk bool) string {
	if disk {
		return ""
	}
	return "/dev/shm"
}

// workplace builds the program, and makes a folder below base for one cluster; done removes both.
func workplace(base string) (binaries, dir string, done func(), err error) {
	if binaries, err = buildTroxymail(); err != nil {
		return "", "", nil, err
	}
	if dir, err = os.MkdirTemp(base, "bench-"); err != nil {
		return "", "", nil, errors.Join(err, os.RemoveAll(binaries))
	}
	return binaries, dir, func() { _, _ = os.RemoveAll(binaries), os.RemoveAll(dir) }, nil
}

// running is a cluster that works in a workplace.
type running struct {
	binaries, dir string
	servers       []string   // where it is measured
	processes     *processes // host 0, enclave 0, host 1, ...
	end           func()
}

// runInWorkplace builds the program and starts a cluster, on disk or in memory.
func runInWorkplace(disk bool) (r running, err error) {
	binaries, dir, done, err := workplace(folders(disk))
	if err != nil {
		return r, err
	}
	servers, p, err := launchTroxymail(binaries, dir)
	if err != nil {
		done()
		return r, err
	}
	return running{binaries: binaries, dir: dir, servers: servers, processes: p, end: func() { p.stop(); done() }}, nil
}

// startTroxymail sets up a cluster of three on loopback below dir, with so many parallel instances of ordering, and starts
// its six processes. Its leader comes first, as raft's does: a founding begins with view 1, so that it is not replica 0.
func startTroxymail(binaries, dir string, pillars int) ([]string, func(), error) {
	servers, p, err := launchTroxymail(binaries, dir, "--pillars", fmt.Sprint(pillars))
	if err != nil {
		return nil, nil, err
	}
	leader, err := leaderOf(binaries, dir)
	if err != nil {
		p.stop()
		return nil, nil, err
	}
	return slices.Concat(servers[leader:], servers[:leader]), p.stop, nil
}

// launchTroxymail is startTroxymail for callers that look at the processes: host 0, enclave 0, host 1, ... flags are more
// ones of init.
func launchTroxymail(binaries, dir string, flags ...string) ([]string, *processes, error) {
	if err := initTroxymail(binaries, dir, flags...); err != nil {
		return nil, nil, err
	}
	return startInitialised(binaries, dir)
}

// initTroxymail makes a cluster of three on loopback in the folder cluster below dir; flags are more ones of init.
func initTroxymail(binaries, dir string, flags ...string) error {
	base, err := freeRange(portsPerCluster)
	if err != nil {
		return err
	}
	args := []string{
		"init", "--dir", filepath.Join(dir, "cluster"), "--domain", "example.org", "--loopback", "3", "--base-port", fmt.Sprint(base),
	}
	args = append(args, flags...)
	if out, err := exec.Command(filepath.Join(binaries, "troxymail"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("troxymail %v: %w\n%s", args, err, out)
	}
	return nil
}

// portsPerCluster is how many ports a cluster of three has: ten a replica.
const portsPerCluster = 30

// freeRange returns the first of n ports that nothing listens on, below what systems give to outgoing connections.
func freeRange(n int) (int, error) {
	for range 100 {
		base := 10_000 + rand.N(20_000)
		open, err := 0, error(nil)
		for ; open < n && err == nil; open++ {
			var l net.Listener
			if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+open)); err == nil {
				err = l.Close()
			}
		}
		if err == nil {
			return base, nil
		}
	}
	return 0, fmt.Errorf("found no %d free ports in a row", n)
}

// edit gives a key of a configuration file another value: a text.
func edit(file, key, value string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	line := regexp.MustCompile(`(?m)^` + key + ` = ".*"`)
	if !line.Match(text) {
		return fmt.Errorf("%s has no %s", file, key)
	}
	return os.WriteFile(file, line.ReplaceAllLiteral(text, fmt.Appendf(nil, "%s = %q", key, value)), 0o600)
}

// measuring says at what else than mail a cluster is measured.
type measuring struct {
	secure  bool // by TLS too
	library bool // by clients that vote themselves; the enclaves' proxies are not used then
}

// measured is where: by replica.
type measured struct{ plain, secure, library []string }

// launchWith makes a cluster in the folder cluster below dir, which it makes too, and starts it.
func launchWith(binaries, dir string, how measuring) (measured, *processes, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return measured{}, nil, err
	}
	if err := initTroxymail(binaries, dir); err != nil {
		return measured{}, nil, err
	}
	addresses, err := freeAddresses(9)
	if err != nil {
		return measured{}, nil, err
	}
	m := measured{plain: addresses[:3]}
	if how.secure {
		m.secure = addresses[3:6]
	}
	if how.library {
		m.library = addresses[6:]
	}
	p, err := runMeasured(binaries, dir, m)
	if err == nil {
		_, _, err = ready(m.plain, p)
	}
	return m, p, err
}

// startInitialised starts the cluster below dir and waits until it orders; it returns where that is measured.
func startInitialised(binaries, dir string) ([]string, *processes, error) {
	addresses, err := freeAddresses(3)
	if err != nil {
		return nil, nil, err
	}
	p, err := runTroxymail(binaries, dir, addresses)
	if err == nil {
		_, _, err = ready(addresses, p)
	}
	return addresses, p, err
}

// runTroxymail starts the six processes of the cluster below dir, whose enclaves are measured at addresses.
func runTroxymail(binaries, dir string, addresses []string) (*processes, error) {
	return runMeasured(binaries, dir, measured{plain: addresses})
}

// runMeasured is runTroxymail for a cluster that is measured in other ways too. With a library, replica 0 writes its keys
// to the file keys below dir.
func runMeasured(binaries, dir string, m measured) (*processes, error) {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	folder := filepath.Join(dir, "cluster")
	var p processes
	for i := range 3 {
		host := exec.Command(filepath.Join(binaries, "troxymail-host"), "--config", filepath.Join(folder, fmt.Sprintf("host-%d.toml", i)))
		enclave := exec.Command(filepath.Join(binaries, "troxymail-enclave"), "--insecure-simulated-tee",
			"--config", filepath.Join(folder, fmt.Sprintf("enclave-%d.toml", i)))
		enclave.Env = append(os.Environ(), "TROXYMAIL_MEASURE="+m.plain[i])
		if m.secure != nil {
			enclave.Env = append(enclave.Env, "TROXYMAIL_MEASURE_TLS="+m.secure[i])
		}
		if m.library != nil {
			host.Env = append(os.Environ(), "TROXYMAIL_LIBRARY="+m.library[i])
			if i == 0 {
				enclave.Env = append(enclave.Env, "TROXYMAIL_MEASURE_KEYS="+filepath.Join(dir, "keys"))
			}
		}
		for _, c := range []*exec.Cmd{host, enclave} {
			c.Stderr = log
			if err := p.start(c); err != nil {
				p.stop()
				return nil, err
			}
		}
	}
	return &p, nil
}
