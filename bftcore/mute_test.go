package bftcore

import (
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// mute returns replica 1 of three, whose enclave has come back and is in no view before the next one, and a request of
// its clients.
func mute(t *testing.T) (*Core, wire.Request) {
	t.Helper()
	group, _ := quorum.New(3)
	c, err := New(Config{Self: 1, Quorum: group}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	c.view, c.inView = 5, false
	id := wire.RequestID{Origin: 1, Generation: 1, Incarnation: 2, Sequence: 1}
	q, err := wire.DecodeRequest(wire.AppendRequest(nil, wire.AppendRequestHeader(nil, id, 0, nil, nil, []byte("x")), wire.MAC{}, []byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	return c, q
}

// forwardedTo does what is to be done, and returns where requests went.
func forwardedTo(c *Core) (to []wire.ReplicaID) {
	defer c.Advance()
	for _, m := range c.Ready().Messages {
		if kind, _ := wire.PeekKind(m.Raw); kind == wire.KindForward {
			to = append(to, m.To)
		}
	}
	return to
}

// Clients of a replica whose enclave is mute in the present view are served: their requests go to the leader of the
// view that f+1 peers are in, as soon as these say so.
func TestMuteHostForwards(t *testing.T) {
	c, q := mute(t)
	c.Step(2, Submit{Raw: q.Raw})
	if to := forwardedTo(c); len(to) != 0 {
		t.Fatalf("to %v, before anybody said to be in a view", to)
	}
	c.Step(3, Received{From: 0, Raw: wire.Progress{View: 6}.Append(nil)})
	if to := forwardedTo(c); len(to) != 0 {
		t.Fatalf("to %v, on the word of one", to)
	}
	c.Step(4, Received{From: 2, Raw: wire.Progress{View: 5}.Append(nil)})
	if to := forwardedTo(c); len(to) != 1 || to[0] != c.cfg.Quorum.Leader(5) {
		t.Errorf("to %v", to)
	}
}

// While the view that this host goes to has not begun, nobody orders.
func TestNobodyOrdersBetweenViews(t *testing.T) {
	c, q := mute(t)
	for _, from := range []wire.ReplicaID{0, 2} {
		c.Step(2, Received{From: from, Raw: wire.Progress{View: 4}.Append(nil)})
	}
	c.Step(3, Submit{Raw: q.Raw})
	if to := forwardedTo(c); len(to) != 0 {
		t.Errorf("to %v", to)
	}
}

// What a peer votes on in a view that is missed here is asked for: the next PROGRESS would come later.
func TestMuteHostLearnsOfVotes(t *testing.T) {
	c, _ := mute(t)
	prepare := wire.Certificate{Kind: wire.CertPrepare, Vector: make([]uint32, 3), Replica: 2, New: wire.Position{View: 5, Order: 7}}
	vote := prepare
	vote.Kind, vote.Replica = wire.CertCommit, 0
	c.Step(2, Received{From: 0, Raw: wire.AppendCommit(nil, &vote, &prepare)})
	if got := c.known(); got != 6 {
		t.Errorf("known to %d", got)
	}
}
