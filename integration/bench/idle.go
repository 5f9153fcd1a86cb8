package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// idleOptions say what idle measures.
type idleOptions struct {
	changes int // of all accounts together
	clients int // in IDLE, of all accounts together
	pause   time.Duration
	json    bool
	dovecot bool
}

// idleBytes is the size of a message that is appended.
const idleBytes = 1 << 10

// idle measures how long after a change at one replica clients in IDLE at the two others are told. Each account has one
// writer, which appends a message and flags it in turn, and a share of the idle clients; the next change begins when
// all of them were told of the last one, and the pause is over.
func idle(o idleOptions) error {
	binaries, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	systems := imapSystems(binaries)
	for _, s := range []int{0, len(systems) - 1} {
		if s == 0 && !o.dovecot {
			continue
		}
		if err := idleAt(systems[s].name, systems[s].start, o); err != nil {
			return fmt.Errorf("%s: %w", systems[s].name, err)
		}
	}
	return nil
}

// told is how long one idle client waited for the news of one change, since the writer sent it and since it had its OK: 0
// when the news came first.
type told struct{ sent, ok time.Duration }

func idleAt(name string, start func(dir string) (*mailSystem, error), o idleOptions) (err error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := start(dir)
	if err != nil {
		return err
	}
	defer s.stop()
	all := make([][]told, loadAccounts)
	began := time.Now()
	if err := together(loadAccounts, func(i int) (err error) {
		all[i], err = s.push(i, o)
		return err
	}); err != nil {
		return err
	}
	took := time.Since(began)
	for _, r := range []struct {
		op string
		of func(told) time.Duration
	}{{"ok", func(t told) time.Duration { return t.ok }}, {"sent", func(t told) time.Duration { return t.sent }}} {
		var list []time.Duration
		for _, t := range slices.Concat(all...) {
			list = append(list, r.of(t))
		}
		sum, err := summary([][]time.Duration{list}, took)
		if err != nil {
			return err
		}
		sum.Bench, sum.Op, sum.System, sum.Clients, sum.Bytes = "idle", r.op, name, o.clients, idleBytes
		sum.print(o.json)
	}
	return nil
}

// idler is a client in IDLE.
type idler struct {
	*talk
	news chan time.Time // when what it was waiting for came
	mu   sync.Mutex
	want []byte // how the line begins that it waits for
	has  []byte // and what it holds
}

// push measures with the writer and the idle clients of account i.
func (s *mailSystem) push(i int, o idleOptions) ([]told, error) {
	w, err := loginIMAP(s.imap[i%len(s.imap)], loadUser(i))
	if err != nil {
		return nil, err
	}
	defer w.close()
	for _, command := range []string{"CREATE Push", "SELECT Push"} {
		if _, err := w.imap("", command, nil); err != nil {
			return nil, err
		}
	}
	idlers := make([]*idler, (o.clients+loadAccounts-1-i)/loadAccounts)
	ended := make(chan error, len(idlers))
	for k := range idlers {
		if idlers[k], err = startIdler(s.imap[(i+1+k%2)%len(s.imap)], loadUser(i)); err != nil {
			return nil, err
		}
		defer idlers[k].close()
		go func() { ended <- idlers[k].listen() }()
	}
	message := append(bytes.Clone(loadMessage[:idleBytes-2]), "\r\n"...)
	var all []told
	for n := range o.changes / loadAccounts {
		number := n/2 + 1
		command, literal := fmt.Sprintf("STORE %d +FLAGS (\\Flagged)", number), []byte(nil)
		want, has := fmt.Sprintf("* %d FETCH ", number), `\Flagged`
		if n%2 == 0 {
			command, literal = "APPEND Push", message
			want, has = fmt.Sprintf("* %d EXISTS", number), ""
		}
		for _, x := range idlers {
			x.await(want, has)
		}
		sent := time.Now()
		if _, err := w.imap("", command, literal); err != nil {
			return nil, err
		}
		ok := time.Now()
		for _, x := range idlers {
			select {
			case at := <-x.news:
				all = append(all, told{sent: at.Sub(sent), ok: max(0, at.Sub(ok))})
			case err := <-ended:
				return nil, fmt.Errorf("an idle client was cut off: %w", err)
			case <-time.After(talkLimit):
				return nil, fmt.Errorf("an idle client was not told of %q within %v", command, talkLimit)
			}
		}
		<-time.After(o.pause)
	}
	return all, nil
}

func startIdler(address, user string) (*idler, error) {
	t, err := loginIMAP(address, user)
	if err != nil {
		return nil, err
	}
	x := &idler{talk: t, news: make(chan time.Time, 1)}
	if _, err = t.imap("", "SELECT Push", nil); err == nil {
		err = t.send([]byte("i IDLE\r\n"))
	}
	for err == nil {
		var l []byte
		if l, err = t.line(); err == nil && len(l) > 0 && l[0] == '+' {
			return x, t.conn.SetDeadline(time.Time{})
		}
	}
	t.close()
	return nil, err
}

// await says what to wait for next.
func (x *idler) await(want, has string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.want, x.has = []byte(want), []byte(has)
}

// listen reads until the connection ends.
func (x *idler) listen() error {
	for {
		l, err := x.line()
		if err != nil {
			return err
		}
		at := time.Now()
		x.mu.Lock()
		if x.want != nil && bytes.HasPrefix(l, x.want) && bytes.Contains(l, x.has) {
			x.want = nil
			x.news <- at
		}
		x.mu.Unlock()
		if bytes.HasPrefix(l, []byte("* BYE")) {
			return fmt.Errorf("%s", l)
		}
	}
}
