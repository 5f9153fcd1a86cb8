package forgetful

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// answerLimit is how long an answer of forgetdisk may take.
const answerLimit = 30 * time.Second

// Server is a process that serves disks. Its methods are for the test's own goroutine.
type Server struct {
	in      io.WriteCloser
	encoder *json.Encoder
	answers chan answer
	mu      sync.Mutex // of gone
	gone    chan struct{}
	disks   int
}

// Disk is a folder on which a disk is mounted.
type Disk struct {
	Dir    string
	s      *Server
	number int
}

var program struct {
	once sync.Once
	path string
	err  error
}

// build builds forgetdisk, once for each test process.
func build() {
	dir, err := os.MkdirTemp("", "forgetdisk-")
	if err != nil {
		program.err = err
		return
	}
	program.path = filepath.Join(dir, "forgetdisk")
	out, err := exec.Command("go", "build", "-o", program.path, "troxymail/integration/forgetful/forgetdisk").CombinedOutput()
	if err != nil {
		program.err = fmt.Errorf("go build: %w\n%s", err, out)
	}
}

// RemoveProgram removes what Start built. Call it when no more disks are needed: at the end of TestMain, as a rule.
func RemoveProgram() {
	if program.path != "" {
		os.RemoveAll(filepath.Dir(program.path))
	}
	program.once, program.path = sync.Once{}, ""
}

// Start starts a process without disks. It ends when the test does: programs that use disks must have ended by then. Without root or FUSE the test fails and says what is missing.
func Start(t testing.TB) *Server {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("mounting a disk of the test's own takes root: run the tests as root")
	}
	if f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0); err != nil {
		t.Fatalf("mounting a disk of the test's own takes FUSE (%v): modprobe fuse; in a container give it the device /dev/fuse "+
			"and the right to mount (CAP_SYS_ADMIN)", err)
	} else {
		f.Close()
	}
	program.once.Do(build)
	if program.err != nil {
		t.Fatal(program.err)
	}
	s := &Server{answers: make(chan answer), gone: make(chan struct{})}
	cmd := exec.Command(program.path)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt of the test ends it by the end of its input
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.in, s.encoder = in, json.NewEncoder(in)
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read(json.NewDecoder(out))
	}()
	t.Cleanup(func() {
		in.Close()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("forgetdisk: %v", err)
		}
	})
	return s
}

// read passes answers on until the process ends.
func (s *Server) read(decoder *json.Decoder) {
	defer close(s.answers)
	for {
		var a answer
		if decoder.Decode(&a) != nil {
			return
		}
		if !a.Gone {
			s.answers <- a
			continue
		}
		s.mu.Lock()
		close(s.gone)
		s.gone = make(chan struct{})
		s.mu.Unlock()
	}
}

func (s *Server) ask(t testing.TB, r request) answer {
	t.Helper()
	if err := s.encoder.Encode(r); err != nil {
		t.Fatalf("forgetdisk: %v", err)
	}
	select {
	case a, ok := <-s.answers:
		if !ok || a.Error != "" {
			t.Fatalf("forgetdisk: %s (running: %v)", a.Error, ok)
		}
		return a
	case <-time.After(answerLimit):
		t.Fatalf("forgetdisk does not answer %q", r.Do)
	}
	return answer{}
}

func numbers(disks []*Disk) []int {
	var n []int
	for _, d := range disks {
		n = append(n, d.number)
	}
	return n
}

// Mount makes dir and mounts a new, empty disk there, until the test ends.
func (s *Server) Mount(t testing.TB, dir string) *Disk {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.ask(t, request{Do: "mount", Dir: dir})
	d := &Disk{Dir: dir, s: s, number: s.disks}
	s.disks++
	t.Cleanup(func() { s.ask(t, request{Do: "unmount", Disks: []int{d.number}}) })
	return d
}

// Settle makes everything on the disk durable, as time does.
func (d *Disk) Settle(t testing.TB) {
	t.Helper()
	d.s.ask(t, request{Do: "settle", Disks: []int{d.number}})
}

// Arm lets the power of all disks go at the same moment: before the n-th change from now on that a program makes on
// any of them. What it returns is closed when it went.
func (s *Server) Arm(t testing.TB, n uint64, disks ...*Disk) <-chan struct{} {
	t.Helper()
	s.mu.Lock()
	gone := s.gone
	s.mu.Unlock()
	s.ask(t, request{Do: "arm", After: n, Disks: numbers(disks)})
	return gone
}

// Cut takes the power of disks away now. Calls on them wait until Fail.
func (s *Server) Cut(t testing.TB, disks ...*Disk) {
	t.Helper()
	s.mu.Lock()
	gone := s.gone
	s.mu.Unlock()
	s.ask(t, request{Do: "cut", Disks: numbers(disks)})
	<-gone
}

// Fail makes the calls fail that wait because the power went, and all others until Restore. Programs that were killed
// end by that.
func (s *Server) Fail(t testing.TB, disks ...*Disk) {
	t.Helper()
	s.ask(t, request{Do: "fail", Disks: numbers(disks)})
}

// Restore gives disks that fail their power back, with what the loss left on them. No program may have a file of
// theirs open.
func (s *Server) Restore(t testing.TB, loss Loss, seed uint64, disks ...*Disk) Lost {
	t.Helper()
	return s.ask(t, request{Do: "restore", Loss: loss, Seed: seed, Disks: numbers(disks)}).Lost
}

// IgnoreSyncs lets all syncs from now on succeed and do nothing, as disks do that lie about their caches. It ends with
// the next Restore.
func (d *Disk) IgnoreSyncs(t testing.TB) {
	t.Helper()
	d.s.ask(t, request{Do: "ignore-syncs", Disks: []int{d.number}})
}

// FailSync makes the n-th sync from now on fail: nothing of that file or folder is written, and what was to be
// written counts as clean. Later syncs work.
func (d *Disk) FailSync(t testing.TB, n uint64) {
	t.Helper()
	d.s.ask(t, request{Do: "fail-sync", After: n, Disks: []int{d.number}})
}

// SyncTime lets every sync take so long, half of it at least: only then is anything of it durable. 0, as at first, for
// no time at all. Syncs that run end now.
func (d *Disk) SyncTime(t testing.TB, takes time.Duration) {
	t.Helper()
	d.s.ask(t, request{Do: "sync-time", Time: takes, Disks: []int{d.number}})
}

// FailedSyncs is how many syncs FailSync made fail so far.
func (d *Disk) FailedSyncs(t testing.TB) int {
	t.Helper()
	return d.s.ask(t, request{Do: "tell", Disks: []int{d.number}}).Failed
}

// Changes is how many changing calls programs made on the disk so far.
func (d *Disk) Changes(t testing.TB) uint64 {
	t.Helper()
	return d.s.ask(t, request{Do: "tell", Disks: []int{d.number}}).Changes
}
