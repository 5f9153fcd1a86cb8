package replica

import (
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// told applies a rule and returns the answer.
func (s *solo) told(a boundary.Ask) boundary.Told {
	s.t.Helper()
	out := s.send(a.Append(nil))
	if len(out) != 1 {
		s.t.Fatalf("%d frames for one question", len(out))
	}
	answer, err := boundary.DecodeTold(out[0])
	if err != nil || answer.Token != a.Token {
		s.t.Fatalf("%v, token %d", err, answer.Token)
	}
	return answer
}

// A view change as hosts drive it: every step is a question, every answer says what to log.
func TestViewChangeThroughTheBoundary(t *testing.T) {
	one, two := active(t, 3, 1), active(t, 3, 2)
	reqs := [][]byte{one.told(boundary.Ask{Token: 1, Op: boundary.OpReqVC, Number: 1}).Message,
		two.told(boundary.Ask{Token: 1, Op: boundary.OpReqVC, Number: 1}).Message}
	change := boundary.Ask{Token: 2, Op: boundary.OpViewChange, Number: 1, Messages: reqs}
	mine, other := one.told(change), two.told(change)
	begin := one.told(boundary.Ask{Token: 3, Op: boundary.OpNewView, Number: 1, Messages: [][]byte{mine.Message, other.Message}})
	entered := two.told(boundary.Ask{Token: 4, Op: boundary.OpEnter, Messages: [][]byte{begin.Message}})
	for name, a := range map[string]boundary.Told{"VIEW-CHANGE": mine, "NEW-VIEW": begin, "ENTER": entered} {
		f, err := wire.DecodeFrontier(a.Frontier)
		if a.Refusal != boundary.RefusedNothing || err != nil || f.Certificate.New.View != 1 || f.InView == (name == "VIEW-CHANGE") {
			t.Errorf("%s: refusal %d, %v, %+v", name, a.Refusal, err, f.Certificate.New)
		}
	}
	p := boundary.CertifyPrepare{Position: wire.Position{View: 1, Order: 1}}
	if a := one.certified(p.Append(nil)); a.Refusal != boundary.RefusedNothing {
		t.Errorf("the new leader's PREPARE: %d", a.Refusal)
	}
	var proofs [][]byte
	for _, s := range []*solo{one, two} {
		proofs = append(proofs, s.told(boundary.Ask{Token: 5, Op: boundary.OpCheckpoint, Number: 1, Digest: wire.Digest{5}}).Message)
	}
	if a := two.told(boundary.Ask{Token: 6, Op: boundary.OpStable, Messages: proofs}); a.Refusal != boundary.RefusedNothing || len(a.Frontier) == 0 {
		t.Errorf("stable: %d", a.Refusal)
	}
}

// Every refusal names its rule, and nothing is said.
func TestAskRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		ask  boundary.Ask
		want boundary.Refusal
	}{
		"VIEW-CHANGE for nobody":  {boundary.Ask{Op: boundary.OpViewChange, Number: 1}, boundary.RefusedQuorum},
		"VIEW-CHANGE for rubbish": {boundary.Ask{Op: boundary.OpViewChange, Number: 1, Messages: [][]byte{nil, {1}}}, boundary.RefusedQuorum},
		"a huge view":             {boundary.Ask{Op: boundary.OpReqVC, Number: 1 << 63}, boundary.RefusedWindow},
		"NEW-VIEW of another":     {boundary.Ask{Op: boundary.OpNewView, Number: 1}, boundary.RefusedRole},
		"NEW-VIEW of no view":     {boundary.Ask{Op: boundary.OpNewView, Number: 3}, boundary.RefusedView},
		"nothing to enter":        {boundary.Ask{Op: boundary.OpEnter}, boundary.RefusedQuorum},
		"rubbish to enter":        {boundary.Ask{Op: boundary.OpEnter, Messages: [][]byte{{1}}}, boundary.RefusedQuorum},
		"order 0":                 {boundary.Ask{Op: boundary.OpCheckpoint}, boundary.RefusedWindow},
		"nothing stable":          {boundary.Ask{Op: boundary.OpStable}, boundary.RefusedQuorum},
	} {
		s := active(t, 3, 0)
		if a := s.told(c.ask); a.Refusal != c.want || len(a.Message)+len(a.Frontier) != 0 {
			t.Errorf("%s: refusal %d, want %d", name, a.Refusal, c.want)
		}
	}
	s := active(t, 3, 0)
	if out := s.send([]byte{byte(boundary.KindAsk), wire.Version, 1}); len(out) != 0 || s.w.stats.BadFrames != 1 {
		t.Errorf("a malformed question: %d answers", len(out))
	}
}
