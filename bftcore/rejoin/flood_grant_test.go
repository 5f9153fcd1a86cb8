package rejoin

import (
	"testing"
)

// A peer that asks on and on has one question of a kind with the own enclave at a time.
func TestFloodOfQuestionsIsBounded(t *testing.T) {
	w := started(t, 3, 9)
	d := w.nodes[1].driver
	asks := 0
	for range 1000 {
		said, err := w.nodes[2].set.Hello(w.nonce())
		if err != nil {
			t.Fatal(err)
		}
		d.Step(w.now, Received{From: 2, Raw: said.Message})
		asks += len(d.Ready().Asks)
	}
	if asks != 1 || len(d.asked) != 1 {
		t.Fatalf("%d questions, %d open", asks, len(d.asked))
	}
	for token := range d.asked {
		d.Step(w.now, Told{Token: token, Refused: true})
	}
	said, err := w.nodes[2].set.Hello(w.nonce())
	if err != nil {
		t.Fatal(err)
	}
	d.Step(w.now, Received{From: 2, Raw: said.Message})
	if n := len(d.Ready().Asks); n != 1 {
		t.Errorf("%d questions after the answer", n)
	}
	d.Step(w.now, Began{}) // the answer is lost with who ordered
	d.Ready()
	d.Step(w.now, Received{From: 2, Raw: said.Message})
	if n := len(d.Ready().Asks); n != 1 {
		t.Errorf("%d questions after an answer was lost", n)
	}
}
