package host

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/transfer"
)

// single opens a host whose node does not run.
func single(t *testing.T) *Host {
	t.Helper()
	dir := t.TempDir()
	if err := Prepare(dir, testGenesis, 0); err != nil {
		t.Fatal(err)
	}
	h, err := Open(testOptions(dir, 0, 3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// takeOver has the host begin to take a state over that has the parts.
func takeOver(t *testing.T, h *Host, order uint64, parts ...transfer.Part) *taking {
	t.Helper()
	x, err := h.take(wire.Stable{Order: order})
	if err != nil {
		t.Fatal(err)
	}
	for i := range parts {
		if err := x.Add(&parts[i]); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// What an interrupted attempt left stays when one that came to nothing follows.
func TestPartsOutlastAnEmptyAttempt(t *testing.T) {
	h := single(t)
	var large []transfer.Part
	for i := range 64 { // more than a file has from the beginning
		content := append([]byte{1}, make([]byte, 16<<10)...)
		binary.BigEndian.PutUint32(content[1:], uint32(i))
		d := wire.Sum(content[1:])
		large = append(large, transfer.Part{Item: transfer.Item{Name: "r" + string(d[:]), Digest: d, Loose: true}, Content: content})
	}
	takeOver(t, h, 8, large...).Abort()
	for order := uint64(16); order <= 32; order += 8 {
		x := takeOver(t, h, order)
		for i := range large {
			if len(x.Own(large[i].Item)) == 0 {
				t.Fatalf("at the attempt for order %d part %d is gone", order, i)
			}
		}
		x.Abort()
	}
}

// names takes a state over, finished and put in place, in which a message has that large body.
func names(t *testing.T, h *Host, order uint64, body wire.Digest) {
	t.Helper()
	m := command.Message{UID: 1, Body: body, Summary: wire.Sum([]byte("summary")), BodySize: wire.InlineBodyBytes + 1}
	name := "l" + string(binary.BigEndian.AppendUint32(nil, 0)) + "H" + string(binary.BigEndian.AppendUint32(nil, 1))
	x := takeOver(t, h, order, transfer.Part{Item: transfer.Item{Name: name}, Content: command.AppendMessage(nil, &m)})
	if err := errors.Join(x.Finish(), h.install(x.file())); err != nil {
		t.Fatal(err)
	}
	x.Abort()
}

// A look through the store that a state taken over replaces says nothing about that: checkpoints are attested once the
// large bodies of the new one are there. The look here is under way when the state is replaced, and would find the rest of
// the new one whole.
func TestFormerStoreSaysNothing(t *testing.T) {
	h := single(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	asked, found, ended := make(chan wire.Digest), make(chan bool), make(chan struct{})
	go func() {
		defer close(ended)
		fetch := func(ctx context.Context, d wire.Digest) bool {
			select {
			case asked <- d:
				return <-found
			case <-ctx.Done():
				return false
			}
		}
		h.runFill(ctx, func(ctx context.Context, d wire.Digest) bool {
			t.Error("a body that was never here counts as lost")
			return fetch(ctx, d)
		}, fetch)
	}()
	next := func() (d wire.Digest) {
		t.Helper()
		select {
		case d = <-asked:
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was asked for")
		}
		return d
	}
	behind, before := wire.Digest{0: 0xff}, wire.Digest{0: 1} // bodies are looked up in order
	names(t, h, 8, behind)
	if d := next(); d != behind {
		t.Fatalf("%x was asked for", d)
	}
	names(t, h, 16, before)
	found <- true
	if d := next(); d != before {
		t.Errorf("%x was asked for, not what the new state lacks", d)
	}
	if h.filled.all() {
		t.Error("the state counts as whole without its body")
	}
	if _, err := os.Stat(h.path(fillingName)); err != nil {
		t.Errorf("that bodies were never here is forgotten: %v", err)
	}
	stop()
	close(found)
	<-ended
}
