package processes

import (
	"fmt"
	"testing"

	"troxymail/integration/demo"
)

// TestEverythingKilledAndOneOlder kills all six processes at once under load and starts them again, with the folder of
// one host set back to an older copy: a follower's, then the leader's. Nothing acknowledged is lost, by nobody.
func TestEverythingKilledAndOneOlder(t *testing.T) {
	c := Start(t, 3)
	l := c.StartLoad(t, writers, seed(t))
	l.Progress(t, some, 0, 1, 2)
	const executed = `troxymail_host_order{stage="executed"}`
	for round := range 2 {
		i := c.awaitLeader(t, -1)
		if round == 0 {
			i = (i + 1) % 3
		}
		c.Hosts[i].Kill()
		copied := c.CopyFolder(t, i)
		c.StartHost(t, i)
		c.AwaitServing(t, i)
		before, _ := c.Metric(t, i, executed)
		l.Progress(t, 5*some, 0, 1, 2)
		after, _ := c.Metric(t, i, executed)
		if after <= before {
			t.Fatalf("host %d executed nothing between order %.0f and %.0f: its copy is not older", i, before, after)
		}
		c.killAll()
		c.PutBack(t, i, copied)
		c.startAll(t)
		l.Progress(t, some, 0, 1, 2)
		l.Stop()
		l.Check(t)
		t.Logf("all killed, the folder of host %d older by at least %.0f orders", i, after-before)
		l.Resume(t)
	}
}

// TestOneHasTheState kills all six processes when one follower has been away for longer than from one checkpoint to the
// next, and takes store and log of another replica away: the one that is left is alone with the state, has no snapshot of
// the stable checkpoint any more, and what its log proves is of a former founding. The follower retraces the way to that
// checkpoint; then they are two, and the third takes a state over. Nothing acknowledged is lost.
func TestOneHasTheState(t *testing.T) {
	c := Start(t, 3)
	l := c.StartLoad(t, writers, seed(t))
	l.Progress(t, some, 0, 1, 2)
	leads := c.awaitLeader(t, -1)
	away, lost := (leads+1)%3, (leads+2)%3
	executed, _ := c.Metric(t, away, `troxymail_host_order{stage="executed"}`)
	c.Hosts[away].Kill()
	c.Enclaves[away].Kill()
	c.keepLarge(t, leads) // on the way: the one that is away has to fetch the body
	demo.Eventually(t, serveLimit, fmt.Sprintf("a checkpoint that replica %d was not at is stable", away), func() bool {
		stable, _ := c.Metric(t, leads, `troxymail_host_order{stage="stable"}`)
		return stable > executed
	})
	l.Progress(t, some, leads, lost)
	c.killAll()
	remove(t, c.HostFolder(lost), "store.db")
	remove(t, c.HostFolder(lost), "log")
	c.startAll(t)
	l.Progress(t, some, 0, 1, 2)
	l.Stop()
	l.Check(t)
	client := c.Dial(t, away, demo.TLS, nil)
	if large, _, err := client.All("Large"); err != nil || len(large) != 1 || len(large[0].Body) < 100_000 {
		t.Errorf("replica %d shows %d large messages: %v", away, len(large), err)
	}
	client.Close()
	if n, _ := c.Metric(t, away, "troxymail_host_ordering_total{kind=\"retraced\"}"); n == 0 {
		t.Error("nothing was retraced: the test does not show what it is to show")
	}
}

// startAll starts all processes and waits until all replicas serve.
func (c *Cluster) startAll(t *testing.T) {
	t.Helper()
	for r := range c.Hosts {
		c.StartHost(t, r)
		c.StartEnclave(t, r)
	}
	for r := range c.Hosts {
		c.AwaitServing(t, r)
	}
}

// killAll kills all processes, each before the first has ended.
func (c *Cluster) killAll() {
	for i := range c.Hosts {
		c.Hosts[i].cmd.Process.Kill()
		c.Enclaves[i].cmd.Process.Kill()
	}
	for i := range c.Hosts {
		<-c.Hosts[i].ended
		<-c.Enclaves[i].ended
	}
}
