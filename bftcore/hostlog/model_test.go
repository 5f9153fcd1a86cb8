package hostlog

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// smallOptions make segments of one block of records, so that tests cross them often.
func smallOptions(m *memFS) Options {
	return Options{SegmentBytes: dataStart + 2048, MaxRecordBytes: 600, FS: m}
}

// model is what a log must still hold: all of recs up to durable, and of the rest any prefix.
type model struct {
	t       *rapid.T
	disk    *memFS
	log     *Log
	recs    []Record // recs[i] has LSN i+1
	durable uint64
	floor   uint64 // orders from here on must be there
	live    uint64 // records of order 0 from this LSN on must be there
}

func (m *model) open() {
	log, err := Open("dir", smallOptions(m.disk))
	if err != nil {
		m.t.Fatalf("open: %v", err)
	}
	m.log = log
	m.check()
}

// check replays the log against the model and forgets what the disk was free to lose.
func (m *model) check() {
	last := m.log.Stats().LastLSN
	if last < m.durable || last > uint64(len(m.recs)) {
		m.t.Fatalf("last LSN %d, durable %d, written %d", last, m.durable, len(m.recs))
	}
	m.recs = m.recs[:last]
	seen := map[uint64]bool{}
	err := m.log.Replay(0, func(lsn uint64, r Record) error {
		if want := m.recs[lsn-1]; r.Kind != want.Kind || r.Order != want.Order || !bytes.Equal(r.Body, want.Body) {
			return fmt.Errorf("record %d is %v, want %v", lsn, r, want)
		}
		seen[lsn] = true
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	for i, r := range m.recs {
		lsn := uint64(i + 1)
		if (r.Order >= m.floor && r.Order > 0 || r.Order == 0 && lsn >= m.live) && !seen[lsn] {
			m.t.Fatalf("record %d of order %d is gone", lsn, r.Order)
		}
	}
}

func (m *model) batch() []Record {
	recs := make([]Record, rapid.IntRange(1, 5).Draw(m.t, "records"))
	for i := range recs {
		body := make([]byte, rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 600)).Draw(m.t, "bytes"))
		for j := range body {
			body[j] = byte(len(m.recs) + i + j)
		}
		recs[i] = Record{Kind: Kind(rapid.IntRange(1, 3).Draw(m.t, "kind")), Body: body}
		if rapid.IntRange(0, 9).Draw(m.t, "orderless") > 0 {
			recs[i].Order = uint64(len(m.recs)/3 + rapid.IntRange(1, 4).Draw(m.t, "ahead"))
		}
	}
	return recs
}

func (m *model) step() {
	rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(m.t, "chance"), 1))
	switch rapid.IntRange(0, 12).Draw(m.t, "action") {
	default:
		recs := m.batch()
		_, err := m.log.Append(recs)
		m.recs = append(m.recs, recs...)
		m.settle(err)
	case 6, 7, 8:
		durable, err := m.log.Sync()
		if err == nil && durable != uint64(len(m.recs)) {
			m.t.Fatalf("synced to %d of %d", durable, len(m.recs))
		}
		m.settle(err)
	case 9:
		m.floor = max(m.floor, uint64(rapid.IntRange(0, len(m.recs)/3+1).Draw(m.t, "floor")))
		m.live = max(m.live, uint64(rapid.IntRange(0, len(m.recs)).Draw(m.t, "live")))
		m.settle(m.log.TruncateBelow(m.floor, m.live))
	case 10:
		m.settle(m.log.Close())
		m.durable = max(m.durable, m.log.Durable())
		m.disk.processKill() // lock and injected fault
		m.open()
	case 11:
		m.durable = max(m.durable, m.log.Durable())
		m.disk.processKill()
		m.open()
	case 12:
		m.durable = max(m.durable, m.log.Durable())
		m.disk.powerLoss(rnd)
		m.open()
	}
}

// settle checks that an error stopped the log for good, and starts anew from what the kernel kept.
func (m *model) settle(err error) {
	m.durable = max(m.durable, m.log.Durable())
	if err == nil {
		return
	}
	if !errors.Is(err, ErrPoisoned) || !errors.Is(err, errDisk) {
		m.t.Fatalf("%v is not a disk error", err)
	}
	if _, again := m.log.Sync(); again == nil {
		m.t.Fatal("sync works again after a disk error")
	}
	m.disk.processKill()
	m.open()
	m.durable = m.log.Durable()
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, disk: newMemFS()}
		m.open()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if m.disk.failAt <= m.disk.calls && rapid.IntRange(0, 15).Draw(t, "fault") == 0 {
				m.disk.failAt = m.disk.calls + rapid.IntRange(1, 12).Draw(t, "in")
				m.disk.torn = rapid.IntRange(0, 1500).Draw(t, "torn")
			}
			m.step()
		}
		m.disk.powerLoss(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "last"), 2)))
		m.durable = max(m.durable, m.log.Durable())
		m.open()
	})
}

// TestPowerLossAtEveryStep loses power before each write or sync in turn, many times with other luck:
// what Sync vouched for is there, and nothing is ever taken for damage.
func TestPowerLossAtEveryStep(t *testing.T) {
	var body [300]byte
	run := func(disk *memFS) (durable uint64, done bool) {
		log, err := Open("dir", smallOptions(disk))
		if err != nil {
			return 0, false
		}
		defer func() { durable = log.Durable() }()
		for order := range uint64(24) {
			recs := []Record{{1, order + 1, body[:order*11]}, {2, order + 1, body[:]}}
			if _, err := log.Append(recs); err != nil {
				return 0, false
			}
			if order%3 == 0 {
				if _, err := log.Sync(); err != nil {
					return 0, false
				}
			}
			if order == 15 && log.TruncateBelow(9, 1) != nil {
				return 0, false
			}
		}
		return 0, log.Close() == nil
	}
	for failAt := 1; ; failAt++ {
		for luck := range uint64(12) {
			disk := newMemFS()
			disk.failAt, disk.torn = failAt, int(luck)*97
			durable, done := run(disk)
			if done {
				if failAt < 40 {
					t.Fatalf("only %d disk calls: the test shows nothing", failAt)
				}
				return
			}
			disk.powerLoss(rand.New(rand.NewPCG(luck, uint64(failAt))))
			log, err := Open("dir", smallOptions(disk))
			if err != nil {
				t.Fatalf("call %d, luck %d: %v", failAt, luck, err)
			}
			if got := log.Stats().LastLSN; got < durable {
				t.Fatalf("call %d, luck %d: %d records of %d durable ones", failAt, luck, got, durable)
			}
		}
	}
}
