package replica

import (
	"slices"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
)

// serving returns an active leader whose sessions are served.
func serving(t testing.TB) *solo {
	s := active(t, 3, 0)
	s.w.fence = troxy.FenceExecuted
	return s
}

func reserve(order uint64) []byte {
	return (&boundary.Reserve{Position: wire.Position{Order: order}}).Append(nil)
}

// want has sessions want commands in one turn, and returns what the host is told.
func (s *solo) want(commands ...submission) (proposed []boundary.Proposed, requests int) {
	s.t.Helper()
	for _, c := range commands {
		c.ctx, c.done = s.t.Context(), make(chan troxy.Outcome, 1)
		s.w.enqueue(&c)
	}
	s.w.turn()
	for _, f := range taken(s.w) {
		switch kind, _ := boundary.PeekKind(f); kind {
		case boundary.KindProposed:
			p, err := boundary.DecodeProposed(f)
			if err != nil {
				s.t.Fatal(err)
			}
			proposed = append(proposed, p)
		case boundary.KindRequest:
			requests++
		}
	}
	return proposed, requests
}

func small(text string) submission { return submission{command: []byte(text)} }

// Requests of one turn are certified together, at the position lent, with the digest that others compute of them. Then the
// position is used.
func TestOwnRequestsAreCertified(t *testing.T) {
	s := serving(t)
	s.send(reserve(1))
	got, others := s.want(small("a"), small("b"))
	if len(got) != 1 || others != 0 || len(got[0].Requests) != 2 {
		t.Fatalf("%d batches, %d requests beside", len(got), others)
	}
	var digests []wire.Digest
	for _, raw := range got[0].Requests {
		q, err := wire.DecodeRequest(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, genuine := s.w.requests.Verify(q.Header, q.MAC); !genuine {
			t.Error("a request that no enclave would take")
		}
		digests = append(digests, q.Digest())
	}
	x := &got[0].Certificate
	if x.New != (wire.Position{Order: 1}) || x.Digest != wire.BatchDigest(digests) || !signer(t, 3, 1).Verify(x) {
		t.Errorf("certificate %+v", x)
	}
	if got, others := s.want(small("c")); len(got) != 0 || others != 1 {
		t.Errorf("a position is used twice: %d batches, %d requests", len(got), others)
	}
}

// The host that asks for a certificate has taken the position back, whatever is certified.
func TestReservationIsTakenBack(t *testing.T) {
	for name, f := range map[string][]byte{"by a proposal": prepare(1, request(1, 1)), "by one that is refused": prepare(7, request(1, 1)), "by a look at requests": prepare(0, request(1, 1))} {
		s := serving(t)
		s.send(reserve(1))
		s.send(f)
		if got, others := s.want(small("a")); len(got) != 0 || others != 1 {
			t.Errorf("%s: %d batches, %d requests", name, len(got), others)
		}
	}
}

// A position that the counter refuses, for whatever reason, costs nothing: the requests go to the host.
func TestReservationThatIsRefused(t *testing.T) {
	for name, at := range map[string]wire.Position{"far ahead": {Order: 9}, "another view": {View: 3, Order: 1}, "the highest": {View: wire.MaxNumber, Order: wire.MaxNumber}} {
		s := serving(t)
		s.send((&boundary.Reserve{Position: at}).Append(nil))
		if got, others := s.want(small("a"), small("b")); len(got) != 0 || others != 2 {
			t.Errorf("%s: %d batches, %d requests", name, len(got), others)
		}
		if a := s.certified(prepare(1, request(1, 1))); a.Refusal != boundary.RefusedNothing {
			t.Errorf("%s: the counter moved: refusal %d", name, a.Refusal)
		}
	}
}

// What names large bodies, and what is beyond the limits of a Proposed, is for a batch that the host makes.
func TestWhatIsNotCertifiedAtOnce(t *testing.T) {
	s := serving(t)
	s.send(reserve(1))
	if got, others := s.want(submission{command: []byte("a"), bodies: []wire.Digest{{1}}}, small("b")); len(got) != 1 || len(got[0].Requests) != 1 || others != 1 {
		t.Errorf("a body: %d batches, %d requests", len(got), others)
	}
	s = serving(t)
	s.send(reserve(1))
	many := make([]submission, boundary.MaxProposed+3)
	for i := range many {
		many[i] = small("c")
	}
	if got, others := s.want(many...); len(got) != 1 || len(got[0].Requests) != boundary.MaxProposed || others != 3 {
		t.Errorf("many: %d batches, %d requests", len(got), others)
	}
	s = serving(t)
	s.send(reserve(1))
	if got, others := s.want(submission{command: make([]byte, boundary.MaxProposedBytes)}); len(got) != 0 || others != 1 {
		t.Errorf("large: %d batches, %d requests", len(got), others)
	}
}

// A host that asks for the position before it learns that it was used is not accused; one that asks again is.
func TestCallThatCrossesAccusesNobody(t *testing.T) {
	s := serving(t)
	s.send(reserve(1))
	if got, _ := s.want(small("a")); len(got) != 1 {
		t.Fatal("not certified")
	}
	if a := s.certified(prepare(1, request(2, 1))); a.Refusal != boundary.RefusedPosition || len(s.w.stats.Alarms()) != 0 {
		t.Errorf("refusal %d, alarms %v", a.Refusal, s.w.stats.Alarms())
	}
	if a := s.certified(prepare(1, request(2, 1))); a.Refusal != boundary.RefusedDigest || len(s.w.stats.Alarms()) != 1 {
		t.Errorf("asked again: refusal %d, alarms %v", a.Refusal, s.w.stats.Alarms())
	}
}

// What is not in the batch comes behind it: else the host would ask for the position itself.
func TestNothingOvertakesTheProposed(t *testing.T) {
	s := serving(t)
	s.send(reserve(1))
	for _, c := range []submission{{command: make([]byte, boundary.MaxProposedBytes)}, {command: []byte("a"), bodies: []wire.Digest{{1}}}, small("b"), small("c")} {
		c.ctx, c.done = t.Context(), make(chan troxy.Outcome, 1)
		s.w.enqueue(&c)
	}
	s.w.turn()
	var kinds []boundary.Kind
	for _, f := range taken(s.w) {
		kind, _ := boundary.PeekKind(f)
		kinds = append(kinds, kind)
	}
	if !slices.Equal(kinds, []boundary.Kind{boundary.KindProposed, boundary.KindRequest, boundary.KindRequest}) {
		t.Errorf("kinds %v", kinds)
	}
	if s.send(nil); len(s.w.own.rest) != 0 {
		t.Error("requests stay behind")
	}
}

// Before it is ACTIVE an enclave keeps no position.
func TestNothingIsLentToTheInactive(t *testing.T) {
	s := newSolo(t, 3, 0)
	s.send(reserve(1))
	if s.w.own.at.Order != 0 || s.w.stats.EarlyFrames != 1 {
		t.Errorf("%v is lent, %d early frames", s.w.own.at, s.w.stats.EarlyFrames)
	}
}
