package processes

import (
	"encoding/json"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// budget is what `troxymail status --json` says of faults, and of what hosts sync.
type budget struct {
	Replicas []struct{ Sync string }
	Faults   struct {
		Tolerated, Serving, Survived int
		Serves                       bool
		Out                          []struct {
			Replica int
			Why     string
		}
	}
}

func (c *Cluster) budget(t *testing.T) (b budget) {
	t.Helper()
	if err := json.Unmarshal([]byte(Command(t, "status", "--admin", c.File("cluster.json"), "--json")), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFaultBudget lets five replicas fail one after the other: the administrator, each host and Prometheus are told how
// many more failures the group survives, until it serves no more, and again when they are back.
func TestFaultBudget(t *testing.T) {
	c := Make(t, 5)
	c.edit(t, "host-1.toml", `^sync = "quorum"`, `sync = "strict"`)
	c.StartAll(t)
	told := func(budgetLine, why string, survived float64) {
		t.Helper()
		demo.Eventually(t, serveLimit, budgetLine+why, func() bool {
			table := Command(t, "status", "--admin", c.File("cluster.json"))
			_, ready := c.get(t, 0, "/readyz")
			metric, _ := c.Metric(t, 0, "troxymail_host_faults_survived")
			return strings.Contains(table, "\n"+budgetLine) && strings.Contains(table, why) && strings.Contains(ready, budgetLine) && metric == survived
		})
	}
	told("5 of 5 serve; 2 further faults are survived", "", 2)
	b := c.budget(t)
	if b.Faults.Tolerated != 2 || b.Faults.Serving != 5 || !b.Faults.Serves || len(b.Faults.Out) != 0 || b.Replicas[0].Sync != "quorum" || b.Replicas[1].Sync != "strict" {
		t.Fatalf("%+v", b)
	}
	c.put(t, 1, 2)
	c.Hosts[4].Kill()
	told("4 of 5 serve; 1 further fault is survived", "replica 4: not active", 1)
	c.Hosts[3].Kill()
	c.Enclaves[3].Kill()
	told("3 of 5 serve; 0 further faults are survived", "replica 3: unreachable", 0)
	c.put(t, 2, 1)
	c.Hosts[2].Kill()
	told("2 of 5 serve, and 3 are needed: the group does not serve", "replica 2: not active", -1)
	for i := 2; i < 5; i++ {
		c.StartHost(t, i)
	}
	c.StartEnclave(t, 3)
	for i := range 5 {
		c.AwaitServing(t, i)
	}
	told("5 of 5 serve; 2 further faults are survived", "", 2)
	if b := c.budget(t); b.Faults.Survived != 2 || len(b.Faults.Out) != 0 {
		t.Fatalf("%+v", b)
	}
}
