package processes

import (
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// TestLeftOutTakesPart founds two replicas, of which one was set back and the other was away, without the third, which has
// what both lost, up to a checkpoint that they know nothing of. Then all stop, and the third starts with them, with the folder
// that it had: they found the group, go on with what the two have, and serve.
func TestLeftOutTakesPart(t *testing.T) {
	c := Start(t, 3)
	c.leaveOut(t, func() {
		c.stop(t, 1)
		c.put(t, 2, 600) // at 0 and 2 alone, and beyond the checkpoint to which the two go on at once
	})
	c.put(t, 0, 3)
	c.put(t, 1, 3)
	want := c.mailbox(t, 0)
	for i := range 2 {
		c.stop(t, i)
	}
	c.startAll(t)
	for i := range 3 {
		c.AwaitServing(t, i)
		demo.Eventually(t, serveLimit, "all show what the two had", func() bool { return c.mailbox(t, i) == want })
	}
	c.put(t, 2, 1)
	c.CatchesUp(t, 2, 0)
	c.carriesItsShare(t)
}

// TestLeftOutWithMore founds two replicas, of which one was set back and the other was away, without the third, which has
// what both lost. When it returns, what it has beyond the founding belongs to no history any more: it gives it up.
func TestLeftOutWithMore(t *testing.T) {
	c := Start(t, 3)
	c.leaveOut(t, func() {
		c.put(t, 1, 2)
		c.stop(t, 1)
		c.put(t, 2, 5) // at 0 and 2 alone
	})
	c.put(t, 0, 1)
	c.put(t, 1, 7)
	c.StartHost(t, 2)
	c.StartEnclave(t, 2)
	c.AwaitServing(t, 2)
	want := c.mailbox(t, 0)
	demo.Eventually(t, serveLimit, "the third shows the same", func() bool { return c.mailbox(t, 2) == want })
	c.CatchesUp(t, 2, 0)
	c.put(t, 2, 1)
	c.CatchesUp(t, 2, 1)
	c.carriesItsShare(t)
}

// leaveOut founds replicas 0 and 1 without 2, all of which have some mail in common. Replica 0 shows what it had before lose,
// which stops 1.
func (c *Cluster) leaveOut(t *testing.T, lose func()) {
	t.Helper()
	c.put(t, 0, 2)
	for i := range 3 {
		c.stop(t, i)
	}
	older := c.CopyFolder(t, 0)
	c.startAll(t)
	lose()
	c.stop(t, 0)
	c.stop(t, 2)
	c.PutBack(t, 0, older)
	for i := range 2 {
		c.StartHost(t, i)
		c.StartEnclave(t, i)
	}
	c.await(t, 2, 2)
	c.refound(t, "--yes", "--without", "2")
	for i := range 2 {
		c.AwaitServing(t, i)
	}
}

// carriesItsShare fails when replica 2 is not of the history of the others, or cannot serve with replica 1 alone.
func (c *Cluster) carriesItsShare(t *testing.T) {
	t.Helper()
	if out := Command(t, "status", "--admin", c.File("cluster.json")); strings.Contains(out, "diverged") {
		t.Error(out)
	}
	c.stop(t, 0)
	c.put(t, 2, 1)
}
