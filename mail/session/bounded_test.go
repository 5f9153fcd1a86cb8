package session

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
)

// asks counts the validations of a replica, and the commands that it orders.
func (w *world) asks(i int, f func()) (n int) {
	w.Helper()
	w.replicas[i].behind = func([]wire.KeyVersion) { n++ }
	before := w.ordered()
	f()
	w.replicas[i].behind = nil
	return n + w.ordered() - before
}

var bodyOnly = &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}

// With bounded reads, content that the session knows of is shown for BoundedReads after a validation without another one;
// what may change is not.
func TestBoundedReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(o *Options) { o.Bounded = true })
		a, ca := w.opened(0, "INBOX")
		for i := range 3 {
			ca.appendTo(a, "INBOX", mail(fmt.Sprint(i)))
		}
		s, c := w.opened(1, "INBOX")
		start := time.Now()
		fetch := func(o *imap.FetchOptions, want int) func() {
			return func() {
				t.Helper()
				list, err := c.fetch(s, imap.UIDSet{{Start: 1}}, o)
				if err != nil || len(list) != want {
					t.Errorf("%d messages, %v", len(list), err)
				}
				w.do(s.After(t.Context(), c, false))
			}
		}
		content := &imap.FetchOptions{Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{}, InternalDate: true, RFC822Size: true}
		for what, x := range map[string]struct {
			f    func()
			asks bool
		}{
			"bodies":   {fetch(bodyOnly, 3), false},
			"content":  {fetch(content, 3), false},
			"flags":    {fetch(&imap.FetchOptions{Flags: true, Envelope: true}, 3), true},
			"\\Seen":   {fetch(&imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}, 3), true},
			"searches": {func() { w.search(s, true, &imap.SearchCriteria{}) }, true},
			"NOOP":     {func() { c.poll(s) }, true},
		} {
			if n := w.asks(1, x.f); (n > 0) != x.asks {
				t.Errorf("%s: %d questions", what, n)
			}
		}
		c.take()

		// A new message and an expunge are not seen before the time is over; then both are.
		c.poll(s)
		c.take()
		ca.store(a, uids(2), silently(add(imap.FlagDeleted)))
		w.do(a.Expunge(t.Context(), ca, nil))
		ca.appendTo(a, "INBOX", mail("new"))
		if n := w.asks(1, fetch(bodyOnly, 3)); n != 0 {
			t.Errorf("%d questions", n)
		}
		c.want("")
		time.Sleep(BoundedReads)
		if n := w.asks(1, fetch(bodyOnly, 4)); n == 0 { // the one that is gone is at hand
			t.Errorf("nothing was asked after %v", time.Since(start))
		}
		c.want("4 EXISTS")
		if got := w.servers[1].ReadCounters(); got.Bounded != 3 {
			t.Errorf("counted %+v", got)
		}
	})
}

// One validation serves a bounded number of commands, whatever the clock says.
func TestBoundedReadsAreCounted(t *testing.T) {
	now := time.Now()
	w := newWorld(t, func(o *Options) { o.Bounded, o.Now = true, func() time.Time { return now } })
	a, ca := w.opened(0, "INBOX")
	ca.appendTo(a, "INBOX", mail("one"))
	ca.poll(a)
	n := w.asks(0, func() {
		for range MaxBoundedReads + 1 {
			if _, err := ca.fetch(a, uids(1), bodyOnly); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n != 1 {
		t.Errorf("%d questions", n)
	}
	now = now.Add(-time.Hour) // a clock that goes back is no time that did not pass
	if n := w.asks(0, func() { _, _ = ca.fetch(a, uids(1), bodyOnly) }); n == 0 {
		t.Error("nothing was asked")
	}
}

// Nothing is shown any more once this enclave saw that the account was closed: by a hint, or by what another session of
// the account read.
func TestBoundedReadsEndWithTheAccount(t *testing.T) {
	for _, hinted := range []bool{true, false} {
		for name, closing := range map[string]func(w *world) error{
			"disabled": func(w *world) error { return w.admin.Enable(w.Context(), alice, false) },
			"removed":  func(w *world) error { return w.admin.Remove(w.Context(), alice) },
			"password": func(w *world) error { return w.admin.SetPassword(w.Context(), alice, "another password of alice") },
		} {
			w := newWorld(t, func(o *Options) { o.Bounded = true })
			s, c := w.opened(1, "INBOX")
			other, d := w.opened(1, "INBOX")
			c.appendTo(s, "INBOX", mail("one"))
			c.poll(s)
			d.poll(other)
			if _, err := c.fetch(s, uids(1), bodyOnly); err != nil { // what is read is known from now on
				t.Fatal(err)
			}
			if !hinted { // the host says nothing
				w.cluster.mu.Lock()
				clear(w.cluster.watchers)
				w.cluster.mu.Unlock()
			}
			w.do(closing(w))
			if !hinted {
				if _, err := c.fetch(s, uids(1), bodyOnly); err != nil {
					t.Errorf("%s: before anything was seen of it: %v", name, err)
				}
				if err := other.Poll(t.Context(), d, true); !isBye(err) {
					t.Errorf("%s: Poll: %v", name, err)
				}
			}
			if _, err := c.fetch(s, uids(1), bodyOnly); !isBye(err) {
				t.Errorf("%s, hint %v: FETCH: %v", name, hinted, err)
			}
		}
	}
}
