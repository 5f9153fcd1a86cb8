//go:build linux

package threadpolicy

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// childName is set in the environment of the process that shows its threads.
const childName = "TROXYMAIL_TEST_THREADPOLICY"

// Every thread has the slack and the policy, that of the runtime included, which was there before main. A test binary may be
// linked with C, so that a program of its own shows it.
func TestSetsAllThreads(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "shows")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	show := exec.Command(program, "-test.run", "TestShow", "-test.v")
	show.Env = append(os.Environ(), childName+"=1")
	out, err := show.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "threads have it") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestShow is the program.
func TestShow(t *testing.T) {
	if os.Getenv(childName) == "" {
		return
	}
	if !Set(Enclave) {
		t.Fatal("not set")
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil || len(threads) < 2 {
		t.Fatalf("%d threads: %v", len(threads), err)
	}
	for _, x := range threads {
		stat, err := os.ReadFile(filepath.Join("/proc/self/task", x.Name(), "stat"))
		if err != nil { // it has ended
			continue
		}
		// The policy is the 41st field, and the name, the second, may hold anything: the state behind it is the third.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if got := fields[41-3]; got != fmt.Sprint(schedBatch) {
			t.Errorf("thread %s has policy %s", x.Name(), got)
		}
		b, err := os.ReadFile(filepath.Join("/proc", x.Name(), "timerslack_ns"))
		if err != nil { // it has ended, or only root may read it
			continue
		}
		if got := strings.TrimSpace(string(b)); got != fmt.Sprint(Enclave.Nanoseconds()) {
			t.Errorf("thread %s has slack %s", x.Name(), got)
		}
	}
	t.Log(len(threads), "threads have it")
}
