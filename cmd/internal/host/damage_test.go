package host

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// middle damages a file in its used half.
func middle(t testing.TB, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte("damaged!"), 20_000)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// everyPage damages every page of a store but the two that say which transaction is the newest.
func everyPage(t testing.TB, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 2*os.Getpagesize() + 40; at < len(b); at += os.Getpagesize() {
		b[at] ^= 0x55
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever part of a follower's folder is damaged or gone: it repairs itself, says so, holds the same state as
// the others, serves all mail, and carries its share of the quorum, with the other follower gone.
func TestFollowerRepairsItself(t *testing.T) {
	none := boundary.AlarmCode(0)
	for _, c := range []struct {
		name   string
		damage func(t testing.TB, dir string)
		alarm  boundary.AlarmCode
	}{
		{"store gone", func(t testing.TB, dir string) { remove(t, dir+"/store.db") }, boundary.AlarmStoreRebuilt},
		{"store empty", func(t testing.TB, dir string) { _ = os.Truncate(dir+"/store.db", 0) }, boundary.AlarmStoreRebuilt},
		{"store damaged", func(t testing.TB, dir string) { everyPage(t, dir+"/store.db") }, boundary.AlarmStoreRebuilt},
		{"store cut", func(t testing.TB, dir string) { _ = os.Truncate(dir+"/store.db", 30_000) }, boundary.AlarmStoreRebuilt},
		{"store is text", func(t testing.TB, dir string) {
			_ = os.WriteFile(dir+"/store.db", make([]byte, 70_000), 0o600)
		}, boundary.AlarmStoreRebuilt},
		{"log gone", func(t testing.TB, dir string) { remove(t, dir+"/log") }, boundary.AlarmLogLost},
		{"log damaged", func(t testing.TB, dir string) { middle(t, files(t, dir, ".seg")[0]) }, boundary.AlarmLogLost},
		{"log without its head", func(t testing.TB, dir string) { remove(t, dir+"/log/LOG") }, boundary.AlarmLogLost},
		{"log and frontiers gone", func(t testing.TB, dir string) {
			remove(t, dir+"/log")
			remove(t, dir+"/frontiers")
		}, boundary.AlarmLogLost},
		{"log and store gone", func(t testing.TB, dir string) {
			remove(t, dir+"/log")
			remove(t, dir+"/store.db")
		}, boundary.AlarmLogLost},
		{"log damaged and store gone", func(t testing.TB, dir string) {
			middle(t, files(t, dir, ".seg")[0])
			remove(t, dir+"/store.db")
		}, boundary.AlarmLogLost},
		{"boot number and frontiers gone", func(t testing.TB, dir string) {
			remove(t, dir+"/boot")
			remove(t, dir+"/frontiers")
		}, none},
		{"bodies gone", func(t testing.TB, dir string) { remove(t, dir+"/bodies") }, boundary.AlarmBodyLost},
		{"bodies damaged", func(t testing.TB, dir string) {
			for _, f := range files(t, dir, "/bodies/") {
				middle(t, f)
			}
		}, boundary.AlarmBodyLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGroup(t, 3)
			m := newMail(g)
			m.file(40, 0, 1, 2)
			g.agree()
			g.end(2)
			m.file(10, 0, 1)
			c.damage(t, g.dirs[2])
			g.start(2)
			m.file(10, 0, 1, 2)
			g.agree()
			m.read(2)
			if c.alarm != none && !g.raises(2, c.alarm) {
				t.Errorf("no alarm %q: %v", c.alarm.Name(), g.hosts[2].Figures().Facts.Alarms)
			}
			g.end(1)
			m.file(5, 0, 2)
			g.agree()
		})
	}
}

// With five replicas, of which two may be faulty, orders that the follower lost need another's COMMIT too.
func TestFollowerOfFiveRepairsItself(t *testing.T) {
	g := newGroup(t, 5)
	m := newMail(g)
	m.file(30, 0, 1, 2, 3, 4)
	g.agree()
	g.end(3)
	m.file(10, 0, 1)
	remove(t, g.dirs[3]+"/log")
	g.start(3)
	m.file(5, 3)
	g.agree()
	g.end(1)
	g.end(2)
	m.file(5, 3, 4)
	g.agree()
}

// A follower's folder that is set back as a whole catches up, and a peer that saw it further names it.
func TestFolderSetBackCatchesUp(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(20, 0, 1, 2)
	g.agree()
	g.end(2)
	old := t.TempDir() + "/old"
	copyFolder(t, g.dirs[2], old)
	g.start(2)
	m.file(40, 0, 1, 2)
	g.agree()
	for last := g.hosts[2].Figures().Status.Prepared; g.hosts[0].Figures().Status.Peers[2].Prepared < last; {
		g.do(0, &command.Ping{Data: []byte("until the others know"), AsRead: true})
		if last < 40 {
			t.Fatal("nothing was ordered")
		}
	}
	g.end(2)
	copyFolder(t, old, g.dirs[2])
	for began := time.Now(); time.Since(began) < 2*time.Second; { // boot numbers are seconds
		m.file(1, 0, 1)
	}
	g.start(2)
	m.file(10, 0, 1, 2)
	g.agree()
	m.read(2)
	if !g.raises(0, boundary.AlarmPeerSetBack) && !g.raises(1, boundary.AlarmPeerSetBack) {
		t.Error("no peer noticed")
	}
	g.end(1)
	m.file(5, 0, 2)
	g.agree()
}

// A host that was cut off in the middle, with its store behind its log, brings the store forward before it
// orders: the core holds next to nothing of it. What was torn is cut off and said.
func TestStoreIsBroughtForward(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(30, 0, 1, 2)
	g.agree()
	image := t.TempDir() + "/image"
	copyFolder(t, g.dirs[2], image) // nothing moves: as a power loss leaves it
	g.end(2)
	copyFolder(t, image, g.dirs[2])
	segments := files(t, g.dirs[2], ".seg")
	last := segments[len(segments)-1]
	b, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	used := len(b)
	for used > 0 && b[used-1] == 0 {
		used--
	}
	copy(b[used+64:], "half a record")
	if err := os.WriteFile(last, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := g.tryStart(2); err != nil {
		t.Fatal(err)
	}
	g.agree()
	if !g.raises(2, boundary.AlarmLogTorn) {
		t.Error("no alarm names the torn tail")
	}
	if g.raises(2, boundary.AlarmStoreRebuilt) || g.raises(2, boundary.AlarmLogLost) {
		t.Error("a sound store or log was given up")
	}
}

// The leader never goes on without its log: it is the only place where what it proposed is certain.
func TestLeaderKeepsItsLog(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(20, 0, 1, 2)
	g.end(0)
	sound := t.TempDir() + "/sound"
	copyFolder(t, g.dirs[0], sound)
	for name, damage := range map[string]func(){
		"gone":    func() { remove(t, g.dirs[0]+"/log") },
		"damaged": func() { middle(t, files(t, g.dirs[0], ".seg")[0]) },
		"gone with boot and store": func() {
			remove(t, g.dirs[0]+"/log")
			remove(t, g.dirs[0]+"/store.db")
		},
		"gone with boot": func() {
			remove(t, g.dirs[0]+"/log")
			remove(t, g.dirs[0]+"/boot")
		},
	} {
		copyFolder(t, sound, g.dirs[0])
		damage()
		if err := g.tryStart(0); !errors.Is(err, ErrLeaderLog) {
			t.Fatalf("%s: %v", name, err)
		}
		if aside, _ := filepath.Glob(g.dirs[0] + "/log" + asideSuffix + "*"); len(aside) > 0 {
			t.Errorf("%s: a refused start moved %v", name, aside)
		}
	}
	copyFolder(t, sound, g.dirs[0])
	remove(t, g.dirs[0]+"/store.db") // which the log brings back
	g.start(0)
	m.file(5, 0, 1, 2)
	g.agree()
	if !g.raises(0, boundary.AlarmStoreRebuilt) {
		t.Error("no alarm")
	}
}

// Byte flips all over a follower's folder: each is repaired or refused, never wrong.
func TestByteFlips(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	m.file(40, 0, 1, 2)
	rng := rand.New(rand.NewPCG(5, 6))
	refused, repaired := 0, 0
	sound := t.TempDir() + "/sound"
	for range 30 {
		g.agree()
		g.end(2)
		copyFolder(t, g.dirs[2], sound)
		m.file(2, 0, 1)
		kinds := []string{"store.db", ".seg", "/bodies/", ""}
		all := files(t, g.dirs[2], kinds[rng.IntN(len(kinds))])
		for range 1 + rng.IntN(3) {
			flip(t, all[rng.IntN(len(all))], rng)
		}
		if err := g.tryStart(2); err != nil {
			if !errors.Is(err, ErrForeign) && !errors.Is(err, ErrNewer) && !errors.Is(err, ErrOlder) {
				t.Fatal(err)
			}
			refused++
			copyFolder(t, sound, g.dirs[2])
			g.start(2)
			continue
		}
		m.file(1, 2)
		if len(g.hosts[2].faults.list()) > 0 {
			repaired++
		}
		for _, name := range []string{storeName, logName} {
			aside, _ := filepath.Glob(filepath.Join(g.dirs[2], name) + asideSuffix + "*")
			for _, f := range aside {
				remove(t, f)
			}
		}
	}
	g.agree()
	m.read(2)
	if repaired == 0 {
		t.Errorf("%d refused, none repaired", refused)
	}
	g.end(1)
	m.file(5, 2)
	g.agree()
}
