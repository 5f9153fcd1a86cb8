package processes

import "testing"

// Where nobody fails, nobody is accused: what honest hosts and enclaves say to each other at once, each not knowing of the
// other's word yet, raises no alarm.
func TestHonestHostsAreNotAccused(t *testing.T) {
	c := Start(t, 3)
	l := c.StartLoad(t, writers, seed(t))
	for range 8 {
		l.Progress(t, 40, 0, 1, 2)
	}
	l.Stop()
	for i, list := range c.alarms(t) {
		if len(list) > 0 {
			t.Errorf("replica %d: %v", i, list)
		}
	}
}
