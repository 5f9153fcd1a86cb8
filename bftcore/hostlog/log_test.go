package hostlog

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRealFiles runs the log on the real file system, over segments, restarts and a second opener.
func TestRealFiles(t *testing.T) {
	dir := t.TempDir() + "/new/log"
	opts := Options{SegmentBytes: dataStart + 4096, MaxRecordBytes: 1000}
	var want []Record
	for round := range 3 {
		log, err := Open(dir, opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, opts); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
			t.Fatalf("second opener: %v", err)
		}
		for i := range 20 {
			r := Record{Kind: 1, Order: uint64(round*20 + i), Body: bytes.Repeat([]byte{byte(i)}, i*40)}
			want = append(want, r)
			mustAppend(t, log, r)
		}
		mustSync(t, log)
		var got []Record
		err = log.Replay(1, func(lsn uint64, r Record) error {
			got = append(got, Record{r.Kind, r.Order, bytes.Clone(r.Body)})
			return nil
		})
		if err != nil || !slices.EqualFunc(got, want, sameRecord) {
			t.Fatalf("round %d: %d records, %v; want %d", round, len(got), err, len(want))
		}
		if s := log.Stats(); s.Segments < 2 || s.DurableLSN != uint64(len(want)) {
			t.Fatalf("round %d: %+v", round, s)
		}
		mustClose(t, log)
		mustClose(t, log)
	}
}

func sameRecord(a, b Record) bool {
	return a.Kind == b.Kind && a.Order == b.Order && bytes.Equal(a.Body, b.Body)
}

func TestLimits(t *testing.T) {
	disk := newMemFS()
	for _, o := range []Options{
		{SegmentBytes: dataStart + 8}, {SegmentBytes: MaxSegmentBytes + 8}, {MaxRecordBytes: -1},
		{MaxRecordBytes: MaxRecordBytesLimit + 1}, {SegmentBytes: DefaultSegmentBytes + 1},
	} {
		o.FS = disk
		if _, err := Open("dir", o); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	log := mustOpen(t, smallOptions(disk))
	for _, r := range []Record{{Kind: 0}, {Kind: 1, Body: make([]byte, 601)}} {
		if _, err := log.Append([]Record{{Kind: 1}, r}); !errors.Is(err, ErrRecord) {
			t.Errorf("kind %d, %d bytes: %v", r.Kind, len(r.Body), err)
		}
	}
	if lsn := mustAppend(t, log); lsn != 0 {
		t.Errorf("refused batch left %d records", lsn)
	}
	if lsn := mustAppend(t, log, Record{Kind: 255, Body: make([]byte, 600)}); lsn != 1 {
		t.Errorf("LSN %d, want 1", lsn)
	}
	for _, r := range [][2]uint64{{0, 1}, {2, 1}, {1, MaxReadOrders + 1}} {
		if _, _, err := log.ReadOrders(r[0], r[1], 1); !errors.Is(err, ErrRange) {
			t.Errorf("orders %v: %v", r, err)
		}
	}
	mustClose(t, log)
	if _, err := log.Append(nil); !errors.Is(err, ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
	if _, err := log.Sync(); !errors.Is(err, ErrClosed) {
		t.Errorf("sync after close: %v", err)
	}
}

// TestFailStop: after one failed write or sync nothing works any more, though the disk would.
func TestFailStop(t *testing.T) {
	for name, fail := range map[string]func(*Log, *memFS) error{
		"write": func(l *Log, m *memFS) error { _, err := l.Append([]Record{{Kind: 1}}); return err },
		"sync": func(l *Log, m *memFS) error {
			m.failAt = 0
			mustAppend(t, l, Record{Kind: 1})
			m.failAt = m.calls + 1
			_, err := l.Sync()
			return err
		},
	} {
		disk := newMemFS()
		log := mustOpen(t, smallOptions(disk))
		disk.failAt = disk.calls + 1
		if err := fail(log, disk); !errors.Is(err, ErrPoisoned) || !errors.Is(err, errDisk) {
			t.Fatalf("%s: %v", name, err)
		}
		calls := disk.calls
		_, appendErr := log.Append([]Record{{Kind: 1}})
		_, syncErr := log.Sync()
		replayErr := log.Replay(0, nil)
		_, _, readErr := log.ReadOrders(1, 1, 1)
		for _, err := range []error{appendErr, syncErr, replayErr, readErr, log.TruncateBelow(1, 1), log.Close()} {
			if !errors.Is(err, ErrPoisoned) {
				t.Errorf("%s: then %v", name, err)
			}
		}
		if disk.calls != calls || log.Durable() != 0 {
			t.Errorf("%s: the disk was touched again, or durable is %d", name, log.Durable())
		}
	}
}

// TestReadOrders compares with a search over all records.
func TestReadOrders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		disk := newMemFS()
		log, err := Open("dir", Options{SegmentBytes: 200 << 10, MaxRecordBytes: 90 << 10, FS: disk})
		if err != nil {
			t.Fatal(err)
		}
		var all []Record
		for i := range rapid.IntRange(0, 40).Draw(t, "records") {
			r := Record{Kind: Kind(1 + i%3), Order: uint64(max(0, i/3+rapid.IntRange(-2, 3).Draw(t, "order")))}
			r.Body = bytes.Repeat([]byte{byte(i)}, rapid.SampledFrom([]int{0, 10, 3000, 70 << 10}).Draw(t, "bytes"))
			all = append(all, r)
			if _, err := log.Append([]Record{r}); err != nil {
				t.Fatal(err)
			}
		}
		from := uint64(rapid.IntRange(1, 15).Draw(t, "from"))
		to := from + uint64(rapid.IntRange(0, 15).Draw(t, "more"))
		limit := rapid.SampledFrom([]int{0, 50, 4000, 80 << 10, 1 << 30}).Draw(t, "max")
		kinds := rapid.SampledFrom([][]Kind{nil, {1}, {2, 3}}).Draw(t, "kinds")
		got, next, err := log.ReadOrders(from, to, limit, kinds...)
		if err != nil {
			t.Fatal(err)
		}
		want, wantNext := searchOrders(all, from, to, limit, kinds)
		if next != wantNext || !slices.EqualFunc(got, want, sameRecord) {
			t.Fatalf("%d records, next %d; want %d, next %d", len(got), next, len(want), wantNext)
		}
	})
}

func searchOrders(all []Record, from, to uint64, limit int, kinds []Kind) (recs []Record, next uint64) {
	used := 0
	for order := from; order <= to; order++ {
		var some []Record
		cost := 0
		for _, r := range all {
			if r.Order == order && (kinds == nil || slices.Contains(kinds, r.Kind)) {
				some = append(some, r)
				cost += frameHeader + len(r.Body)
			}
		}
		if used+cost > limit && len(recs) > 0 {
			return recs, order
		}
		recs, used = append(recs, some...), used+cost
	}
	return recs, to + 1
}

// TestTruncateBelow: a segment goes only when all its orders are below, its records of order 0 too, and
// all segments before it go.
func TestTruncateBelow(t *testing.T) {
	disk := newMemFS()
	log := mustOpen(t, smallOptions(disk))
	for i := range uint64(30) {
		order := i + 1
		if i == 12 {
			order = 0
		}
		mustAppend(t, log, Record{Kind: 1, Order: order, Body: make([]byte, 500)}) // three a segment
	}
	first := func() uint64 { return log.Stats().FirstLSN }
	for _, c := range []struct{ order, live, first uint64 }{
		{3, 100, 1}, {4, 100, 4}, {9, 100, 7}, {20, 13, 13}, {20, 14, 19}, {99, 99, 28},
	} {
		if err := log.TruncateBelow(c.order, c.live); err != nil {
			t.Fatal(err)
		}
		if first() != c.first {
			t.Errorf("below order %d, live %d: first record is %d, want %d", c.order, c.live, first(), c.first)
		}
	}
	mustClose(t, log)
	if n := len(segmentFiles(disk.files())); n != 1 {
		t.Errorf("%d segment files left, want 1", n)
	}
	log = mustOpen(t, smallOptions(disk))
	if s := log.Stats(); s.FirstLSN != 28 || s.LastLSN != 30 {
		t.Errorf("after reopening: %+v", s)
	}
}

// TestConcurrent has appenders, syncers, readers and a truncation at work at once; run with -race.
func TestConcurrent(t *testing.T) {
	log, err := Open(t.TempDir(), Options{SegmentBytes: 64 << 10, MaxRecordBytes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range uint64(2) {
		wg.Go(func() {
			for i := range uint64(200) {
				lsn, err := log.Append([]Record{{1, i + 1, make([]byte, 200)}, {2, i + 1, make([]byte, 300)}})
				if err != nil {
					t.Error(err)
					return
				}
				if i%4 == w {
					if durable, err := log.Sync(); err != nil || durable < lsn {
						t.Errorf("synced to %d, appended %d: %v", durable, lsn, err)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for i := range uint64(60) {
			recs, _, err := log.ReadOrders(1+i, 20+i, 1<<20)
			sorted := slices.IsSortedFunc(recs, func(a, b Record) int { return cmp.Compare(a.Order, b.Order) })
			if err != nil || !sorted {
				t.Error(sorted, err)
			}
			if i%20 == 0 {
				if err := log.TruncateBelow(i, 1); err != nil {
					t.Error(err)
				}
			}
			if err := log.Replay(i*5, func(uint64, Record) error { return nil }); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	mustClose(t, log)
}

// TestSharedSync: callers that wait while a sync runs need one more sync together, not one each.
func TestSharedSync(t *testing.T) {
	gate := &gatedFS{memFS: newMemFS(), started: make(chan struct{}), proceed: make(chan struct{})}
	opts := smallOptions(gate.memFS)
	opts.FS = gate
	log := mustOpen(t, opts)
	mustAppend(t, log, Record{Kind: 1})
	gate.on.Store(true)
	done := make(chan uint64)
	callSync := func() {
		durable, err := log.Sync()
		if err != nil {
			t.Error(err)
		}
		done <- durable
	}
	go callSync()
	<-gate.started
	mustAppend(t, log, Record{Kind: 1})
	const callers = 8
	for range callers {
		go callSync()
	}
	gate.on.Store(false)
	close(gate.proceed)
	for range callers + 1 {
		<-done
	}
	if s := log.Stats(); s.Syncs != 2 || s.DurableLSN != 2 {
		t.Errorf("%+v, want 2 syncs", s)
	}
	mustClose(t, log)
}
