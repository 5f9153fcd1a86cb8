package hostlog

import (
	"bytes"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sampleLog returns the files of a closed log over several segments, synced after every second record
// and closed once in between, and its records.
func sampleLog(t testing.TB, records int) (files map[string][]byte, recs []Record) {
	t.Helper()
	disk := newMemFS()
	opts := Options{SegmentBytes: dataStart + 640, MaxRecordBytes: 200, FS: disk}
	log := mustOpen(t, opts)
	for i := range records {
		r := Record{Kind: Kind(i%3 + 1), Order: uint64(i), Body: bytes.Repeat([]byte{byte(i + 1)}, 7*i%90)}
		recs = append(recs, r)
		mustAppend(t, log, r)
		if i%2 == 1 {
			mustSync(t, log)
		}
		if i == 3 {
			mustClose(t, log)
			log = mustOpen(t, opts)
		}
	}
	mustClose(t, log)
	return disk.files(), recs
}

func mustOpen(t testing.TB, opts Options) *Log {
	t.Helper()
	log, err := Open("dir", opts)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func mustAppend(t testing.TB, log *Log, recs ...Record) uint64 {
	t.Helper()
	lsn, err := log.Append(recs)
	if err != nil {
		t.Fatal(err)
	}
	return lsn
}

func mustSync(t testing.TB, log *Log) {
	t.Helper()
	if _, err := log.Sync(); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t testing.TB, log *Log) {
	t.Helper()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

// openDamaged opens changed files. Either that is refused as damage, or the log holds a prefix of recs.
func openDamaged(
	t *testing.T, files map[string][]byte, recs []Record, what string, at int,
) (held int, refused bool) {
	t.Helper()
	log, err := Open("dir", Options{SegmentBytes: dataStart + 640, MaxRecordBytes: 200, FS: memFSOf(files)})
	if err != nil {
		var d *DamageError
		if !errors.As(err, &d) || d.File == "" || d.Do == "" {
			t.Fatalf("%s at %d: %v is no proper DamageError", what, at, err)
		}
		return 0, true
	}
	defer mustClose(t, log)
	err = log.Replay(0, func(lsn uint64, r Record) error {
		want := recs[lsn-1]
		if r.Kind != want.Kind || r.Order != want.Order || !bytes.Equal(r.Body, want.Body) {
			t.Fatalf("%s at %d: record %d is %v, want %v", what, at, lsn, r, want)
		}
		held = int(lsn)
		return nil
	})
	if err != nil {
		t.Fatalf("%s at %d: replay: %v", what, at, err)
	}
	return held, false
}

func segmentFiles(files map[string][]byte) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, segmentSuffix) {
			names = append(names, name)
		}
	}
	return names
}

// TestFlipEveryByte: after a clean close every record has a witness behind it, so no flipped byte may
// cost a record; only the slack of a segment and the last mark may change without a word.
func TestFlipEveryByte(t *testing.T) {
	files, recs := sampleLog(t, 18)
	names := segmentFiles(files)
	if len(names) < 3 {
		t.Fatalf("%d segments: too few for this test", len(names))
	}
	for _, name := range append(names, filepath.Join("dir", metaName)) {
		refusals := 0
		for at := range files[name] {
			changed := maps.Clone(files)
			changed[name] = slices.Clone(files[name])
			changed[name][at] ^= 1 << (at % 8)
			held, refused := openDamaged(t, changed, recs, name, at)
			if refused {
				refusals++
			} else if held != len(recs) {
				t.Fatalf("%s byte %d: %d records of %d, and nobody was told", name, at, held, len(recs))
			}
		}
		if refusals == 0 {
			t.Fatalf("%s: no flipped byte was noticed", name)
		}
	}
}

// TestCutEveryByte: a last segment that was synced without a witness may be cut; nothing else may.
func TestCutEveryByte(t *testing.T) {
	files, recs := sampleLog(t, 18)
	names := segmentFiles(files)
	for i, name := range names {
		for at := range files[name] {
			changed := maps.Clone(files)
			changed[name] = files[name][:at]
			held, refused := openDamaged(t, changed, recs, name, at)
			if !refused && i < len(names)-1 && held != len(recs) {
				t.Fatalf("%s cut at %d: %d records of %d, and nobody was told", name, at, held, len(recs))
			}
		}
	}
}

func TestMissingFiles(t *testing.T) {
	files, recs := sampleLog(t, 18)
	for name := range files {
		changed := maps.Clone(files)
		delete(changed, name)
		_, refused := openDamaged(t, changed, recs, "without "+name, 0)
		if !refused && !strings.HasSuffix(name, lockName) {
			t.Errorf("without %s: not noticed", name)
		}
	}
}

// TestForeignSegment: a segment of another log, or an older copy of the same one, does not fit.
func TestForeignSegment(t *testing.T) {
	files, recs := sampleLog(t, 18)
	other, _ := sampleLog(t, 18)
	names := segmentFiles(files)
	for _, name := range names {
		changed := maps.Clone(files)
		changed[name] = other[name]
		if _, refused := openDamaged(t, changed, recs, "foreign "+name, 0); !refused {
			t.Errorf("foreign %s: not noticed", name)
		}
		changed[name] = files[names[0]]
		if _, refused := openDamaged(t, changed, recs, "first as "+name, 0); !refused && name != names[0] {
			t.Errorf("first segment as %s: not noticed", name)
		}
	}
}

func TestNewerVersion(t *testing.T) {
	files, _ := sampleLog(t, 4)
	for _, name := range []string{segmentName("dir", 1), filepath.Join("dir", metaName)} {
		changed := maps.Clone(files)
		changed[name] = slices.Clone(files[name])
		changed[name][len(segmentMagic)+3] = formatVersion + 1
		_, err := Open("dir", Options{FS: memFSOf(changed)})
		if !errors.Is(err, ErrVersion) {
			t.Errorf("%s of a newer version: %v", name, err)
		}
	}
}

// TestWitness is the rule between torn tail and damage in its smallest form: three records, the middle
// one broken.
func TestWitness(t *testing.T) {
	rec := func(b byte) Record { return Record{Kind: 1, Order: 1, Body: bytes.Repeat([]byte{b}, 16)} }
	for _, synced := range []bool{false, true} {
		disk := newMemFS()
		log := mustOpen(t, smallOptions(disk))
		mustAppend(t, log, rec(1))
		mustSync(t, log)
		mustAppend(t, log, rec(2))
		if synced {
			mustSync(t, log)
		}
		mustAppend(t, log, rec(3))
		files := disk.files() // as if the process died here
		files[segmentName("dir", 1)][dataStart+frameSize(16)+40] ^= 1
		again, err := Open("dir", smallOptions(memFSOf(files)))
		if synced {
			if !errors.Is(err, ErrBadFrame) {
				t.Errorf("broken record that was synced: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("torn tail: %v", err)
		}
		if s := again.Stats(); s.LastLSN != 1 || s.TornBytes != 2*frameSize(16) {
			t.Errorf("torn tail: %+v", s)
		}
		mustAppend(t, again, rec(4)) // must not bring the old third record back
		mustClose(t, again)
		again = mustOpen(t, smallOptions(again.fs.(*memFS)))
		if got := again.Stats().LastLSN; got != 2 {
			t.Errorf("%d records after a cut and one more, want 2", got)
		}
	}
}

// TestDamageUnderReaders: what breaks after Open is found by the reader that meets it.
func TestDamageUnderReaders(t *testing.T) {
	disk := newMemFS()
	log := mustOpen(t, smallOptions(disk))
	mustAppend(t, log, Record{Kind: 1, Order: 7, Body: make([]byte, 100)})
	disk.cached[segmentName("dir", 1)].cache[dataStart+50] ^= 4
	if _, _, err := log.ReadOrders(7, 7, 1000); !errors.Is(err, ErrBadFrame) {
		t.Errorf("ReadOrders: %v", err)
	}
	err := log.Replay(0, func(uint64, Record) error { return nil })
	if !errors.Is(err, ErrBadFrame) {
		t.Errorf("Replay: %v", err)
	}
}
