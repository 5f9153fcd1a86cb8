package host

import (
	"context"
	"errors"
	"os"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// leads returns what a host's log says of the orders from one to another.
func leads(t *testing.T, h *Host, from, to uint64) (list []bftcore.Batch) {
	t.Helper()
	for o := from; o <= to; o++ {
		found, _, err := h.log.ReadOrders(o, o, forwardBytes, hostlog.Kind(bftcore.RecordPrepare), hostlog.Kind(bftcore.RecordCommit))
		if err != nil {
			t.Fatal(err)
		}
		b, ok, err := h.config().Proven(o, coreRecords(found))
		if !ok || err != nil {
			t.Fatalf("order %d is not proven: %v", o, err)
		}
		list = append(list, b)
	}
	return list
}

// A copy of the store is the state of a checkpoint when its root says so, and takes the store's place then, with all that
// is derived; one that was led elsewhere does not, and leaves nothing.
func TestWayToACheckpoint(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(30, 0, 1, 2)
	g.end(2)
	m.file(30, 0, 1)
	s := g.stable(0, 0, 1)
	o := testOptions(g.dirs[2], 2, 3)
	o.Founding = g.founding
	h, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	from := h.machine().Applied()
	if further, err := h.retrace(t.Context(), from-1); err != nil || further.Order() != from {
		t.Errorf("a store that is further than where the way begins: %v", err)
	}
	if _, err := h.retrace(t.Context(), from+1); !errors.Is(err, node.ErrElsewhere) {
		t.Errorf("a way that begins behind what the log has: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := h.retrace(ended, from); !errors.Is(err, context.Canceled) {
		t.Errorf("a copy that is to end: %v", err)
	}
	batches := leads(t, g.hosts[0], from+1, s.Order)
	for _, c := range []struct {
		name  string
		spoil func(i int, b bftcore.Batch) []wire.Request
		there bool
	}{
		{"an order without its requests", func(i int, b bftcore.Batch) []wire.Request {
			if i == len(batches)/2 {
				return nil
			}
			return b.Requests
		}, false},
		{"the way that was gone", func(_ int, b bftcore.Batch) []wire.Request { return b.Requests }, true},
	} {
		w, err := h.retrace(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range batches {
			if there, err := w.Arrive(s); there || err != nil {
				t.Fatalf("%s: at %d it has arrived at %d: %v", c.name, w.Order(), s.Order, err)
			}
			if err := w.Apply(b.Order, c.spoil(i, b)); err != nil {
				t.Fatal(err)
			}
		}
		there, err := w.Arrive(s)
		if err != nil || there != c.there {
			t.Fatalf("%s: arrived %v, %v", c.name, there, err)
		}
		if h.machine().Applied() != from {
			t.Fatalf("%s: the store itself is at %d", c.name, h.machine().Applied())
		}
		if there {
			if err := (&application{h}).Install(w); err != nil {
				t.Fatal(err)
			}
		}
		w.Abort()
		if _, err := os.Stat(h.path(wayName)); !os.IsNotExist(err) {
			t.Errorf("%s: a copy is left: %v", c.name, err)
		}
	}
	if h.machine().Applied() != s.Order || h.machine().Root() != s.Root {
		t.Errorf("at %d with %v, want %d with %v", h.machine().Applied(), h.machine().Root(), s.Order, s.Root)
	}
	if walked, err := h.machine().Walk(); err != nil || walked != s.Root {
		t.Errorf("walked to %v: %v", walked, err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.path(wayName), []byte("a copy that a crash left"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.start(2)
	if _, err := os.Stat(h.path(wayName)); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	m.file(10, 0, 1, 2)
	g.do(0, &command.Ping{Data: []byte("on")})
	g.agree()
	m.read(2)
}
