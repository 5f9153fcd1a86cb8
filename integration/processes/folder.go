package processes

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

const (
	// pageBytes is the size of a store's pages; the first two say which transaction is the newest.
	pageBytes = 4096
	// recoverLimit is how long a host may take until it has all large bodies again, under load.
	recoverLimit = 4 * time.Minute
	// mostFlips is how many bytes of a folder are damaged at a time.
	mostFlips = 8
)

// FolderFault is damage to the data folder of a host that is down.
type FolderFault struct {
	Name  string
	Alarm string // that the replica raises once it was noticed
	// Sure says that it is always noticed: damage by single bytes may hit what nobody needs.
	Sure   bool
	Strike func(t testing.TB, folder string, rng *rand.Rand)
}

// FolderFaults are the kinds of damage that a follower repairs from its log and its peers.
var FolderFaults = []FolderFault{
	{"store deleted", "store-rebuilt", true, func(t testing.TB, folder string, _ *rand.Rand) {
		remove(t, folder, "store.db")
	}},
	{"store overwritten", "store-rebuilt", true, func(t testing.TB, folder string, _ *rand.Rand) {
		everyPage(t, filepath.Join(folder, "store.db"))
	}},
	{"store damaged", "store-rebuilt", false, func(t testing.TB, folder string, rng *rand.Rand) {
		flip(t, rng, filepath.Join(folder, "store.db"))
	}},
	{"log deleted", "log-lost", true, func(t testing.TB, folder string, _ *rand.Rand) { remove(t, folder, "log") }},
	{"log damaged", "log-lost", false, func(t testing.TB, folder string, rng *rand.Rand) {
		flip(t, rng, files(t, filepath.Join(folder, "log"), ".seg")...)
	}},
	{"blobs deleted", "record-lost", true, func(t testing.TB, folder string, _ *rand.Rand) { remove(t, folder, "bodies") }},
	{"blobs damaged", "record-lost", true, func(t testing.TB, folder string, rng *rand.Rand) {
		for _, f := range files(t, filepath.Join(folder, "bodies"), "") {
			flip(t, rng, f)
		}
	}},
}

// HostFolder returns the data folder of a host.
func (c *Cluster) HostFolder(i int) string { return c.File("host-" + strconv.Itoa(i)) }

// CopyFolder copies a host's folder, of a host that is down, to where from a former copy is removed. It returns
// the copy, which PutBack takes.
func (c *Cluster) CopyFolder(t testing.TB, i int) string {
	t.Helper()
	copied := c.File("copy-of-host-" + strconv.Itoa(i))
	replace(t, c.HostFolder(i), copied)
	return copied
}

// PutBack sets a host's folder back to a copy.
func (c *Cluster) PutBack(t testing.TB, i int, copied string) {
	t.Helper()
	replace(t, copied, c.HostFolder(i))
}

// ClearAside removes what a host moved aside, as its alarm asks for.
func (c *Cluster) ClearAside(t testing.TB, i int) {
	t.Helper()
	aside, err := filepath.Glob(filepath.Join(c.HostFolder(i), "*.damaged-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range aside {
		if err := os.RemoveAll(f); err != nil {
			t.Fatal(err)
		}
	}
}

// Metric returns a figure of a host by the beginning of its line, 0 when there is none, false when the host
// does not answer.
func (c *Cluster) Metric(t testing.TB, i int, line string) (float64, bool) {
	t.Helper()
	lines, err := c.metrics(i, 0)
	if err != nil {
		return 0, false
	}
	for _, x := range lines {
		if rest, ok := strings.CutPrefix(x, line+" "); ok {
			n, err := strconv.ParseFloat(rest, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n, true
		}
	}
	return 0, true
}

// CatchesUp waits until host i has executed what host other had, by its log, those of its peers or the state of a
// checkpoint, for as long as it gets further.
func (c *Cluster) CatchesUp(t testing.TB, i, other int) {
	t.Helper()
	const executed, stored = `troxymail_host_order{stage="executed"}`, `troxymail_host_order{stage="stored"}`
	var target, got, kept float64 // kept grows while a store is brought forward from the log
	demo.Eventually(t, serveLimit, "a host tells how far it is", func() (ok bool) {
		target, ok = c.Metric(t, other, executed)
		return ok
	})
	for got < target {
		before, rebuilt := got, kept
		c.waits(t, serveLimit, fmt.Sprintf("host %d gets further than order %.0f of %.0f", i, before, target), func() bool {
			got, _ = c.Metric(t, i, executed)
			kept, _ = c.Metric(t, i, stored)
			return got > before || kept > rebuilt || got >= target
		})
	}
}

// Recovers waits until host i counts on itself: it has a whole state, with all large bodies. Whom else it counts on is not
// asked: a peer whose folder was damaged may have sent it what does not fit, and is suspicious to it from then on.
func (c *Cluster) Recovers(t testing.TB, i int) {
	t.Helper()
	c.waits(t, recoverLimit, fmt.Sprintf("host %d has a whole state", i), func() bool {
		out, ok := c.Metric(t, i, fmt.Sprintf(`troxymail_host_replica_out{cause="lagging",replica="%d"}`, i))
		return ok && out == 0
	})
}

func replace(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, folder, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
		t.Fatal(err)
	}
}

// files lists the files below a folder whose names end so.
func files(t testing.TB, folder, end string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && strings.HasSuffix(path, end) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// flip damages some bytes of one of the files, if there is one, among those before the zeros at the end.
func flip(t testing.TB, rng *rand.Rand, paths ...string) {
	t.Helper()
	if len(paths) == 0 {
		return
	}
	path := paths[rng.IntN(len(paths))]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	used := len(b)
	for used > 0 && b[used-1] == 0 {
		used--
	}
	for range 1 + rng.IntN(mostFlips) {
		if used > 0 {
			b[rng.IntN(used)] ^= byte(1 + rng.IntN(255))
		}
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
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
	for at := 2*pageBytes + 40; at < len(b); at += pageBytes {
		b[at] ^= 0x55
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
