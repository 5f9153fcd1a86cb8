package forgetful

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// tree drives the model alone.
type tree struct {
	root    *inode
	folders []*inode
	rng     *rand.Rand
	number  uint64
}

func (x *tree) pick(names map[string]*inode) string {
	list := sorted(names)
	if len(list) == 0 {
		return ""
	}
	return list[x.rng.IntN(len(list))]
}

func (x *tree) step() {
	d := x.folders[x.rng.IntN(len(x.folders))]
	to := x.folders[x.rng.IntN(len(x.folders))]
	name := x.pick(d.folder.cached)
	switch x.rng.IntN(6) {
	case 0, 1:
		x.number++
		y := &inode{number: x.number, file: newFile(0o600)}
		y.file.write(0, fmt.Appendf(nil, "%d", x.number))
		d.link(fmt.Sprintf("f%d", x.rng.IntN(6)), y)
	case 2:
		if name != "" {
			d.rename(name, to, fmt.Sprintf("f%d", x.rng.IntN(6)))
		}
	case 3:
		if name != "" {
			d.unlink(name)
		}
	case 4:
		d.syncNames()
		if len(d.changedNames()) > 0 {
			panic("a folder that was synced has changed names")
		}
	case 5:
		if name != "" {
			d.folder.cached[name].file.sync()
		}
	}
}

// paths tells what an image holds.
func (x *tree) paths(names func(*folder) map[string]*inode, text func(*file) *image) map[string]string {
	all := map[string]string{}
	for i, d := range x.folders {
		for name, y := range names(d.folder) {
			b := text(y.file).blocks[0]
			if b == nil {
				b = new(block)
			}
			all[fmt.Sprintf("%d/%s", i, name)] = fmt.Sprintf("%d %d %q", y.number, text(y.file).size, b[:text(y.file).size])
		}
	}
	return all
}

// sound checks that no file is in two places of one image, and that each knows where it is.
func (x *tree) sound(t *testing.T, seed uint64) {
	t.Helper()
	for _, d := range x.folders {
		for name, y := range d.folder.cached {
			if y.parent != d || y.name != name {
				t.Fatalf("seed %d: %s is elsewhere in the cached image", seed, name)
			}
		}
		for name, y := range d.folder.synced {
			if y.syncedAt != d || y.syncedAs != name {
				t.Fatalf("seed %d: %s is elsewhere in the synced image", seed, name)
			}
		}
	}
}

// TestTreesAfterLosses makes random changes, and losses that keep all, nothing and some.
func TestTreesAfterLosses(t *testing.T) {
	for seed := range uint64(300) {
		x := &tree{root: &inode{folder: newFolder()}, rng: rand.New(rand.NewPCG(seed, 0))}
		for range 3 {
			d := &inode{folder: newFolder()}
			x.root.link(fmt.Sprintf("d%d", len(x.folders)), d)
			x.folders = append(x.folders, d)
		}
		x.root.syncNames()
		for range 20 {
			for range x.rng.IntN(30) {
				x.step()
				x.sound(t, seed)
			}
			cached := x.paths(ofCached, func(f *file) *image { return &f.cached })
			synced := x.paths(ofSynced, func(f *file) *image { return &f.synced })
			keep := []float64{0, 0.5, 1}[x.rng.IntN(3)]
			crash(x.root, Loss{Keep: keep}, x.rng)
			x.sound(t, seed)
			left := x.paths(ofCached, func(f *file) *image { return &f.cached })
			again := x.paths(ofSynced, func(f *file) *image { return &f.synced })
			if !maps.Equal(left, again) {
				t.Fatalf("seed %d: the images differ after a loss: %v, %v", seed, left, again)
			}
			if want := map[float64]map[string]string{0: synced, 1: cached}[keep]; want != nil && !maps.Equal(left, want) {
				t.Fatalf("seed %d: after a loss that keeps %v: %v, want %v", seed, keep, slices.Sorted(maps.Keys(left)), slices.Sorted(maps.Keys(want)))
			}
		}
	}
}
