package clients

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/integration/demo"
)

// idleLimit is when a change that IDLE did not tell counts as never told.
const idleLimit = 20 * time.Second

// TestIdleAcrossReplicas has a watcher IDLE at one replica while another client changes the mailbox at
// another: new mail, flags and expunges must be told, for each pair of neighbours.
func TestIdleAcrossReplicas(t *testing.T) {
	d := fresh(t)
	for r := range d.Replicas {
		watched, changed := r, (r+1)%len(d.Replicas)
		seen := newWatcher()
		watcher := d.Dial(t, watched, demo.TLS, &imapclient.Options{UnilateralDataHandler: seen.handler()})
		writer := d.Dial(t, changed, demo.STARTTLS, nil)
		selected, err := watcher.Select("INBOX", nil).Wait()
		must(t, err)
		before := selected.NumMessages
		_, err = writer.Select("INBOX", nil).Wait()
		must(t, err)
		idle, err := watcher.Idle()
		must(t, err)

		uid, _, err := writer.Put("INBOX", mail("idle"))
		must(t, err)
		demo.Eventually(t, idleLimit, "IDLE tells new mail", func() bool { return seen.exists.Load() == before+1 })
		flag := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagFlagged, imap.FlagDeleted}}
		must(t, writer.Store(imap.UIDSetNum(uid), flag, nil).Close())
		demo.Eventually(t, idleLimit, "IDLE tells flags", func() bool { return seen.flagged.Load() == before+1 })
		must(t, writer.UIDExpunge(imap.UIDSetNum(uid)).Close())
		demo.Eventually(t, idleLimit, "IDLE tells the expunge", func() bool { return seen.expunged.Load() == before+1 })

		must(t, idle.Close())
		must(t, idle.Wait())
		if n := watcher.Mailbox().NumMessages; n != before {
			t.Fatalf("the watcher counts %d messages, had %d before", n, before)
		}
		must(t, watcher.Noop().Wait())
		if _, _, err := watcher.Put("INBOX", mail("left behind")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadYourNeighboursWrites checks without IDLE: what one replica acknowledged, each other shows in
// its very next answer, with the same UID, UIDVALIDITY and bytes.
func TestReadYourNeighboursWrites(t *testing.T) {
	d := fresh(t)
	var clients []demo.Client
	for r := range d.Replicas {
		clients = append(clients, d.Dial(t, r, demo.TLS, nil))
	}
	for round := range 12 {
		writer := clients[round%len(clients)]
		body := mail("neighbours")
		uid, validity, err := writer.Put("Archive", body)
		must(t, err)
		for r, c := range clients {
			got, v, err := c.All("Archive")
			must(t, err)
			var last demo.Message
			if len(got) > 0 {
				last = got[len(got)-1]
			}
			if len(got) != round+1 || last.UID != uid || v != validity || string(last.Body) != string(body) {
				t.Fatalf("round %d: replica %d shows %d messages, last UID %d (want %d), UIDVALIDITY %d (want %d)",
					round, r, len(got), last.UID, uid, v, validity)
			}
			must(t, c.Unselect().Wait())
		}
	}
}

// watcher collects what a server tells unasked. Values are sequence numbers and counts; 0 is none yet.
type watcher struct{ exists, flagged, expunged atomic.Uint32 }

func newWatcher() *watcher { return &watcher{} }

func (w *watcher) handler() *imapclient.UnilateralDataHandler {
	return &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				w.exists.Store(*data.NumMessages)
			}
		},
		Expunge: func(seq uint32) { w.expunged.Store(seq) },
		Fetch: func(msg *imapclient.FetchMessageData) {
			got, err := msg.Collect()
			if err != nil {
				return
			}
			for _, f := range got.Flags {
				if f == imap.FlagFlagged {
					w.flagged.Store(got.SeqNum)
				}
			}
		},
	}
}
