package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// checkFile reads a store's file page by page, before bbolt maps it, and returns what its newest sound
// transaction holds. bbolt trusts what it maps: a damaged page number could send it anywhere. Here nothing
// that the file says is believed before it is checked: every page is read once, lies inside the file, is
// what its header says, and is either in the tree or in the list of free pages, not both. Nothing that is
// read is held but one path of pages.
//
// The layout (bbolt's, little endian): pages of one size. A page begins with number u64, kind u16, count
// u16, further pages u32. Pages 0 and 1 are the two newest transactions. A leaf's elements are kind, offset,
// key and value size, a branch's offset, key size, page; offsets count from the element.
func checkFile(path string, loose func([]byte) bool) (found, error) {
	f, err := os.Open(path)
	if err != nil {
		return found{}, err
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			return found{}, ErrInUse
		}
		return found{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return found{}, err
	}
	c := &checker{file: f, size: info.Size(), loose: loose}
	if err := c.run(); err != nil {
		return found{}, err
	}
	return c.found, nil
}

// found is what a file holds.
type found struct {
	fresh bool              // no bucket yet
	meta  map[string]string // the bucket of that name
	sum   uint64            // over the entries of the bucket data
}

const (
	pageHeaderBytes = 16
	elementBytes    = 16
	metaBytes       = 64
	metaMagic       = 0xED0CDAED
	metaVersion     = 2
	kindBranch      = 1
	kindLeaf        = 2
	kindFreelist    = 16
	noFreelist      = ^uint64(0)
	// maxTreeDepth bounds the path from a root to a leaf, maxPageBytes one page with its further pages.
	maxTreeDepth = 64
	maxPageBytes = 256 << 20
)

type checker struct {
	file     io.ReaderAt
	size     int64
	pageSize int64
	high     uint64 // pages below it are in use or free
	used     []bool
	loose    func([]byte) bool
	found    found
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w (%s)", ErrDamaged, fmt.Sprintf(format, args...))
}

// boltMeta is one of the two meta pages.
type boltMeta struct {
	pageSize             uint32
	root, freelist, high uint64
	transaction          uint64
}

func (c *checker) run() error {
	m, ok := c.newestMeta()
	if !ok {
		return bad("no sound transaction")
	}
	c.pageSize, c.high = int64(m.pageSize), m.high
	if c.high < 4 || c.high > uint64(c.size/c.pageSize) {
		return bad("%d pages in %d bytes", c.high, c.size)
	}
	c.used = make([]bool, c.high)
	c.used[0], c.used[1] = true, true
	c.found = found{fresh: true, meta: map[string]string{}}
	if err := c.bucket(m.root, nil, c.topLevel); err != nil {
		return err
	}
	if err := c.free(m.freelist); err != nil {
		return err
	}
	for id, used := range c.used {
		if !used {
			return bad("page %d is neither in use nor free", id)
		}
	}
	return nil
}

// newestMeta chooses as bbolt does: the sound one of the newer transaction.
func (c *checker) newestMeta() (m boltMeta, ok bool) {
	m, ok = c.meta(0)
	if !ok {
		for at := int64(1024); at <= 16<<20; at *= 2 {
			if m, ok = c.meta(at); ok && int64(m.pageSize) == at {
				return m, true
			}
		}
		return m, false
	}
	if second, sound := c.meta(int64(m.pageSize)); sound && second.transaction > m.transaction {
		m = second
	}
	return m, true
}

func (c *checker) meta(at int64) (m boltMeta, ok bool) {
	b := make([]byte, pageHeaderBytes+metaBytes)
	if _, err := c.file.ReadAt(b, at); err != nil {
		return m, false
	}
	b = b[pageHeaderBytes:]
	h := fnv.New64a()
	h.Write(b[:metaBytes-8])
	le := binary.LittleEndian
	m = boltMeta{
		pageSize: le.Uint32(b[8:]), root: le.Uint64(b[16:]), freelist: le.Uint64(b[32:]),
		high: le.Uint64(b[40:]), transaction: le.Uint64(b[48:]),
	}
	ok = le.Uint32(b) == metaMagic && le.Uint32(b[4:]) == metaVersion && le.Uint64(b[56:]) == h.Sum64() &&
		m.pageSize >= 1024 && m.pageSize <= 16<<20
	return m, ok
}

// page reads a page with its further pages, into buf if it fits, and takes it into use.
func (c *checker) page(id uint64, buf []byte) ([]byte, error) {
	if id < 2 || id >= c.high {
		return nil, bad("page %d of %d", id, c.high)
	}
	p := slices.Grow(buf[:0], int(c.pageSize))[:c.pageSize]
	if _, err := c.file.ReadAt(p, int64(id)*c.pageSize); err != nil {
		return nil, bad("page %d: %v", id, err)
	}
	more := uint64(binary.LittleEndian.Uint32(p[12:]))
	bytes := int64(more+1) * c.pageSize
	if binary.LittleEndian.Uint64(p) != id || more >= c.high-id || bytes > maxPageBytes {
		return nil, bad("page %d: header", id)
	}
	for i := id; i <= id+more; i++ {
		if c.used[i] {
			return nil, bad("page %d is used twice", i)
		}
		c.used[i] = true
	}
	if more > 0 {
		p = slices.Grow(p, int(bytes-c.pageSize))[:bytes]
		if _, err := c.file.ReadAt(p[c.pageSize:], int64(id+1)*c.pageSize); err != nil {
			return nil, bad("page %d: %v", id, err)
		}
	}
	return p, nil
}

// topLevel visits the buckets of the file: there are two.
func (c *checker) topLevel(key, value []byte, nested bool) error {
	if !nested || len(value) < 16 {
		return bad("an entry outside of the buckets")
	}
	c.found.fresh = false
	visit := c.data
	switch {
	case bytes.Equal(key, bucketMeta):
		visit = func(key, value []byte, nested bool) error {
			c.found.meta[string(key)] = string(value)
			return none(nested)
		}
	case !bytes.Equal(key, bucketData):
		return bad("an unknown bucket")
	}
	return c.bucket(binary.LittleEndian.Uint64(value), value[16:], visit)
}

func (c *checker) data(key, value []byte, nested bool) error {
	c.found.sum += entrySum(key, value, c.loose)
	return none(nested)
}

func none(nested bool) error {
	if nested {
		return bad("a bucket in a bucket")
	}
	return nil
}

// free reads the list of free pages.
func (c *checker) free(id uint64) error {
	if id == noFreelist {
		return bad("no list of free pages")
	}
	p, err := c.page(id, nil)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	count, at := uint64(le.Uint16(p[10:])), uint64(pageHeaderBytes)
	if count == 0xffff { // the number is the first entry
		count, at = le.Uint64(p[at:]), at+8
	}
	if le.Uint16(p[8:]) != kindFreelist || count > (uint64(len(p))-at)/8 {
		return bad("the list of free pages")
	}
	for i := range count {
		id := le.Uint64(p[at+8*i:])
		if id >= c.high || c.used[id] {
			return bad("page %d is free and in use", id)
		}
		c.used[id] = true
	}
	return nil
}
