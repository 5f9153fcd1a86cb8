package demo

import (
	"testing"
	"time"
)

// pollEvery is how often Eventually looks again.
const pollEvery = 20 * time.Millisecond

// Eventually calls ready until it returns true and fails the test after limit. The limit only decides
// when to give up: nothing that passes depends on it.
func Eventually(t testing.TB, limit time.Duration, what string, ready func() bool) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(pollEvery)
	defer again.Stop()
	for !ready() {
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
