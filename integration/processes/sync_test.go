package processes

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"troxymail/integration/demo"
	"troxymail/integration/forgetful"
)

const (
	syncsVariable = "SYNC_ROUNDS" // how many syncs TestFailedSyncs makes fail; `make syncs` sets it
	usualSyncs    = 3
	straceOnes    = 3  // one in so many by strace, which fails the call; the others by the disk, which loses the data
	mostSyncs     = 40 // until the one that fails
)

// failsSync lets one of host i's next syncs fail, and waits until it has.
func (p *powered) failsSync(t *testing.T, i int, rng *rand.Rand, byStrace bool) {
	t.Helper()
	if !byStrace {
		before := p.disks[i].FailedSyncs(t)
		p.disks[i].FailSync(t, 1+rng.Uint64N(mostSyncs))
		demo.Eventually(t, serveLimit, "a sync fails", func() bool { return p.disks[i].FailedSyncs(t) > before })
		return
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(tool(t, "strace"), "-f", "-q", "-o", trace, "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:error=EIO:when=1", "-p", strconv.Itoa(p.Hosts[i].cmd.Process.Pid))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	demo.Eventually(t, serveLimit, "strace injects an error", func() bool {
		text, _ := os.ReadFile(trace) // none before strace is ready
		return strings.Contains(string(text), "(INJECTED)")
	})
	<-p.Hosts[i].ended
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended with its host
	_ = cmd.Wait()
}

// TestFailedSyncs makes one sync of a host fail at a time, the leader's or a follower's. The host stops, and is started
// again on what the kernel believes is on disk. Then all machines lose their power, so that what never was there is
// gone: nothing that was acknowledged is.
func TestFailedSyncs(t *testing.T) {
	rounds := usualSyncs
	if s := os.Getenv(syncsVariable); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	n := seed(t)
	rng := rand.New(rand.NewPCG(n, 5))
	p := onDisks(t, Make(t, 3))
	p.StartAll(t)
	l := p.StartLoad(t, writers, n)
	l.Progress(t, some, 0, 1, 2)
	var times outages
	byStrace := 0
	for round := range rounds {
		i := p.awaitLeader(t, -1)
		if round%2 == 1 {
			i = (i + 1) % 3
		}
		traced := round%straceOnes == straceOnes-1
		if traced {
			byStrace++
		}
		p.failsSync(t, i, rng, traced)
		p.Hosts[i].Ends(t, false)
		if !p.Hosts[i].Says(t, "input/output error") {
			t.Errorf("host %d does not say why it ended:\n%s", i, p.Hosts[i].Output(t))
		}
		times.goesOn(t, l.strike(), (i+1)%3, (i+2)%3)
		p.StartHost(t, i)
		p.AwaitServing(t, i)
		l.Progress(t, some, 0, 1, 2)
		all := []int{0, 1, 2}
		p.server.Cut(t, p.disks...)
		x := p.restore(t, forgetful.Loss{}, rng.Uint64(), all)
		p.start(t, rng, all)
		for k := range 3 {
			p.AwaitServing(t, k)
		}
		l.Progress(t, 1, 0, 1, 2)
		l.Stop()
		l.Check(t)
		if t.Failed() {
			t.Fatalf("round %d, host %d", round, i)
		}
		t.Logf("round %d: a sync of host %d failed (by strace: %v), then the power of all (%+v); replicas that rebuilt: %v",
			round, i, traced, x, p.alarms(t))
		l.Resume(t)
	}
	l.Stop()
	if byStrace == 0 {
		t.Error("no sync failed by strace")
	}
	t.Logf("%d syncs failed, %d of them by strace; %d commands acknowledged, 0 lost; first new acknowledgement at another replica once the host had stopped: %v",
		rounds, byStrace, l.Acks(), times)
}
