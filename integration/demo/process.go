package demo

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startLimit = 60 * time.Second // until all replicas serve
	stopLimit  = 15 * time.Second // from SIGTERM to the end of the process
	tailBytes  = 4000             // what a failure prints of the program's output
)

// Options say how to start the program.
type Options struct {
	Dir   string   // --dir; required
	Ports Ports    // of replica 0
	Args  []string // further arguments
}

// Demo is a running `troxymail demo`. Its methods are for the test's own goroutine, but Kill, which any
// may call.
type Demo struct {
	Facts
	Dir    string
	Name   string // in all replicas' certificates; "" for 127.0.0.1
	Stdout string // path of what it printed, kept until the test ends
	Stderr string // path of what it logged
	cmd    *exec.Cmd
	old    os.FileInfo   // of the demo.json that lay there before the start, or nil
	ended  chan struct{} // closed when the process has ended
	err    error         // of Wait, after ended
}

// Start starts the program and waits until all its replicas serve. It is killed when the test ends.
func Start(t testing.TB, o Options) *Demo {
	t.Helper()
	d := Launch(t, o)
	d.WaitServing(t)
	return d
}

// Launch starts the program and returns at once.
func Launch(t testing.TB, o Options) *Demo {
	t.Helper()
	logs := t.TempDir()
	d := &Demo{Dir: o.Dir, Stdout: filepath.Join(logs, "stdout"), Stderr: filepath.Join(logs, "stderr"),
		ended: make(chan struct{})}
	args := append([]string{"demo", "--dir", o.Dir}, o.Ports.flags()...)
	d.cmd = exec.Command(Binary(t), append(args, o.Args...)...)
	out, errs := create(t, d.Stdout), create(t, d.Stderr)
	defer out.Close()
	defer errs.Close()
	d.cmd.Stdout, d.cmd.Stderr = out, errs
	d.old, _ = os.Stat(filepath.Join(o.Dir, FactsFile)) // none is the usual case
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		d.err = d.cmd.Wait()
		close(d.ended)
	}()
	t.Cleanup(func() {
		d.Kill()
		if logged, _ := os.ReadFile(d.Stderr); t.Failed() && len(logged) > 0 {
			t.Logf("the program logged:\n%s", logged[max(0, len(logged)-tailBytes):])
		}
	})
	return d
}

// WaitServing waits until DIR/demo.json is there and fills in the facts.
func (d *Demo) WaitServing(t testing.TB) {
	t.Helper()
	Eventually(t, startLimit, "all replicas serve", func() bool {
		select {
		case <-d.ended:
			t.Fatalf("the program ended at its start (%v):\n%s", d.err, d.tail())
		default:
		}
		// Until the program has got so far as to remove it, the file of the run before lies there still.
		now, err := os.Stat(filepath.Join(d.Dir, FactsFile))
		if err == nil && d.old != nil && os.SameFile(now, d.old) && now.ModTime().Equal(d.old.ModTime()) {
			return false
		}
		facts, err := ReadFacts(d.Dir)
		if err == nil {
			d.Facts = facts
		} else if !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return err == nil
	})
	if len(d.Accounts) == 0 || len(d.Replicas) == 0 {
		t.Fatalf("demo.json names %d accounts and %d replicas", len(d.Accounts), len(d.Replicas))
	}
}

// Stop sends SIGTERM and waits for the end, which must come within seconds.
func (d *Demo) Stop(t testing.TB) {
	t.Helper()
	d.StopBy(t, syscall.SIGTERM)
}

// StopBy is Stop with another signal.
func (d *Demo) StopBy(t testing.TB, signal os.Signal) {
	t.Helper()
	if err := d.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case <-d.ended:
	case <-time.After(stopLimit):
		t.Fatalf("still running %v after %v:\n%s", stopLimit, signal, d.tail())
	}
	if d.err != nil {
		t.Fatalf("after %v: %v\n%s", signal, d.err, d.tail())
	}
}

// Kill sends SIGKILL and waits for the end. It does nothing when the program has ended.
func (d *Demo) Kill() {
	d.cmd.Process.Kill()
	<-d.ended
}

// Ended is closed when the process has ended.
func (d *Demo) Ended() <-chan struct{} { return d.ended }

// ExitedClean reports, after Ended, whether the program said success.
func (d *Demo) ExitedClean() bool { return d.err == nil }

// PID returns the process id.
func (d *Demo) PID() int { return d.cmd.Process.Pid }

// Output returns everything that the program wrote so far.
func (d *Demo) Output(t testing.TB) string {
	t.Helper()
	var all []string
	for _, path := range []string{d.Stdout, d.Stderr} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "\n")
}

func (d *Demo) tail() []byte {
	var all []byte
	for _, path := range []string{d.Stdout, d.Stderr} {
		text, _ := os.ReadFile(path) // for people only; an unreadable log shows as nothing
		all = append(all, bytes.ToValidUTF8(text[max(0, len(text)-tailBytes):], nil)...)
	}
	return all
}

func create(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
