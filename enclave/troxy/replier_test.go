package troxy

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

var requestSigner = mac.New(requestKey, requestTag)

// replier returns the Replier of replica 2.
func replier(w *world) *Replier {
	self := wire.Incarnation{Founding: founding, Replica: 2, Number: 1}
	return NewReplier(w.group, self, func() []uint32 { return []uint32{1, 1, 1} }, testKeys(), w.note)
}

// header is an authentic request header of some enclave of the group.
func header(id wire.RequestID, command string) ([]byte, wire.MAC) {
	h := wire.AppendRequestHeader(nil, id, 0, []wire.Key{mailbox}, nil, []byte(command))
	return h, requestSigner.Sum(h)
}

func id(origin wire.ReplicaID, incarnation uint32, sequence uint64) wire.RequestID {
	return wire.RequestID{Origin: origin, Generation: 1, Incarnation: incarnation, Sequence: sequence}
}

func claim(id wire.RequestID, order uint64, payload string) Claim {
	c := Claim{Depends: order, Payload: []byte(payload), Full: true}
	c.Header, c.MAC = header(id, "command")
	r := wire.Result{Status: 1, Touched: []wire.KeyDigest{{Key: mailbox}}, Payload: c.Payload}
	c.Head = r.Head()
	return c
}

// one authenticates a single claim and returns its error.
func one(r *Replier, order uint64, c Claim) error {
	out, _, refused := r.Authenticate(order, order, []Claim{c})
	if len(refused) > 0 {
		if len(out) > 0 {
			return errors.Join(errors.New("refused and authenticated"), refused[0])
		}
		return refused[0]
	}
	return nil
}

func TestReplierRefuses(t *testing.T) {
	foreign := wire.Key{Kind: wire.KeyMailbox, Account: [16]byte{8}, Mailbox: 3}
	cases := []struct {
		name  string
		order uint64
		spoil func(c *Claim)
		want  error
	}{
		{"nothing is wrong", 5, func(*Claim) {}, nil},
		{"a forged request", 5, func(c *Claim) { c.MAC[0]++ }, ErrRequest},
		{"a changed request", 5, func(c *Claim) { c.Header = append(bytes.Clone(c.Header[:20]), c.Header[20:]...); c.Header[19]++ }, ErrRequest},
		{"no request", 5, func(c *Claim) { c.Header = nil }, ErrRequest},
		{"authentic bytes that are no request", 5, func(c *Claim) { c.Header = []byte("x"); c.MAC = requestSigner.Sum(c.Header) }, ErrRequest},
		{"an origin outside the group", 5, func(c *Claim) { c.Header, c.MAC = header(id(3, 1, 1), "command") }, ErrRequest},
		{"a key that it does not touch", 5, func(c *Claim) { c.Head.Touched = []wire.KeyDigest{{Key: foreign}} }, ErrTouched},
		{"order 0", 0, func(c *Claim) { c.Depends = 0 }, ErrNumber},
		{"a huge order", wire.MaxNumber + 1, func(*Claim) {}, ErrNumber},
		{"a dependency above the order", 5, func(c *Claim) { c.Depends = 6 }, ErrNumber},
		{"sequence 0", 5, func(c *Claim) { c.Header, c.MAC = header(id(1, 1, 0), "command") }, ErrForgotten},
	}
	for _, c := range cases {
		spoilt := claim(id(1, 1, 1), 5, "result")
		c.spoil(&spoilt)
		if err := one(replier(newWorld(t, 3)), c.order, spoilt); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestReplierSaysOneThingAboutARequest(t *testing.T) {
	r := replier(newWorld(t, 3))
	q := id(1, 1, 7)
	if err := one(r, 5, claim(q, 5, "result")); err != nil {
		t.Fatal(err)
	}
	if err := one(r, 5, claim(q, 5, "result")); err != nil {
		t.Errorf("the same again, after a retransmission: %v", err)
	}
	if err := one(r, 5, claim(q, 5, "another")); !errors.Is(err, ErrConflict) {
		t.Errorf("another result: %v", err)
	}
	if err := one(r, 6, claim(q, 6, "result")); !errors.Is(err, ErrConflict) {
		t.Errorf("another order: %v", err)
	}
	// Neither many later requests nor a new run of the origin make the enclave forget and speak again.
	for s := uint64(8); s < 8+remembered; s++ {
		if err := one(r, s, claim(id(1, 1, s), s, "result")); err != nil {
			t.Fatalf("sequence %d: %v", s, err)
		}
	}
	if err := one(r, 5, claim(q, 5, "another")); !errors.Is(err, ErrForgotten) {
		t.Errorf("another result, long after: %v", err)
	}
	if err := one(r, 5, claim(id(0, 1, 7), 5, "result")); err != nil {
		t.Errorf("another origin's request: %v", err)
	}
	if err := one(r, 99999, claim(id(1, 2, 1), 99999, "result")); err != nil {
		t.Errorf("the first of a new run: %v", err)
	}
	for s := uint64(7); s < 8+remembered; s += 1000 {
		if err := one(r, s, claim(id(1, 1, s), s, "another")); !errors.Is(err, ErrForgotten) {
			t.Errorf("of a former run: %v", err)
		}
	}
}

// A later founding's requests are newer than any of a former one, whatever their numbers.
func TestReplierForgetsFormerGenerations(t *testing.T) {
	r := replier(newWorld(t, 3))
	young, old := id(1, 1, 1), id(1, 9, 1)
	young.Generation = 2
	for i, c := range []struct {
		id   wire.RequestID
		want error
	}{{old, nil}, {young, nil}, {old, ErrForgotten}, {young, nil}} {
		if err := one(r, 5, claim(c.id, 5, "result")); !errors.Is(err, c.want) {
			t.Errorf("claim %d: %v, want %v", i, err, c.want)
		}
	}
}

// Whatever claims a host makes, in whatever order: all that its enclave signs about a request agrees.
func TestReplierNeverContradictsItself(t *testing.T) {
	w := newWorld(t, 3)
	rapid.Check(t, func(t *rapid.T) {
		r := replier(w)
		type fact struct {
			order  uint64
			result wire.Digest
		}
		facts := map[wire.Digest]fact{}
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			order := rapid.Uint64Range(1, 4).Draw(t, "order")
			var claims []Claim
			for range rapid.IntRange(1, 3).Draw(t, "claims") {
				sequence := rapid.SampledFrom([]uint64{1, 2, 1 + remembered, 2 + remembered, 2 + 2*remembered}).Draw(t, "sequence")
				q := id(wire.ReplicaID(rapid.IntRange(0, 1).Draw(t, "origin")), rapid.Uint32Range(1, 2).Draw(t, "run"), sequence)
				claims = append(claims, claim(q, order, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "result")))
			}
			out, _, _ := r.Authenticate(order, order, claims)
			for _, a := range out {
				set, err := wire.DecodeReplySet(a.Message)
				if err != nil || !w.signer.Verify(set.Signed, set.MAC) {
					t.Fatalf("a reply set that does not hold: %v", err)
				}
				for _, e := range set.Entries {
					now := fact{order: set.Order, result: e.Result}
					if before, ok := facts[e.Request]; ok && before != now {
						t.Fatalf("said %v and %v about one request", before, now)
					}
					facts[e.Request] = now
				}
			}
		}
	})
}

// The caller learns of every authentic write, also of one that is too old for an answer, and of no other.
func TestReplierReportsWhatWasTouched(t *testing.T) {
	r := replier(newWorld(t, 3))
	forged, old := claim(id(1, 2, 2), 5, "x"), claim(id(1, 1, 1), 5, "x")
	forged.MAC[3]++
	out, touched, refused := r.Authenticate(5, 5, []Claim{claim(id(1, 2, 1), 5, "x"), forged, old})
	if len(out) != 1 || len(touched) != 2 || len(refused) != 2 {
		t.Fatalf("%d sets, %d touched, %d refused", len(out), len(touched), len(refused))
	}
	if touched[0].ID != id(1, 2, 1) || touched[1].ID != id(1, 1, 1) || len(touched[1].Keys) != 1 {
		t.Errorf("touched %+v", touched)
	}
}

func TestRepliesGoToTheirOrigins(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "command", 0)
	r := replier(w)
	other := claim(id(1, 1, 4), 5, "x")
	mine := Claim{Header: q.Header, MAC: q.MAC, Depends: 5}
	result := truth(&q)
	mine.Head, mine.Payload, mine.Full = result.Head(), result.Payload, true
	out, _, _ := r.Authenticate(5, 5, []Claim{other, mine})
	if len(out) != 2 || out[0].To != 1 || out[1].To != 0 {
		t.Fatalf("%d sets: %+v", len(out), out)
	}
	if decided := w.client.OnReplies(out[0].Message); len(decided) != 0 || w.client.Counters().Foreign != 1 {
		t.Errorf("another origin's replies: %+v, %+v", decided, w.client.Counters())
	}
	_ = w.client.OnReplies(out[1].Message)
	if err := isTruth(w.say(1, &q, 5, nil), &q, 5); err != nil {
		t.Errorf("a Replier's answer does not count: %v", err)
	}
}

// However much the host attaches, the message can be sent: what does not fit goes as a digest.
func TestReplySetFitsAMessage(t *testing.T) {
	r := replier(newWorld(t, 3))
	var claims []Claim
	for s := uint64(1); s <= wire.MaxReplies; s++ {
		claims = append(claims, claim(id(1, 1, s), 5, string(make([]byte, 8000))))
	}
	out, _, refused := r.Authenticate(5, 5, claims)
	if len(out) != 1 || len(refused) != 0 || len(out[0].Message) > wire.MaxMessageBytes-64 {
		t.Fatalf("%d sets, first %d bytes, %d refused", len(out), len(out[0].Message), len(refused))
	}
	set, err := wire.DecodeReplySet(out[0].Message)
	if err != nil || len(set.Entries) != wire.MaxReplies || len(set.Entries[0].FullBytes) == 0 {
		t.Fatalf("%d entries: %v", len(set.Entries), err)
	}
}

// What claims say of keys is noted before a reply is authenticated, only of authentic requests and of their own keys;
// a claim that the note refuses gets no reply.
func TestNote(t *testing.T) {
	w := newWorld(t, 3)
	var noted []uint64
	refuse := false
	w.note = func(order, _ uint64, q *wire.Request, c *Claim) error {
		if len(q.Keys) != 1 || len(c.Head.Touched) > 1 {
			t.Errorf("noted %v", c.Head.Touched)
		}
		noted = append(noted, order)
		if refuse {
			return errors.New("refused")
		}
		return nil
	}
	r := replier(w)
	q := w.submit(t, "command", 0)
	good := Claim{Header: q.Header, MAC: q.MAC, Head: wire.ResultHead{Touched: []wire.KeyDigest{{Key: mailbox}}}}
	forged, foreign := good, good
	forged.MAC[0] ^= 1
	foreign.Head.Touched = []wire.KeyDigest{{Key: wire.Key{Kind: wire.KeyCluster}}}
	if out, _, _ := r.Authenticate(5, 5, []Claim{forged, foreign}); len(out) != 0 || len(noted) != 0 {
		t.Fatalf("%d replies, noted %v", len(out), noted)
	}
	if out, _, _ := r.Authenticate(5, 5, []Claim{good}); len(out) != 1 || len(noted) != 1 {
		t.Fatalf("%d replies, noted %v", len(out), noted)
	}
	refuse = true
	if out, _, refused := r.Authenticate(5, 5, []Claim{good}); len(out) != 0 || len(refused) != 1 {
		t.Fatalf("%d replies, refused %v", len(out), refused)
	}
}
