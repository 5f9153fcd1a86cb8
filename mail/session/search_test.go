package session

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/content"
)

func (w *world) search(s *Session, uid bool, c *imap.SearchCriteria) string {
	w.Helper()
	data, err := s.Search(w.Context(), uid, c, nil)
	if err != nil {
		return err.Error()
	}
	return data.All.String()
}

func TestSearch(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	day := func(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }
	for n, flags := range [][]imap.Flag{{imap.FlagSeen}, {"Work", imap.FlagFlagged}, nil, {imap.FlagDeleted}} {
		text := mail(fmt.Sprintf("number%d", n+1)) + strings.Repeat("x", 1000*n)
		_, err := s.Append(t.Context(), "INBOX", strings.NewReader(text), int64(len(text)),
			&imap.AppendOptions{Flags: flags, Time: day(n + 1)})
		w.do(err)
	}
	c.poll(s)
	w.do(s.Expunge(t.Context(), c, nil)) // UID 4 is gone
	c.appendTo(s, "INBOX", mail("number5"))
	c.poll(s) // 1 2 3 4 are UIDs 1 2 3 5
	field := func(k, v string) []imap.SearchCriteriaHeaderField {
		return []imap.SearchCriteriaHeaderField{{Key: k, Value: v}}
	}
	for _, x := range []struct {
		what string
		c    imap.SearchCriteria
		want string
	}{
		{"ALL", imap.SearchCriteria{}, "1:3,5"},
		{"SEEN", imap.SearchCriteria{Flag: []imap.Flag{`\SEEN`}}, "1"},
		{"UNSEEN", imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, "2:3,5"},
		{"KEYWORD", imap.SearchCriteria{Flag: []imap.Flag{"wORK"}}, "2"},
		{"UNKEYWORD of an unknown one", imap.SearchCriteria{NotFlag: []imap.Flag{"other"}}, "1:3,5"},
		{"1:2", imap.SearchCriteria{SeqNum: []imap.SeqSet{{{Start: 1, Stop: 2}}}}, "1:2"},
		{"*", imap.SearchCriteria{SeqNum: []imap.SeqSet{{{}}}}, "5"},
		{"3:*", imap.SearchCriteria{SeqNum: []imap.SeqSet{{{Start: 3}}}}, "3,5"},
		{"NOT *", imap.SearchCriteria{Not: []imap.SearchCriteria{{SeqNum: []imap.SeqSet{{{}}}}}}, "1:3"},
		{"UID *", imap.SearchCriteria{UID: []imap.UIDSet{{{}}}}, "5"},
		{"UID 99:*", imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 99}}}}, "5"},
		{"SINCE", imap.SearchCriteria{Since: day(2).Truncate(24 * time.Hour)}, "2:3,5"},
		{"BEFORE", imap.SearchCriteria{Before: day(2).Truncate(24 * time.Hour)}, "1"},
		{"NOT SINCE", imap.SearchCriteria{Not: []imap.SearchCriteria{{Since: day(3).Truncate(24 * time.Hour)}}}, "1:2"},
		{"OR", imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{{Header: field("Subject", "NUMBER1")},
			{Before: day(3).Truncate(24 * time.Hour), Flag: []imap.Flag{"work"}}}}}, "1:2"},
		{"LARGER", imap.SearchCriteria{Larger: 1100}, "2:3"},
		{"FROM", imap.SearchCriteria{Header: field("From", "carol")}, "1:3,5"},
		{"BODY", imap.SearchCriteria{Body: []string{"text of number3"}}, "3"},
		{"TEXT", imap.SearchCriteria{Text: []string{"number5@example.net"}}, "5"},
		{"nothing", imap.SearchCriteria{Body: []string{"nowhere"}}, ""},
	} {
		if got := w.search(s, true, &x.c); got != x.want {
			t.Errorf("%s: found %s, want %s", x.what, got, x.want)
		}
	}
	if got := w.search(s, false, &imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 3, Stop: 5}}}}); got != "3:4" {
		t.Errorf("sequence numbers: %s", got)
	}
}

// A message that the client was not told of is found by UID, also where "*" ends the range, and not by number.
func TestSearchFindsUntold(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	c.appendTo(s, "INBOX", mail("told"))
	c.poll(s)
	other, d := w.opened(1, "INBOX")
	d.appendTo(other, "INBOX", mail("untold"))
	all := imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 1}}}}
	if got := w.search(s, true, &all); got != "1:2" {
		t.Errorf("UID SEARCH UID 1:* found %s", got)
	}
	if got := w.search(s, true, &imap.SearchCriteria{UID: []imap.UIDSet{{{}}}}); got != "2" {
		t.Errorf("UID SEARCH UID * found %s", got)
	}
	if got := w.search(s, false, &all); got != "1" {
		t.Errorf("SEARCH UID 1:* found %s", got)
	}
}

func TestSearchReturnsAndSaves(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	for n := range 5 {
		c.appendTo(s, "INBOX", mail(fmt.Sprint(n)))
	}
	c.poll(s)
	saved := imap.SearchRes()
	search := func(o *imap.SearchOptions, first, last uint32) *imap.SearchData {
		t.Helper()
		data, err := s.Search(t.Context(), false, &imap.SearchCriteria{SeqNum: []imap.SeqSet{{{Start: first, Stop: last}}}}, o)
		w.do(err)
		return data
	}
	dollar := func() string { return w.search(s, true, &imap.SearchCriteria{UID: []imap.UIDSet{saved}}) }
	if got := dollar(); got != "" {
		t.Errorf("before any SAVE $ is %s", got)
	}
	data := search(&imap.SearchOptions{ReturnMin: true, ReturnMax: true, ReturnCount: true}, 2, 4)
	if data.Min != 2 || data.Max != 4 || data.Count != 3 || data.All != nil || dollar() != "" {
		t.Errorf("MIN MAX COUNT: %+v", data)
	}
	search(&imap.SearchOptions{ReturnSave: true}, 2, 4)
	if got := dollar(); got != "2:4" {
		t.Errorf("$ is %s", got)
	}
	search(&imap.SearchOptions{ReturnSave: true, ReturnMin: true, ReturnMax: true}, 2, 4)
	if got := dollar(); got != "2,4" {
		t.Errorf("with MIN and MAX $ is %s", got)
	}
	if answer := c.store(s, saved, add(imap.FlagDeleted)); answer != `2 (\Deleted), 4 (\Deleted)` {
		t.Errorf("STORE $ answered %s", answer)
	}
	copied, err := s.Copy(t.Context(), saved, "Trash")
	if err != nil || copied.SourceUIDs.String() != "2,4" {
		t.Errorf("COPY $: %+v, %v", copied, err)
	}
	c.take()
	w.do(s.Expunge(t.Context(), c, &saved))
	c.want("4 EXPUNGE, 2 EXPUNGE")
	if got := dollar(); got != "" {
		t.Errorf("after they were expunged $ is %s", got)
	}
	search(&imap.SearchOptions{ReturnSave: true}, 1, 2)
	deep := imap.SearchCriteria{}
	for range 100 {
		deep = imap.SearchCriteria{Not: []imap.SearchCriteria{deep}}
	}
	_, err = s.Search(t.Context(), true, &deep, &imap.SearchOptions{ReturnSave: true})
	w.wantCode(err, imap.ResponseCodeLimit)
	if got := dollar(); got != "" {
		t.Errorf("after a failed SAVE $ is %s", got)
	}
	search(&imap.SearchOptions{ReturnSave: true}, 1, 2)
	c.enter(s, "INBOX", false)
	if got := dollar(); got != "" {
		t.Errorf("after SELECT $ is %s", got)
	}
}

// A search that nobody waits for any more stops between two messages.
func TestSearchEndsWithItsContext(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	for range 10 {
		c.appendTo(s, "INBOX", mail("x"))
	}
	c.poll(s)
	w.servers[0].cache = content.New(1) // keeps nothing: every message has to be read
	ctx, cancel := context.WithCancel(t.Context())
	w.replicas[0].records = 0
	w.replicas[0].onRecord = func(n int) {
		if n == 3 {
			cancel()
		}
	}
	_, err := s.Search(ctx, true, &imap.SearchCriteria{Body: []string{"nowhere"}}, nil)
	w.wantCode(err, imap.ResponseCodeUnavailable)
	if n := w.replicas[0].records; n > 4 {
		t.Errorf("%d records were read after the end", n)
	}
}
