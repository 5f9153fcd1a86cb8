package forgetful

import (
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// Mkdir implements fuse.RawFileSystem.
func (d *disk) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	defer d.end()
	to := d.known[in.NodeId]
	if to.folder.cached[name] != nil {
		return fuse.Status(syscall.EEXIST)
	}
	x := d.newInode(nil, newFolder())
	to.link(name, x)
	d.tell(x, out)
	return fuse.OK
}

// Unlink implements fuse.RawFileSystem.
func (d *disk) Unlink(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	defer d.end()
	d.known[in.NodeId].unlink(name)
	return fuse.OK
}

// Rmdir implements fuse.RawFileSystem.
func (d *disk) Rmdir(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	defer d.end()
	from := d.known[in.NodeId]
	if len(from.folder.cached[name].folder.cached) > 0 {
		return fuse.Status(syscall.ENOTEMPTY)
	}
	from.unlink(name)
	return fuse.OK
}

// Rename implements fuse.RawFileSystem: the plain one, which replaces a file or an empty folder.
func (d *disk) Rename(_ <-chan struct{}, in *fuse.RenameIn, name, as string) fuse.Status {
	if in.Flags != 0 {
		return fuse.EINVAL
	}
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	defer d.end()
	from, to := d.known[in.NodeId], d.known[in.Newdir]
	if old := to.folder.cached[as]; old != nil && old.folder != nil && len(old.folder.cached) > 0 {
		return fuse.Status(syscall.ENOTEMPTY)
	}
	from.rename(name, to, as)
	return fuse.OK
}

// OpenDir implements fuse.RawFileSystem: what is listed is what was there then.
func (d *disk) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	if s := d.begin(false); s != fuse.OK {
		return s
	}
	defer d.end()
	x := d.known[in.NodeId]
	up := x.parent
	if up == nil {
		up = x
	}
	list := []*entry{{".", x}, {"..", up}}
	for _, name := range sorted(x.folder.cached) {
		list = append(list, &entry{name, x.folder.cached[name]})
	}
	d.handle++
	d.lists[d.handle], out.Fh = list, d.handle
	return fuse.OK
}

// ReadDir implements fuse.RawFileSystem.
func (d *disk) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	if s := d.begin(false); s != fuse.OK {
		return s
	}
	defer d.end()
	list := d.lists[in.Fh]
	for i := int(in.Offset); i < len(list); i++ {
		mode := uint32(syscall.S_IFREG)
		if list[i].x.folder != nil {
			mode = syscall.S_IFDIR
		}
		if !out.AddDirEntry(fuse.DirEntry{Name: list[i].name, Mode: mode, Ino: list[i].x.number, Off: uint64(i + 1)}) {
			break
		}
	}
	return fuse.OK
}

// ReleaseDir implements fuse.RawFileSystem.
func (d *disk) ReleaseDir(in *fuse.ReleaseIn) {
	d.power.mu.Lock()
	defer d.power.mu.Unlock()
	delete(d.lists, in.Fh)
}
