package host

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

// The scrub finds every record that is gone or damaged, small and large, before anybody reads it, and peers
// give it back.
func TestScrubRepairs(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(60, 0, 1, 2)
	g.agree()
	if err := g.hosts[2].store().Flush(); err != nil {
		t.Fatal(err)
	}
	g.end(2)
	var small, large int
	for _, f := range files(t, g.dirs[2], "/bodies/") {
		if large++; large%2 == 0 {
			remove(t, f)
		} else {
			middle(t, f)
		}
	}
	b, err := os.ReadFile(g.dirs[2] + "/store.db")
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range m.bodies {
		if at := bytes.LastIndex(b, body); len(body) <= wire.InlineBodyBytes && at > 0 && small < 5 {
			b[at+150] ^= 1
			small++
		}
	}
	if err := os.WriteFile(g.dirs[2]+"/store.db", b, 0o600); err != nil {
		t.Fatal(err)
	}
	if small == 0 || large < 2 {
		t.Fatalf("%d small and %d large records", small, large)
	}
	g.start(2)
	for !g.hosts[2].Figures().Scrub.Done {
		g.do(2, &command.Ping{AsRead: true})
	}
	f := g.hosts[2].Figures()
	if f.Scrub.Repaired < uint64(large) || f.Scrub.Repaired > uint64(large+small) || f.Scrub.Lost != 0 {
		t.Errorf("%d small and %d large records were damaged: %+v", small, large, f.Scrub)
	}
	if !g.raises(2, boundary.AlarmBodyLost) || g.raises(2, boundary.AlarmStoreRebuilt) {
		t.Errorf("alarms: %v", f.Facts.Alarms)
	}
	for _, body := range m.bodies {
		if got, err := g.hosts[2].bodies.Get(wire.Sum(body), wire.MaxBodyBytes); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("a record of %d bytes: %v", len(body), err)
		}
	}
}

// What the log proves is in the store before a core is made over it.
func TestBringForward(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(100, 0, 1, 2)
	g.agree()
	last := g.hosts[2].machine().Applied()
	g.end(2)
	remove(t, g.dirs[2]+"/store.db")
	h, err := Open(Options{
		Dir: g.dirs[2], Self: 2, Replicas: 3, Founding: testFounding, Genesis: testGenesis, FirstMailbox: 1,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := h.bringForward(ctx); err != nil || h.machine().Applied() != last {
		t.Errorf("at order %d of %d: %v", h.machine().Applied(), last, err)
	}
	if walked, err := h.machine().Walk(); err != nil || walked != h.machine().Root() {
		t.Errorf("the store contradicts itself: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}
