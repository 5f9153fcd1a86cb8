package hostlog

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
)

const sector = 512

var errDisk = errors.New("memfs: input/output error")

// memFS is a disk with a cache in front of it, which can fail and lose power.
type memFS struct {
	mu     sync.Mutex
	cached map[string]*inode // what processes see
	stored map[string]*inode // directory entries that a power loss keeps
	locked map[string]bool

	calls  int // writes and syncs so far
	failAt int // the call that fails, counted from 1; 0: none
	torn   int // bytes of a failing write that still arrive
}

// inode is a file; dirty sectors are in the cache only. A failed sync makes them clean, as Linux does.
type inode struct {
	cache, disk []byte
	dirty       map[int]bool
	resized     bool
}

func newMemFS() *memFS {
	return &memFS{cached: map[string]*inode{}, stored: map[string]*inode{}, locked: map[string]bool{}}
}

// fails counts a write or sync and says whether it fails. The caller holds mu.
func (m *memFS) fails() bool {
	m.calls++
	return m.calls == m.failAt
}

type memFile struct {
	m *memFS
	n *inode
}

type memLock struct {
	m    *memFS
	name string
}

func (l memLock) Close() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	delete(l.m.locked, l.name)
	return nil
}

func (m *memFS) Open(name string, create bool) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.cached[name]
	switch {
	case create:
		n = &inode{dirty: map[int]bool{}}
		m.cached[name] = n
	case !ok:
		return nil, fs.ErrNotExist
	}
	return memFile{m, n}, nil
}

func (m *memFS) List(dir string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.cached)) {
		names = append(names, filepath.Base(name))
	}
	return names, nil
}

func (m *memFS) MakeDir(string) error { return nil }

func (m *memFS) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cached[to] = m.cached[from]
	delete(m.cached, from)
	return nil
}

func (m *memFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.cached, name)
	return nil
}

func (m *memFS) SyncDir(string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails() {
		return errDisk
	}
	m.stored = maps.Clone(m.cached)
	return nil
}

func (m *memFS) Lock(name string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked[name] {
		return nil, ErrInUse
	}
	m.locked[name] = true
	return memLock{m, name}, nil
}

func (f memFile) Close() error { return nil }

func (f memFile) Size() (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return int64(len(f.n.cache)), nil
}

func (f memFile) ReadAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if off >= int64(len(f.n.cache)) {
		return 0, io.EOF
	}
	n := copy(p, f.n.cache[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f memFile) WriteAt(p []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	var err error
	if f.m.fails() {
		p, err = p[:min(f.m.torn, len(p))], errDisk
	}
	if end := int(off) + len(p); end > len(f.n.cache) {
		f.n.resize(end)
	}
	copy(f.n.cache[off:], p)
	for s := int(off) / sector; s*sector < int(off)+len(p); s++ {
		f.n.dirty[s] = true
	}
	return len(p), err
}

func (f memFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.n.resize(int(size))
	return nil
}

func (f memFile) Allocate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if int(size) > len(f.n.cache) {
		f.n.resize(int(size))
	}
	return nil
}

func (f memFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.fails() {
		clear(f.n.dirty)
		return errDisk
	}
	f.n.disk = resized(f.n.disk, len(f.n.cache))
	for s := range f.n.dirty {
		copySector(f.n.disk, f.n.cache, s, sector)
	}
	clear(f.n.dirty)
	f.n.resized = false
	return nil
}

// resize changes the length; bytes cut off are gone from the disk's file too once the length is.
func (n *inode) resize(size int) {
	old := len(n.cache)
	n.cache = resized(n.cache, size)
	n.resized = true
	for s := min(old, size) / sector; s*sector < max(old, size); s++ {
		n.dirty[s] = true
	}
}

func resized(b []byte, size int) []byte {
	r := make([]byte, size)
	copy(r, b)
	return r
}

func copySector(dst, src []byte, s, n int) {
	from := s * sector
	if from < len(dst) && from < len(src) {
		copy(dst[from:min(from+n, len(dst))], src[from:])
	}
}

// powerLoss drops the cache: of what was not synced each directory entry, length and sector survives by
// chance, and some sectors half.
func (m *memFS) powerLoss(rnd *rand.Rand) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := maps.Clone(m.stored)
	maps.Copy(names, m.cached)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if m.stored[name] == m.cached[name] || rnd.IntN(2) == 0 {
			continue
		}
		if n, ok := m.cached[name]; ok {
			m.stored[name] = n
		} else {
			delete(m.stored, name)
		}
	}
	done := map[*inode]*inode{}
	for _, name := range slices.Sorted(maps.Keys(m.stored)) {
		n := m.stored[name]
		if done[n] == nil {
			done[n] = n.afterPowerLoss(rnd)
		}
		m.stored[name] = done[n]
	}
	m.cached = maps.Clone(m.stored)
	m.locked = map[string]bool{}
	m.failAt = 0
}

func (n *inode) afterPowerLoss(rnd *rand.Rand) *inode {
	disk := slices.Clone(n.disk)
	if n.resized && rnd.IntN(2) == 0 {
		disk = resized(disk, len(n.cache))
	}
	for _, s := range slices.Sorted(maps.Keys(n.dirty)) {
		switch rnd.IntN(4) {
		case 0, 1:
			copySector(disk, n.cache, s, sector)
		case 2:
			copySector(disk, n.cache, s, rnd.IntN(sector))
		}
	}
	return &inode{cache: slices.Clone(disk), disk: disk, dirty: map[int]bool{}}
}

// processKill keeps the cache and frees locks, as the kernel does for a killed process.
func (m *memFS) processKill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.locked = map[string]bool{}
	m.failAt = 0
}

// files returns a copy of every file by name, and put replaces one.
func (m *memFS) files() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string][]byte{}
	for name, n := range m.cached {
		all[name] = slices.Clone(n.cache)
	}
	return all
}

func memFSOf(files map[string][]byte) *memFS {
	m := newMemFS()
	for name, b := range files {
		m.cached[name] = &inode{cache: slices.Clone(b), disk: slices.Clone(b), dirty: map[int]bool{}}
	}
	m.stored = maps.Clone(m.cached)
	return m
}
