package hostlog

import (
	"io"
	"os"
)

// File is what the log needs of an open file. ReadAt and Sync may run at the same time as WriteAt.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size returns the file's length in bytes.
	Size() (int64, error)
	// Truncate sets the length; what is added reads as zeros.
	Truncate(size int64) error
	// Allocate makes the file size bytes long and reserves the space where the system can.
	Allocate(size int64) error
	// Sync makes contents and length durable. A failed Sync is never repeated.
	Sync() error
}

// FS is the seam to the file system; paths are as given to Open, joined with file names.
type FS interface {
	// Open opens name for reading and writing. With create, a new empty file replaces an old one.
	// The error of a missing file satisfies errors.Is(err, fs.ErrNotExist).
	Open(name string, create bool) (File, error)
	// List returns the names in dir, sorted.
	List(dir string) ([]string, error)
	// MakeDir creates dir and its parents, durably, unless it exists.
	MakeDir(dir string) error
	// Rename replaces newname by oldname atomically.
	Rename(oldname, newname string) error
	// Remove unlinks name; open files stay readable.
	Remove(name string) error
	// SyncDir makes creations, renames and removals in dir durable.
	SyncDir(dir string) error
	// Lock takes an exclusive lock on the file name, created if missing, until closed or the process
	// ends. ErrInUse when it is held elsewhere.
	Lock(name string) (io.Closer, error)
}

type osFS struct{}

type osFile struct{ *os.File }

func (osFS) Open(name string, create bool) (File, error) {
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (osFS) Rename(oldname, newname string) error { return os.Rename(oldname, newname) }
func (osFS) Remove(name string) error             { return os.Remove(name) }

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
