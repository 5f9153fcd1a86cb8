package hostlog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// Open opens the log in dir, creating folder and log if there is none, and verifies every record. A
// torn tail is cut off (Stats.TornBytes); everything that is then in the log is durable. ErrInUse when
// the folder is open elsewhere; *DamageError, with the files unchanged, when the log is not whole.
func Open(dir string, opts Options) (*Log, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	if err := opts.FS.MakeDir(dir); err != nil {
		return nil, fmt.Errorf("hostlog: make folder %s: %w", dir, err)
	}
	lock, err := opts.FS.Lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, err
	}
	l := &Log{dir: dir, opts: opts, fs: opts.FS, lock: lock}
	if err := l.load(); err != nil {
		l.retire(l.segments)
		lock.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) load() error {
	numbers, err := l.segmentNumbers()
	if err != nil {
		return err
	}
	m, err := readMeta(l.fs, l.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return l.create(numbers)
	}
	if err != nil {
		return err
	}
	l.id = m.id
	return l.recover(m.floor, numbers)
}

func (l *Log) segmentNumbers() ([]uint64, error) {
	names, err := l.fs.List(l.dir)
	if err != nil {
		return nil, fmt.Errorf("hostlog: list %s: %w", l.dir, err)
	}
	var numbers []uint64
	for _, name := range names {
		if n, ok := parseSegmentName(name); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// create starts a log: segment 1, then LOG. So a folder without LOG is new, or holds a creation that was
// cut short: segment 1 without a record.
func (l *Log) create(numbers []uint64) error {
	if len(numbers) > 0 {
		if err := l.checkUnfinished(numbers); err != nil {
			return err
		}
	}
	if _, err := rand.Read(l.id[:]); err != nil {
		return err
	}
	s, err := createSegment(l.fs, l.dir, segmentHeader{
		number: 1, firstLSN: 1, size: l.opts.SegmentBytes, maxRecord: l.opts.MaxRecordBytes, id: l.id,
	})
	if err != nil {
		return err
	}
	l.segments = []*segment{s}
	return writeMeta(l.fs, l.dir, meta{id: l.id, floor: 1})
}

func (l *Log) checkUnfinished(numbers []uint64) error {
	missing := damage(filepath.Join(l.dir, metaName), 0, ErrMissing)
	name := segmentName(l.dir, 1)
	if len(numbers) != 1 || numbers[0] != 1 {
		return missing
	}
	f, err := l.fs.Open(name, false)
	if err != nil {
		return damage(name, 0, err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return damage(name, 0, err)
	}
	rest, err := lastNonZero(f, dataStart, size)
	if err != nil {
		return damage(name, dataStart, err)
	}
	if rest > 0 {
		return missing
	}
	return nil
}
