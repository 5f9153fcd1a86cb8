package node

import (
	"context"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
)

// append writes records and counts them, so that a sync can be told in the core's numbers.
func (n *Node) append(records []hostlog.Record) error {
	if _, err := n.o.Log.Append(records); err != nil {
		return err
	}
	n.written.Add(uint64(len(records)))
	return nil
}

// sync makes the log durable whenever something was written: all that was written since the last sync at
// once (group commit).
func (n *Node) sync(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.unsynced:
		}
		// Read before the sync: everything counted here was appended, so the sync covers it.
		written := n.written.Load()
		if _, err := n.o.Log.Sync(); err != nil {
			return err
		}
		n.synced.Store(written)
		n.inbox.put(sourceSelf, 0, bftcore.Synced{Record: written})
		if below := n.dropBelow.Swap(0); below > 0 {
			if err := n.o.Log.TruncateBelow(below, n.o.Log.Durable()); err != nil {
				return err
			}
		}
	}
}

// load sends a lagging peer the records of old orders, straight from the log.
func (n *Node) load(l bftcore.Load) {
	to := min(l.To, l.From+hostlog.MaxReadOrders-1)
	records, _, err := n.o.Log.ReadOrders(l.From, to, l.MaxBytes,
		hostlog.Kind(bftcore.RecordPrepare), hostlog.Kind(bftcore.RecordCommit))
	bytes := 0
	if err != nil {
		n.diskErrors.Add(1)
		n.o.Logger.Error("log.read_failed", "from", l.From, "to", l.To, "cause", err.Error())
	}
	for _, r := range records {
		n.o.Links.Send(int(l.Peer), r.Body)
		bytes += len(r.Body)
	}
	n.inbox.put(sourceSelf, 0, bftcore.Loaded{To: l.Peer, Bytes: bytes})
}
