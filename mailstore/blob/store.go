package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"troxymail/bftcore/wire"
)

// Errors of this package; match with errors.Is.
var (
	// ErrMissing is returned for content that is not stored here: ask a peer.
	ErrMissing = errors.New("blob: not stored here")
	// ErrDamaged is returned for stored content that does not fit its digest: ask a peer, and put it again.
	ErrDamaged = errors.New("blob: stored content is damaged")
	// ErrDigest is returned when the pieces of a body, or a record to restore, do not fit the digest.
	ErrDigest = errors.New("blob: content does not fit its digest")
	// ErrPiece is returned for a piece that lies outside of its body or does not follow the last one.
	ErrPiece = errors.New("blob: piece out of place")
	// ErrBusy is returned when the limits on temporary files are reached: try again later.
	ErrBusy = errors.New("blob: too many bodies on their way")
	// ErrSize is returned for a body over wire.MaxBodyBytes or an empty one.
	ErrSize = errors.New("blob: size out of its limits")
)

// KV is what the store needs of the key space for small records; *kv.Store is one.
type KV interface {
	Get(key []byte) ([]byte, bool, error)
	Restore(key, value []byte) error
}

// Defaults of Options.
const (
	DefaultMaxTemporary      = 64
	DefaultMaxTemporaryBytes = 1 << 30
)

// Options say where bodies lie. Zero values mean the defaults.
type Options struct {
	Dir string // the folder that holds bodies/; made when missing
	// SmallKey gives the key of a small record (state.SmallKey).
	SmallKey func(wire.Digest) []byte
	// MaxTemporary bounds the bodies that are being written at a time, MaxTemporaryBytes their announced
	// sizes together.
	MaxTemporary      int
	MaxTemporaryBytes int64
}

// Store keeps sealed records.
type Store struct {
	kv   KV
	opts Options
	root string // Dir/bodies
	temp string // Dir/bodies/tmp

	mu        sync.Mutex
	temporary int
	tempBytes int64
	next      uint64 // names temporary files
}

// Open opens the store below o.Dir, makes its folders, and removes what unfinished writes left.
func Open(kv KV, o Options) (*Store, error) {
	if o.MaxTemporary <= 0 {
		o.MaxTemporary = DefaultMaxTemporary
	}
	if o.MaxTemporaryBytes <= 0 {
		o.MaxTemporaryBytes = DefaultMaxTemporaryBytes
	}
	root := filepath.Join(o.Dir, "bodies")
	s := &Store{kv: kv, opts: o, root: root, temp: filepath.Join(root, "tmp")}
	if err := os.RemoveAll(s.temp); err != nil {
		return nil, fmt.Errorf("blob: remove unfinished bodies: %w", err)
	}
	if err := os.MkdirAll(s.temp, 0o700); err != nil {
		return nil, fmt.Errorf("blob: make folders: %w", err)
	}
	return s, errors.Join(syncDir(o.Dir), syncDir(root))
}

func (s *Store) path(d wire.Digest) string {
	name := hex.EncodeToString(d[:])
	return filepath.Join(s.root, name[:2], name)
}

// Get returns a copy of a record of at most max bytes, small or large, checked against its digest.
// ErrMissing, ErrDamaged; ErrSize when it is larger.
func (s *Store) Get(d wire.Digest, max int) ([]byte, error) {
	v, ok, err := s.kv.Get(s.opts.SmallKey(d))
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return s.getBody(d, max)
	case wire.Sum(v) != d:
		return nil, fmt.Errorf("%w: %v", ErrDamaged, d)
	case len(v) > max:
		return nil, fmt.Errorf("%w: %d bytes, %d wanted at most", ErrSize, len(v), max)
	}
	return v, nil
}

func (s *Store) getBody(d wire.Digest, max int) ([]byte, error) {
	f, size, err := s.openBody(d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > int64(max) {
		return nil, fmt.Errorf("%w: %d bytes, %d wanted at most", ErrSize, size, max)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(f, b); err != nil || wire.Sum(b) != d {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, d)
	}
	return b, nil
}

func (s *Store) openBody(d wire.Digest) (*os.File, int64, error) {
	f, err := os.Open(s.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("%w: %v", ErrMissing, d)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("blob: open: %w", err)
	}
	fi, err := f.Stat()
	if err != nil || fi.Size() > wire.MaxBodyBytes {
		f.Close()
		return nil, 0, fmt.Errorf("%w: %v", ErrDamaged, d)
	}
	return f, fi.Size(), nil
}

// ReadAt reads a piece of a large body that Check or Get found sound in this run: to serve it to a peer or
// to the enclave, who check the whole themselves. It returns the body's size.
func (s *Store) ReadAt(d wire.Digest, p []byte, offset int64) (n int, size int64, err error) {
	f, size, err := s.openBody(d)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if offset < 0 || offset > size {
		return 0, size, fmt.Errorf("%w: offset %d of %d", ErrPiece, offset, size)
	}
	n, err = f.ReadAt(p, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, size, fmt.Errorf("%w: %v: %w", ErrDamaged, d, err)
	}
	return n, size, nil
}

// ReadBack streams a large body through its digest to w (nil: only checks): what precedes a confirmation.
// With an error, what w got is not to be used. It returns the body's size.
func (s *Store) ReadBack(d wire.Digest, w io.Writer) (int64, error) {
	f, _, err := s.openBody(d)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	h := sha256.New()
	var to io.Writer = h
	if w != nil {
		to = io.MultiWriter(h, w)
	}
	n, err := io.Copy(to, f)
	if err != nil {
		return n, fmt.Errorf("blob: read back %v: %w", d, err)
	}
	if !bytes.Equal(h.Sum(nil), d[:]) {
		return n, fmt.Errorf("%w: %v", ErrDamaged, d)
	}
	return n, nil
}

// Has reports whether a large body's file is there, without reading it.
func (s *Store) Has(d wire.Digest) bool {
	_, err := os.Stat(s.path(d))
	return err == nil
}

// Stored visits the digests of the large bodies whose files are there, folder by folder.
func (s *Store) Stored() iter.Seq[wire.Digest] {
	return func(yield func(wire.Digest) bool) {
		for i := range 256 {
			entries, err := os.ReadDir(filepath.Join(s.root, hex.EncodeToString([]byte{byte(i)})))
			if err != nil {
				continue // no body has come to that folder yet
			}
			for _, e := range entries {
				name, err := hex.DecodeString(e.Name())
				if err == nil && len(name) == len(wire.Digest{}) && !yield(wire.Digest(name)) {
					return
				}
			}
		}
	}
}

// Remove deletes a large body; one that is not there is no error. The caller knows that nothing refers to it.
func (s *Store) Remove(d wire.Digest) error {
	if err := os.Remove(s.path(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("blob: remove: %w", err)
	}
	return nil
}

// RestoreSmall puts a small record back that was found missing or damaged. The caller knows from the
// state that it is referred to.
func (s *Store) RestoreSmall(d wire.Digest, content []byte) error {
	if len(content) == 0 || len(content) > wire.InlineBodyBytes {
		return ErrSize
	}
	if wire.Sum(content) != d {
		return fmt.Errorf("%w: %v", ErrDigest, d)
	}
	return s.kv.Restore(s.opts.SmallKey(d), content)
}

// PutBody stores a large body at once: Begin, Write, Finish.
func (s *Store) PutBody(d wire.Digest, content []byte) error {
	w, err := s.Begin(d, int64(len(content)))
	if err != nil {
		return err
	}
	if err := w.Write(0, content); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Finish()
}

// syncDir makes renames in a folder durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
