package processes

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"troxymail/integration/demo"
	"troxymail/integration/ledger"
)

const (
	ackLimit  = 60 * time.Second       // until some more commands are acknowledged
	dialPause = 100 * time.Millisecond // after a connection that broke, before the next
	maxReads  = 5                      // of everything, until all replicas show the same
)

// Mailboxes are those that the load writes to.
var Mailboxes = []string{"INBOX", "Archive"}

// Load is clients that write at every replica, connect again when they are cut off, and keep a ledger.
type Load struct {
	c       *Cluster
	writers []writer
	stop    context.CancelFunc
	group   sync.WaitGroup
	files   []*ledger.File // by replica
}

// writer is one client; run returns when its connection breaks.
type writer struct {
	name string
	run  func(context.Context) error
}

// StartLoad starts writers at every replica, and one that sends by SMTP at each, until Stop or the end of the test.
func (c *Cluster) StartLoad(t testing.TB, writersPerReplica int, seed uint64) *Load {
	t.Helper()
	l := &Load{c: c, stop: func() {}}
	conf := c.TLS(t)
	for r := range c.Replicas {
		file, err := ledger.Create(filepath.Join(t.TempDir(), fmt.Sprintf("ledger-%d", r)))
		if err != nil {
			t.Fatal(err)
		}
		l.files = append(l.files, file)
		t.Cleanup(func() { file.Close() })
		for i := range writersPerReplica {
			w := &ledger.Writer{
				Name: fmt.Sprintf("%d-%d", r, i), Replica: r, Mailbox: Mailboxes[i%len(Mailboxes)], Ledger: file,
				Rand: rand.New(rand.NewPCG(seed, uint64(r*writersPerReplica+i))), Modes: Modes,
			}
			l.writers = append(l.writers, writer{w.Name, func(ctx context.Context) error { return w.Run(ctx, c.Demo, conf) }})
		}
		s := &ledger.Sender{Name: fmt.Sprintf("%d-smtp", r), Replica: r, Ledger: file,
			Rand: rand.New(rand.NewPCG(seed, uint64(1000+r))), Gates: demo.Gates}
		l.writers = append(l.writers, writer{s.Name, func(ctx context.Context) error { return s.Run(ctx, c.Demo, conf) }})
	}
	t.Cleanup(l.Stop)
	l.Resume(t)
	return l
}

// Resume lets the writers go on after Stop, with the same ledgers.
func (l *Load) Resume(t testing.TB) {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	for _, w := range l.writers {
		l.group.Go(func() { w.keep(ctx, t) })
	}
}

// keep runs a writer again and again until ctx ends.
func (w writer) keep(ctx context.Context, t testing.TB) {
	for ctx.Err() == nil {
		if err := w.run(ctx); err != nil {
			t.Errorf("writer %s: %v", w.name, err)
			return
		}
		select {
		case <-time.After(dialPause):
		case <-ctx.Done():
		}
	}
}

// Stop ends the writers and waits for them. Safe to call twice.
func (l *Load) Stop() {
	l.stop()
	l.group.Wait()
}

// Progress waits until each of the replicas acknowledged n more commands.
func (l *Load) Progress(t testing.TB, n int, replicas ...int) {
	t.Helper()
	before := make([]int, len(l.files))
	for i, a := range l.files {
		before[i] = a.Acks()
	}
	l.c.goesOn(t, fmt.Sprintf("%d more acknowledgements at each of replicas %v", n, replicas), func() bool {
		for _, r := range replicas {
			if l.files[r].Acks() < before[r]+n {
				return false
			}
		}
		return true
	})
}

// Acks returns how many commands were acknowledged so far, over all replicas.
func (l *Load) Acks() int {
	n := 0
	for _, f := range l.files {
		n += f.Acks()
	}
	return n
}

// Check joins the ledgers with what every replica shows: nothing acknowledged is lost or changed, and all
// show the same. A command that was on its way when its client stopped may be ordered while the first replicas
// are read: then they are read again, as often as there can be such commands.
func (l *Load) Check(t testing.TB) {
	t.Helper()
	lines := l.lines(t)
	shown := l.show(t)
	for again := 0; again < maxReads && !same(shown); again++ {
		t.Log("the replicas did not show the same; reading again")
		shown = l.show(t)
	}
	for r := range shown {
		v := ledger.Join(lines, shown[r])
		t.Logf("replica %d: %v", r, v)
		for i, fault := range v.Faults[:min(len(v.Faults), 20)] {
			t.Errorf("replica %d: fault %d of %d: %s", r, i+1, len(v.Faults), fault)
		}
		if v.Sent == 0 {
			t.Error("no message was acknowledged by SMTP")
		}
		if !reflect.DeepEqual(shown[r], shown[0]) {
			t.Errorf("replica %d shows %d messages, replica 0 %d, and not the same", r, len(shown[r]), len(shown[0]))
		}
	}
}

// lines are those of all ledgers.
func (l *Load) lines(t testing.TB) (all []ledger.Line) {
	t.Helper()
	for _, f := range l.files {
		part, err := f.Lines()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, part...)
	}
	return all
}

// show reads everything at every replica.
func (l *Load) show(t testing.TB) [][]ledger.Stored {
	t.Helper()
	var all [][]ledger.Stored
	for r := range l.c.Replicas {
		client := l.c.Dial(t, r, demo.TLS, nil)
		shown, err := ledger.Show(client, Mailboxes)
		client.Close()
		if err != nil {
			t.Fatalf("replica %d: %v", r, err)
		}
		all = append(all, shown)
	}
	return all
}

func same(shown [][]ledger.Stored) bool {
	for r := range shown {
		if !reflect.DeepEqual(shown[r], shown[0]) {
			return false
		}
	}
	return true
}
