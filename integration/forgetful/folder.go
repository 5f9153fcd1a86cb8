package forgetful

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
)

// inode is a file or a folder.
type inode struct {
	number uint64
	*file
	*folder
	// Where it is in the cached image: nil when it was unlinked, or is the root.
	parent *inode
	name   string
	// Where it is in the synced image. A file may be nowhere, and never in two places.
	syncedAt *inode
	syncedAs string
}

// folder is a folder's names.
type folder struct {
	cached, synced map[string]*inode
}

func newFolder() *folder {
	return &folder{cached: map[string]*inode{}, synced: map[string]*inode{}}
}

// link puts x into d under a name; what was there is unlinked.
func (d *inode) link(name string, x *inode) {
	d.unlink(name)
	d.folder.cached[name] = x
	x.parent, x.name = d, name
}

func (d *inode) unlink(name string) {
	if x := d.folder.cached[name]; x != nil {
		x.parent, x.name = nil, ""
		delete(d.folder.cached, name)
	}
}

// rename moves a name.
func (d *inode) rename(name string, to *inode, as string) {
	x := d.folder.cached[name]
	if d == to && name == as {
		return
	}
	d.unlink(name)
	to.link(as, x)
}

// settle makes one name's cached entry the synced one, and with it the other half of a rename.
func (d *inode) settle(name string) {
	old, x := d.folder.synced[name], d.folder.cached[name]
	if old == x {
		return
	}
	if old != nil {
		old.syncedAt, old.syncedAs = nil, ""
		delete(d.folder.synced, name)
	}
	if x != nil {
		if x.syncedAt != nil {
			delete(x.syncedAt.folder.synced, x.syncedAs) // renamed from there
		}
		d.folder.synced[name] = x
		x.syncedAt, x.syncedAs = d, name
	}
	if old != nil && old.parent != nil {
		old.parent.settle(old.name) // renamed to there
	}
}

// syncNames makes the names of a folder durable.
func (d *inode) syncNames() {
	for _, name := range d.changedNames() {
		d.settle(name)
	}
}

// changedNames are those that a power loss could lose or bring back, sorted.
func (d *inode) changedNames() []string {
	var names []string
	for name, x := range d.folder.cached {
		if d.folder.synced[name] != x {
			names = append(names, name)
		}
	}
	for name := range d.folder.synced {
		if d.folder.cached[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// crashNames leaves the synced names, with those of the rest that the loss keeps.
func (d *inode) crashNames(loss Loss, rng *rand.Rand, lost *Lost) {
	for _, name := range d.changedNames() {
		if d.folder.synced[name] == d.folder.cached[name] {
			continue // came with another one
		}
		if loss.keeps(rng) {
			d.settle(name)
			lost.KeptNames++
		} else {
			lost.Names++
		}
	}
}

// each visits x and all below it in an image, folders before what is in them, in the order of names.
func (x *inode) each(names func(*folder) map[string]*inode, visit func(*inode)) {
	visit(x)
	if x.folder == nil {
		return
	}
	in := names(x.folder)
	for _, name := range sorted(in) {
		in[name].each(names, visit)
	}
}

func ofCached(d *folder) map[string]*inode { return d.cached }
func ofSynced(d *folder) map[string]*inode { return d.synced }

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
