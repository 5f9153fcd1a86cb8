package forgetful

import (
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// validSeconds is how long the kernel may rely on what it was told: nothing changes but through it.
const validSeconds = 1 << 30

// String implements fuse.RawFileSystem.
func (d *disk) String() string { return "forgetful" }

func (d *disk) attributes(x *inode, out *fuse.Attr) {
	*out = fuse.Attr{Ino: x.number, Nlink: 1, Blksize: blockBytes}
	if x.folder != nil {
		out.Mode, out.Nlink = syscall.S_IFDIR|0o700, 2
		return
	}
	out.Mode = syscall.S_IFREG | x.file.cached.mode
	out.Size = uint64(x.file.cached.size)
	out.Blocks = uint64(len(x.file.cached.blocks)) * (blockBytes / 512)
	out.SetTimes(nil, &x.file.modified, &x.file.modified)
}

// tell makes x known to the kernel.
func (d *disk) tell(x *inode, out *fuse.EntryOut) {
	d.known[x.number] = x
	d.looked[x.number]++
	out.NodeId, out.EntryValid, out.AttrValid = x.number, validSeconds, validSeconds
	d.attributes(x, &out.Attr)
}

// Lookup implements fuse.RawFileSystem.
func (d *disk) Lookup(_ <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	if s := d.begin(false); s != fuse.OK {
		return s
	}
	defer d.end()
	x := d.known[in.NodeId].folder.cached[name]
	if x == nil {
		return fuse.ENOENT
	}
	d.tell(x, out)
	return fuse.OK
}

// Forget implements fuse.RawFileSystem.
func (d *disk) Forget(number, n uint64) {
	d.power.mu.Lock()
	defer d.power.mu.Unlock()
	if d.looked[number] -= min(n, d.looked[number]); d.looked[number] == 0 && number != fuse.FUSE_ROOT_ID {
		delete(d.looked, number)
		delete(d.known, number)
	}
}

// GetAttr implements fuse.RawFileSystem.
func (d *disk) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	if s := d.begin(false); s != fuse.OK {
		return s
	}
	defer d.end()
	out.AttrValid = validSeconds
	d.attributes(d.known[in.NodeId], &out.Attr)
	return fuse.OK
}

// SetAttr implements fuse.RawFileSystem: length and mode; owners and times are taken and forgotten.
func (d *disk) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	defer d.end()
	x := d.known[in.NodeId]
	if x.file != nil {
		if size, ok := in.GetSize(); ok {
			x.file.truncate(int64(size))
			x.file.modified = time.Now()
		}
		if mode, ok := in.GetMode(); ok {
			x.file.cached.mode = mode & 0o777
		}
	}
	out.AttrValid = validSeconds
	d.attributes(x, &out.Attr)
	return fuse.OK
}

// StatFs implements fuse.RawFileSystem: there is room.
func (d *disk) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	const room = 1 << 30
	*out = fuse.StatfsOut{Blocks: room, Bfree: room, Bavail: room, Files: room, Ffree: room, Bsize: blockBytes, Frsize: blockBytes, NameLen: 255}
	return fuse.OK
}

// Create implements fuse.RawFileSystem.
func (d *disk) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	defer d.end()
	to := d.known[in.NodeId]
	if to.folder.cached[name] != nil {
		return fuse.Status(syscall.EEXIST)
	}
	x := d.newInode(newFile(in.Mode&0o777), nil)
	to.link(name, x)
	d.tell(x, &out.EntryOut)
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.OK
}

// Open implements fuse.RawFileSystem.
func (d *disk) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	truncates := in.Flags&syscall.O_TRUNC != 0
	if s := d.begin(truncates); s != fuse.OK {
		return s
	}
	defer d.end()
	if truncates {
		d.known[in.NodeId].file.truncate(0)
	}
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.OK
}

// Read implements fuse.RawFileSystem.
func (d *disk) Read(_ <-chan struct{}, in *fuse.ReadIn, p []byte) (fuse.ReadResult, fuse.Status) {
	if s := d.begin(false); s != fuse.OK {
		return nil, s
	}
	defer d.end()
	n := d.known[in.NodeId].file.read(int64(in.Offset), p[:min(len(p), int(in.Size))])
	return fuse.ReadResultData(p[:n]), fuse.OK
}

// Write implements fuse.RawFileSystem.
func (d *disk) Write(_ <-chan struct{}, in *fuse.WriteIn, p []byte) (uint32, fuse.Status) {
	if s := d.begin(true); s != fuse.OK {
		return 0, s
	}
	defer d.end()
	f := d.known[in.NodeId].file
	f.write(int64(in.Offset), p)
	f.modified = time.Now()
	return uint32(len(p)), fuse.OK
}

// Fallocate implements fuse.RawFileSystem: only what makes a file longer.
func (d *disk) Fallocate(_ <-chan struct{}, in *fuse.FallocateIn) fuse.Status {
	if in.Mode != 0 {
		return fuse.Status(syscall.EOPNOTSUPP)
	}
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	defer d.end()
	f := d.known[in.NodeId].file
	f.cached.size = max(f.cached.size, int64(in.Offset+in.Length))
	return fuse.OK
}

// Fsync implements fuse.RawFileSystem, for fdatasync too.
func (d *disk) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	x := d.get(in.NodeId)
	return d.sync(x.file.sync, x.forgetDirty)
}

// FsyncDir implements fuse.RawFileSystem.
func (d *disk) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return d.sync(d.get(in.NodeId).syncNames, func() {})
}

func (d *disk) get(number uint64) *inode {
	d.power.mu.Lock()
	defer d.power.mu.Unlock()
	return d.known[number]
}

// Flush implements fuse.RawFileSystem: closing a file syncs nothing.
func (d *disk) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status { return fuse.OK }
