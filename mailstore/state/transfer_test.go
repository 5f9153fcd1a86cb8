package state

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/transfer"
)

// lying is what a source of parts makes of them.
type lying func(part []byte) []byte

// taking is one transfer to a new store, step by step: replica 2 of 3 takes.
type taking struct {
	t       *testing.T
	fetch   *transfer.Fetch
	build   *Builder
	sources map[wire.ReplicaID]Reader
	own     []Reader
	lies    map[wire.ReplicaID]lying
	asked   int
	now     transfer.Time
}

func (x *taking) part(name string) []byte {
	if v := x.build.Record(name); v != nil {
		return v
	}
	for _, r := range x.own {
		if v := ReadPart(r, name); v != nil {
			return v
		}
	}
	return nil
}

func (x *taking) step() bool {
	x.t.Helper()
	x.now += 1e9
	out := x.fetch.Next(x.now)
	for i := range out.Parts {
		if err := x.build.Add(&out.Parts[i]); err != nil {
			x.t.Fatal(err)
		}
	}
	for _, a := range out.Asks {
		q := &wire.TransferAsk{Order: 1, Token: a.Token}
		for _, item := range a.Items {
			q.Names = append(q.Names, []byte(item.Name))
		}
		if a.To == 2 {
			answer := &wire.TransferAnswer{Token: a.Token}
			for _, item := range a.Items {
				answer.Parts = append(answer.Parts, x.part(item.Name))
			}
			x.fetch.Answer(x.now, 2, answer)
			continue
		}
		x.asked++
		answer := transfer.Serve(q, func(name string) []byte {
			part := ReadPart(x.sources[a.To], name)
			if lie := x.lies[a.To]; lie != nil {
				part = lie(slices.Clone(part))
			}
			return part
		})
		_, decoded, err := wire.DecodeTransfer(answer.Append(nil))
		if err != nil {
			x.t.Fatal(err)
		}
		x.fetch.Answer(x.now, a.To, decoded)
	}
	if err := x.fetch.Err(); err != nil {
		x.t.Fatal(err)
	}
	return !x.fetch.Done()
}

func take(t *testing.T, path string, root wire.Digest, sources map[wire.ReplicaID]Reader) *taking {
	t.Helper()
	b, err := kv.Build(kv.Options{Path: path, Cluster: testCluster})
	if err != nil {
		t.Fatal(err)
	}
	return &taking{t: t, sources: sources, build: NewBuilder(b, Genesis{FirstMailbox: firstMailbox}),
		fetch: transfer.New(2, 3, Head(root), CheckPart)}
}

// all runs to the end and returns the machine over the new store.
func (x *taking) all(path string, order uint64, root wire.Digest) *Machine {
	x.t.Helper()
	for n := 0; x.step(); n++ {
		if n > 100_000 {
			x.t.Fatal("no end")
		}
	}
	for _, p := range x.fetch.Next(x.now).Parts {
		if err := x.build.Add(&p); err != nil {
			x.t.Fatal(err)
		}
	}
	if err := x.build.Finish(order, root); err != nil {
		x.t.Fatal(err)
	}
	s := openStore(x.t, path, kv.Options{Verify: true})
	x.t.Cleanup(func() { s.Close() })
	return openMachine(x.t, s)
}

func (h *history) at(t *testing.T, order int) (*Machine, *kv.Snapshot) {
	t.Helper()
	m := newMachine(t, kv.Options{})
	part := *h
	part.log = h.log[:order]
	part.run(t, m, func(uint64) {})
	if err := m.store.Flush(); err != nil {
		t.Fatal(err)
	}
	x, err := m.store.Now()
	if err != nil {
		t.Fatal(err)
	}
	return m, x
}

// A state that was transferred is the state: same root, consistent, and from then on the same results and roots
// as who executed everything, cached results included.
func TestTransferredStateIsTheState(t *testing.T) {
	h := makeHistory(t, 4)
	for _, order := range []int{0, 1, 700, 1200} {
		m, snapshot := h.at(t, order)
		path := filepath.Join(t.TempDir(), "new")
		x := take(t, path, m.Root(), map[wire.ReplicaID]Reader{0: snapshot, 1: snapshot})
		got := x.all(path, uint64(order), m.Root())
		if got.Root() != m.Root() || got.Applied() != uint64(order) {
			t.Fatalf("order %d: root %v at %d", order, got.Root(), got.Applied())
		}
		checkWalk(t, got)
		h.run(t, got, func(uint64) {})
		if c := x.fetch.Counters(); c.Lost+c.Unfit+c.Timeouts > 0 {
			t.Errorf("order %d: %+v", order, c)
		}
	}
}

// With an older state of its own, a replica asks for little; so it does after an interrupted transfer.
func TestOnlyWhatDiffersIsAsked(t *testing.T) {
	h := makeHistory(t, 5)
	old, oldSnapshot := h.at(t, 1400)
	m, snapshot := h.at(t, 1401)
	if old.Root() == m.Root() {
		t.Fatal("the orders changed nothing")
	}
	sources := map[wire.ReplicaID]Reader{0: snapshot, 1: snapshot}
	dir := t.TempDir()
	whole := take(t, filepath.Join(dir, "whole"), m.Root(), sources)
	whole.all(filepath.Join(dir, "whole"), 1401, m.Root())
	diff := take(t, filepath.Join(dir, "diff"), m.Root(), sources)
	diff.own = []Reader{oldSnapshot}
	got := diff.all(filepath.Join(dir, "diff"), 1401, m.Root())
	checkWalk(t, got)
	all, few := whole.fetch.Counters(), diff.fetch.Counters()
	if all.Parts != few.Parts || (few.Parts-few.OwnParts)*5 > all.Parts || few.Bytes*5 > all.Bytes {
		t.Errorf("%+v of %+v", few, all)
	}

	cut := take(t, filepath.Join(dir, "cut"), m.Root(), sources)
	for cut.fetch.Counters().Parts < all.Parts/2 && cut.step() {
	}
	if err := cut.build.Abort(); err != nil {
		t.Fatal(err)
	}
	salvaged, err := kv.Salvage(filepath.Join(dir, "cut"))
	if err != nil {
		t.Fatal(err)
	}
	defer salvaged.Close()
	again := take(t, filepath.Join(dir, "again"), m.Root(), sources)
	again.own = []Reader{salvaged}
	checkWalk(t, again.all(filepath.Join(dir, "again"), 1401, m.Root()))
	if c := again.fetch.Counters(); c.OwnParts*3 < c.Parts {
		t.Errorf("after an interruption %d of %d parts were there", c.OwnParts, c.Parts)
	}
}

// A source that changes, cuts or exchanges parts is found out by the first such part, not asked again, and the
// state comes from the other; an own store that is damaged is no better and no worse.
func TestLiarsAreFoundOut(t *testing.T) {
	h := makeHistory(t, 6)
	m, snapshot := h.at(t, 900)
	_, older := h.at(t, 500)
	rnd := rand.New(rand.NewPCG(6, 6))
	for name, lie := range map[string]lying{
		"changed": func(p []byte) []byte {
			if len(p) > 0 {
				p[rnd.IntN(len(p))] ^= 1
			}
			return p
		},
		"now and then": func(p []byte) []byte {
			if len(p) > 0 && rnd.IntN(50) == 0 {
				p[len(p)-1] ^= 0x80
			}
			return p
		},
		"cut":    func(p []byte) []byte { return p[:len(p)*2/3] },
		"longer": func(p []byte) []byte { return append(p, 0) },
	} {
		path := filepath.Join(t.TempDir(), "new")
		x := take(t, path, m.Root(), map[wire.ReplicaID]Reader{0: snapshot, 1: snapshot})
		x.lies = map[wire.ReplicaID]lying{0: lie}
		x.own = []Reader{damaged{older, rnd}}
		checkWalk(t, x.all(path, 900, m.Root()))
		if liars := x.fetch.Liars(); len(liars) != 1 || liars[0] != 0 {
			t.Errorf("%s: liars %v", name, liars)
		}
	}
}

// damaged is a store with bits that flip.
type damaged struct {
	Reader
	rnd *rand.Rand
}

func (d damaged) Get(key []byte) ([]byte, error) {
	v, err := d.Reader.Get(key)
	if len(v) > 0 && d.rnd.IntN(3) == 0 {
		v[d.rnd.IntN(len(v))] ^= 4
	}
	return v, err
}

// Whatever bytes come as names and parts: no panic, and nothing but the part itself fits.
func FuzzParts(f *testing.F) {
	h := []string{"h", "tA", "n\x01\x00\x00\x00\x00A", "l\x00\x00\x00\x00H\x00\x00\x00\x01", "w\x00\x00\x00\x01", "lO\x00\x00"}
	for _, n := range h {
		f.Add(n, []byte("content"))
	}
	f.Fuzz(func(t *testing.T, n string, content []byte) {
		if _, err := CheckPart(transfer.Item{Name: n, Digest: wire.Sum([]byte("another"))}, content); err == nil {
			t.Errorf("%q fits", n)
		}
		ReadPart(nothing{content}, n)
	})
}

// nothing is a store that gives the same for every key.
type nothing struct{ content []byte }

func (x nothing) Get([]byte) ([]byte, error) { return slices.Clone(x.content), nil }

func (x nothing) Range(_, _ []byte, max int) ([][]byte, error) { return [][]byte{x.content}, nil }
