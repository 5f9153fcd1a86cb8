package troxy

import (
	"bytes"
	"testing"

	"troxymail/bftcore/wire"
)

// Each of these, beside one honest answer, must not decide; and the request must still be decided
// afterwards by what is honest (T27, T28, T32 of the adversarial cases).
func TestAnswersThatMustNotCount(t *testing.T) {
	cases := []struct {
		name   string
		change func(s *wire.ReplySet)
	}{
		{"the same replica again", func(s *wire.ReplySet) { s.Replica = 0 }},
		{"the same replica, another incarnation", func(s *wire.ReplySet) { s.Replica, s.Incarnation = 0, 2 }},
		{"a replica outside the group", func(s *wire.ReplySet) { s.Replica = 3 }},
		{"another generation", func(s *wire.ReplySet) { s.Founding.Generation++ }},
		{"another founding", func(s *wire.ReplySet) { s.Founding.Digest[0]++ }},
		{"a short vector", func(s *wire.ReplySet) { s.Vector = s.Vector[:2] }},
		{"a long vector", func(s *wire.ReplySet) { s.Vector = append(s.Vector, 1) }},
		{"a dead incarnation", func(s *wire.ReplySet) { s.Incarnation = 0 }},
		{"one that knows the other to be dead", func(s *wire.ReplySet) { s.Vector[0] = 2 }},
		{"for another origin", func(s *wire.ReplySet) { s.Origin.Origin = 1 }},
		{"for a former run", func(s *wire.ReplySet) { s.Origin.Incarnation-- }},
		{"for another generation of the origin", func(s *wire.ReplySet) { s.Origin.Generation++ }},
		{"about another request", func(s *wire.ReplySet) { s.Entries[0].Request[0]++ }},
		{"about another sequence", func(s *wire.ReplySet) { s.Entries[0].Sequence++ }},
		{"another order", func(s *wire.ReplySet) { s.Order--; s.Entries[0].Depends = s.Order }},
		{"another order, same dependency", func(s *wire.ReplySet) { s.Order++ }},
		{"another dependency", func(s *wire.ReplySet) { s.Entries[0].Depends-- }},
		{"not durable", func(s *wire.ReplySet) { s.DurableUpTo-- }},
		{"another result", func(s *wire.ReplySet) {
			r := wire.Result{Status: 2}
			s.Entries[0].Result, s.Entries[0].FullBytes = r.Digest(), r.Append(nil)
		}},
		{"no entry", func(s *wire.ReplySet) { s.Entries = nil }},
	}
	for _, c := range cases {
		for _, liarFirst := range []bool{false, true} {
			w := newWorld(t, 3)
			q := w.submit(t, "store", 0)
			var out []Outcome
			if liarFirst {
				out = append(w.say(1, &q, 9, c.change), w.say(0, &q, 9, nil)...)
			} else {
				out = append(w.say(0, &q, 9, nil), w.say(1, &q, 9, c.change)...)
			}
			if len(out) != 0 {
				t.Errorf("%s (liar first: %v): decided %+v", c.name, liarFirst, out)
				continue
			}
			if err := isTruth(w.say(2, &q, 9, nil), &q, 9); err != nil {
				t.Errorf("%s (liar first: %v): the honest answers do not decide: %v", c.name, liarFirst, err)
			}
		}
	}
}

func TestForgedAnswersDoNotCount(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	_ = w.say(0, &q, 9, nil)
	good := w.sign(w.answer(1, &q, 9))
	s, err := wire.DecodeReplySet(good)
	if err != nil {
		t.Fatal(err)
	}
	// Whatever bit of what is signed, or of the MAC, is flipped: nothing happens.
	for i := range len(s.Signed) + len(s.MAC) {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if out := w.client.OnReplies(bad); len(out) != 0 {
			t.Fatalf("byte %d flipped: decided %+v", i, out)
		}
	}
	for n := range len(good) {
		if out := w.client.OnReplies(good[:n]); len(out) != 0 {
			t.Fatalf("cut to %d bytes: decided %+v", n, out)
		}
	}
	if err := isTruth(w.client.OnReplies(good), &q, 9); err != nil {
		t.Fatal(err)
	}
}

// Certificates of another founding are nothing, even if they agree among themselves.
func TestAnotherFoundingDecidesNothing(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	for from := range wire.ReplicaID(3) {
		if out := w.say(from, &q, 9, func(s *wire.ReplySet) { s.Founding.Digest[5]++ }); len(out) != 0 {
			t.Fatalf("decided %+v", out)
		}
	}
}

// A replica that changes its mind at every message has one vote and one held result all the same.
func TestOneVoteAReplica(t *testing.T) {
	w := newWorld(t, 5)
	q := w.submit(t, "store", 0)
	var size int
	for i := range uint64(100) {
		_ = w.say(3, &q, 1000+i, func(s *wire.ReplySet) { size = len(s.Entries[0].FullBytes) })
	}
	votes := w.client.slots[q.ID.Sequence].votes
	if len(votes) != 1 || votes[0].order != 1099 || w.client.held[3] != size {
		t.Fatalf("%d votes, %d bytes held, want 1 and %d", len(votes), w.client.held[3], size)
	}
}

// A repeated older message of a replica does not take back that it is durable now.
func TestDurableStaysDurable(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	notYet := func(s *wire.ReplySet) { s.DurableUpTo = 3 }
	_ = w.say(0, &q, 9, notYet)
	_ = w.say(0, &q, 9, nil)
	_ = w.say(0, &q, 9, notYet)
	if err := isTruth(w.say(1, &q, 9, nil), &q, 9); err != nil {
		t.Fatal(err)
	}
}

// An answer of a former incarnation does not displace one of the present.
func TestFormerIncarnationDoesNotDisplace(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	_ = w.say(1, &q, 9, func(s *wire.ReplySet) { s.Incarnation = 2 })
	_ = w.say(1, &q, 9, func(s *wire.ReplySet) { s.Order, s.Entries[0].Depends = 8, 8 })
	knows := func(s *wire.ReplySet) { s.Vector[1] = 2 }
	if err := isTruth(w.say(2, &q, 9, knows), &q, 9); err != nil {
		t.Fatal(err)
	}
}

// What the Client's own enclave knows of restarts counts, also when no answer shows it.
func TestDeadIncarnationByOwnKnowledge(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	w.vector[1] = 2
	_ = w.say(1, &q, 9, nil)
	if out := w.say(2, &q, 9, nil); len(out) != 0 {
		t.Fatalf("decided with an answer of a dead incarnation: %+v", out)
	}
	if w.client.Counters().Dead != 1 {
		t.Errorf("counters %+v", w.client.Counters())
	}
}

func TestWholeResultMustFitItsDigest(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	wrong := wire.Result{Status: 1, Payload: []byte("a lie")}
	digestOnly := func(s *wire.ReplySet) { s.Entries[0].FullBytes = nil }
	for name, full := range map[string][]byte{"another result": wrong.Append(nil), "garbage": []byte("garbage")} {
		if out := w.say(0, &q, 9, func(s *wire.ReplySet) { s.Entries[0].FullBytes = full }); len(out) != 0 {
			t.Fatalf("%s: %+v", name, out)
		}
	}
	if out := w.say(1, &q, 9, digestOnly); len(out) != 0 {
		t.Fatalf("decided without a result that fits: %+v", out)
	}
	if w.client.Counters().BadResult != 2 {
		t.Errorf("counters %+v", w.client.Counters())
	}
	if err := isTruth(w.say(1, &q, 9, nil), &q, 9); err != nil {
		t.Fatalf("the whole result came later: %v", err)
	}
}

// Whoever sent the whole result may lie about all else: it fits the digest that was voted.
func TestWholeResultFromALiarServes(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	digestOnly := func(s *wire.ReplySet) { s.Entries[0].FullBytes = nil }
	_ = w.say(0, &q, 9, func(s *wire.ReplySet) { s.Order = 77 })
	_ = w.say(1, &q, 9, digestOnly)
	if err := isTruth(w.say(2, &q, 9, digestOnly), &q, 9); err != nil {
		t.Fatal(err)
	}
}

// A decided result owns its memory: the frame that it came in may be reused.
func TestOutcomeDoesNotAliasTheMessage(t *testing.T) {
	w := newWorld(t, 3)
	q := w.submit(t, "store", 0)
	message := w.sign(w.answer(0, &q, 9))
	_ = w.client.OnReplies(message)
	clear(message)
	if err := isTruth(w.say(1, &q, 9, func(s *wire.ReplySet) { s.Entries[0].FullBytes = nil }), &q, 9); err != nil {
		t.Fatal(err)
	}
}

// Results that wait for their votes are bounded for each sender, and a liar's do not keep out an honest
// one's. What is decided gives its share back.
func TestHeldResultsAreBounded(t *testing.T) {
	w := newWorld(t, 3)
	var requests []wire.Request
	for range 2 * maxHeldBytes / wire.MaxResultBytes {
		requests = append(requests, w.submit(t, "read", wire.FlagReadOnly))
	}
	junk := wire.Result{Status: 9, Payload: make([]byte, wire.MaxResultBytes-100)}
	encoded, digest := junk.Append(nil), junk.Digest()
	for i := range requests {
		_ = w.say(2, &requests[i], 9, func(s *wire.ReplySet) { s.Entries[0].Result, s.Entries[0].FullBytes = digest, encoded })
	}
	if held := w.client.held[2]; held > maxHeldBytes || held < maxHeldBytes/2 {
		t.Fatalf("%d bytes held of one liar, bound %d", held, maxHeldBytes)
	}
	if w.client.Counters().Unheld == 0 {
		t.Error("nothing was refused")
	}
	for i := range requests {
		_ = w.say(0, &requests[i], 9, nil)
		if err := isTruth(w.say(1, &requests[i], 9, nil), &requests[i], 9); err != nil {
			t.Fatal(err)
		}
	}
	for i, held := range w.client.held {
		if held != 0 {
			t.Errorf("%d bytes of replica %d are held after all was decided", held, i)
		}
	}
}
