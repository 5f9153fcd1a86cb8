package host

import (
	"errors"
	"os"
	"slices"
	"testing"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

// stable returns a checkpoint of a later order than after that hosts attest alike and have a snapshot of, and
// tells them that it is stable.
func (g *group) stable(after uint64, hosts ...int) wire.Stable {
	g.t.Helper()
	for {
		g.do(hosts[0], &command.Ping{Data: []byte("on to a checkpoint")})
		at := map[wire.Stable]int{}
		newest := wire.Stable{}
		for _, i := range hosts {
			for _, s := range (checkpoints{g.hosts[i]}).Rooted(0) {
				if at[s]++; at[s] == len(hosts) && s.Order > newest.Order {
					newest = s
				}
			}
		}
		kept := newest.Order > after
		for _, i := range hosts {
			g.node(i).NoteStable(newest)
			kept = kept && slices.Contains(g.hosts[i].keeping.orders(), newest.Order)
		}
		if kept {
			return newest
		}
	}
}

// node waits for the node of host i, which is being linked.
func (g *group) node(i int) *node.Node {
	for g.hosts[i].node.Load() == nil {
		g.do(0, &command.Ping{Data: []byte("meanwhile")})
	}
	return g.hosts[i].node.Load()
}

// onlyTransfers lets replica to hear nothing but parts of states.
func (g *group) onlyTransfers(replica int) {
	passes := func(to, _ int, frame []byte) bool {
		kind, err := wire.PeekKind(frame)
		return to != replica || err == nil && (kind == wire.KindTransfer || kind == wire.KindFetched)
	}
	g.passes.Store(&passes)
}

// wipe makes the folder of a replica that does not run as new.
func (g *group) wipe(i int) {
	g.t.Helper()
	remove(g.t, g.dirs[i])
	if err := Prepare(g.dirs[i], testGenesis, wire.ReplicaID(i)); err != nil {
		g.t.Fatal(err)
	}
}

// takes has replica i take a state over and waits until it is there. It returns which: not s but a later one when the
// sources did not keep s until they were asked.
func (g *group) takes(i int, s wire.Stable, from ...int) wire.Stable {
	g.t.Helper()
	h := g.hosts[i]
	g.node(i).Transfer(s)
	for h.machine().Applied() < s.Order {
		s = g.kept(i, s, from...)
	}
	return s
}

// kept orders something, and has replica i take a later state over when the sources do not keep s any more.
func (g *group) kept(i int, s wire.Stable, from ...int) wire.Stable {
	g.t.Helper()
	g.do(0, &command.Ping{Data: []byte("meanwhile")})
	for _, source := range from {
		if !slices.Contains(g.hosts[source].keeping.orders(), s.Order) {
			s = g.stable(s.Order, from...)
			g.node(i).Transfer(s)
			break
		}
	}
	return s
}

// A wiped replica takes the state over while the others go on: same digest, all bodies, and it attests that
// checkpoint itself; then it orders with them, from a folder that holds no log of what was before.
func TestWipedReplicaTakesTheState(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(60, 0, 1, 2)
	g.end(2)
	m.file(20, 0, 1)
	g.wipe(2)
	s := g.stable(0, 0, 1)
	g.onlyTransfers(2)
	g.start(2)
	s = g.takes(2, s, 0, 1)
	h := g.hosts[2]
	if h.machine().Root() != s.Root || h.machine().Applied() != s.Order {
		t.Fatalf("root %v at %d, want %v at %d", h.machine().Root(), h.machine().Applied(), s.Root, s.Order)
	}
	if walked, err := h.machine().Walk(); err != nil || walked != s.Root {
		t.Fatalf("walked to %v: %v", walked, err)
	}
	for !h.filled.all() {
		g.do(0, &command.Ping{Data: []byte("until the bodies are there")})
	}
	if list := (checkpoints{h}).Rooted(0); len(list) != 1 || list[0] != s {
		t.Errorf("attests %v, want %v", list, s)
	}
	if g.raises(2, boundary.AlarmBodyLost) {
		t.Error("bodies that it never had count as lost")
	}
	g.end(2)
	g.passes.Store(nil)
	g.start(2)
	m.file(10, 0, 1, 2)
	g.agree()
	m.read(2)
	g.end(1)
	m.file(5, 0, 2)
	g.agree()
}

// With a state of its own a replica takes only what differs; a source that damages parts is named, and the state
// comes from the other.
func TestOnlyPartsThatDifferAreTaken(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(80, 0, 1, 2)
	g.agree()
	g.end(2)
	m.file(3, 0, 1)
	s := g.stable(0, 0, 1)
	passes := func(to, from int, frame []byte) bool {
		kind, err := wire.PeekKind(frame)
		if to == 2 && from == 0 && err == nil && kind == wire.KindTransfer && len(frame) > 30 {
			frame[len(frame)-1] ^= 1 // within the last part
		}
		return to != 2 || err == nil && (kind == wire.KindTransfer || kind == wire.KindFetched)
	}
	g.passes.Store(&passes)
	g.start(2)
	s = g.takes(2, s, 0, 1)
	h := g.hosts[2]
	if walked, err := h.machine().Walk(); err != nil || walked != s.Root {
		t.Fatalf("walked to %v: %v", walked, err)
	}
	f := h.node.Load().Transfers()
	if f.KeptParts < 100 || f.FetchedBytes > 100_000 {
		t.Errorf("%+v: too much was fetched", f)
	}
	if !g.raises(2, boundary.AlarmUnfitPart) {
		t.Error("no alarm names the source that damages parts")
	}
}

// A transfer that was cut off, whenever, leaves the old store; the next one goes on from what it had.
func TestInterruptedTransferGoesOn(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(60, 0, 1)
	g.end(2)
	g.wipe(2)
	s := g.stable(0, 0, 1)
	left := 6 // answers that arrive before the cut
	passes := func(to, from int, frame []byte) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		kind, err := wire.PeekKind(frame)
		if to == 2 && err == nil && kind == wire.KindTransfer && len(frame) > 100 { // else it says that it has nothing
			left--
		}
		return to != 2 || left >= 0 && err == nil && kind == wire.KindTransfer
	}
	g.passes.Store(&passes)
	g.start(2)
	h := g.hosts[2]
	g.node(2).Transfer(s)
	for h.node.Load().Transfers().FetchedBytes == 0 {
		s = g.kept(2, s, 0, 1)
	}
	g.end(2)
	if info, err := os.Stat(g.dirs[2] + "/" + takingName); err != nil || info.Size() == 0 {
		t.Fatalf("nothing is left of the transfer: %v", err)
	}
	g.mu.Lock()
	left = 1 << 30
	g.mu.Unlock()
	g.start(2)
	h = g.hosts[2]
	if h.machine().Applied() != 0 {
		t.Fatal("an unfinished state is served")
	}
	s = g.takes(2, s, 0, 1)
	if walked, err := h.machine().Walk(); err != nil || walked != s.Root {
		t.Fatalf("walked to %v: %v", walked, err)
	}
	if h.node.Load().Transfers().KeptParts == 0 {
		t.Error("nothing of the first attempt was used")
	}
	for _, name := range []string{takingName, partName} {
		if _, err := os.Stat(g.dirs[2] + "/" + name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left over: %v", name, err)
		}
	}
}

// What was left of an attempt goes in time, but never while a state is put together.
func TestStateOnItsWayIsNotCollected(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(3, 0, 1, 2)
	h, n := g.hosts[0], g.node(0)
	for !h.filled.all() {
		g.do(0, &command.Ping{Data: []byte("until the bodies are there")})
	}
	taking, err := h.take(wire.Stable{Order: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{nil, os.ErrNotExist} {
		if _, err := h.collect(t.Context(), n, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(h.path(takingName)); !errors.Is(err, want) {
			t.Errorf("the state on its way: %v, want %v", err, want)
		}
		taking.Abort()
	}
}

// A store that is behind the checkpoint does not know which bodies the orders name that it lacks: none goes.
func TestNothingGoesBehindTheCheckpoint(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(30, 0, 1, 2)
	g.stable(1, 0)
	h, n := g.hosts[0], g.node(0)
	body := []byte("of an order that is still to come")
	d := wire.Sum(body)
	if err := errors.Join(h.bodies.PutBody(d, body), h.machine().Lying(d, 1), h.store().Flush()); err != nil {
		t.Fatal(err)
	}
	at := h.machine().Applied()
	if at < 1+h.o.bodyGrace {
		t.Fatalf("it is at %d, within the grace", at)
	}
	for _, x := range []struct {
		stable uint64
		stays  bool
	}{{at + 1000, true}, {at, false}} {
		if _, err := h.collect(t.Context(), n, x.stable); err != nil {
			t.Fatal(err)
		}
		if h.bodies.Has(d) != x.stays {
			t.Errorf("with a stable checkpoint of %d, at %d: the body is there %v", x.stable, at, !x.stays)
		}
	}
}

// Large bodies go when the last message that names them went, and only after a stable checkpoint, the grace and
// the snapshots say so.
func TestUnusedBodiesGo(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(60, 0, 1, 2)
	before := len(files(t, g.dirs[0], "/bodies/"))
	if before == 0 {
		t.Fatal("no large bodies")
	}
	m.ok(0, &command.Store{
		Account: m.account, Mailbox: 1, UIDs: []command.UIDRange{{First: 1, Last: m.next}}, Mode: command.StoreAdd,
		Flags: command.FlagDeleted, UnchangedSince: 1<<64 - 1,
	})
	m.ok(0, &command.Expunge{Account: m.account, Mailbox: 1, All: true})
	gone := g.hosts[0].machine().Applied()
	for i := range 3 {
		if n := len(files(t, g.dirs[i], "/bodies/")); n < before {
			t.Fatalf("replica %d: %d of %d bodies before a checkpoint", i, n, before)
		}
	}
	after := uint64(0)
	for i := 0; i < 3; {
		after = g.stable(after, 0, 1, 2).Order
		if i < 3 && len(files(t, g.dirs[i], "/bodies/")) == 0 {
			i++
		}
	}
	if after < gone+16 {
		t.Errorf("gone at %d, collected by the checkpoint of %d", gone, after)
	}
	m.bodies = nil
	m.file(10, 0, 1, 2)
	g.agree()
	m.read(1)
}
