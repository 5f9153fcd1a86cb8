package canary

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
)

const (
	// maxInflated bounds what is read of one compressed stream, in bytes.
	maxInflated = 4 << 20
	// maxZeros is how many zero bytes of a run in a file are searched.
	maxZeros = 64
)

// Find is a canary that was readable.
type Find struct {
	Where  string // file, or number of a frame
	Canary Canary
	Form   string // encoding in which it was found
	Offset int    // in the bytes searched (of a file: without long runs of zeros), -1 when found across line breaks or in a compressed stream
}

// String says what was found without repeating a secret.
func (f Find) String() string {
	return fmt.Sprintf("%s: canary %q readable as %s at offset %d", f.Where, f.Canary.Role, f.Form, f.Offset)
}

// Searcher looks for a set of canaries. It does not change after New; safe for concurrent use.
type Searcher struct{ needles []needle }

// New returns a searcher for canaries, each at least minNeedle bytes long.
func New(canaries ...Canary) *Searcher {
	s := &Searcher{}
	for _, c := range canaries {
		s.needles = append(s.needles, needles(c)...)
	}
	return s
}

// Bytes searches data: as it is, with its line breaks removed, and what its zlib and gzip streams inflate to.
func (s *Searcher) Bytes(where string, data []byte) []Find {
	finds := s.plain(where, data)
	joined := bytes.ReplaceAll(data, []byte("=\r\n"), nil) // soft breaks of quoted-printable
	joined = bytes.ReplaceAll(bytes.ReplaceAll(joined, []byte("\r"), nil), []byte("\n"), nil)
	if len(joined) != len(data) {
		finds = append(finds, unplaced(s.plain(where, joined), " across line breaks")...)
	}
	for stream := range inflated(data) {
		finds = append(finds, unplaced(s.plain(where, stream), " in a compressed stream")...)
	}
	return distinct(finds)
}

// Frames searches captured frames of the boundary, each by itself and all in a row (a string may be cut by
// the end of a frame).
func (s *Searcher) Frames(where string, frames [][]byte) []Find {
	var finds []Find
	for i, frame := range frames {
		finds = append(finds, s.Bytes(fmt.Sprintf("%s frame %d", where, i), frame)...)
	}
	return append(finds, distinct(s.plain(where+" frames in a row", bytes.Join(frames, nil)))...)
}

// Folder searches every regular file below dir, and the names of files and folders. Paths in except
// (relative to dir) are left out.
func (s *Searcher) Folder(dir string, except map[string]bool) ([]Find, error) {
	var finds []Find
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // removed by the program meanwhile
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || except[rel] {
			return err
		}
		finds = append(finds, s.plain("name of "+rel, []byte(rel))...)
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		finds = append(finds, s.Bytes(rel, squeezed(text))...)
		return err
	})
	return finds, err
}

// squeezed shortens each run of more than maxZeros zeros to so many: logs and stores have room in front of them that
// nothing was written to. No form of a canary has such a run.
func squeezed(data []byte) []byte {
	out := make([]byte, 0, len(data)/4)
	zeros := make([]byte, maxZeros)
	for {
		at := bytes.Index(data, zeros)
		if at < 0 {
			return append(out, data...)
		}
		out = append(out, data[:at+maxZeros]...)
		data = bytes.TrimLeft(data[at+maxZeros:], "\x00")
	}
}

func (s *Searcher) plain(where string, data []byte) []Find {
	var finds []Find
	lower := foldASCII(data)
	for _, n := range s.needles {
		in := data
		if n.fold {
			in = lower
		}
		if at := bytes.Index(in, n.bytes); at >= 0 {
			finds = append(finds, Find{where, n.canary, n.form, at})
		}
	}
	return finds
}

func foldASCII(data []byte) []byte {
	out := bytes.Clone(data)
	for i, b := range out {
		if b >= 'A' && b <= 'Z' {
			out[i] = b + 'a' - 'A'
		}
	}
	return out
}

// inflated yields what begins like a zlib or gzip stream anywhere in data, as far as it inflates.
func inflated(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 0; i+2 < len(data); i++ {
			var r io.Reader
			var err error
			switch {
			case data[i] == 0x1f && data[i+1] == 0x8b && data[i+2] == 8:
				r, err = gzip.NewReader(bytes.NewReader(data[i:]))
			case data[i] == 0x78 && (int(data[i])<<8|int(data[i+1]))%31 == 0:
				r, err = zlib.NewReader(bytes.NewReader(data[i:]))
			default:
				continue
			}
			if err != nil {
				continue
			}
			out, _ := io.ReadAll(io.LimitReader(r, maxInflated)) // the part before an error counts
			if len(out) >= minNeedle && !yield(out) {
				return
			}
		}
	}
}

func unplaced(finds []Find, where string) []Find {
	for i := range finds {
		finds[i].Form += where
		finds[i].Offset = -1
	}
	return finds
}

// distinct keeps the first find of each canary and place, so that one leak is one line.
func distinct(finds []Find) []Find {
	type key struct {
		where string
		c     Canary
	}
	seen := map[key]bool{}
	var out []Find
	for _, f := range finds {
		k := key{f.Where, f.Canary}
		if !seen[k] {
			seen[k] = true
			out = append(out, f)
		}
	}
	return out
}
