package main

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// loadAccounts is how many accounts there are: a client of each.
	loadAccounts = 8
	loadPassword = "a password for measuring"
	// loadBytes is the size of a message.
	loadBytes = 10 << 10
)

func loadUser(i int) string { return fmt.Sprintf("u%d@example.org", i) }

// loadMessage is 10 KiB of text.
var loadMessage = func() []byte {
	m := []byte("From: load@bench.example.net\r\nTo: you@example.org\r\nSubject: one of many\r\n" +
		"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <load@bench.example.net>\r\n\r\n")
	m = append(m, bytes.Repeat([]byte("A line of text that is as long as lines of mail are.\r\n"), loadBytes/54)...)
	return append(m[:loadBytes-2], "\r\n"...)
}()

// mailSystem is a running mail server to measure.
type mailSystem struct {
	imap []string // addresses with TLS; client i uses number i modulo how many there are
	smtp []string // without TLS; the same; may be empty
	stop func()
	pids []int // of its processes, whose children count as well; empty: processor time is not measured

	processes *processes // of a cluster; else nil
}

// operation is something to measure: begin makes what client i does again and again.
type operation struct {
	name  string
	bytes int
	begin func(s *mailSystem, i, filled int) (op func(n int) error, end func(), err error)
}

// operations are all but deliveries. "Load" is a mailbox to fill, "Fixed" one with the same messages everywhere.
var operations = []operation{
	{"append", loadBytes, inMailbox(func(t *talk, _, _ int) error {
		_, err := t.imap("", "APPEND Load", loadMessage)
		return err
	})},
	{"fetch", loadBytes, inMailbox(func(t *talk, n, filled int) error {
		_, err := t.imap("", fmt.Sprintf("FETCH %d BODY.PEEK[]", 1+n*7%filled), nil)
		return err
	})},
	{"store", 0, inMailbox(func(t *talk, n, filled int) error {
		sign := "+-"[n/filled%2]
		_, err := t.imap("", fmt.Sprintf("STORE %d %cFLAGS (\\Seen)", 1+n%filled, sign), nil)
		return err
	})},
	{"select", 0, inMailbox(func(t *talk, _, _ int) error {
		_, err := t.imap("", "SELECT Fixed", nil)
		return err
	})},
	{"login", 0, func(s *mailSystem, i, _ int) (func(int) error, func(), error) {
		return func(int) error {
			t, err := loginIMAP(s.imap[i%len(s.imap)], loadUser(i))
			if err != nil {
				return err
			}
			defer t.close()
			_, err = t.imap("", "LOGOUT", nil)
			return err
		}, func() {}, nil
	}},
}

// inMailbox begins with a connection that has Fixed selected.
func inMailbox(do func(t *talk, n, filled int) error) func(*mailSystem, int, int) (func(int) error, func(), error) {
	return func(s *mailSystem, i, filled int) (func(int) error, func(), error) {
		t, err := loginIMAP(s.imap[i%len(s.imap)], loadUser(i))
		if err != nil {
			return nil, nil, err
		}
		if _, err := t.imap("", "SELECT Fixed", nil); err != nil {
			return nil, nil, err
		}
		return func(n int) error { return do(t, n, filled) }, t.close, nil
	}
}

// fill makes the mailboxes of all accounts.
func (s *mailSystem) fill(messages int) error {
	return together(loadAccounts, func(i int) error {
		t, err := loginIMAP(s.imap[i%len(s.imap)], loadUser(i))
		if err != nil {
			return err
		}
		defer t.close()
		for _, name := range []string{"Load", "Fixed"} {
			if _, err := t.imap("", "CREATE "+name, nil); err != nil {
				return err
			}
		}
		for range messages {
			if _, err := t.imap("", "APPEND Fixed", loadMessage); err != nil {
				return err
			}
		}
		return nil
	})
}

// together runs f for 0 to n-1 at once.
func together(n int, f func(i int) error) error {
	var group sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		group.Go(func() {
			if err := f(i); err != nil {
				errs[i] = fmt.Errorf("client %d: %w", i, err)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// measure drives an operation with so many closed-loop clients for d, after a tenth of d to warm up.
func (s *mailSystem) measure(o *operation, clients, filled int, d time.Duration) (row, error) {
	taken := make([][]time.Duration, clients)
	ops := make([]func(int) error, clients)
	for i := range clients {
		op, end, err := o.begin(s, i, filled)
		if err != nil {
			return row{}, err
		}
		defer end()
		ops[i] = op
	}
	from := time.Now().Add(d / 10)
	end := from.Add(d)
	used := make(chan time.Duration, 1)
	go func() { used <- s.usedBetween(from, end) }()
	err := together(clients, func(i int) error {
		for n := 0; ; n++ {
			begin := time.Now()
			if begin.After(end) && len(taken[i]) > 0 { // at least one, however slow it is
				return nil
			}
			if err := ops[i](n); err != nil {
				return err
			}
			if begin.After(from) {
				taken[i] = append(taken[i], time.Since(begin))
			}
		}
	})
	if err != nil {
		return row{}, err
	}
	r, err := summary(taken, time.Since(from))
	r.Bytes = o.bytes
	if err == nil {
		r.Cost = float64((<-used).Microseconds()) / (r.Rate * d.Seconds())
	}
	return r, err
}

// usedBetween waits until end and returns what processor time the system's processes used since from.
func (s *mailSystem) usedBetween(from, end time.Time) time.Duration {
	if len(s.pids) == 0 {
		return 0
	}
	<-time.After(time.Until(from))
	before, failed := processorTimeOf(s.pids)
	<-time.After(time.Until(end))
	after, err := processorTimeOf(s.pids)
	if failed != nil || err != nil {
		return 0 // the row says nothing of it then
	}
	return after - before
}

// deliver sends messages for d and counts them when all are in their mailboxes: a queue on the way does not
// hide what storing costs. Latencies are those of the 250.
func (s *mailSystem) deliver(clients int, d time.Duration) (row, error) {
	watchers := make([]*talk, clients)
	err := together(clients, func(i int) (err error) {
		watchers[i], err = loginIMAP(s.imap[i%len(s.imap)], loadUser(i))
		return err
	})
	defer func() {
		for _, t := range watchers {
			if t != nil {
				t.close()
			}
		}
	}()
	if err != nil {
		return row{}, err
	}
	count := func() (sum int, err error) {
		for _, t := range watchers {
			n, err := t.messages("INBOX")
			if err != nil {
				return 0, err
			}
			sum += n
		}
		return sum, nil
	}
	before, err := count()
	if err != nil {
		return row{}, err
	}
	senders := make([]*talk, clients)
	for i := range senders { // connections are kept, as servers do that have much to send
		if senders[i], err = dialSMTP(s.smtp[i%len(s.smtp)]); err != nil {
			return row{}, err
		}
		defer senders[i].close()
	}
	taken := make([][]time.Duration, clients)
	start := time.Now()
	err = together(clients, func(i int) error {
		t := senders[i]
		for time.Since(start) < d {
			begin := time.Now()
			if err := t.mail(loadUser(i), loadMessage); err != nil {
				return err
			}
			taken[i] = append(taken[i], time.Since(begin))
		}
		return nil
	})
	if err != nil {
		return row{}, err
	}
	sent := 0
	for i := range taken {
		sent += len(taken[i])
	}
	for limit := time.Now().Add(talkLimit); ; <-time.After(20 * time.Millisecond) {
		now, err := count()
		if err != nil {
			return row{}, err
		}
		if now-before >= sent {
			break
		}
		if time.Now().After(limit) {
			return row{}, fmt.Errorf("%d of %d messages that were accepted did not arrive", sent-(now-before), sent)
		}
	}
	r, err := summary(taken, time.Since(start))
	r.Bytes = loadBytes
	return r, err
}
