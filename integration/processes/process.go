package processes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	stopLimit = 15 * time.Second // from SIGTERM to the end of a process
	tailBytes = 3000             // what a failure prints of a process's output
	keepLogs  = "KEEP_LOGS"      // names a folder that a failure leaves every process's whole output in
)

// Process is one run of a program. Its methods are for the test's own goroutine, but Kill, which any may call.
type Process struct {
	name  string
	log   string // path of what it wrote
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
	err   error         // of Wait, after ended
}

// Launch starts a program and returns at once. It is killed when the test ends.
func Launch(t testing.TB, name, program string, args ...string) *Process {
	t.Helper()
	p := &Process{name: name, log: filepath.Join(t.TempDir(), "log"), ended: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p.cmd = exec.Command(Binary(t, program), args...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Kill()
		said := p.Output(t)
		for _, bad := range []string{"\npanic: ", "\nfatal error: ", "WARNING: DATA RACE"} {
			if strings.Contains("\n"+said, bad) {
				t.Errorf("%s wrote %q:\n%s", name, bad, said[:min(len(said), tailBytes)])
			}
		}
		if t.Failed() {
			t.Logf("%s wrote:\n%s", name, said[max(0, len(said)-tailBytes):])
			if dir := os.Getenv(keepLogs); dir != "" {
				kept := filepath.Join(dir, fmt.Sprintf("%s-%d", name, p.cmd.Process.Pid))
				if err := os.WriteFile(kept, []byte(said), 0o600); err != nil {
					t.Log(err)
				}
			}
		}
	})
	return p
}

// Kill sends SIGKILL and waits for the end. It does nothing when the process has ended.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// hasEnded reports whether the process has ended.
func (p *Process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Stop sends SIGTERM; the process must end within seconds and say success.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	p.Signal(t, syscall.SIGTERM)
	p.Ends(t, true)
}

// Signal sends a signal, such as SIGSTOP and SIGCONT.
func (p *Process) Signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
}

// Ends waits until the process has ended by itself and compares how with what was expected.
func (p *Process) Ends(t testing.TB, success bool) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		t.Fatalf("%s is still running after %v", p.name, stopLimit)
	}
	if (p.err == nil) != success {
		t.Fatalf("%s ended with %v:\n%s", p.name, p.err, p.Output(t))
	}
}

// Output returns everything that the process wrote so far.
func (p *Process) Output(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Says reports whether the process wrote all words so far.
func (p *Process) Says(t testing.TB, words ...string) bool {
	t.Helper()
	said := p.Output(t)
	for _, w := range words {
		if !strings.Contains(said, w) {
			return false
		}
	}
	return true
}
