package session

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
)

// A host that keeps records back does not make messages disappear: FETCH and SEARCH, by UID too, fail as long
// as the message exists. One that was expunged meanwhile is left out.
func TestAbsentRecordsAreNoExpunge(t *testing.T) {
	w := newWorld(t, nil)
	a, ca := w.opened(0, "INBOX")
	for _, subject := range []string{"one", "two", "three"} {
		ca.appendTo(a, "INBOX", mail(subject))
	}
	b, cb := w.opened(1, "INBOX") // nothing is in its cache
	all := imap.UIDSet{}
	all.AddRange(1, 0)
	second, err := b.record(t.Context(), b.view, 2, 2)
	w.do(err)
	for _, d := range []wire.Digest{second.Body, second.Summary} {
		w.cluster.gone[d] = true
	}
	whole := &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}}
	criteria := &imap.SearchCriteria{Text: []string{"nowhere"}}
	if got, err := cb.fetch(b, all, whole); err != error(errAbsent) || len(got) != 2 {
		t.Errorf("UID FETCH: %d answers, %v", len(got), err)
	}
	if _, err := cb.fetch(b, imap.SeqSetNum(2), whole); err != error(errAbsent) {
		t.Errorf("FETCH: %v", err)
	}
	for _, uid := range []bool{false, true} {
		if _, err := b.Search(t.Context(), uid, criteria, nil); err != error(errAbsent) {
			t.Errorf("SEARCH: %v", err)
		}
	}
	set := imap.UIDSetNum(imap.UID(second.UID))
	ca.store(a, set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}})
	w.do(a.Expunge(t.Context(), ca, &set))
	if got, err := cb.fetch(b, all, whole); code(err) != codeExpungeIssued || len(got) != 2 {
		t.Errorf("UID FETCH after the expunge: %d answers, %v", len(got), err)
	}
	if _, err := b.Search(t.Context(), true, criteria, nil); err != nil {
		t.Errorf("SEARCH after the expunge: %v", err)
	}
}
