package bftcore

import "testing"

// An order that is executed as a lesson out of the own log becomes durable, though nothing is written for it: votes of the
// present view may lie behind it in the log, which nobody asked to sync. (Were that not asked for, the store would say
// ErrWaitForLog in the end, and nobody would ever order again.)
func TestLoggedLessonAsksForASync(t *testing.T) {
	c := oneOfThree(t)
	c.recordVote(RecordCommit, 1, []byte{1})
	if c.out.Sync {
		t.Fatal("a vote asks for a sync")
	}
	l := &lesson{logged: true, ready: true}
	l.proof.Prepare.Raw = []byte{1}
	c.executeLesson(1, l)
	if r := c.Ready(); !r.Sync || c.durable != 0 {
		t.Fatalf("asked for: %v, durable %d", r.Sync, c.durable)
	}
	c.Advance()
	c.Step(1, Synced{Record: c.records})
	if c.durable != 1 {
		t.Errorf("%d is durable", c.durable)
	}
	c.executeLesson(2, &lesson{logged: true, ready: true, proof: l.proof})
	if r := c.Ready(); r.Sync || c.durable != 2 {
		t.Errorf("all was synced: asked for %v, durable %d", r.Sync, c.durable)
	}
}

// Where enclaves continue from logs, a vote that left is synced soon: a power loss would have it vote otherwise.
func TestVotesOfOneThatContinuesAreSynced(t *testing.T) {
	c := oneOfThree(t)
	c.cfg.Continues = true
	c.recordVote(RecordCommit, 1, []byte{1})
	if !c.out.Sync {
		t.Error("nobody syncs it")
	}
}
