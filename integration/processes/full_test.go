package processes

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"troxymail/integration/demo"
)

const (
	smallMiB   = 1024     // a disk that holds a host's folder and little more
	leaveBytes = 64 << 10 // what is free on it once it is full
)

// onSmallDisk moves the folder of a host that does not run to a disk of its own (ext4, on a loop device).
func onSmallDisk(t *testing.T, c *Cluster, i int) (dir string) {
	t.Helper()
	dir, image := filepath.Join(t.TempDir(), "disk"), filepath.Join(t.TempDir(), "image")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, smallMiB<<20); err != nil {
		t.Fatal(err)
	}
	run(t, "", "mkfs.ext4", "-q", "-m", "0", image)
	run(t, "", "mount", "-o", "loop", image, dir)
	t.Cleanup(func() { run(t, "", "umount", dir) })
	moveFolder(t, c.HostFolder(i), dir)
	return dir
}

// fill leaves next to nothing free on a disk, by one file that it returns. Its host goes on writing meanwhile.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	for size, leave := int64(0), int64(leaveBytes); ; {
		var fs syscall.Statfs_t
		must(t, syscall.Statfs(dir, &fs))
		more := int64(fs.Bavail)*fs.Bsize - leave
		if more <= 0 {
			return path
		}
		switch err := syscall.Fallocate(int(f.Fd()), 0, size, more); err {
		case nil:
			size += more
		case syscall.ENOSPC: // somebody took it, or the file system needs it for itself
			leave += leaveBytes
		default:
			t.Fatal(err)
		}
	}
}

// TestDiskFull fills the disk of a follower's host, then of the leader's, then of all, under load. A host whose disk is
// full stops and says so; the others go on without it; and when there is space again it comes back, and nothing that was
// acknowledged is lost.
func TestDiskFull(t *testing.T) {
	c := Make(t, 3)
	dirs := []string{onSmallDisk(t, c, 0), onSmallDisk(t, c, 1), onSmallDisk(t, c, 2)}
	c.StartAll(t)
	l := c.StartLoad(t, writers, seed(t))
	l.Progress(t, some, 0, 1, 2)
	var times outages
	for _, whose := range []string{"follower", "leader", "all"} {
		i := c.awaitLeader(t, -1)
		if whose == "follower" {
			i = (i + 1) % 3
		}
		struck := []int{i}
		if whose == "all" {
			struck = []int{0, 1, 2}
		}
		var ballast []string
		for _, k := range struck {
			ballast = append(ballast, fill(t, dirs[k]))
		}
		demo.Eventually(t, serveLimit, "enough hosts stop: "+whose, func() bool {
			stopped := 0
			for _, k := range struck {
				if c.Hosts[k].hasEnded() {
					stopped++
				}
			}
			return stopped >= min(2, len(struck)) // two of three: nothing commits any more
		})
		for _, k := range struck {
			if h := c.Hosts[k]; h.hasEnded() && (h.err == nil || !h.Says(t, "no space left on device")) {
				t.Errorf("host %d ended (%v) and does not say why:\n%s", k, h.err, h.Output(t))
			}
		}
		if len(struck) == 1 {
			times.goesOn(t, l.strike(), (i+1)%3, (i+2)%3)
			l.Progress(t, some, (i+1)%3, (i+2)%3)
		}
		for n, k := range struck {
			must(t, os.Remove(ballast[n]))
			c.Hosts[k].Kill()
			c.StartHost(t, k)
		}
		for k := range 3 {
			c.AwaitServing(t, k)
		}
		l.Progress(t, some, 0, 1, 2)
		t.Logf("disk full, %s (%v): stopped, and back", whose, struck)
	}
	l.Stop()
	l.Check(t)
	t.Logf("disks full: %d commands acknowledged; first new acknowledgement once a host had stopped: %v", l.Acks(), times)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
