package processes

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
	"troxymail/integration/ledger"
)

// maxEnclaveMiB bounds an enclave's resident size while its host lies to it.
const maxEnclaveMiB = 512

const (
	readTime    = time.Second      // how long clients read at a replica with a fault at least
	readLimit   = 3 * time.Second  // how long they try to if they are refused
	answerLimit = 20 * time.Second // and how long they wait for an answer: under load, from a replica that has just begun
	readLast    = 20               // messages of each mailbox that they read, the newest
)

// TestLyingHost puts a lying host in the place of a follower's, under load, one lie after the other. Clients
// at the honest replicas go on; at the liar's own they read what was written, or nothing; and the honest host
// that follows the liar carries on with what the liar left.
func TestLyingHost(t *testing.T) {
	program := filepath.Join(t.TempDir(), "liar")
	if out, err := exec.Command("go", "build", "-tags", "liar", "-o", program, "troxymail/cmd/troxymail-host").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := Start(t, 3)
	l := c.StartLoad(t, 1, seed(t))
	l.Progress(t, some, 0, 1, 2)
	for _, x := range []struct {
		lie           string
		serves, works bool   // clients can log in at the liar's replica; and their commands are answered there
		alarm         string // that the liar's own enclave raises
	}{
		{"wrong-results", false, false, ""}, {"altered-records", true, false, "bad-record"},
		{"records-of-others", true, false, "bad-record"}, {"false-progress", true, true, ""}, {"replays", false, false, ""},
		{"floods-its-enclave", false, false, ""}, {"floods-bodies", true, true, ""},
		{"silent-about-results", false, false, ""}, {"old-frontier", false, false, ""},
	} {
		lie := x.lie
		c.Hosts[2].Kill()
		c.Hosts[2] = Launch(t, "liar "+lie, program, "--config", c.HostConfig(2), "--lie", lie)
		if x.serves {
			c.AwaitServing(t, 2)
		}
		if x.works {
			l.Progress(t, some, 2)
		}
		c.readsTruth(t, l, 2, lie, x.works)
		if x.alarm != "" { // once a read got as far as to the lie
			demo.Eventually(t, serveLimit, fmt.Sprintf("%s: status names %q", lie, x.alarm), func() bool {
				if c.raises(t, 2, x.alarm) {
					return true
				}
				c.readsTruth(t, l, 2, lie, false)
				return false
			})
		}
		l.Progress(t, some, 0, 1)
		rss := c.Enclaves[2].ResidentMiB(t)
		if rss > maxEnclaveMiB {
			t.Errorf("%s: the enclave takes %d MiB", lie, rss)
		}
		t.Logf("%s: the enclave takes %d MiB; alarms at replica 2: %v", lie, rss, c.alarms(t)[2])
		c.Hosts[2].Kill()
		c.StartHost(t, 2)
		c.AwaitServing(t, 2)
		l.Progress(t, some, 2)
		t.Logf("%s: survived", lie)
	}
	for i, names := range c.alarms(t)[:2] {
		for _, name := range names {
			if !strings.HasSuffix(name, "(replica 2)") && !slices.Contains(ofOthers, strings.Split(name, " (")[0]) {
				t.Errorf("replica %d, whose host is honest, raises %q", i, name)
			}
		}
	}
	l.Stop()
	l.Check(t)
}

// ofOthers are alarms that a replica raises about what others sent it, whoever it was.
var ofOthers = []string{"forged-certificate", "invalid-request", "bad-macs", "bad-replies", "refused-batch"}

// readsTruth reads at a replica for a while: every message shown must be one that a client wrote; shows tells that some
// must be shown.
func (c *Cluster) readsTruth(t *testing.T, l *Load, replica int, what string, shows bool) {
	t.Helper()
	conf := c.TLS(t)
	limit := readLimit
	if shows {
		limit = serveLimit
	}
	shown := 0
	pause := time.Tick(dialPause)
	for began := time.Now(); time.Since(began) < readTime || shown == 0 && time.Since(began) < limit; {
		<-pause
		client, err := c.TryDial(replica, demo.TLS, nil, conf)
		if err != nil {
			continue // refused
		}
		stop := time.AfterFunc(answerLimit, func() { client.Close() })
		messages, err := ledger.ShowNewest(client, Mailboxes, readLast)
		stop.Stop()
		client.Close()
		if err != nil {
			continue // refused
		}
		written := l.written(t)
		for _, m := range messages {
			if shown++; !written[m.SHA256] {
				t.Errorf("%s: replica %d shows UID %d of %s, which nobody wrote", what, replica, m.UID, m.Mailbox)
			}
		}
	}
	if shows && shown == 0 {
		t.Errorf("%s: nothing is shown by replica %d", what, replica)
	}
	t.Logf("%s: replica %d showed %d messages", what, replica, shown)
}

// written returns the digests of all messages that clients sent so far.
func (l *Load) written(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, f := range l.files {
		lines, err := f.Lines()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range lines {
			if x.SHA256 != "" {
				all[x.SHA256] = true
			}
		}
	}
	return all
}

// ResidentMiB returns the process's resident size.
func (p *Process) ResidentMiB(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if rest, ok := strings.CutPrefix(string(line), "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return kib >> 10
		}
	}
	t.Fatal("no resident size")
	return 0
}
