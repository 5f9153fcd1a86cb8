package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// buildTroxymail builds the program's binaries, the enclave's with the tag bench, into a new folder.
func buildTroxymail() (string, error) {
	dir, err := os.MkdirTemp("", "bench-bin-")
	if err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"build", "-o", filepath.Join(dir, "troxymail"), "troxymail/cmd/troxymail"},
		{"build", "-o", filepath.Join(dir, "troxymail-host"), "troxymail/cmd/troxymail-host"},
		{"build", "-tags", "bench", "-o", filepath.Join(dir, "troxymail-enclave"), "troxymail/cmd/troxymail-enclave"},
	} {
		c := exec.Command("go", args...)
		c.Dir = filepath.Join("..", "..")
		if out, err := c.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %v: %w\n%s", args, err, out)
		}
	}
	return dir, nil
}

// startTroxymail sets up a cluster of three on loopback below dir and starts its six processes.
func startTroxymail(binaries, dir string) ([]string, func(), error) {
	servers, p, err := launchTroxymail(binaries, dir)
	if err != nil {
		return nil, nil, err
	}
	return servers, p.stop, nil
}

// launchTroxymail is startTroxymail for callers that look at the processes: host 0, enclave 0, host 1, ...
func launchTroxymail(binaries, dir string) ([]string, *processes, error) {
	addresses, err := freeAddresses(3)
	if err != nil {
		return nil, nil, err
	}
	base := 10_000 + int(time.Now().UnixNano()/1000)%9_000 // below what systems give to outgoing connections
	folder := filepath.Join(dir, "cluster")
	args := []string{
		"init", "--dir", folder, "--domain", "example.org", "--loopback", "3", "--base-port", fmt.Sprint(base),
	}
	if out, err := exec.Command(filepath.Join(binaries, "troxymail"), args...).CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("troxymail %v: %w\n%s", args, err, out)
	}
	var p processes
	for i := range 3 {
		host := exec.Command(filepath.Join(binaries, "troxymail-host"), "--config", filepath.Join(folder, fmt.Sprintf("host-%d.toml", i)))
		enclave := exec.Command(filepath.Join(binaries, "troxymail-enclave"), "--insecure-simulated-tee",
			"--config", filepath.Join(folder, fmt.Sprintf("enclave-%d.toml", i)))
		enclave.Env = append(os.Environ(), "TROXYMAIL_MEASURE="+addresses[i])
		for _, c := range []*exec.Cmd{host, enclave} {
			if err := p.start(c); err != nil {
				p.stop()
				return nil, nil, err
			}
		}
	}
	_, _, err = ready(addresses, &p)
	return addresses, &p, err
}
