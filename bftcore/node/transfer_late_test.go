package node

import (
	"context"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/transfer"
)

// onePart is a state of one part; nothing of it is here.
type onePart struct {
	Checkpoints
	Taking
	content string
}

func (x onePart) Take(wire.Stable) (Taking, error) { return x, nil }
func (x onePart) Head() transfer.Item {
	return transfer.Item{Name: "r", Digest: wire.Sum([]byte(x.content))}
}
func (x onePart) Check(p transfer.Item, content []byte) ([]transfer.Item, error) {
	if wire.Sum(content) != p.Digest {
		return nil, transfer.ErrUnfit
	}
	return nil, nil
}
func (onePart) Own(transfer.Item) []byte { return nil }
func (onePart) Add(*transfer.Part) error { return nil }
func (onePart) Finish() error            { return nil }
func (onePart) Abort()                   {}

// asked are links over which each question is first answered for a state that was asked for before, then rightly.
type asked struct {
	t *testing.T
	n *Node
	x onePart
}

func (l asked) Send(to int, frame []byte) {
	ask, _, err := wire.DecodeTransfer(frame)
	if err != nil || ask == nil {
		l.t.Errorf("not a question: %v", err)
		return
	}
	late := wire.TransferAnswer{Order: ask.Order - 4, Token: ask.Token, Parts: [][]byte{[]byte("of the state before")}}
	l.n.Receive(to, late.Append(nil))
	l.n.Receive(to, (&wire.TransferAnswer{Order: ask.Order, Token: ask.Token, Parts: [][]byte{[]byte(l.x.content)}}).Append(nil))
}

// An answer that comes late, when another state is wanted already, is not taken for a lie about that one.
func TestLateAnswerIsNoLie(t *testing.T) {
	n, _ := newLeader(t)
	x := onePart{content: "the state"}
	n.o.Checkpoints, n.o.Links = x, asked{t, n, x}
	ended := make(chan error, 1)
	go func() { ended <- n.take(context.Background(), wire.Stable{Order: 8}) }()
	w := <-n.execute
	if w.taken == nil || w.taken.stable.Order != 8 {
		t.Fatalf("%+v", w)
	}
	close(w.taken.done)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if liars := n.transfers.liars.Load(); liars != 0 {
		t.Errorf("liars %b", liars)
	}
}
