package forgetful

import (
	"maps"
	"math/rand/v2"
	"time"
)

const (
	blockBytes  = 4096 // what is kept or lost as one
	sectorBytes = 512  // where a torn block may tear
)

type block [blockBytes]byte

// image is one state of a file. Blocks that are not there are zeros. Images share blocks: one is changed only while it
// is dirty, which makes it the cached image's own.
type image struct {
	size   int64
	mode   uint32
	blocks map[int64]*block
}

// file is a file's content.
type file struct {
	cached, synced image
	dirty          map[int64]struct{} // blocks of cached that were changed since the last sync
	modified       time.Time
}

func newFile(mode uint32) *file {
	return &file{
		cached: image{mode: mode, blocks: map[int64]*block{}}, synced: image{mode: mode, blocks: map[int64]*block{}},
		dirty: map[int64]struct{}{}, modified: time.Now(),
	}
}

// own returns a block of the cached image that may be changed.
func (f *file) own(i int64) *block {
	if _, ok := f.dirty[i]; !ok || f.cached.blocks[i] == nil {
		b := new(block)
		if old := f.cached.blocks[i]; old != nil {
			*b = *old
		}
		f.cached.blocks[i] = b
		f.dirty[i] = struct{}{}
	}
	return f.cached.blocks[i]
}

func (f *file) write(offset int64, p []byte) {
	for at := offset; len(p) > 0; {
		n := copy(f.own(at / blockBytes)[at%blockBytes:], p)
		at, p = at+int64(n), p[n:]
		f.cached.size = max(f.cached.size, at)
	}
}

// read fills p from offset, as far as the file goes.
func (f *file) read(offset int64, p []byte) int {
	p = p[:max(0, min(int64(len(p)), f.cached.size-offset))]
	for at, rest := offset, p; len(rest) > 0; {
		within := at % blockBytes
		n := min(int64(len(rest)), blockBytes-within)
		if b := f.cached.blocks[at/blockBytes]; b != nil {
			copy(rest[:n], b[within:])
		} else {
			clear(rest[:n])
		}
		at, rest = at+n, rest[n:]
	}
	return len(p)
}

func (f *file) truncate(size int64) {
	if size < f.cached.size {
		if within := size % blockBytes; within > 0 && f.cached.blocks[size/blockBytes] != nil {
			clear(f.own(size / blockBytes)[within:])
		}
		for i := range f.cached.blocks {
			if i*blockBytes >= size {
				delete(f.cached.blocks, i)
				f.dirty[i] = struct{}{}
			}
		}
	}
	f.cached.size = size
}

// sync makes the cached image the synced one.
func (f *file) sync() {
	for i := range f.dirty {
		f.keep(i, f.cached.blocks[i])
	}
	f.synced.size, f.synced.mode = f.cached.size, f.cached.mode
	f.forgetDirty()
}

// forgetDirty makes the kernel's mistake after a failed sync: what was not written counts as clean.
func (f *file) forgetDirty() { f.dirty = map[int64]struct{}{} }

func (f *file) keep(i int64, b *block) {
	if b == nil {
		delete(f.synced.blocks, i)
	} else {
		f.synced.blocks[i] = b
	}
}

// crash leaves the synced image, with what of the rest the loss keeps. tear is the block to tear, -1 for none.
func (f *file) crash(loss Loss, rng *rand.Rand, tear int64, lost *Lost) {
	for _, i := range sorted(f.dirty) {
		b := f.cached.blocks[i]
		switch {
		case i == tear:
			f.keep(i, torn(f.synced.blocks[i], b, rng))
			lost.Torn++
		case loss.keeps(rng):
			f.keep(i, b)
			lost.KeptBlocks++
		default:
			lost.Blocks++
		}
	}
	if f.cached.size != f.synced.size && loss.keeps(rng) {
		f.synced.size = f.cached.size
	}
	for i := range f.synced.blocks {
		if i*blockBytes >= f.synced.size {
			delete(f.synced.blocks, i)
		}
	}
	f.cached = f.synced
	f.cached.blocks = maps.Clone(f.synced.blocks)
	f.forgetDirty()
}

// torn is a block of which only the first sectors were written.
func torn(old, changed *block, rng *rand.Rand) *block {
	b := new(block)
	if old != nil {
		*b = *old
	}
	n := sectorBytes * (1 + rng.IntN(blockBytes/sectorBytes-1))
	if changed == nil {
		clear(b[:n])
	} else {
		copy(b[:n], changed[:n])
	}
	return b
}
