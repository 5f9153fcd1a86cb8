package host

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// historyHost opens a folder of replica 1, a new one if dir is empty.
func historyHost(t *testing.T, dir string) *Host {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
		if err := Prepare(dir, testGenesis, 1); err != nil {
			t.Fatal(err)
		}
	}
	h, err := Open(Options{Dir: dir, Self: 1, Replicas: 3, Genesis: testGenesis, FirstMailbox: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// firstHistory is a host in a new folder that follows a first founding, whose three batches are in its log and not executed.
func firstHistory(t *testing.T) *Host {
	t.Helper()
	h := historyHost(t, "")
	first := beginsWith(1, 1, wire.Stable{})
	writes(t, h, first.Certificate.Founding)
	follows(t, h, first)
	return h
}

// again closes a host and opens its folder once more.
func again(t *testing.T, h *Host) *Host {
	t.Helper()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return historyHost(t, h.o.Dir)
}

// beginsWith is what an enclave is ACTIVE with: entries from the order behind stable on.
func beginsWith(generation, incarnation uint32, stable wire.Stable, batches ...wire.Digest) *wire.Frontier {
	f := &wire.Frontier{Certificate: wire.Certificate{
		Kind: wire.CertFrontier, Replica: 1, Vector: make([]uint32, 3), Incarnation: incarnation,
		Founding: wire.Founding{Generation: generation, Digest: wire.Digest{byte(generation)}},
	}}
	f.LastActive = f.Certificate.Founding
	f.Disclosure.Stable = stable
	for i, d := range batches {
		f.Disclosure.Entries = append(f.Disclosure.Entries, wire.Entry{Order: stable.Order + uint64(i) + 1, Batch: d})
	}
	return sealed(f)
}

// joins is the Frontier of a JOIN to a founding whose members were in an earlier one last.
func joins(generation, after uint32) *wire.Frontier {
	f := beginsWith(generation, 1, wire.Stable{})
	f.LastActive = beginsWith(after, 1, wire.Stable{}).Certificate.Founding
	return sealed(f)
}

// sealed gives a Frontier the digest of its body.
func sealed(f *wire.Frontier) *wire.Frontier {
	f.Certificate.Digest = f.BodyDigest()
	return f
}

// logs writes a Frontier to the log.
func logs(t *testing.T, h *Host, f *wire.Frontier) {
	t.Helper()
	if _, err := h.log.Append([]hostlog.Record{{Kind: hostlog.Kind(bftcore.RecordFrontier), Body: f.Append(nil)}}); err != nil {
		t.Fatal(err)
	}
}

// writes logs three empty batches as committed in a founding.
func writes(t *testing.T, h *Host, in wire.Founding) {
	t.Helper()
	var records []hostlog.Record
	for order := uint64(1); order <= 3; order++ {
		x := wire.Certificate{Kind: wire.CertPrepare, Vector: make([]uint32, 3), Incarnation: 1, Founding: in, Digest: empty}
		x.New.Order = order
		y := x
		y.Kind, y.Replica = wire.CertCommit, 1
		records = append(records,
			hostlog.Record{Kind: hostlog.Kind(bftcore.RecordPrepare), Order: order, Body: wire.AppendPrepare(nil, &x, nil)},
			hostlog.Record{Kind: hostlog.Kind(bftcore.RecordCommit), Order: order, Body: wire.AppendCommit(nil, &y, &x)})
	}
	if _, err := h.log.Append(records); err != nil {
		t.Fatal(err)
	}
}

var empty, other = wire.BatchDigest(nil), wire.Digest{7}

// forwards brings the store forward by the log, and returns the order that it is at.
func forwards(t *testing.T, h *Host) uint64 {
	t.Helper()
	if err := h.bringForward(context.Background()); err != nil {
		t.Fatal(err)
	}
	return h.machine().Applied()
}

// follows tells of a life of the enclave, and returns the order that the store is at then.
func follows(t *testing.T, h *Host, begins *wire.Frontier) uint64 {
	t.Helper()
	if err := h.follow(begins); err != nil {
		t.Fatal(err)
	}
	return h.machine().Applied()
}

// A store that has executed three empty batches is held against what another founding begins with, which has heard this
// replica or not.
func TestStoreFitsTheFounding(t *testing.T) {
	const heard, unheard = true, false
	for name, x := range map[string]struct {
		heard     bool
		stable    wire.Stable
		wrongRoot bool
		batches   []wire.Digest
		keeps     bool
	}{
		"the same batches":                         {unheard, wire.Stable{}, false, []wire.Digest{empty, empty, empty}, true},
		"the same and more":                        {unheard, wire.Stable{}, false, []wire.Digest{empty, empty, empty, other}, true},
		"another batch":                            {unheard, wire.Stable{}, false, []wire.Digest{empty, other, empty}, false},
		"another batch, but it was heard":          {heard, wire.Stable{}, false, []wire.Digest{empty, other, empty}, false},
		"fewer":                                    {unheard, wire.Stable{}, false, []wire.Digest{empty, empty}, false},
		"fewer, but it was heard":                  {heard, wire.Stable{}, false, []wire.Digest{empty, empty}, true},
		"the checkpoint":                           {unheard, wire.Stable{Order: 3}, false, nil, true},
		"another state at the checkpoint":          {unheard, wire.Stable{Order: 3}, true, nil, false},
		"another state there, but it was heard":    {heard, wire.Stable{Order: 3}, true, nil, false},
		"a checkpoint that it forgot":              {unheard, wire.Stable{Order: 2}, false, []wire.Digest{empty}, false},
		"a checkpoint forgotten, but it was heard": {heard, wire.Stable{Order: 2}, false, []wire.Digest{empty}, true},
		"a later checkpoint":                       {unheard, wire.Stable{Order: 9}, false, nil, false},
		"a later checkpoint, but it was heard":     {heard, wire.Stable{Order: 9}, false, nil, true},
		"a checkpoint forgotten, then another":     {heard, wire.Stable{Order: 2}, false, []wire.Digest{other}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := firstHistory(t)
			defer h.Close()
			forwards(t, h)
			if x.stable.Order == 3 && !x.wrongRoot {
				x.stable.Root = h.machine().Root()
			}
			want := uint64(0)
			if x.keeps {
				want = 3
			}
			if x.heard {
				logs(t, h, joins(2, 1))
			}
			if got := follows(t, h, beginsWith(2, 1, x.stable, x.batches...)); got != want {
				t.Errorf("it is at order %d, want %d", got, want)
			}
		})
	}
}

// A replica whose store is of another history believes neither that nor what its log shows of former foundings, and does not
// begin to when it is started again. What only it had is kept aside.
func TestLeftOut(t *testing.T) {
	h := firstHistory(t)
	if got := forwards(t, h); got != 3 {
		t.Fatalf("it is at order %d", got)
	}
	h = again(t, h)
	if got := forwards(t, h); got != 3 {
		t.Fatalf("opened again it is at order %d", got)
	}
	h.keeping.setStable(512, h.began)
	third := beginsWith(3, 2, wire.Stable{}, other)
	if got := follows(t, h, third); got != 0 {
		t.Fatalf("left out it is at order %d", got)
	}
	if at := h.keeping.stableOrder(); at != 0 {
		t.Errorf("of the former states it knows a stable one at %d", at)
	}
	if _, err := os.Stat(h.path(storeName) + leftOutSuffix + "1"); err != nil {
		t.Errorf("what only this replica has is gone: %v", err)
	}
	h = again(t, h)
	defer func() { _ = h.Close() }()
	if got := forwards(t, h); got != 0 {
		t.Fatalf("it executes its log again, up to order %d", got)
	}
	writes(t, h, wire.Founding{Generation: 3, Digest: wire.Digest{99}}) // of one with the same number
	if got := forwards(t, h); got != 0 {
		t.Fatalf("it executes what another founding committed, up to order %d", got)
	}
	writes(t, h, third.Certificate.Founding)
	if got := forwards(t, h); got != 3 {
		t.Errorf("what it heard since brings it to order %d", got)
	}
	if got := follows(t, h, beginsWith(3, 4, wire.Stable{}, other)); got != 3 {
		t.Errorf("returning once more it is at order %d", got)
	}
}

// The log shows committed what the store has not come to, and another founding goes on without: a host whose enclave resigned
// while batches waited for execution, or with a gap before. Started again it does not execute that on top of what it has.
func TestLogAheadOfAHistory(t *testing.T) {
	for name, x := range map[string]struct {
		store   uint64
		heard   bool
		stable  uint64
		batches []wire.Digest
		want    uint64
	}{
		"another batch":           {2, false, 0, []wire.Digest{empty, empty, other}, 0},
		"nothing there":           {2, false, 0, []wire.Digest{empty, empty}, 0},
		"nothing there, heard":    {2, true, 0, []wire.Digest{empty, empty}, 3},
		"the same":                {2, false, 0, []wire.Digest{empty, empty, empty}, 3},
		"an empty store":          {0, false, 0, []wire.Digest{other}, 0},
		"an empty store, heard":   {0, true, 0, []wire.Digest{empty}, 3},
		"behind a checkpoint":     {0, false, 9, nil, 0},
		"behind one and heard":    {0, true, 9, nil, 3},
		"the same behind nothing": {0, false, 0, []wire.Digest{empty, empty, empty, other}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			h := firstHistory(t)
			if err := h.forwardTo(context.Background(), h.held.Load(), x.store); err != nil {
				t.Fatal(err)
			}
			if x.heard {
				logs(t, h, joins(2, 1))
			}
			follows(t, h, beginsWith(2, 1, wire.Stable{Order: x.stable}, x.batches...))
			h = again(t, h)
			defer func() { _ = h.Close() }()
			if got := forwards(t, h); got != x.want {
				t.Errorf("started again it is at order %d, want %d", got, x.want)
			}
		})
	}
}

// An enclave that joined a founding, and returned to it like one that was elsewhere, was heard. What the founding begins
// with does not tell here: it has fewer orders.
func TestJoinedAndReturned(t *testing.T) {
	h := firstHistory(t)
	defer h.Close()
	forwards(t, h)
	logs(t, h, joins(2, 1))
	if got := follows(t, h, beginsWith(2, 2, wire.Stable{}, empty)); got != 3 {
		t.Errorf("it is at order %d", got)
	}
	aborted := joins(3, 2)
	aborted.Certificate.Founding.Digest[0]++
	logs(t, h, sealed(aborted))
	if got := follows(t, h, beginsWith(3, 2, wire.Stable{}, empty)); got != 0 {
		t.Errorf("having joined another it is at order %d", got)
	}
}

// A replica that was left out of a founding takes part in a later one: that does not count what it had. One that joined all
// since, whether it has seen them ACTIVE or not, was heard.
func TestTookPart(t *testing.T) {
	for name, x := range map[string]struct {
		joined []*wire.Frontier
		keeps  bool
	}{
		"in all":                            {[]*wire.Frontier{joins(4, 1)}, true},
		"after it was left out":             {[]*wire.Frontier{joins(4, 3)}, false},
		"in one that it has not seen begin": {[]*wire.Frontier{joins(3, 1), joins(4, 3)}, true},
		"in one after it was left out":      {[]*wire.Frontier{joins(3, 2), joins(4, 3)}, false},
		"in one that was given up":          {[]*wire.Frontier{joins(2, 1), joins(4, 3)}, false},
		"in one that goes round":            {[]*wire.Frontier{joins(3, 4), joins(4, 3)}, false},
		"in none":                           {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := firstHistory(t)
			defer h.Close()
			forwards(t, h)
			for _, f := range x.joined {
				logs(t, h, f)
			}
			want := uint64(0)
			if x.keeps {
				want = 3
			}
			if got := follows(t, h, beginsWith(4, 1, wire.Stable{}, empty)); got != want { // it has fewer orders
				t.Errorf("it is at order %d, want %d", got, want)
			}
		})
	}
}

// A store that follows a founding of which no log tells any more that it began was held against it all the same.
func TestFoundingThatNobodyKnows(t *testing.T) {
	h := firstHistory(t)
	defer h.Close()
	forwards(t, h)
	logs(t, h, joins(2, 1))
	if got := follows(t, h, beginsWith(2, 1, wire.Stable{}, empty, empty, empty)); got != 3 {
		t.Fatalf("it is at order %d", got)
	}
	logs(t, h, joins(3, 1)) // the others and the own enclave had joined 2, and nothing they did in it is left
	if got := follows(t, h, beginsWith(3, 1, wire.Stable{}, empty, empty)); got != 3 {
		t.Errorf("it is at order %d", got)
	}
}

// A folder without the file follows what its log knows, and has the file from then on: when the log learns of another
// founding before the store was held against it, the file tells.
func TestHistoryIsWrittenAtOnce(t *testing.T) {
	h := historyHost(t, "")
	first := beginsWith(1, 1, wire.Stable{})
	writes(t, h, first.Certificate.Founding)
	logs(t, h, first)
	forwards(t, h)
	if err := os.Remove(h.path(historyName)); err != nil {
		t.Fatal(err)
	}
	h = again(t, h)
	later := beginsWith(2, 2, wire.Stable{}, other)
	logs(t, h, later)
	h = again(t, h)
	defer h.Close()
	forwards(t, h)
	if got := follows(t, h, later); got != 0 {
		t.Errorf("it is at order %d", got)
	}
}

// A folder of the version that did not note which founding was ACTIVE last is refused in words, and left as it is: taken for
// damage, its log would be put aside, and the replica would come back with an older past.
func TestFolderOfFormerVersion(t *testing.T) {
	h := historyHost(t, "")
	f := beginsWith(1, 1, wire.Stable{})
	raw := f.Append(nil)
	head := len(raw) - len(f.Certificate.Append(nil)) - 36 - (8 + 32 + 4 + 1 + 8 + 8)
	body := raw[len(raw)-(8+32+4+1+8+8):]
	f.Certificate.Digest = wire.Sum(append(canon.AppendCount([]byte("troxymail/frontier/v1"), len(body)), body...))
	former := append(f.Certificate.Append(raw[:head:head]), body...)
	if _, err := h.log.Append([]hostlog.Record{{Kind: hostlog.Kind(bftcore.RecordFrontier), Body: former}}); err != nil {
		t.Fatal(err)
	}
	o := h.o
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := Open(o)
		if err == nil || !strings.Contains(err.Error(), "of a former version") || !strings.Contains(err.Error(), "empty") {
			t.Fatalf("%v", err)
		}
	}
}

// A damaged file makes the least of store and log.
func TestDamagedHistory(t *testing.T) {
	some := history{founding: wire.Founding{Generation: 7, Digest: other}, since: wire.Founding{Generation: 3, Digest: empty}}
	for name, text := range map[string]string{
		"empty": "", "cut": some.encode()[:30], "longer": some.encode() + "x",
		"changed": strings.Replace(some.encode(), "founding 7", "founding 8", 1),
	} {
		if y, ok := decodeHistory(text); ok {
			t.Errorf("%s: %+v", name, y)
		}
	}
	if y, ok := decodeHistory(some.encode()); !ok || y != some {
		t.Errorf("%+v, %v", y, ok)
	}
	h := historyHost(t, "")
	first, second := beginsWith(1, 1, wire.Stable{}), beginsWith(2, 1, wire.Stable{}, empty, empty, empty)
	writes(t, h, first.Certificate.Founding)
	follows(t, h, second)
	logs(t, h, second)
	if err := os.WriteFile(h.path(historyName), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	h = again(t, h)
	defer h.Close()
	if got := forwards(t, h); got != 0 || h.history.founding != (wire.Founding{}) || h.history.since != second.Certificate.Founding {
		t.Errorf("with a damaged file it is at order %d, %+v", got, h.history)
	}
}
