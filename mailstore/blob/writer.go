package blob

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strconv"

	"troxymail/bftcore/wire"
)

// Writer takes the pieces of one large body, in order. It counts against the limits until Finish or
// Abort, one of which must be called. Not safe for concurrent use.
type Writer struct {
	s      *Store
	digest wire.Digest
	size   int64
	at     int64
	f      *os.File
	hash   hash.Hash
	ended  bool
}

// Begin starts writing the body with that digest and size. ErrBusy at the limits, ErrSize. A body that is
// there already is simply replaced by the same: so damaged ones are repaired.
func (s *Store) Begin(d wire.Digest, size int64) (*Writer, error) {
	if size <= 0 || size > wire.MaxBodyBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrSize, size)
	}
	s.mu.Lock()
	if s.temporary >= s.opts.MaxTemporary || size > s.opts.MaxTemporaryBytes-s.tempBytes {
		s.mu.Unlock()
		return nil, ErrBusy
	}
	s.temporary++
	s.tempBytes += size
	s.next++
	name := filepath.Join(s.temp, strconv.FormatUint(s.next, 10))
	s.mu.Unlock()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		s.release(size)
		return nil, fmt.Errorf("blob: temporary file: %w", err)
	}
	return &Writer{s: s, digest: d, size: size, f: f, hash: sha256.New()}, nil
}

func (s *Store) release(size int64) {
	s.mu.Lock()
	s.temporary--
	s.tempBytes -= size
	s.mu.Unlock()
}

// Offset returns where the next piece begins.
func (w *Writer) Offset() int64 { return w.at }

// Write appends the piece at offset, which must be Offset(). Pieces seen before may be given again and are
// passed over. ErrPiece for others; ErrDigest-checks wait for Finish.
func (w *Writer) Write(offset int64, piece []byte) error {
	end := offset + int64(len(piece))
	switch {
	case w.ended || offset < 0 || offset > w.at || end > w.size:
		return fmt.Errorf("%w: %d to %d at %d of %d", ErrPiece, offset, end, w.at, w.size)
	case end <= w.at:
		return nil
	}
	piece = piece[w.at-offset:]
	if _, err := w.f.Write(piece); err != nil {
		return fmt.Errorf("blob: write: %w", err)
	}
	w.hash.Write(piece)
	w.at = end
	return nil
}

// Finish checks the whole against its digest, syncs it and puts it into place. When it returns nil the
// body survives a power loss. With any error the temporary file is gone and nothing was stored.
func (w *Writer) Finish() error {
	if w.ended {
		return ErrPiece
	}
	if w.at != w.size || wire.Digest(w.hash.Sum(nil)) != w.digest {
		return errors.Join(fmt.Errorf("%w: %v, %d of %d bytes", ErrDigest, w.digest, w.at, w.size), w.Abort())
	}
	if err := w.f.Sync(); err != nil {
		return errors.Join(fmt.Errorf("blob: sync: %w", err), w.Abort())
	}
	target := w.s.path(w.digest)
	folder := filepath.Dir(target)
	if err := w.makeFolder(folder); err != nil {
		return errors.Join(err, w.Abort())
	}
	if err := os.Rename(w.f.Name(), target); err != nil {
		return errors.Join(fmt.Errorf("blob: rename: %w", err), w.Abort())
	}
	w.ended = true
	w.s.release(w.size)
	return errors.Join(w.f.Close(), syncDir(folder))
}

func (w *Writer) makeFolder(folder string) error {
	err := os.Mkdir(folder, 0o700)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("blob: make folder: %w", err)
	}
	return syncDir(w.s.root)
}

// Abort drops what was written; after Finish or Abort it does nothing.
func (w *Writer) Abort() error {
	if w.ended {
		return nil
	}
	w.ended = true
	w.s.release(w.size)
	return errors.Join(w.f.Close(), os.Remove(w.f.Name()))
}
