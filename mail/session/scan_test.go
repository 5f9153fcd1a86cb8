package session

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/content"
)

// One client that downloads a large mailbox, each message in pieces, does not displace what others read every minute.
func TestADownloadDisplacesNobodysMail(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Cache = content.New(1 << 20) })
	a, c := w.opened(0, "INBOX")
	const hot, all, pieces = 20, 400, 6
	for i := range all {
		c.appendTo(a, "INBOX", letterOf(i, 0, 8<<10))
	}
	read := func(s *Session, c *client, first, last imap.UID, pieces int) {
		t.Helper()
		for u := first; u <= last; u++ {
			for k := range pieces {
				o := &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true, Partial: &imap.SectionPartial{Offset: int64(k) * 1500, Size: 1500}}}}
				if _, err := c.fetch(s, uids(u), o); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for range 3 {
		s, c := w.opened(1, "INBOX")
		read(s, c, 1, hot, 1)
	}
	s, d := w.opened(1, "INBOX")
	read(s, d, hot+1, all, pieces)
	w.replicas[1].records = 0
	s, d = w.opened(1, "INBOX")
	read(s, d, 1, hot, 1)
	if n := w.replicas[1].records; n > 2*hot/10 {
		t.Errorf("after a download %d of %d records of others were read anew", n, 2*hot)
	}
}
