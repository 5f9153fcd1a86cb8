package main

import (
	"fmt"
	"time"
)

// readOperations are what clients read. They find "Fixed" filled in every account, all of its messages seen, and
// "Big" in the first one, which is every client's for the operations on it.
var readOperations = []operation{
	{"fetch", loadBytes, inMailbox(func(t *talk, n, filled int) error {
		_, err := t.imap("", fmt.Sprintf("FETCH %d BODY.PEEK[]", 1+n*7%filled), nil)
		return err
	})},
	{"select", 0, inMailbox(func(t *talk, _, _ int) error {
		_, err := t.imap("", "SELECT Fixed", nil)
		return err
	})},
	{"flags-big", 0, inBig(func(t *talk) error {
		_, err := t.imap("", "UID FETCH 1:* (FLAGS)", nil)
		return err
	})},
	{"select-big", 0, inBig(func(t *talk) error {
		_, err := t.imap("", "SELECT Big", nil)
		return err
	})},
}

// inBig begins with a connection of the first account that has Big selected, and does the operation once: what follows
// finds caches warm.
func inBig(do func(t *talk) error) func(*mailSystem, int, int) (func(int) error, func(), error) {
	return func(s *mailSystem, i, _ int) (func(int) error, func(), error) {
		t, err := loginIMAP(s.imap[i%len(s.imap)], loadUser(0))
		if err != nil {
			return nil, nil, err
		}
		if _, err := t.imap("", "SELECT Big", nil); err != nil {
			return nil, nil, err
		}
		return func(int) error { return do(t) }, t.close, do(t)
	}
}

// fillToRead makes the mailboxes that readOperations want: so many messages in Fixed and in Big, the latter by
// copying.
func (s *mailSystem) fillToRead(fixed, big int) error {
	if err := s.fill(fixed); err != nil {
		return err
	}
	err := together(loadAccounts, func(i int) error {
		t, err := loginIMAP(s.imap[i%len(s.imap)], loadUser(i))
		if err != nil {
			return err
		}
		defer t.close()
		for _, command := range []string{"SELECT Fixed", "STORE 1:* +FLAGS.SILENT (\\Seen)", "FETCH 1:* BODY.PEEK[]"} {
			if _, err := t.imap("", command, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t, err := loginIMAP(s.imap[0], loadUser(0))
	if err != nil {
		return err
	}
	defer t.close()
	for _, command := range []string{"CREATE Big", "SELECT Fixed"} {
		if _, err := t.imap("", command, nil); err != nil {
			return err
		}
	}
	for have := 0; have < big; {
		n := min(max(have, fixed), big-have)
		if _, err := t.imap("", fmt.Sprintf("COPY 1:%d Big", n), nil); err != nil {
			return err
		}
		if have == 0 {
			if _, err := t.imap("", "SELECT Big", nil); err != nil {
				return err
			}
		}
		have += n
	}
	return nil
}

// streaming measures flags-big and returns, beside the row, how much memory the largest of the processes pids held
// before and at most meanwhile.
func (s *mailSystem) streaming(pids []int, clients, fixed int, d time.Duration) (row, error) {
	before := 0
	for _, pid := range pids {
		if err := forgetPeak(pid); err != nil {
			return row{}, err
		}
		now, _, err := residentPeak(pid)
		if err != nil {
			return row{}, err
		}
		before = max(before, now)
	}
	r, err := s.measure(&readOperations[2], clients, fixed, d)
	if err != nil {
		return row{}, err
	}
	for _, pid := range pids {
		_, peak, err := residentPeak(pid)
		if err != nil {
			return row{}, err
		}
		r.Peak = max(r.Peak, peak)
	}
	r.Resident = before
	return r, nil
}
