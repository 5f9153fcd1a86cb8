package processes

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// alarms asks the enclaves, as an administrator does, and returns the names of alarms by replica.
func (c *Cluster) alarms(t *testing.T) [][]string {
	t.Helper()
	var report struct {
		Replicas []struct {
			ID     int
			Alarms []string
		}
	}
	text := Command(t, "status", "--admin", c.File("cluster.json"), "--json")
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	names := make([][]string, len(c.Replicas))
	for _, r := range report.Replicas {
		for _, a := range r.Alarms {
			name, _, _ := strings.Cut(a, ":")
			names[r.ID] = append(names[r.ID], name)
		}
	}
	return names
}

// named waits until `troxymail status` and the metrics name a fault, at one of the replicas.
func (c *Cluster) named(t *testing.T, alarm, metric string, at ...int) {
	t.Helper()
	demo.Eventually(t, serveLimit, fmt.Sprintf("status names %q at one of %v", alarm, at), func() bool {
		all := c.alarms(t)
		for _, i := range at {
			for _, name := range all[i] {
				if name == alarm || strings.HasPrefix(name, alarm+" (") {
					n, ok := c.Metric(t, i, fmt.Sprintf("troxymail_host_alarm{alarm=%q}", metric))
					return ok && n > 0
				}
			}
		}
		return false
	})
}

// carries shows that a follower that is back carries its share: the other one goes, and nothing would commit
// without it.
func (c *Cluster) carries(t *testing.T, l *Load, i int) {
	t.Helper()
	c.Recovers(t, i)
	c.Hosts[3-i].Kill()
	l.Progress(t, some, 0, i)
	c.StartHost(t, 3-i)
	c.AwaitServing(t, 3-i)
	l.Progress(t, some, 3-i)
}

// TestFoldersAreRepaired damages the data folder of a follower's host in every way, and starts the host again:
// its clients read right mail or are refused, the fault is named, and the replica carries its share again.
func TestFoldersAreRepaired(t *testing.T) {
	n := seed(t)
	rng := rand.New(rand.NewPCG(n, 1))
	c := Start(t, 3)
	l := c.StartLoad(t, 1, n)
	c.keepLarge(t, 0)
	l.Progress(t, some, 0, 1, 2)
	i := 1
	for _, f := range FolderFaults {
		if !f.Sure {
			continue // TestChaos has them
		}
		c.Hosts[i].Kill()
		f.Strike(t, c.HostFolder(i), rng)
		l.Progress(t, some, 0, 3-i)
		c.StartHost(t, i)
		c.AwaitServing(t, i)
		c.readsTruth(t, l, i, f.Name, true)
		c.named(t, f.Alarm, f.Alarm, i)
		l.Progress(t, some, i)
		c.carries(t, l, i)
		c.ClearAside(t, i)
		t.Logf("%s at replica %d: named and repaired", f.Name, i)
		i = 3 - i
	}
	l.Stop()
	l.Check(t)
}

// keepLarge stores a message whose body is a file of its own, where the load does not expunge it: there is always
// one to damage.
func (c *Cluster) keepLarge(t *testing.T, at int) {
	t.Helper()
	client := c.Dial(t, at, demo.TLS, nil)
	defer client.Close()
	if err := client.Create("Large", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	body := "Subject: large\r\n\r\n" + strings.Repeat("a line of a large message\r\n", 10_000)
	if _, _, err := client.Put("Large", []byte(body)); err != nil {
		t.Fatal(err)
	}
}

// TestFolderIsSetBack sets a follower's folder back to an older copy, as one from a backup.
func TestFolderIsSetBack(t *testing.T) {
	c := Start(t, 3)
	l := c.StartLoad(t, 1, seed(t))
	l.Progress(t, some, 0, 1, 2)
	c.setBack(t, l, 2)
	c.StartHost(t, 2)
	c.AwaitServing(t, 2)
	c.readsTruth(t, l, 2, "set back", true)
	c.named(t, "peer-set-back (replica 2)", "peer-set-back", 0, 1)
	l.Progress(t, some, 2)
	c.carries(t, l, 2)
	l.Stop()
	l.Check(t)
}

// setBack copies host i's folder, lets the host go on until a peer knows that it went further, and puts the copy
// back. The host is down before the copy and at the end.
func (c *Cluster) setBack(t *testing.T, l *Load, i int) {
	t.Helper()
	c.Hosts[i].Kill()
	copied := c.CopyFolder(t, i)
	before, _ := c.Metric(t, 0, `troxymail_host_order{stage="prepared"}`) // more than that nobody has
	c.StartHost(t, i)
	c.AwaitServing(t, i)
	demo.Eventually(t, serveLimit, "a peer knows that the host went on", func() bool {
		n, _ := c.Metric(t, 0, fmt.Sprintf(`troxymail_host_peer_order{peer="%d",stage="executed"}`, i))
		return n > before
	})
	c.Hosts[i].Kill()
	c.PutBack(t, i, copied)
	l.Progress(t, some, 0, 3-i)
}
