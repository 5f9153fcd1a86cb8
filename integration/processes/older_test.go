package processes

import "testing"

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
		for r := range c.Hosts {
			c.StartHost(t, r)
			c.StartEnclave(t, r)
		}
		for r := range c.Hosts {
			c.AwaitServing(t, r)
		}
		l.Progress(t, some, 0, 1, 2)
		l.Stop()
		l.Check(t)
		t.Logf("all killed, the folder of host %d older by at least %.0f orders", i, after-before)
		l.Resume(t)
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
