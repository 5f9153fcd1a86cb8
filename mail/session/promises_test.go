package session

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// promises are the rows of the table in ARCHITECTURE.md of what commands promise, by the name that stands there. Session b
// at one replica knows the mailbox and the names as they were before; what session a at another one then changes was
// acknowledged before b asks. No hint reaches b: what the table promises does not rest on the host's word.
var promises = map[string]func(*pair){
	"writes": promiseWrites, "select": promiseSelect, "list": promiseList, "news": promiseNews, "search": promiseSearch,
	"flags": promiseFlags, "content": promiseContent, "login": promiseLogin, "closed": promiseClosed,
}

func TestPromises(t *testing.T) {
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\|.*\\| `TestPromises/([a-z]+)`").FindAllSubmatch(text, -1)
	if len(rows) != len(promises) {
		t.Errorf("the table names %d tests, there are %d", len(rows), len(promises))
	}
	for _, row := range rows {
		name := string(row[1])
		promise := promises[name]
		if promise == nil {
			t.Errorf("the table names %q, which is no test", name)
			continue
		}
		for how, unsure := range map[string]bool{"validated": false, "ordered": true} {
			t.Run(name+"/"+how, func(t *testing.T) { promise(newPair(t, unsure)) })
		}
	}
}

// pair is two sessions of one account at two replicas, with three messages that both know.
type pair struct {
	*world
	a, b   *Session
	ca, cb *client
	now    time.Time
}

// newPair returns a pair at whose second replica nothing can be validated when unsure.
func newPair(t *testing.T, unsure bool) *pair {
	p := &pair{now: time.Unix(1_800_000_000, 0)}
	p.world = newWorld(t, func(o *Options) { o.Now = func() time.Time { return p.now } })
	p.a, p.ca = p.opened(0, "INBOX")
	for i := range 3 {
		p.ca.appendTo(p.a, "INBOX", mail(fmt.Sprint(i+1)))
	}
	p.b, p.cb = p.opened(1, "INBOX")
	p.ca.poll(p.a)
	p.cb.poll(p.b)
	p.list(p.b, nil, "*")
	if _, err := p.cb.fetch(p.b, imap.SeqSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true}); err != nil {
		t.Fatal(err)
	}
	p.ca.take()
	p.cb.take()
	clear(p.cluster.watchers)
	p.replicas[1].unsure = unsure
	return p
}

func (p *pair) flag(n imap.UID, f ...imap.Flag) {
	p.Helper()
	p.ca.store(p.a, uids(n), silently(add(f...)))
}

// expunge has a expunge a message.
func (p *pair) expunge(n imap.UID) {
	p.Helper()
	p.flag(n, imap.FlagDeleted)
	p.do(p.a.Expunge(p.Context(), p.ca, &imap.UIDSet{{Start: n, Stop: n}}))
}

// Each write is ordered, and is said to be done only when it is: not without a quorum, and not when the answer is lost.
func promiseWrites(p *pair) {
	ctx := p.Context()
	writes := []struct {
		name string
		kind command.Kind
		do   func() error
	}{
		{"APPEND", command.KindAppend, func() error {
			_, err := p.a.Append(ctx, "INBOX", strings.NewReader(mail("x")), int64(len(mail("x"))), &imap.AppendOptions{})
			return err
		}},
		{"COPY", command.KindCopy, func() error { _, err := p.a.Copy(ctx, uids(1), "INBOX"); return err }},
		{"STORE", command.KindStore, func() error { return p.a.Store(ctx, uids(1), add(imap.FlagDeleted), nil, discardEach(p.ca)) }},
		{"EXPUNGE", command.KindExpunge, func() error { return p.a.Expunge(ctx, p.ca, nil) }},
		{"CREATE", command.KindMailboxCreate, func() error { return p.a.Create(ctx, "new", nil) }},
		{"MOVE", command.KindCopy, func() error { _, err := p.a.Move(ctx, p.ca, uids(2), "new"); return err }},
		{"SUBSCRIBE", command.KindMailboxSubscribe, func() error { return p.a.Subscribe(ctx, "new") }},
		{"RENAME", command.KindMailboxRename, func() error { return p.a.Rename(ctx, "new", "old") }},
		{"DELETE", command.KindMailboxDelete, func() error { return p.a.Delete(ctx, "old") }},
	}
	for _, w := range writes {
		p.replicas[0].down = true
		if err := w.do(); err == nil {
			p.Errorf("%s is said to be done without a quorum", w.name)
		}
		p.replicas[0].down = false
		p.a, p.ca = p.opened(0, "INBOX") // one whose last write was not answered takes no other
		before := p.cluster.commands[w.kind]
		if err := w.do(); err != nil || p.cluster.commands[w.kind] != before+1 {
			p.Errorf("%s: %v, ordered %d times", w.name, err, p.cluster.commands[w.kind]-before)
		}
	}
	data := p.cb.enter(p.b, "INBOX", false)
	if got := p.search(p.b, true, &imap.SearchCriteria{}); got != "3:5" || data.UIDNext != 6 {
		p.Errorf("afterwards there are %s, next is %d", got, data.UIDNext)
	}
}

// SELECT, EXAMINE and STATUS show what was acknowledged before, to who had it selected too.
func promiseSelect(p *pair) {
	p.flag(1, imap.FlagSeen)
	p.expunge(2)
	p.ca.appendTo(p.a, "INBOX", mail("4"))
	for _, readOnly := range []bool{false, true} {
		data, err := p.b.Select(p.Context(), "INBOX", readOnly)
		if err != nil || data.NumMessages != 3 || data.UIDNext != 5 {
			p.Errorf("SELECT (read-only: %v) %+v, %v", readOnly, data, err)
		}
		p.flag(3, imap.FlagSeen)
		s, err := p.b.Status(p.Context(), "INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true, UIDNext: true})
		if err != nil || *s.NumMessages != 3 || *s.NumUnseen != 1 || s.UIDNext != 5 {
			p.Errorf("STATUS %+v, %v", s, err)
		}
	}
}

// LIST and LSUB show names as they are; with counters of the same moment, always by one ordered command.
func promiseList(p *pair) {
	p.do(p.a.Create(p.Context(), "one/two", nil))
	p.do(p.a.Subscribe(p.Context(), "one/two"))
	p.wantList(p.list(p.b, nil, "one*"), "one (HasChildren)", "one/two (HasNoChildren)")
	p.do(p.a.Rename(p.Context(), "one/two", "three"))
	p.wantList(p.list(p.b, nil, "one/*", "three"), "three (HasNoChildren)")
	p.do(p.a.Subscribe(p.Context(), "three"))
	if got := p.list(p.b, &imap.ListOptions{SelectSubscribed: true}, "three"); len(got) != 1 {
		p.Errorf("subscribed: %v", got)
	}
	p.ca.appendTo(p.a, "three", mail("4"))
	before := p.ordered()
	var got *imap.StatusData
	o := &imap.ListOptions{ReturnStatus: &imap.StatusOptions{NumMessages: true}}
	p.do(p.b.List(p.Context(), "", []string{"three"}, o, func(d *imap.ListData) error { got = d.Status; return nil }))
	if got == nil || *got.NumMessages != 1 || p.ordered() != before+1 {
		p.Errorf("LIST-STATUS %+v, by %d ordered commands", got, p.ordered()-before)
	}
}

// NOOP, IDLE and what is told after any other command tell all that was acknowledged before they began.
func promiseNews(p *pair) {
	p.flag(1, imap.FlagSeen)
	p.ca.appendTo(p.a, "INBOX", mail("4"))
	p.cb.poll(p.b)
	p.cb.want(`1 FLAGS (\Seen), 4 EXISTS`)
	p.expunge(2)
	if _, err := p.cb.fetch(p.b, uids(1), &imap.FetchOptions{Flags: true}); err != nil {
		p.Fatal(err)
	}
	p.do(p.b.After(p.Context(), p.cb, true))
	p.cb.want("2 EXPUNGE")
	p.ca.appendTo(p.a, "INBOX", mail("5"))
	p.cb.told = make(chan string, 1)
	stop := p.cb.idle(p.b)
	select {
	case got := <-p.cb.told:
		if got != "4 EXISTS" {
			p.Errorf("IDLE told %q", got)
		}
	case <-time.After(20 * time.Second):
		p.Error("IDLE told nothing when it began")
	}
	p.do(stop())
}

// UID SEARCH finds what is there, SEARCH what of that the client was told of.
func promiseSearch(p *pair) {
	p.flag(1, imap.FlagSeen)
	p.expunge(2)
	p.ca.appendTo(p.a, "INBOX", mail("4"))
	if got := p.search(p.b, true, &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}); got != "3:4" {
		p.Errorf("UID SEARCH UNSEEN found %s", got)
	}
	p.expunge(3)
	if got := p.search(p.b, false, &imap.SearchCriteria{}); got != "1" && got != "1,4" { // 4 was told by then, or was not
		p.Errorf("SEARCH found %s", got)
	}
}

// FETCH shows flags as they are; of a message that is gone and not told, as the session knew it and never older, or says
// that it is gone.
func promiseFlags(p *pair) {
	flags := func(n uint32, o *imap.FetchOptions) ([]imap.Flag, error) {
		list, err := p.cb.fetch(p.b, seqs(n), o)
		if len(list) == 0 {
			return nil, err
		}
		return list[0].flags, err
	}
	whole := &imap.FetchOptions{UID: true, Flags: true, BodySection: bodyOnly.BodySection}
	p.flag(2, imap.FlagSeen)
	if got, err := flags(2, whole); err != nil || !slices.Contains(got, imap.FlagSeen) {
		p.Errorf("a flag that was acknowledged is not shown: %v, %v", got, err)
	}
	p.expunge(2)
	for range 2 {
		if got, err := flags(2, whole); err != nil || !slices.Contains(got, imap.FlagSeen) {
			p.Errorf("a message that is gone is shown older than before: %v, %v", got, err)
		}
	}
	p.flag(3, imap.FlagSeen)
	p.expunge(3)
	if got, err := flags(3, &imap.FetchOptions{Flags: true}); err != nil {
		p.wantCode(err, codeExpungeIssued)
	} else if slices.Contains(got, imap.FlagDeleted) {
		p.Errorf("a message that is gone has flags %v, which the session never knew", got)
	}
	p.cb.poll(p.b)
	if len(p.cb.uids) != 1 {
		p.Errorf("%d messages after it was told", len(p.cb.uids))
	}
}

// FETCH of content gives the same bytes for ever, of messages that are there.
func promiseContent(p *pair) {
	body := func(n imap.UID) string {
		p.Helper()
		list, err := p.cb.fetch(p.b, uids(n), bodyOnly)
		if err != nil || len(list) > 1 {
			p.Fatalf("UID FETCH %d: %d answers, %v", n, len(list), err)
		}
		if len(list) == 0 {
			return ""
		}
		return list[0].sections[0]
	}
	want := mail("2")
	for _, change := range []func(){func() {}, func() { p.flag(2, imap.FlagAnswered) }, func() { p.ca.appendTo(p.a, "INBOX", mail("4")) }} {
		if change(); body(2) != want {
			p.Errorf("the content is %q, want %q", body(2), want)
		}
	}
	p.expunge(2)
	p.cb.poll(p.b)
	if got := body(2); got != "" {
		p.Errorf("a message that is gone is %q", got)
	}
}

// LOGIN knows the passwords that were set before it, by an ordered read.
func promiseLogin(p *pair) {
	p.do(p.admin.SetPassword(p.Context(), alice, "another password"))
	if _, err := p.servers[1].Login(p.Context(), peer, alice, password); err == nil {
		p.Error("the old password is good")
	}
	before := p.ordered()
	s, err := p.servers[1].Login(p.Context(), peer, alice, "another password")
	p.do(err)
	defer s.Close()
	if p.ordered() == before {
		p.Error("nothing was ordered")
	}
}

// A session of a closed account shows nothing more: at once where a command validates or orders a read, and after
// AccountCheck in any other.
func promiseClosed(p *pair) {
	other := p.login(1)
	clear(p.cluster.watchers)
	p.do(p.admin.Enable(p.Context(), alice, false))
	p.now = p.now.Add(AccountCheck)
	if err := other.List(p.Context(), "", nil, nil, func(*imap.ListData) error { return nil }); !isBye(err) {
		p.Errorf("LIST of nothing says %v after %v", err, AccountCheck)
	}
	p.now = p.now.Add(-AccountCheck)
	if err := p.b.Poll(p.Context(), p.cb, true); !isBye(err) {
		p.Errorf("NOOP says %v", err)
	}
}
