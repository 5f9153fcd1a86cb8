package clients

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"troxymail/integration/demo"
	"troxymail/integration/processes"
)

// programLimit is when a client that does not end has failed.
const programLimit = 30 * time.Second

func TestMain(m *testing.M) { demo.Main(m, processes.RemoveBinaries) }

// fresh starts a demo of the test's own in an empty folder.
func fresh(t *testing.T, args ...string) *demo.Demo {
	t.Helper()
	return demo.Start(t, demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t), Args: args})
}

// each runs f for every replica and every mode against one demo.
func each(t *testing.T, d *demo.Demo, f func(t *testing.T, r int, mode demo.Mode)) {
	t.Helper()
	for _, mode := range demo.Modes {
		for r := range d.Replicas {
			t.Run(fmt.Sprintf("%v/replica%d", mode, r), func(t *testing.T) { f(t, r, mode) })
		}
	}
}

// need returns the path of a client program.
func need(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed: run deploy/dev/install-clients.sh", name)
	}
	return path
}

// run runs a program with input on its standard input and returns what it wrote, and whether it succeeded.
func run(t *testing.T, input string, env []string, name string, args ...string) (string, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), programLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, need(t, name), args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = time.Second // a killed shell's children may hold the pipes
	err := cmd.Run()
	return out.String(), errs.String(), err
}

var serial struct {
	sync.Mutex
	n int
}

// mail returns a small message with a subject of its own, lines ended by CRLF.
func mail(subject string) []byte {
	serial.Lock()
	serial.n++
	n := serial.n
	serial.Unlock()
	return fmt.Appendf(nil, "From: Bob <bob@example.net>\r\nTo: alice@example.org\r\nSubject: %s\r\n"+
		"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%d.%s@example.net>\r\n\r\nText %d of %s.\r\n",
		subject, n, strings.ReplaceAll(subject, " ", "-"), n, subject)
}

// stored returns the messages of a mailbox as another replica than r shows them.
func stored(t *testing.T, d *demo.Demo, r int, mailbox string) []demo.Message {
	t.Helper()
	c := d.Dial(t, (r+1)%len(d.Replicas), demo.TLS, nil)
	defer c.Close()
	messages, _, err := c.All(mailbox)
	if err != nil {
		t.Fatalf("reading %s at replica %d: %v", mailbox, (r+1)%len(d.Replicas), err)
	}
	return messages
}

func hasFlag(m demo.Message, flag string) bool {
	for _, f := range m.Flags {
		if strings.EqualFold(string(f), flag) {
			return true
		}
	}
	return false
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
