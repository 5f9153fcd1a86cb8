package processes

import (
	"fmt"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// told waits until `troxymail status` names an alarm of a replica.
func (c *Cluster) told(t *testing.T, what string, at int, alarm string) {
	t.Helper()
	demo.Eventually(t, serveLimit, fmt.Sprintf("%s: status names %q at replica %d", what, alarm, at), func() bool {
		return c.raises(t, at, alarm)
	})
}

// raises reports whether a replica raises an alarm now.
func (c *Cluster) raises(t *testing.T, at int, alarm string) bool {
	t.Helper()
	for _, name := range c.alarms(t)[at] {
		if name == alarm || strings.HasPrefix(name, alarm+" (") {
			return true
		}
	}
	return false
}

// TestDeadFollowerIsNamed kills a follower's host, then its enclave: each time an administrator is told which
// replica it is, and no more once it is back.
func TestDeadFollowerIsNamed(t *testing.T) {
	c := Start(t, 3)
	c.Hosts[2].Kill()
	c.told(t, "host killed", 2, "not-active")
	c.named(t, "peer-silent (replica 2)", "peer-silent", 0)
	c.named(t, "peer-silent (replica 2)", "peer-silent", 1)
	c.Enclaves[2].Kill()
	c.told(t, "enclave killed", 2, "unreachable")
	c.StartHost(t, 2)
	c.StartEnclave(t, 2)
	c.AwaitServing(t, 2)
	var left [][]string
	defer func() {
		if t.Failed() {
			t.Logf("left: %v", left)
		}
	}()
	demo.Eventually(t, serveLimit, "no alarm is left", func() bool {
		left = c.alarms(t)
		return len(left[0])+len(left[1])+len(left[2]) == 0
	})
}
