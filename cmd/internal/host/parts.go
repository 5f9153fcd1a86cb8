package host

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
	"troxymail/mailstore/transfer"
)

const (
	// takingName is the file in which a state is put together, partName one that was not finished, whose parts
	// the next attempt takes. Neither is ever opened as the store; a finished one is renamed to it.
	takingName = "store.taking"
	partName   = "store.part"
)

// checkpoints gives the node the states of this host for others, and those of others for this one.
type checkpoints struct{ h *Host }

var _ node.Checkpoints = checkpoints{}

func (c checkpoints) Rooted(after uint64) []wire.Stable {
	x := c.h.held.Load()
	c.h.keeping.fresh(x.store.Fresh(), time.Now())
	if !c.h.filled.all() {
		return nil
	}
	roots, err := x.machine.Roots(after, x.store.FlushedOrder())
	if err != nil {
		return nil
	}
	list := make([]wire.Stable, len(roots))
	for i, r := range roots {
		list[i] = wire.Stable{Order: r.Order, Root: r.Root}
	}
	return list
}

func (c checkpoints) Whole() bool { return c.h.filled.all() }

func (c checkpoints) Stable(s wire.Stable) {
	c.h.keeping.setStable(s.Order, time.Now())
	c.h.filled.collectNow()
}

func (c checkpoints) Kept(order uint64) bool { return c.h.keeping.keeps(order) }

func (c checkpoints) Read(order uint64, by wire.ReplicaID) (transfer.Read, bool) {
	x := c.h.keeping.at(order, by, time.Now())
	if x == nil {
		return nil, false
	}
	return func(name string) []byte { return state.ReadPart(x, name) }, true
}

func (c checkpoints) Take(s wire.Stable) (node.Taking, error) { return c.h.take(s) }

func (c checkpoints) Retrace(ctx context.Context, order uint64) (node.Way, error) {
	return c.h.retrace(ctx, order)
}

// building says whether the files of a state on its way here are in use. Safe for concurrent use.
type building struct {
	mu   sync.Mutex
	busy bool // guarded by mu
}

func (b *building) set(busy bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy = busy
}

// unless runs f, during which no state is begun, unless one is on its way.
func (b *building) unless(f func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy {
		return nil
	}
	return f()
}

// taking is a state on its way here.
type taking struct {
	h      *Host
	stable wire.Stable
	build  *state.Builder // nil once finished or given up
	own    []*kv.Snapshot // of the present store, and of an attempt before
}

// take begins to put a state together: from peers, from the present store, and from what an interrupted attempt
// left.
func (h *Host) take(s wire.Stable) (*taking, error) {
	h.building.set(true) // until Abort, which comes after install too
	t := &taking{h: h, stable: s}
	if now, err := h.store().Now(); err == nil {
		t.own = append(t.own, now)
	}
	// What the last attempt left is the newer one, and as a rule the larger. One that ended before it came to much must
	// not take the place of what is there.
	if sizeOf(h.path(takingName)) > sizeOf(h.path(partName)) {
		if err := os.Rename(h.path(takingName), h.path(partName)); err != nil {
			t.Abort()
			return nil, err
		}
	}
	if former, err := kv.Salvage(h.path(partName)); err == nil {
		t.own = append(t.own, former)
	}
	o := h.storeOptions()
	o.Path = h.path(takingName)
	if err := os.RemoveAll(o.Path); err != nil {
		t.Abort()
		return nil, err
	}
	b, err := kv.Build(o)
	if err != nil {
		t.Abort()
		return nil, err
	}
	t.build = state.NewBuilder(b, h.genesis())
	return t, nil
}

// sizeOf is how large a file is, in bytes; -1 when there is none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

// release lets go of what parts were read from.
func (t *taking) release() error {
	for _, x := range t.own {
		x.Close()
	}
	t.own = nil
	return nil
}

func (t *taking) Head() transfer.Item { return state.Head(t.stable.Root) }

func (t *taking) Check(x transfer.Item, content []byte) ([]transfer.Item, error) {
	return state.CheckPart(x, content)
}

// Own looks into what is built, for records that several messages share, then into the stores of before.
func (t *taking) Own(x transfer.Item) []byte {
	if v := t.build.Record(x.Name); v != nil {
		return v
	}
	for _, from := range t.own {
		if v := state.ReadPart(from, x.Name); len(v) > 0 {
			if _, err := state.CheckPart(x, v); err == nil {
				return v
			}
		}
	}
	return nil
}

func (t *taking) Add(p *transfer.Part) error { return t.build.Add(p) }

func (t *taking) Finish() error {
	for d := range t.h.bodies.Stored() {
		t.build.Lies(d, t.stable.Order)
	}
	b := t.build
	t.build = nil
	return errors.Join(b.Finish(t.stable.Order, t.stable.Root), t.release())
}

func (t *taking) Abort() {
	if t.build != nil {
		if err := t.build.Abort(); err != nil {
			t.h.o.Logger.Error("transfer.not_kept", "cause", err.Error())
		}
		t.build = nil
	}
	_ = t.release()
	t.h.building.set(false)
}

func (t *taking) file() string { return takingName }

// placed is a finished state: in a file of the folder.
type placed interface{ file() string }

// install puts a finished state in the place of the present one: a crash leaves one or the other.
func (h *Host) install(file string) error {
	h.keeping.drop()
	if err := errors.Join(os.WriteFile(h.path(fillingName), nil, 0o600), syncFolder(h.o.Dir)); err != nil {
		return err
	}
	h.filled.replace() // until the new store is in its place nothing is found out about it
	former := h.held.Load()
	if err := former.store.Close(); err != nil {
		return err
	}
	if err := os.Rename(h.path(file), h.path(storeName)); err != nil {
		return err
	}
	if err := errors.Join(syncFolder(h.o.Dir), os.RemoveAll(h.path(partName))); err != nil {
		return err
	}
	x, err := h.openHeld(false)
	if err == nil {
		h.held.Store(x)
		h.filled.again()
	}
	return err
}
