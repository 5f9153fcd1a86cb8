package troxy

import (
	"fmt"
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

var (
	founding             = wire.Founding{Generation: 1, Digest: wire.Sum([]byte("founding"))}
	requestKey, replyKey = [32]byte{1}, [32]byte{2}
	mailbox              = wire.Key{Kind: wire.KeyMailbox, Account: [16]byte{7}, Mailbox: 3}
)

const (
	testBoot  = 41
	testFirst = 1000
	second    = int64(1e9)
)

// world is one Client, at replica 0, with a signer for whatever an enclave of the group could say.
type world struct {
	group  quorum.Config
	vector []uint32 // what the Client's enclave knows
	client *Client
	signer *mac.Authenticator
	note   Note // of the Repliers made later
}

type fataler interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Helper()
}

func testKeys() Keys { return Keys{Requests: NewRequests(requestKey), Reply: replyKey} }

func newWorld(t fataler, n int) *world {
	t.Helper()
	g, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{group: g, signer: mac.New(replyKey, replyTag), vector: make([]uint32, n)}
	for i := range w.vector {
		w.vector[i] = 1
	}
	self := wire.Incarnation{Founding: founding, Replica: 0, Number: testBoot}
	w.client = NewClient(g, self, func() []uint32 { return w.vector }, testFirst, testKeys())
	return w
}

// submit makes a request at time 0.
func (w *world) submit(t fataler, command string, flags wire.RequestFlags) wire.Request {
	t.Helper()
	_, raw, err := w.client.Submit(0, 0, []byte(command), flags, []wire.Key{mailbox}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, raw)
}

func decoded(t fataler, raw []byte) wire.Request {
	t.Helper()
	q, err := wire.DecodeRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// truth is what every honest replica computes.
func truth(q *wire.Request) wire.Result {
	return wire.Result{
		Status: 1, Touched: []wire.KeyDigest{{Key: mailbox, Digest: wire.Sum(q.Command)}}, Payload: []byte("re " + string(q.Command)),
	}
}

// answer is the reply set of an honest replica about q at order, with the whole result.
func (w *world) answer(from wire.ReplicaID, q *wire.Request, order uint64) wire.ReplySet {
	origin := q.ID
	origin.Sequence = 0
	result := truth(q)
	vector := make([]uint32, w.group.N())
	for i := range vector {
		vector[i] = 1
	}
	return wire.ReplySet{
		Founding: founding, Replica: from, Incarnation: 1, Vector: vector, Origin: origin, Order: order, DurableUpTo: order,
		Entries: []wire.ReplyEntry{{
			Sequence: q.ID.Sequence, Request: q.Digest(), Result: result.Digest(), Depends: order, FullBytes: result.Append(nil),
		}},
	}
}

// sign encodes a set with the MAC of an enclave of the group.
func (w *world) sign(s wire.ReplySet) []byte {
	signed := s.AppendReplySigned(nil)
	return wire.AppendReplySet(nil, signed, w.signer.Sum(signed), s.Entries)
}

// say delivers an honest answer, changed by change (nil: not).
func (w *world) say(from wire.ReplicaID, q *wire.Request, order uint64, change func(*wire.ReplySet)) []Outcome {
	s := w.answer(from, q, order)
	if change != nil {
		change(&s)
	}
	return w.client.OnReplies(w.sign(s))
}

// isTruth reports whether outcomes are exactly the true result of q.
func isTruth(outcomes []Outcome, q *wire.Request, order uint64) error {
	if len(outcomes) != 1 {
		return fmt.Errorf("%d outcomes, want 1", len(outcomes))
	}
	o, want := outcomes[0], truth(q)
	if o.Err != nil || o.Order != order || o.Result.Digest() != want.Digest() {
		return fmt.Errorf("outcome %+v, want %+v at %d", o, want, order)
	}
	return nil
}

func TestTwoEqualAnswersOfThreeDecide(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	if out := w.say(0, &q, 9, nil); len(out) != 0 {
		t.Fatalf("one answer, the local host's, decided: %+v", out)
	}
	out := w.say(1, &q, 9, nil)
	if err := isTruth(out, &q, 9); err != nil {
		t.Fatal(err)
	}
	if out[0].Ticket != q.ID.Sequence || q.ID.Sequence != testFirst || w.client.Pending() != 0 {
		t.Fatalf("ticket %d, sequence %v, pending %d", out[0].Ticket, q.ID, w.client.Pending())
	}
	if out := w.say(2, &q, 9, nil); len(out) != 0 {
		t.Fatalf("an answer after the decision had an effect: %+v", out)
	}
}
