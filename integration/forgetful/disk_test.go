package forgetful

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"troxymail/integration/demo"
)

// onDisk mounts a disk for a test.
func onDisk(t *testing.T) *Disk {
	t.Helper()
	return Start(t).Mount(t, filepath.Join(t.TempDir(), "disk"))
}

// powerLoss cuts the power and brings the disk back.
func (d *Disk) powerLoss(t *testing.T, loss Loss, seed uint64) Lost {
	t.Helper()
	d.s.Cut(t, d)
	d.s.Fail(t, d)
	return d.s.Restore(t, loss, seed, d)
}

func (d *Disk) path(name string) string { return filepath.Join(d.Dir, name) }

// must fails the test unless all went well.
func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// put writes a file and syncs what it is told to: the file, and its folder.
func (d *Disk) put(t *testing.T, name, text string, file, folder bool) {
	t.Helper()
	must(t, os.WriteFile(d.path(name), []byte(text), 0o600))
	if file {
		must(t, syncPath(d.path(name)))
	}
	if folder {
		must(t, syncPath(filepath.Dir(d.path(name))))
	}
}

// shows compares a file with what should be there; "" for no file.
func (d *Disk) shows(t *testing.T, name, want string) {
	t.Helper()
	text, err := os.ReadFile(d.path(name))
	if want == "" && errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil || string(text) != want {
		t.Errorf("%s: %q, %v; want %q", name, text, err, want)
	}
}

func TestBytesNeedASync(t *testing.T) {
	d := onDisk(t)
	d.put(t, "synced", "old", true, true)
	d.put(t, "unsynced", "new", false, true)
	d.put(t, "longer", "0123", true, true)
	d.put(t, "shorter", "0123", true, true)
	f, err := os.OpenFile(d.path("longer"), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = f.Write([]byte("4567"))
	must(t, err, syscall.Fdatasync(int(f.Fd())))
	_, err = f.Write([]byte("89"))
	must(t, err, f.Close(), os.Truncate(d.path("shorter"), 2), os.Chmod(d.path("shorter"), 0o400))
	d.shows(t, "shorter", "01")
	must(t, os.WriteFile(d.path("synced"), []byte("changed"), 0o600))
	lost := d.powerLoss(t, Loss{}, 1)
	if lost.Blocks == 0 || lost.Unsynced() != lost.Blocks {
		t.Errorf("%+v", lost)
	}
	d.shows(t, "unsynced", "")
	if fi, err := os.Stat(d.path("unsynced")); err != nil || fi.Size() != 0 {
		t.Errorf("a file whose folder alone was synced: %v, %v", fi, err)
	}
	d.shows(t, "synced", "old")
	d.shows(t, "longer", "01234567")
	d.shows(t, "shorter", "0123")
	if fi, err := os.Stat(d.path("shorter")); err != nil || fi.Mode() != 0o600 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
}

func TestNamesNeedASync(t *testing.T) {
	d := onDisk(t)
	must(t, os.Mkdir(d.path("sub"), 0o700), os.Mkdir(d.path("forgotten"), 0o700))
	d.put(t, "sub/kept", "x", true, true)
	d.put(t, "forgotten/file", "x", true, true) // but forgotten itself is not
	d.put(t, "target", "old", true, false)
	d.put(t, "moved", "mine", true, false)
	d.put(t, "removed", "still here", true, false)
	must(t, syncPath(d.path("sub"))) // says nothing of the root's names
	d.put(t, "new", "new", true, false)
	must(t, syncPath(d.Dir))
	must(t, os.RemoveAll(d.path("forgotten")), os.Mkdir(d.path("forgotten"), 0o700), os.Remove(d.path("removed")))
	d.put(t, "target.new", "new", true, false)
	must(t, os.Rename(d.path("target.new"), d.path("target")))
	must(t, os.Rename(d.path("moved"), d.path("sub/moved")), syncPath(d.path("sub"))) // both halves
	d.put(t, "after", "x", true, false)
	d.shows(t, "target", "new")
	d.powerLoss(t, Loss{}, 1)
	d.shows(t, "sub/kept", "x")
	d.shows(t, "forgotten/file", "x")
	d.shows(t, "target", "old")
	d.shows(t, "target.new", "")
	d.shows(t, "removed", "still here")
	d.shows(t, "moved", "")
	d.shows(t, "sub/moved", "mine")
	d.shows(t, "new", "new")
	d.shows(t, "after", "")
}

// TestRenameIsWhole: whatever is kept of the rest, a renamed file is under one of its names.
func TestRenameIsWhole(t *testing.T) {
	d := onDisk(t)
	must(t, os.Mkdir(d.path("a"), 0o700), os.Mkdir(d.path("b"), 0o700))
	moved := 0
	for seed := range uint64(40) {
		d.put(t, "a/file", "text", true, false)
		must(t, os.RemoveAll(d.path("b/file")))
		d.Settle(t)
		must(t, os.Rename(d.path("a/file"), d.path("b/file")))
		d.powerLoss(t, Loss{Keep: 0.5}, seed)
		_, errA := os.Stat(d.path("a/file"))
		_, errB := os.Stat(d.path("b/file"))
		if (errA == nil) == (errB == nil) {
			t.Fatalf("seed %d: in a: %v; in b: %v", seed, errA, errB)
		}
		if errB == nil {
			moved++
			d.shows(t, "b/file", "text")
		}
	}
	if moved == 0 || moved == 40 {
		t.Errorf("moved %d times of 40", moved)
	}
}

// TestPartsAreKept: some blocks survive, others do not, and one is torn at a sector.
func TestPartsAreKept(t *testing.T) {
	d := onDisk(t)
	const blocks = 64
	old, changed := make([]byte, blocks*blockBytes), make([]byte, blocks*blockBytes)
	for i := range old {
		old[i], changed[i] = 'o', 'c'
	}
	d.put(t, "file", string(old), true, true)
	f, err := os.OpenFile(d.path("file"), os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt(changed, 0)
	must(t, err, f.Close())
	lost := d.powerLoss(t, Loss{Keep: 0.5, Tear: true}, 3)
	if lost.Blocks < blocks/4 || lost.KeptBlocks < blocks/4 || lost.Torn != 1 {
		t.Errorf("%+v", lost)
	}
	text, err := os.ReadFile(d.path("file"))
	must(t, err)
	kept, mixed := 0, 0
	for b := range blocks {
		n := 0
		for s := 0; s < blockBytes; s += sectorBytes {
			if text[b*blockBytes+s] == 'c' {
				n++
			}
		}
		switch n {
		case 0:
		case blockBytes / sectorBytes:
			kept++
		default:
			mixed++
		}
	}
	if kept != lost.KeptBlocks || mixed != 1 {
		t.Errorf("%d blocks kept, %d mixed; %+v", kept, mixed, lost)
	}
}

// TestFailedSyncForgets: after a sync that failed the next one succeeds without the data.
func TestFailedSyncForgets(t *testing.T) {
	d := onDisk(t)
	d.put(t, "file", "old", true, true)
	d.FailSync(t, 2)
	f, err := os.OpenFile(d.path("file"), os.O_WRONLY, 0)
	must(t, err, f.Sync())
	_, err = f.WriteAt([]byte("new"), 0)
	must(t, err)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("the second sync: %v", err)
	}
	must(t, f.Sync(), f.Close())
	d.shows(t, "file", "new")
	if n := d.FailedSyncs(t); n != 1 {
		t.Errorf("%d syncs failed", n)
	}
	d.powerLoss(t, Loss{Keep: 1}, 1)
	d.shows(t, "file", "old")
}

// TestSyncsTakeTime: nothing of a sync is durable before its end.
func TestSyncsTakeTime(t *testing.T) {
	d := onDisk(t)
	d.put(t, "file", "old", true, true)
	f, err := os.OpenFile(d.path("file"), os.O_WRONLY, 0)
	must(t, err)
	begin := func(text string) chan error {
		t.Helper()
		d.SyncTime(t, time.Hour)
		_, err := f.WriteAt([]byte(text), 0)
		must(t, err)
		before, done := d.Changes(t), make(chan error, 1)
		go func() { done <- f.Sync() }()
		demo.Eventually(t, time.Minute, "the sync begins", func() bool { return d.Changes(t) > before })
		return done
	}
	done := begin("new")
	d.SyncTime(t, 0)
	must(t, <-done)
	done = begin("off")
	d.s.Cut(t, d)
	d.s.Fail(t, d)
	if err := <-done; !errors.Is(err, syscall.EIO) {
		t.Errorf("the sync that met the loss: %v", err)
	}
	must(t, f.Close())
	d.s.Restore(t, Loss{}, 1, d)
	d.shows(t, "file", "new")
}

// TestLyingDisk: syncs that are ignored succeed, and their data is lost.
func TestLyingDisk(t *testing.T) {
	d := onDisk(t)
	d.put(t, "file", "old", true, true)
	d.IgnoreSyncs(t)
	d.put(t, "file", "new", true, true)
	d.put(t, "another", "new", true, true)
	d.powerLoss(t, Loss{}, 1)
	d.shows(t, "file", "old")
	d.shows(t, "another", "")
	d.put(t, "another", "new", true, true) // it lies no more
	d.powerLoss(t, Loss{}, 1)
	d.shows(t, "another", "new")
}

// TestPowerGoesAtAChange: everything up to the change is there, and calls wait until they are made to fail.
func TestPowerGoesAtAChange(t *testing.T) {
	d := onDisk(t)
	gone := d.s.Arm(t, 3, d)
	must(t, os.Mkdir(d.path("one"), 0o700), syncPath(d.Dir))
	failed := make(chan error)
	go func() { failed <- os.Mkdir(d.path("two"), 0o700) }()
	<-gone
	select {
	case err := <-failed:
		t.Fatalf("a call went on without power: %v", err)
	default:
	}
	d.s.Fail(t, d)
	if err := <-failed; !errors.Is(err, syscall.EIO) {
		t.Errorf("the call that met the loss: %v", err)
	}
	d.s.Restore(t, Loss{}, 1, d)
	if list, err := os.ReadDir(d.Dir); err != nil || len(list) != 1 || list[0].Name() != "one" {
		t.Errorf("left: %v, %v", list, err)
	}
	if n := d.Changes(t); n != 3 {
		t.Errorf("%d changes", n)
	}
}
