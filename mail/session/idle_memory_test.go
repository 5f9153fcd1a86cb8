package session

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

var idleSessions = flag.Int("sessions", 500, "how many idle sessions TestIdleSessionsAreSmall opens")

// idleBar is what an idle session may take, its goroutine's stack included, in bytes.
const idleBar = 64 << 10

// inUse is what the process uses of heap and stacks, in bytes.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A session that read its mailbox and idles takes next to nothing, whatever it read: half of them the same large mailbox,
// the others each account its own. go test ./mail/session -run IdleSessionsAreSmall -v -sessions 10000
func TestIdleSessionsAreSmall(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits.SessionsPerAccount = 1 << 20 })
	const perAccount = 10
	w.fill(5000)
	users := make([]string, 0, *idleSessions/perAccount/2)
	for i := range cap(users) {
		users = append(users, fmt.Sprintf("user%d@example.org", i))
		w.do(w.admin.Create(t.Context(), users[i], password, 0))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	open := func(user string) {
		s, err := w.servers[1].Login(ctx, peer, user, password)
		w.do(err)
		t.Cleanup(func() { _ = s.Close() })
		data, err := s.Select(ctx, "INBOX", false)
		w.do(err)
		d := new(drain)
		w.do(s.Fetch(ctx, silent{}, imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true}, d.each))
		if d.flags != int(data.NumMessages) {
			t.Fatalf("%d of %d messages", d.flags, data.NumMessages)
		}
		group.Go(func() { _ = s.Idle(ctx, silent{}, noFlush) })
	}
	open(alice) // what is made once
	w.watched(2)
	before := inUse()
	for i := range *idleSessions {
		if i%2 == 0 {
			open(alice)
		} else {
			open(users[i/2/perAccount])
		}
	}
	w.watched(2 * (*idleSessions + 1)) // the account and the mailbox of each: they sleep
	each := (inUse() - before) / int64(*idleSessions)
	t.Logf("%d idle sessions of %d accounts take %d bytes each", *idleSessions, len(users)+1, each)
	if each > idleBar {
		t.Errorf("an idle session takes %d bytes, more than %d", each, idleBar)
	}
}

// watched waits until there are n watches.
func (w *world) watched(n int) {
	w.Helper()
	deadline := time.Now().Add(time.Minute)
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		w.cluster.mu.Lock()
		have := len(w.cluster.watchers)
		w.cluster.mu.Unlock()
		if have == n {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("%d watches, want %d", have, n)
		}
	}
}

// silent takes what a client is told and keeps nothing of it.
type silent struct{}

func (silent) Expunge(uint32) error                      { return nil }
func (silent) Exists(uint32) error                       { return nil }
func (silent) Flags(uint32, imap.UID, []imap.Flag) error { return nil }
func (silent) MailboxFlags([]imap.Flag) error            { return nil }
