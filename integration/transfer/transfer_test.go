package transfer

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/integration/demo"
)

// TestTransfer shares one demo among its parts, each with an account of its own.
func TestTransfer(t *testing.T) {
	d := demo.Start(t, demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)})
	for name, part := range map[string]func(*testing.T, *account){
		"RoundTrip": roundTrip, "Killed": killed, "ReplicaFails": replicaFails, "Dovecot": fromDovecot, "Refusals": refusals,
	} {
		t.Run(name, func(t *testing.T) { part(t, newAccount(t, d)) })
	}
}

// roundTrip imports maildirs, exports them in both formats and imports those: bytes, dates, flags and names are
// the same each time, and a second run has nothing to do.
func roundTrip(t *testing.T, a *account) {
	root, out := t.TempDir(), t.TempDir()
	want := tree(t, root, 30)
	for i := range 3 {
		args := []string{"import", "maildir", root}
		if i == 2 { // nothing is known but what the account has
			args = append(args, "--journal", filepath.Join(t.TempDir(), "new"))
		}
		c := a.do(t, 0, args...)
		if n := 4 * 30; i == 0 && c.Imported != n || i > 0 && (c.Imported != 0 || c.Present != n) || !c.Complete {
			t.Errorf("run %d: %+v", i, c)
		}
		same(t, "maildir", a.all(t, i), want)
	}
	for _, format := range []string{"maildir", "mbox"} {
		dir := filepath.Join(out, format)
		for i := range 2 {
			if c := a.do(t, 0, "export", format, dir); i == 0 && c.Exported != 120 || i == 1 && (c.Exported != 0 || c.Present != 120) {
				t.Errorf("%s, run %d: %+v", format, i, c)
			}
		}
		other := newAccount(t, a.d)
		if c := other.do(t, 0, "import", format, dir); c.Imported != 120 {
			t.Errorf("%s: %+v", format, c)
		}
		same(t, format, other.all(t, 1), want)
	}
	// A flag that changes is brought up to date, and what is new is added.
	c := a.dial(t, 2)
	if _, err := c.Select("Q&A", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Store(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.StoreFlags{Op: imap.StoreFlagsSet, Flags: []imap.Flag{`\Flagged`}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	for i := range want["Q&A"] {
		want["Q&A"][i].flags = `\Flagged`
	}
	sortLetters(want["Q&A"])
	for _, format := range []string{"maildir", "mbox"} {
		a.do(t, 0, "export", format, filepath.Join(out, format))
		other := newAccount(t, a.d)
		other.do(t, 0, "import", format, filepath.Join(out, format))
		same(t, format+" with new flags", other.all(t, 0), want)
	}
}

// killed kills imports and exports in the middle; a run afterwards makes the rest, and nothing twice.
func killed(t *testing.T, a *account) {
	root := t.TempDir()
	want := tree(t, root, 150)
	c := a.dial(t, 0)
	count := func() (n int) {
		for name := range want {
			data, err := c.Status(name, &imap.StatusOptions{NumMessages: true}).Wait()
			if err == nil {
				n += int(*data.NumMessages)
			}
		}
		return n
	}
	for i, at := range []int{40, 250, 400} {
		args := []string{"import", "maildir", root}
		if i == 1 { // a journal of its own, so that the next run's knows only of the first
			args = append(args, "--journal", filepath.Join(t.TempDir(), "lost"))
		}
		a.kill(t, func() bool { return count() >= at }, args...)
	}
	if n := count(); n < 400 || n >= 600 {
		t.Fatalf("it was not killed in the middle: %d letters", n)
	}
	if c := a.do(t, 0, "import", "maildir", root); c.Imported+c.Present != 600 || c.Present < 400 {
		t.Errorf("%+v", c)
	}
	same(t, "import", a.all(t, 1), want)

	for _, format := range []string{"maildir", "mbox"} {
		dir := filepath.Join(t.TempDir(), format)
		a.kill(t, func() bool { return files(dir) >= 3 }, "export", format, dir)
		a.do(t, 0, "export", format, dir)
		other := newAccount(t, a.d)
		other.do(t, 0, "import", format, dir)
		same(t, format, other.all(t, 2), want)
	}
}

// kill starts a command and kills it when the time has come.
func (a *account) kill(t *testing.T, when func() bool, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := a.command(ctx, t, append(args, a.where()...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for !when() {
		if ctx.Err() != nil {
			t.Fatal("the test's time is over")
		}
	}
	cancel() // SIGKILL
	if cmd.Wait() == nil {
		t.Logf("%v ended before it was killed", args)
	}
}

// files counts the messages and mboxes below a folder.
func files(dir string) (n int) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (strings.Contains(path, "/cur/") || strings.HasSuffix(path, ".mbox")) {
			n++
		}
		return nil
	})
	return n
}

// replicaFails cuts the replica off that an import is at in the middle, and then the one that an export is at. On a busy
// machine either may be at another than the first already.
func replicaFails(t *testing.T, a *account) {
	all := &fronts{left: 1 << 60}
	where := []string{"--account", a.address, "--password-stdin", "--ca", a.d.CA}
	for _, r := range a.d.Replicas {
		f := newFront(t, all, r.IMAPS)
		where = append(where, "--server", f.l.Addr().String())
	}
	root := t.TempDir()
	want := tree(t, root, 80)
	all.cutAfter(300_000)
	if out, code := a.run(t, append([]string{"import", "maildir", root}, where...)...); code != 0 {
		t.Fatalf("exit status %d: %s", code, out)
	}
	if n := all.cut(); n != 1 {
		t.Errorf("%d replicas were cut off in the import, want 1", n)
	}
	same(t, "import", a.all(t, 2), want)
	all.cutAfter(100_000)
	dir := filepath.Join(t.TempDir(), "export")
	if out, code := a.run(t, append([]string{"export", "maildir", dir}, where...)...); code != 0 {
		t.Fatalf("exit status %d: %s", code, out)
	}
	if n := all.cut(); n != 2 {
		t.Errorf("%d replicas were cut off in import and export, want 2", n)
	}
	other := newAccount(t, a.d)
	other.do(t, 0, "import", "maildir", dir)
	same(t, "export", other.all(t, 2), want)
}

// fronts cut one of them off when so many bytes have passed through all.
type fronts struct {
	mu   sync.Mutex
	left int64 // bytes until the one that they pass through is cut off
	off  int   // how many were
}

// front passes connections on to a replica until it is cut off.
type front struct {
	*fronts
	l   net.Listener
	off bool
	all map[net.Conn]bool
}

func newFront(t *testing.T, of *fronts, to string) *front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &front{fronts: of, l: l, all: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil || !f.take(in, out) {
				in.Close()
				continue
			}
			go func() { _, _ = io.Copy(&counted{out, f}, in); out.Close() }()
			go func() { _, _ = io.Copy(&counted{in, f}, out); in.Close() }()
		}
	}()
	return f
}

func (f *front) take(conns ...net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range conns {
		f.all[c] = true
	}
	return !f.off
}

func (f *fronts) cutAfter(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = bytes
}

func (f *fronts) cut() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.off
}

// counted is a connection of a front.
type counted struct {
	net.Conn
	f *front
}

// Write passes bytes on, or cuts all connections.
func (c *counted) Write(b []byte) (int, error) {
	f := c.f
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left -= int64(len(b))
	if f.left < 0 && !f.off {
		f.left, f.off, f.fronts.off = 1<<60, true, f.fronts.off+1
		f.l.Close()
		for conn := range maps.Keys(f.all) {
			conn.Close()
		}
	}
	if f.off {
		return 0, fmt.Errorf("cut off")
	}
	return c.Conn.Write(b)
}

// refusals are what the commands do not take, and what they do with the rest.
func refusals(t *testing.T, a *account) {
	root := t.TempDir()
	want := tree(t, root, 2)
	write(t, filepath.Join(root, "cur", "2.nul:2,S"), "Subject: x\n\n\x00\n")
	write(t, filepath.Join(root, "cur", "3.empty:2,S"), "")
	if c := a.do(t, 2, "import", "maildir", root); c.Refused != 2 || c.Imported != 8 || !c.Complete {
		t.Errorf("%+v", c)
	}
	same(t, "the rest", a.all(t, 0), want)
	for name, x := range map[string]struct {
		says string
		args []string
	}{
		"no maildir":         {"holds no maildir", append([]string{"import", "maildir", t.TempDir()}, a.where()...)},
		"no mbox":            {"it is no mbox", append([]string{"import", "mbox", filepath.Join(root, "cur", "2.nul:2,S")}, a.where()...)},
		"no such folder":     {"no such folder", append([]string{"import", "maildir", root, "--folder", "x"}, a.where()...)},
		"no such mailbox":    {"no such mailbox", append([]string{"export", "mbox", t.TempDir(), "--folder", "x"}, a.where()...)},
		"no empty folder":    {"not empty", append([]string{"export", "mbox", root}, a.where()...)},
		"password in URL":    {"has a password in it", append([]string{"import", "imap", "imaps://b:c@localhost"}, a.where()...)},
		"one password":       {"--source-password-file", append([]string{"import", "imap", "imaps://b@localhost"}, a.where()...)},
		"nowhere":            {"--cluster", []string{"import", "maildir", root, "--account", a.address}},
		"unknown authority":  {"certificate", []string{"export", "mbox", t.TempDir(), "--account", a.address, "--password-stdin", "--server", a.d.Replicas[0].IMAPS, "--ca", filepath.Join(root, "none")}},
		"an unknown account": {"refused", []string{"export", "mbox", t.TempDir(), "--account", "nobody@example.org", "--password-stdin", "--cluster", a.facts()}},
	} {
		if out, code := a.run(t, x.args...); code == 0 || code == 2 || !strings.Contains(out, x.says) {
			t.Errorf("%s: exit status %d, said %q, want %q", name, code, out, x.says)
		}
	}
}
