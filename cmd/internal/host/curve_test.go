package host

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// How many requests the curve takes, by hand some millions, and by how many clients: the fewer, the smaller batches are.
var (
	curveRequests = flag.Int64("curve", 30_000, "requests of TestDiskAndMemoryStayBounded")
	curveClients  = flag.Int("clients", 48, "clients of TestDiskAndMemoryStayBounded")
)

// curvePoint is what a group of three holds at some moment.
type curvePoint struct {
	requests         int64
	order            uint64
	heap, log, store int64 // bytes: of the process after a collection; of replica 1's disk
	resident         int64 // bytes of the process, code and mapped stores included
	bodies           int
}

func (g *group) point(requests int64) curvePoint {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	p := curvePoint{requests: requests, order: g.hosts[1].machine().Applied(), heap: int64(m.HeapInuse), resident: resident(g.t)}
	for _, f := range files(g.t, g.dirs[1], "") {
		info, err := os.Stat(f)
		switch {
		case err != nil: // it went meanwhile
		case filepath.Ext(f) == ".seg":
			p.log += info.Size()
		case filepath.Base(f) == storeName:
			p.store = info.Size()
		}
	}
	p.bodies = len(files(g.t, g.dirs[1], "/bodies/"))
	return p
}

// resident is what of this process is in memory.
func resident(t testing.TB) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var all, here int64
	if _, err := fmt.Sscan(string(text), &all, &here); err != nil {
		t.Fatal(err)
	}
	return here * int64(os.Getpagesize())
}

// Under a load without end, of small requests and of mail with large bodies that is expunged again, neither log,
// store, bodies nor memory grow beyond what they have soon after the first checkpoints. With -v it prints the curve:
//
//	go test ./cmd/internal/host -run TestDiskAndMemoryStayBounded -v -curve 1000000 -timeout 1h
func TestDiskAndMemoryStayBounded(t *testing.T) {
	g := newGroup(t, 3)
	m := newMail(g)
	const points = 10
	var curve []curvePoint
	t.Log("  requests    orders   heap MiB resid. MiB    log MiB  store MiB   bodies")
	for k := range points {
		var done atomic.Int64
		var clients sync.WaitGroup
		for c := range *curveClients {
			clients.Go(func() {
				for done.Add(1) <= *curveRequests/points {
					g.do(c%3, &command.Ping{Data: make([]byte, 64)})
				}
			})
		}
		m.churn(20)
		clients.Wait()
		p := g.point(int64(k+1) * *curveRequests / points)
		curve = append(curve, p)
		t.Logf("%10d %9d %10.1f %10.1f %10.1f %10.1f %8d", p.requests, p.order, mib(p.heap), mib(p.resident), mib(p.log), mib(p.store), p.bodies)
	}
	early, late := curve[points/3], curve[points-1]
	const segments = 4 << 20 // of a group under test
	switch {
	case late.log > 4*segments:
		t.Errorf("the log grew to %.1f MiB", mib(late.log))
	case late.store > 2*early.store+(8<<20):
		t.Errorf("the store grew from %.1f to %.1f MiB", mib(early.store), mib(late.store))
	case late.heap > 2*early.heap+(16<<20):
		t.Errorf("the heap grew from %.1f to %.1f MiB", mib(early.heap), mib(late.heap))
	case late.bodies > 2*early.bodies+40:
		t.Errorf("bodies grew from %d to %d", early.bodies, late.bodies)
	}
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// churn files n messages with large bodies and expunges them.
func (m *mail) churn(n int) {
	m.g.t.Helper()
	for range n {
		body := make([]byte, wire.InlineBodyBytes+1+m.rng.IntN(1000))
		for i := range 32 {
			body[i] = byte(m.rng.Uint32())
		}
		ctx, cancel := context.WithTimeout(context.Background(), patient)
		err := m.g.enclaves[0].StoreBody(ctx, body)
		cancel()
		if err != nil {
			m.g.t.Fatal(err)
		}
		m.ok(0, &command.Append{
			Account: m.account, Mailbox: 1, Size: uint32(len(body)), Summary: body[:100], BodyDigest: wire.Sum(body),
			BodySize: uint32(len(body)),
		})
	}
	m.ok(0, &command.Store{
		Account: m.account, Mailbox: 1, UIDs: []command.UIDRange{{First: 1, Last: command.MaxUID}}, Mode: command.StoreAdd,
		Flags: command.FlagDeleted, UnchangedSince: 1<<64 - 1,
	})
	m.ok(0, &command.Expunge{Account: m.account, Mailbox: 1, All: true})
	m.bodies = nil
}
