package replica

import (
	"context"
	"errors"
	"testing"

	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
)

// requests counts the requests among what came out.
func requests(out [][]byte) (n int) {
	for _, f := range out {
		if boundary.Kind(f[0]) == boundary.KindRequest {
			n++
		}
	}
	return n
}

// A command that waited for the enclave to become ACTIVE has that much less time for its answer, and what
// ended counts no more.
func TestQueueTimes(t *testing.T) {
	s := newSolo(t, 3, 0)
	done := make(chan troxy.Outcome, 1)
	s.w.enqueue(&submission{ctx: t.Context(), command: make([]byte, 1000), done: done})
	s.now += int64(troxy.GiveUpAfter) * 8 / 10
	if n := requests(s.send((&boundary.Start{Boot: 1}).Append(nil))); n != 1 || s.w.pendingBytes != 1000 {
		t.Fatalf("%d requests sent, %d bytes counted", n, s.w.pendingBytes)
	}
	s.now = 1 + int64(troxy.GiveUpAfter) - 1
	s.w.turn()
	if len(done) != 0 {
		t.Fatal("ended too early")
	}
	s.now++
	s.w.turn()
	if len(done) != 1 {
		t.Fatal("not ended in time")
	}
	if o := <-done; !errors.Is(o.Err, ErrUnavailable) || s.w.pendingBytes != 0 || len(s.w.waiting) != 0 {
		t.Errorf("%v; %d bytes and %d requests counted", o.Err, s.w.pendingBytes, len(s.w.waiting))
	}
}

// A command whose caller left before it was sent is not sent.
func TestAbandonedCommandsAreNotSent(t *testing.T) {
	s := newSolo(t, 3, 0)
	ctx, cancel := context.WithCancel(t.Context())
	s.w.enqueue(&submission{ctx: ctx, command: []byte("a"), done: make(chan troxy.Outcome, 1)})
	s.w.enqueue(&submission{ctx: t.Context(), command: []byte("b"), done: make(chan troxy.Outcome, 1)})
	cancel()
	if n := requests(s.send((&boundary.Start{Boot: 1}).Append(nil))); n != 1 || s.w.pendingBytes != 1 || len(s.w.queue) != 0 {
		t.Errorf("%d requests sent, %d bytes counted, %d queued", n, s.w.pendingBytes, len(s.w.queue))
	}
}
