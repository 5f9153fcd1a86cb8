package hostlog

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// TestBrokenMark: a mark was synced before anything followed it. Broken, it is damage even when what
// follows was never synced.
func TestBrokenMark(t *testing.T) {
	disk := newMemFS()
	log := mustOpen(t, smallOptions(disk))
	mustAppend(t, log, Record{Kind: 1, Body: make([]byte, 16)})
	mustClose(t, log)
	log = mustOpen(t, smallOptions(disk))
	mustAppend(t, log, Record{Kind: 1, Body: make([]byte, 16)})
	files := disk.files() // as if the process died here
	files[segmentName("dir", 1)][dataStart+frameSize(16)+3] ^= 1
	if _, err := Open("dir", smallOptions(memFSOf(files))); !errors.Is(err, ErrBadFrame) {
		t.Errorf("broken mark: %v", err)
	}
}

// TestMarkInMemoryOnly: when the sync of the closing mark failed, the kernel may show the mark without
// having it on disk. Open writes it again, or what follows would hang in the air after a power loss.
func TestMarkInMemoryOnly(t *testing.T) {
	disk := newMemFS()
	log := mustOpen(t, smallOptions(disk))
	// The mark fills the rest of the sector, so that no later write carries it along.
	mustAppend(t, log, Record{Kind: 1, Body: make([]byte, sector-frameHeader-markReserve)})
	mustSync(t, log)
	disk.failAt = disk.calls + 2 // the write of the mark succeeds, its sync does not
	if err := log.Close(); !errors.Is(err, ErrPoisoned) {
		t.Fatal(err)
	}
	log = mustOpen(t, smallOptions(disk))
	mustAppend(t, log, Record{Kind: 1})
	mustSync(t, log)
	disk.powerLoss(rand.New(rand.NewPCG(1, 1)))
	log = mustOpen(t, smallOptions(disk))
	if s := log.Stats(); s.LastLSN != 2 || s.TornBytes != 0 {
		t.Errorf("%+v, want both records", s)
	}
}

// TestSealMadeUp: a roll that ended before its seal is completed by Open, so that a last segment that
// vanishes later is missed.
func TestSealMadeUp(t *testing.T) {
	disk := newMemFS()
	log := mustOpen(t, smallOptions(disk))
	for range 3 {
		mustAppend(t, log, Record{Kind: 1, Body: make([]byte, 550)})
	}
	mustSync(t, log)
	disk.failAt = disk.calls + 4 // header, its sync, the folder's sync, then the seal
	if _, err := log.Append([]Record{{Kind: 1, Body: make([]byte, 550)}}); !errors.Is(err, ErrPoisoned) {
		t.Fatal(err)
	}
	disk.processKill()
	log = mustOpen(t, smallOptions(disk))
	mustAppend(t, log, Record{Kind: 1})
	mustClose(t, log)
	files := disk.files()
	if _, ok := files[segmentName("dir", 2)]; !ok {
		t.Fatal("no second segment: the test shows nothing")
	}
	delete(files, segmentName("dir", 2))
	if _, err := Open("dir", smallOptions(memFSOf(files))); !errors.Is(err, ErrMissing) {
		t.Errorf("last segment gone: %v", err)
	}
}
