package state

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

// history is a log with what each order gave.
type history struct {
	log     [][]wire.Request
	results [][]wire.Result
	infos   [][]Info
	roots   []wire.Digest
}

const historyOrders = 1500

func makeHistory(t *testing.T, seed uint64) *history {
	m := newMachine(t, kv.Options{FlushOrders: 1 << 30})
	g := newGenerator(seed, m)
	h := &history{}
	for range historyOrders {
		requests := g.order()
		results, infos := apply(t, m, requests...)
		h.log = append(h.log, requests)
		h.results = append(h.results, results)
		h.infos = append(h.infos, infos)
		h.roots = append(h.roots, m.Root())
		if m.Applied()%250 == 0 {
			checkWalk(t, m)
		}
	}
	h.checkCoverage(t)
	return h
}

// checkCoverage makes sure that the log is worth the name: every command succeeds and is refused.
func (h *history) checkCoverage(t *testing.T) {
	ok, seen := map[command.Kind]int{}, map[wire.Status]int{}
	for i := range h.log {
		for j := range h.log[i] {
			status := h.results[i][j].Status
			seen[status]++
			if c, err := command.Decode(h.log[i][j].Command); err == nil && status == command.StatusOK {
				ok[c.Kind()]++
			}
		}
	}
	for _, k := range []command.Kind{
		command.KindAccountCreate, command.KindAccountSetVerifiers, command.KindAccountEnable,
		command.KindAccountRemove, command.KindAccountRead, command.KindAccountList, command.KindMailboxCreate,
		command.KindMailboxDelete, command.KindMailboxRename, command.KindMailboxSubscribe,
		command.KindNamespaceRead, command.KindAppend, command.KindCopy, command.KindStore,
		command.KindExpunge, command.KindMailboxRead, command.KindPing, command.KindDeliver,
	} {
		if ok[k] == 0 {
			t.Errorf("no command of kind %d succeeded", k)
		}
	}
	for s := command.StatusInvalid; s <= command.StatusFenced; s++ {
		if seen[s] == 0 && s != command.StatusOverQuota && s != command.StatusLimit {
			t.Errorf("status %d was never seen", s)
		}
	}
}

// run applies the log from where the machine is and compares every order.
func (h *history) run(t *testing.T, m *Machine, after func(order uint64)) {
	t.Helper()
	for o := m.Applied(); o < uint64(len(h.log)); o++ {
		results, infos, err := m.Apply(o+1, h.log[o])
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(results, h.results[o]) || !reflect.DeepEqual(infos, h.infos[o]) {
			t.Fatalf("order %d: other results", o+1)
		}
		if m.Root() != h.roots[o] {
			t.Fatalf("order %d: root %v, want %v", o+1, m.Root(), h.roots[o])
		}
		after(o + 1)
	}
	checkWalk(t, m)
}

func TestSameCommandsSameDigests(t *testing.T) {
	h := makeHistory(t, 1)
	none := func(uint64) {}
	for _, run := range []struct {
		name  string
		procs int
		opts  kv.Options
	}{
		{"a flush per order", 2, kv.Options{FlushOrders: 1}},
		{"small pages", 1, kv.Options{FlushOrders: 37, PageSize: 4096}},
		{"large pages", 2, kv.Options{FlushBytes: 10_000, PageSize: 16384}},
		{"one processor", 1, kv.Options{FlushOrders: 5}},
	} {
		t.Run(run.name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(run.procs))
			h.run(t, newMachine(t, run.opts), none)
		})
	}
}

func TestRestartFromTheFlushedOrder(t *testing.T) {
	h := makeHistory(t, 2)
	path := filepath.Join(t.TempDir(), "state")
	opts := kv.Options{FlushOrders: 100}
	for stop := uint64(333); ; stop += 333 {
		s := openStore(t, path, opts)
		m := openMachine(t, s)
		if a := m.Applied(); a > 0 && m.Root() != h.roots[a-1] {
			t.Fatalf("root %v after the restart at %d, want %v", m.Root(), a, h.roots[a-1])
		}
		part := *h
		part.log = h.log[:min(stop, uint64(len(h.log)))]
		part.run(t, m, func(uint64) {})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if stop > uint64(len(h.log)) {
			return
		}
	}
}

// A copy of the file at any time between flushes is what a crash leaves.
func TestCrashAtAnyFlushAndReplay(t *testing.T) {
	h := makeHistory(t, 3)
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	s := openStore(t, path, kv.Options{FlushOrders: 1 << 30})
	defer s.Close()
	var copies []string
	h.run(t, openMachine(t, s), func(order uint64) {
		if order%211 != 0 {
			return
		}
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "copy"+string(rune('a'+len(copies))))
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, name)
	})
	for _, name := range copies {
		c := openStore(t, name, kv.Options{Verify: true})
		h.run(t, openMachine(t, c), func(uint64) {})
		c.Close()
	}
}
