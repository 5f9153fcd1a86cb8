package processes

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"troxymail/integration/demo"
)

func TestMain(m *testing.M) { Main(m) }

const seedVariable = "PROCESSES_SEED" // repeats the choices of an earlier run

func seed(t *testing.T) uint64 {
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv(seedVariable); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed: %s=%d", seedVariable, n)
	return n
}

const (
	writers = 2 // at each replica
	some    = 5 // acknowledgements that show that a replica works
)

// TestFollowersFailUnderLoad kills, stops and restarts the host, the enclave or both of one follower at a
// time, while clients write everywhere. The other replicas never stop, and a follower that is back carries
// its share: the next fault takes the other one, so that nothing would commit without it.
func TestFollowersFailUnderLoad(t *testing.T) {
	c := Start(t, 3)
	l := c.StartLoad(t, writers, seed(t))
	l.Progress(t, some, 0, 1, 2)
	for _, f := range []struct {
		name    string
		replica int
		strike  func(i int)
		mend    func(i int)
	}{
		{"enclave killed", 2, func(i int) { c.Enclaves[i].Kill() }, func(i int) { c.StartEnclave(t, i) }},
		{"host killed", 1, func(i int) { c.Hosts[i].Kill() }, func(i int) { c.StartHost(t, i) }},
		{"both killed", 2, func(i int) { c.Hosts[i].Kill(); c.Enclaves[i].Kill() },
			func(i int) { c.StartEnclave(t, i); c.StartHost(t, i) }},
		{"host stopped", 1, func(i int) { c.Hosts[i].Signal(t, syscall.SIGSTOP) },
			func(i int) { c.Hosts[i].Signal(t, syscall.SIGCONT) }},
		{"enclave stopped", 2, func(i int) { c.Enclaves[i].Signal(t, syscall.SIGSTOP) },
			func(i int) { c.Enclaves[i].Signal(t, syscall.SIGCONT) }},
		{"host ended", 1, func(i int) { c.Hosts[i].Stop(t) }, func(i int) { c.StartHost(t, i) }},
		{"enclave ended", 2, func(i int) { c.Enclaves[i].Stop(t) }, func(i int) { c.StartEnclave(t, i) }},
	} {
		f.strike(f.replica)
		l.Progress(t, some, 0, 3-f.replica)
		f.mend(f.replica)
		c.AwaitServing(t, f.replica)
		l.Progress(t, some, f.replica)
		t.Logf("%s at replica %d: survived", f.name, f.replica)
	}
	l.Stop()
	l.Check(t)
}

// TestEverythingKilled kills all six processes under load, the leader's alone before that, and starts them
// again in odd orders.
func TestEverythingKilled(t *testing.T) {
	c := Start(t, 3)
	l := c.StartLoad(t, writers, seed(t))
	l.Progress(t, some, 0, 1, 2)
	c.Enclaves[0].Kill()
	c.StartEnclave(t, 0)
	l.Progress(t, some, 0, 1, 2)
	c.Hosts[0].Kill()
	c.StartHost(t, 0)
	l.Progress(t, some, 0, 1, 2)
	for round := range 2 {
		for i := range 3 {
			c.Hosts[i].Kill()
			c.Enclaves[2-i].Kill()
		}
		for i := range 3 {
			if round == 0 {
				c.StartEnclave(t, i)
				c.StartHost(t, 2-i)
			} else {
				c.StartHost(t, i)
				c.StartEnclave(t, 2-i)
			}
		}
		for i := range 3 {
			c.AwaitServing(t, i)
		}
		l.Progress(t, some, 0, 1, 2)
	}
	l.Stop()
	l.Check(t)
}

// TestTwoOfFiveFail takes both followers that five replicas may lose; one of them loses its log meanwhile, the
// other comes back with its folder set back.
func TestTwoOfFiveFail(t *testing.T) {
	c := Start(t, 5)
	l := c.StartLoad(t, 1, seed(t))
	l.Progress(t, some, 0, 1, 2, 3, 4)
	c.Hosts[1].Kill()
	c.Hosts[3].Kill()
	copied := c.CopyFolder(t, 3)
	c.StartHost(t, 3)
	c.AwaitServing(t, 3)
	l.Progress(t, some, 0, 2, 3, 4)
	c.Hosts[3].Kill()
	c.Enclaves[3].Kill()
	l.Progress(t, some, 0, 2, 4)
	remove(t, c.HostFolder(1), "log")
	c.PutBack(t, 3, copied)
	c.StartHost(t, 1)
	c.StartHost(t, 3)
	c.StartEnclave(t, 3)
	c.AwaitServing(t, 1)
	c.AwaitServing(t, 3)
	c.Hosts[2].Kill()
	c.Hosts[4].Kill()
	l.Progress(t, some, 0, 1, 3)
	c.StartHost(t, 2)
	c.StartHost(t, 4)
	c.AwaitServing(t, 2)
	c.AwaitServing(t, 4)
	l.Stop()
	l.Check(t)
}

// TestPortsFollowTheReplica shows that mail clients are accepted while the replica can serve, and only then:
// not without its host, not without a quorum to start with.
func TestPortsFollowTheReplica(t *testing.T) {
	c := Make(t, 3)
	c.StartHost(t, 0)
	e := c.StartEnclave(t, 0)
	demo.Eventually(t, serveLimit, "the pair is linked", func() bool { return e.Says(t, "host.connected") })
	if c.Open(0) {
		t.Error("one replica of three accepts clients")
	}
	for i := range 2 {
		c.StartHost(t, i+1)
		c.StartEnclave(t, i+1)
	}
	c.AddAccount(t, "alice@example.org")
	for i := range 3 {
		c.AwaitServing(t, i)
	}
	closed := func() bool { return !c.Open(2) }
	for range 2 {
		c.Hosts[2].Kill()
		demo.Eventually(t, serveLimit, "a replica without its host closes its ports", closed)
		c.StartHost(t, 2)
		c.AwaitServing(t, 2)
	}
	c.Hosts[2].Stop(t)
	demo.Eventually(t, serveLimit, "a replica without its host closes its ports", closed)
	for i := range 2 {
		c.Enclaves[i].Stop(t)
		c.Hosts[i].Stop(t)
	}
	c.Enclaves[2].Stop(t) // while it looks for its host
}
