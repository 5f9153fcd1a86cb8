package forgetful

import (
	"io"
	"log"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// holdLimit is how long calls wait once the power went: a test that failed meanwhile must not hang.
const holdLimit = 20 * time.Second

// power feeds disks. Its lock is that of all their contents.
type power struct {
	mu      sync.Mutex
	after   uint64  // the power goes before the after-th change from now on of these disks; 0 for never
	victims []*disk // who lose it then
	gone    func()  // called when they lost it, with mu held
}

// cut takes the power away from disks. The caller holds mu.
func (p *power) cut(disks []*disk) {
	for _, d := range disks {
		d.off = true
		release := d.release
		time.AfterFunc(holdLimit, func() { d.failIf(release) })
	}
	p.after = 0
	p.gone()
}

// count counts a change of d.
func (p *power) count(d *disk) {
	d.changes++
	if p.after == 0 || !slices.Contains(p.victims, d) {
		return
	}
	if p.after--; p.after == 0 {
		p.cut(p.victims)
	}
}

// disk is one mounted file system.
type disk struct {
	fuse.RawFileSystem
	power   *power
	dir     string
	server  *fuse.Server
	off     bool          // without power
	release chan struct{} // closed when calls that wait for it are to fail
	ended   bool
	changes uint64 // changing calls so far
	root    *inode
	last    uint64 // the number of the newest inode
	// What the kernel knows: inodes by number, and how often it looked each up.
	known  map[uint64]*inode
	looked map[uint64]uint64
	lists  map[uint64][]*entry // open folders by handle
	handle uint64
	// syncTime is how long a sync takes, half of it at least.
	syncTime time.Duration
	hurry    chan struct{} // closed when that changes: those that run end
	ignores  bool          // syncs succeed and do nothing
	// failSync counts down to the sync that fails; 0 for none.
	failSync    uint64
	failedSyncs int
}

// entry is a name of an open folder.
type entry struct {
	name string
	x    *inode
}

func newDisk(p *power, dir string) *disk {
	d := &disk{RawFileSystem: fuse.NewDefaultRawFileSystem(), power: p, dir: dir, release: make(chan struct{}), hurry: make(chan struct{})}
	d.root = d.newInode(nil, newFolder())
	d.forgetKernel()
	return d
}

// forgetKernel begins with a kernel that knows nothing but the root.
func (d *disk) forgetKernel() {
	d.known, d.looked, d.lists = map[uint64]*inode{fuse.FUSE_ROOT_ID: d.root}, map[uint64]uint64{}, map[uint64][]*entry{}
}

// newInode numbers inodes from 1, the root's.
func (d *disk) newInode(f *file, names *folder) *inode {
	d.last++
	return &inode{number: d.last, file: f, folder: names}
}

// mount begins to serve.
func (d *disk) mount() (err error) {
	d.server, err = fuse.NewServer(d, d.dir, &fuse.MountOptions{
		DirectMountStrict: true, FsName: "forgetful", Name: "forgetful", MaxWrite: 1 << 20, DisableXAttrs: true,
		DisableReadDirPlus: true, ExplicitDataCacheControl: true,
		Logger: log.New(io.Discard, "", 0), // it reports every unmount as an error
	})
	if err != nil {
		return err
	}
	go d.server.Serve()
	return d.server.WaitMount()
}

// fail makes the calls that wait for power fail, and all that follow, until the disk is mounted again.
func (d *disk) fail() {
	d.power.mu.Lock()
	defer d.power.mu.Unlock()
	d.off = true
	d.let(d.release)
}

// failIf is fail unless the disk got its power back since it had this release.
func (d *disk) failIf(release chan struct{}) {
	d.power.mu.Lock()
	defer d.power.mu.Unlock()
	if release == d.release {
		d.let(release)
	}
}

func (d *disk) let(release chan struct{}) {
	select {
	case <-release:
	default:
		close(release)
	}
}

// unmount ends a disk for good: every call fails, so that no program hangs, and the folder is as before.
func (d *disk) unmount() error {
	d.fail()
	if d.ended {
		return nil
	}
	d.ended = true
	return syscall.Unmount(d.dir, syscall.MNT_DETACH)
}

// restore leaves of a disk that failed what a power loss does, and mounts it again. No program may have a file of it
// open.
func (d *disk) restore(loss Loss, seed uint64) (Lost, error) {
	if err := d.server.Unmount(); err != nil {
		return Lost{}, err
	}
	d.server.Wait()
	d.power.mu.Lock()
	lost := crash(d.root, loss, rand.New(rand.NewPCG(seed, 0)))
	d.forgetKernel()
	d.failSync, d.ignores, d.off, d.release = 0, false, false, make(chan struct{})
	d.power.mu.Unlock()
	return lost, d.mount()
}

// begin is the start of every call: it waits while there is no power, and then fails. change says that the call
// changes something, or syncs. With OK the caller holds the power's lock.
func (d *disk) begin(change bool) fuse.Status {
	d.power.mu.Lock()
	if change && !d.off {
		d.power.count(d)
	}
	if !d.off {
		return fuse.OK
	}
	release := d.release
	d.power.mu.Unlock()
	<-release
	return fuse.EIO
}

func (d *disk) end() { d.power.mu.Unlock() }

// sync runs one sync: do, or fail, when it has taken its time and there is power still. The kernel lets nothing else
// change the file or folder meanwhile.
func (d *disk) sync(do, fail func()) fuse.Status {
	if s := d.begin(true); s != fuse.OK {
		return s
	}
	fails, takes, hurry, release := d.syncFails(), d.syncTime/2+rand.N(d.syncTime/2+1), d.hurry, d.release
	d.end()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-hurry:
		case <-release:
		}
	}
	if s := d.begin(false); s != fuse.OK {
		return s
	}
	defer d.end()
	switch {
	case release != d.release: // the power went, and is back
		return fuse.EIO
	case fails:
		fail()
		return fuse.EIO
	case !d.ignores:
		do()
	}
	return fuse.OK
}

// syncFails counts a sync and reports whether it is the one to fail.
func (d *disk) syncFails() bool {
	if d.failSync == 0 {
		return false
	}
	d.failSync--
	if d.failSync > 0 {
		return false
	}
	d.failedSyncs++
	return true
}
