package hostlog

import (
	"testing"
)

// FuzzSegment opens a log whose one segment holds the input behind a good header: never a panic, and
// every record that comes out has a frame whose checksums fit.
func FuzzSegment(f *testing.F) {
	files, _ := sampleLog(f, 3)
	whole := files[segmentName("dir", 1)]
	f.Add(whole[dataStart:], false)
	f.Add(whole[dataStart:dataStart+70], false)
	f.Add(whole[:dataStart], true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, data []byte, header bool) {
		if len(data) > 1<<16 {
			return
		}
		content := append(append([]byte{}, whole[:dataStart]...), data...)
		if header {
			content = append(append([]byte{}, data...), whole[min(len(data), len(whole)):]...)
		}
		disk := memFSOf(map[string][]byte{"dir/LOG": files["dir/LOG"], segmentName("dir", 1): content})
		log, err := Open("dir", Options{SegmentBytes: dataStart + 640, MaxRecordBytes: 200, FS: disk})
		if err != nil {
			return
		}
		count := uint64(0)
		err = log.Replay(0, func(lsn uint64, r Record) error {
			count++
			if lsn != count || r.Kind == kindMark || len(r.Body) > 200 {
				t.Fatalf("record %d: %+v", lsn, r)
			}
			return nil
		})
		if err != nil || count != log.Stats().LastLSN {
			t.Fatalf("opened, but replay ends after %d: %v", count, err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
