package forgetful

import (
	"maps"
	"math/rand/v2"
)

// Loss says what a power loss leaves of what was not synced.
type Loss struct {
	// Keep is the share of unsynced blocks, lengths and names that are there nevertheless; 0 for none.
	Keep float64
	// Tear tears one unsynced block.
	Tear bool
}

func (l Loss) keeps(rng *rand.Rand) bool { return rng.Float64() < l.Keep }

// Lost counts what a power loss met: what was not synced, and what became of it.
type Lost struct {
	Blocks, KeptBlocks int // blocks of 4 KiB
	Names, KeptNames   int // names that were new, gone, or others'
	Torn               int // blocks
}

// Unsynced is how much there was to lose.
func (l Lost) Unsynced() int { return l.Blocks + l.KeptBlocks + l.Names + l.KeptNames + l.Torn }

// Plus adds up.
func (l Lost) Plus(m Lost) Lost {
	return Lost{l.Blocks + m.Blocks, l.KeptBlocks + m.KeptBlocks, l.Names + m.Names, l.KeptNames + m.KeptNames, l.Torn + m.Torn}
}

// crash turns what is below root into what a power loss leaves of it. Names that lose their folder go with it.
func crash(root *inode, loss Loss, rng *rand.Rand) (lost Lost) {
	var folders []*inode
	root.each(ofCached, func(x *inode) {
		if x.folder != nil {
			folders = append(folders, x)
		}
	})
	for _, d := range folders {
		d.crashNames(loss, rng, &lost)
	}
	var files []*inode
	type place struct {
		x *inode
		i int64
	}
	var unsynced []place
	root.each(ofSynced, func(x *inode) {
		if x.file == nil {
			return
		}
		files = append(files, x)
		for _, i := range sorted(x.dirty) {
			unsynced = append(unsynced, place{x, i})
		}
	})
	tear := place{nil, -1}
	if loss.Tear && len(unsynced) > 0 {
		tear = unsynced[rng.IntN(len(unsynced))]
	}
	for _, x := range files {
		at := int64(-1)
		if tear.x == x {
			at = tear.i
		}
		x.file.crash(loss, rng, at, &lost)
	}
	root.each(ofSynced, func(x *inode) {
		if x.folder == nil {
			return
		}
		x.folder.cached = maps.Clone(x.folder.synced)
		for name, y := range x.folder.synced {
			y.parent, y.name = x, name
		}
	})
	return lost
}

// settleAll makes all that is cached synced.
func settleAll(root *inode) {
	root.each(ofCached, func(x *inode) {
		if x.folder != nil {
			x.syncNames()
		} else {
			x.file.sync()
		}
	})
}
