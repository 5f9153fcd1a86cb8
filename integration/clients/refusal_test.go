package clients

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

// refusalLimit is when a program that should refuse to start has failed to.
const refusalLimit = 30 * time.Second

// TestPortInUse names the port that is taken and the flag to change it.
func TestPortInUse(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	taken := fmt.Sprintf("127.0.0.1:%d", o.Ports.IMAPS+1000)
	l, err := net.Listen("tcp", taken)
	must(t, err)
	defer l.Close()
	refused(t, o, fmt.Sprint(o.Ports.IMAPS+1000), "--imaps-port")
	if _, err := demo.ReadFacts(o.Dir); !os.IsNotExist(err) {
		t.Errorf("demo.json after a failed start: %v", err)
	}
}

// TestFolderInUse names the folder that a running demo holds, and leaves that demo alone.
func TestFolderInUse(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	d := demo.Start(t, o)
	refused(t, demo.Options{Dir: o.Dir, Ports: demo.FreePorts(t)}, o.Dir, "--dir")
	if _, err := demo.ReadFacts(o.Dir); err != nil {
		t.Errorf("the refused start took the running demo's facts away: %v", err)
	}
	c := d.Dial(t, 0, demo.TLS, nil)
	_, _, err := c.Put("INBOX", mail("still here"))
	must(t, err)
}

// TestFolderOfAnotherVersion changes the number in the file that says what the folder is.
func TestFolderOfAnotherVersion(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	demo.Start(t, o).Stop(t)
	path := filepath.Join(o.Dir, "format")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the data folder does not say its version: %v", err)
	}
	must(t, os.WriteFile(path, []byte("troxymail-demo 999\n"), 0o600))
	refused(t, o, o.Dir, "999", "version")
}

// TestForeignFolder refuses to spread files into a folder that is somebody else's.
func TestForeignFolder(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	must(t, os.WriteFile(filepath.Join(o.Dir, "thesis.txt"), []byte("mine"), 0o600))
	refused(t, o, o.Dir, "--dir")
	entries, err := os.ReadDir(o.Dir)
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("the refused start left %d files in the folder, want 1", len(entries))
	}
}

// TestBadFlags refuses what it cannot do before it touches anything.
func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"--replicas", "4"}, {"--replicas", "0"}, {"--imap-port", "70000"},
		{"--imap-port", "x"}, {"--nosuchflag"}} {
		o := demo.Options{Dir: filepath.Join(t.TempDir(), "data"), Ports: demo.FreePorts(t), Args: args}
		refused(t, o, args[0])
		if _, err := os.Stat(o.Dir); err == nil {
			t.Errorf("%v: refused, but the folder was made", args)
		}
	}
}

// refused starts the program, waits for it to give up, and wants all words in what it says.
func refused(t *testing.T, o demo.Options, words ...string) {
	t.Helper()
	d := demo.Launch(t, o)
	select {
	case <-d.Ended():
	case <-time.After(refusalLimit):
		t.Fatalf("started although it should have refused (%v)", words)
	}
	said := d.Output(t)
	if d.ExitedClean() {
		t.Errorf("refused with success as its status: %s", said)
	}
	for _, w := range words {
		if !strings.Contains(strings.ToLower(said), strings.ToLower(w)) {
			t.Errorf("the error does not mention %q: %s", w, said)
		}
	}
	if strings.Contains(said, "goroutine ") {
		t.Errorf("a person is shown a stack trace: %s", said)
	}
}
