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
)

// Mailboxes are those that the load writes to.
var Mailboxes = []string{"INBOX", "Archive"}

// Load is clients that write at every replica, connect again when they are cut off, and keep a ledger.
type Load struct {
	c     *Cluster
	stop  context.CancelFunc
	group sync.WaitGroup
	files []*ledger.File // by replica
}

// StartLoad starts writers at every replica until Stop or the end of the test.
func (c *Cluster) StartLoad(t testing.TB, writersPerReplica int, seed uint64) *Load {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &Load{c: c, stop: stop}
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
			l.group.Go(func() {
				for ctx.Err() == nil {
					if err := w.Run(ctx, c.Demo, conf); err != nil {
						t.Errorf("writer %s: %v", w.Name, err)
						return
					}
					select {
					case <-time.After(dialPause):
					case <-ctx.Done():
					}
				}
			})
		}
	}
	t.Cleanup(l.Stop)
	return l
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
	demo.Eventually(t, ackLimit, fmt.Sprintf("%d more acknowledgements at each of replicas %v", n, replicas), func() bool {
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
// show the same.
func (l *Load) Check(t testing.TB) {
	t.Helper()
	var lines []ledger.Line
	for _, a := range l.files {
		part, err := a.Lines()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, part...)
	}
	var first []ledger.Stored
	for r := range l.c.Replicas {
		client := l.c.Dial(t, r, demo.TLS, nil)
		shown, err := ledger.Show(client, Mailboxes)
		client.Close()
		if err != nil {
			t.Fatalf("replica %d: %v", r, err)
		}
		v := ledger.Join(lines, shown)
		t.Logf("replica %d: %v", r, v)
		for i, fault := range v.Faults[:min(len(v.Faults), 20)] {
			t.Errorf("replica %d: fault %d of %d: %s", r, i+1, len(v.Faults), fault)
		}
		if r == 0 {
			first = shown
		} else if !reflect.DeepEqual(shown, first) {
			t.Errorf("replica %d shows %d messages, replica 0 %d, and not the same", r, len(shown), len(first))
		}
	}
}
