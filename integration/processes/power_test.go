package processes

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"troxymail/integration/forgetful"
)

const (
	roundsVariable = "POWER_ROUNDS" // how many times TestPowerLoss cuts; `make powerloss` sets it
	usualRounds    = 10
	lyingOnes      = 5   // in one round of so many a disk ignored syncs before
	accountRounds  = 10  // then a new account begins, so that reading everything stays short
	mostChanges    = 300 // of each disk, from when the load goes on to the cut
	startChanges   = 20  // the same for a cut while programs start
	powerLimit     = 60 * time.Second
	syncTime       = 10 * time.Millisecond // of the disks
)

// powered is a cluster whose replicas' folders lie on forgetful disks, one a replica.
type powered struct {
	*Cluster
	server *forgetful.Server
	disks  []*forgetful.Disk
}

// onDisks moves the folders of a cluster that does not run yet to disks, as an operator copies them to machines.
func onDisks(t *testing.T, c *Cluster) *powered {
	t.Helper()
	p := &powered{Cluster: c, server: forgetful.Start(t)}
	for i := range c.Hosts {
		d := p.server.Mount(t, c.File(fmt.Sprintf("disk-%d", i)))
		for _, name := range []string{fmt.Sprintf("host-%d", i), fmt.Sprintf("enclave-%d", i)} {
			moveFolder(t, c.File(name), d.Dir)
		}
		d.Settle(t)
		d.SyncTime(t, syncTime)
		p.disks = append(p.disks, d)
	}
	return p
}

// moveFolder moves a folder into another one and leaves a link in its place.
func moveFolder(t *testing.T, folder, to string) {
	t.Helper()
	run(t, "", "cp", "-a", folder, to)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(to, filepath.Base(folder)), folder); err != nil {
		t.Fatal(err)
	}
}

// of returns the disks of replicas.
func (p *powered) of(replicas []int) (disks []*forgetful.Disk) {
	for _, i := range replicas {
		disks = append(disks, p.disks[i])
	}
	return disks
}

// awaits waits until the power went that gone tells of.
func awaits(t *testing.T, gone <-chan struct{}) {
	t.Helper()
	select {
	case <-gone:
	case <-time.After(powerLimit):
		t.Fatalf("the power did not go within %v", powerLimit)
	}
}

// restore kills what runs on machines without power, at once, and gives them back what the loss leaves.
func (p *powered) restore(t *testing.T, loss forgetful.Loss, seed uint64, replicas []int) forgetful.Lost {
	t.Helper()
	var killed []*Process
	for _, i := range replicas {
		killed = append(killed, p.Hosts[i], p.Enclaves[i])
	}
	for _, k := range killed {
		k.cmd.Process.Kill() // without waiting: it may hang in a call on its disk
	}
	p.server.Fail(t, p.of(replicas)...)
	for _, k := range killed {
		<-k.ended
	}
	return p.server.Restore(t, loss, seed, p.of(replicas)...)
}

// start starts the replicas' programs, in an order of chance.
func (p *powered) start(t *testing.T, rng *rand.Rand, replicas []int) {
	t.Helper()
	for _, k := range rng.Perm(2 * len(replicas)) {
		if i := replicas[k/2]; k%2 == 0 {
			p.StartHost(t, i)
		} else {
			p.StartEnclave(t, i)
		}
	}
}

// TestMadeClustersSurvivePowerLoss takes the power away once `troxymail init` says that the cluster is made: it is all
// there, and runs.
func TestMadeClustersSurvivePowerLoss(t *testing.T) {
	server := forgetful.Start(t)
	d := server.Mount(t, filepath.Join(t.TempDir(), "disk"))
	c := MakeIn(t, filepath.Join(d.Dir, "new", "cluster"), 3)
	want := contents(t, c.Dir)
	server.Cut(t, d)
	server.Fail(t, d)
	server.Restore(t, forgetful.Loss{}, 1, d)
	left := contents(t, c.Dir)
	for name, text := range want {
		if got, ok := left[name]; !ok || got != text {
			t.Errorf("%s was made and is there: %v, with %d bytes of %d", name, ok, len(got), len(text))
		}
	}
	if len(want) < 20 || len(left) != len(want) {
		t.Errorf("%d files of %d are left", len(left), len(want))
	}
	if !t.Failed() {
		c.StartAll(t)
	}
}

// contents reads all files below a folder, by path.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range files(t, folder, "") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = string(text)
	}
	return all
}

// leftovers are what power losses leave of what was not synced.
var leftovers = []forgetful.Loss{{}, {Keep: 0.5, Tear: true}, {}, {Keep: 0.9, Tear: true}, {Keep: 0.1}}

// TestPowerLoss takes the power of all machines at the same moment, or of one, at a call of chance while clients write,
// sometimes once more while they start. What was not synced is gone, in part or as a whole, and sometimes what was synced
// on one disk, too. Nothing that was acknowledged is lost at any replica.
func TestPowerLoss(t *testing.T) {
	rounds := usualRounds
	if s := os.Getenv(roundsVariable); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	n := seed(t)
	rng := rand.New(rand.NewPCG(n, 2))
	p := onDisks(t, Make(t, 3))
	p.StartAll(t)
	l := p.StartLoad(t, writers, n)
	l.Progress(t, some, 0, 1, 2)
	var all, one outages
	var lost forgetful.Lost
	acknowledged, met, again, lied := 0, 0, 0, 0
	for round := range rounds {
		if round > 0 && round%accountRounds == 0 {
			l.Stop()
			acknowledged += l.Acks()
			p.AddAccount(t, fmt.Sprintf("round%d@example.org", round))
			l = p.StartLoad(t, writers, n+uint64(round))
		}
		struck, times := []int{0, 1, 2}, &all
		if round%4 == 3 {
			struck, times = []int{rng.IntN(3)}, &one
		}
		liar := -1
		if round%lyingOnes == lyingOnes-1 {
			liar = struck[rng.IntN(len(struck))]
			p.disks[liar].IgnoreSyncs(t)
			lied++
		}
		awaits(t, p.server.Arm(t, 1+rng.Uint64N(mostChanges*uint64(len(struck))), p.of(struck)...))
		cut := l.strike()
		x := p.restore(t, leftovers[rng.IntN(len(leftovers))], rng.Uint64(), struck)
		if rng.IntN(3) == 0 {
			again++
			gone := p.server.Arm(t, 1+rng.Uint64N(startChanges*uint64(len(struck))), p.of(struck)...)
			p.start(t, rng, struck)
			awaits(t, gone)
			x = x.Plus(p.restore(t, leftovers[rng.IntN(len(leftovers))], rng.Uint64(), struck))
		}
		p.start(t, rng, struck)
		times.goesOn(t, cut, 0, 1, 2)
		for i := range 3 {
			p.AwaitServing(t, i)
			p.ClearAside(t, i) // as its alarms ask for, else it would stop after some faults
		}
		l.Progress(t, 1, 0, 1, 2)
		l.Stop()
		l.Check(t)
		if t.Failed() {
			t.Fatalf("round %d: machines %v lost their power (%+v)", round, struck, x)
		}
		t.Logf("round %d: machines %v lost their power, the disk of %d had ignored syncs: %+v; back after %v", round, struck, liar, x,
			time.Since(cut.at))
		if lost = lost.Plus(x); x.Unsynced() > 0 {
			met++
		}
		l.Resume(t)
	}
	l.Stop()
	acknowledged += l.Acks()
	if met == 0 || len(all) == 0 || len(one) == 0 {
		t.Errorf("%d rounds met something unsynced: the fault was not there", met)
	}
	t.Logf("power loss: %d rounds, %d commands acknowledged, 0 lost; %d cuts while starting; %d disks that ignored syncs; %d rounds met something unsynced: %+v",
		rounds, acknowledged, again, lied, met, lost)
	t.Logf("first acknowledgement after all machines lost their power: %v; after one did: %v", all, one)
}
