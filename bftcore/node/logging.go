package node

import (
	"context"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
)

// append writes records and counts them, so that a sync can be told in the core's numbers.
func (n *Node) append(records []hostlog.Record) error {
	last, err := n.o.Log.Append(records)
	if err != nil {
		return err
	}
	for i, r := range records {
		if r.Kind == hostlog.Kind(bftcore.RecordFrontier) {
			// It and what comes with it, all of order 0, must stay.
			for i > 0 && records[i-1].Order == 0 {
				i--
			}
			n.live.Store(last - uint64(len(records)-1-i))
		}
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
		began := n.o.Now()
		if _, err := n.o.Log.Sync(); err != nil {
			return err
		}
		if n.o.Synced != nil {
			n.o.Synced(time.Duration(n.o.Now() - began))
		}
		n.synced.Store(written)
		n.inbox.put(sourceSelf, 0, bftcore.Synced{Record: written})
		if below := n.dropBelow.Swap(0); below > 0 {
			if err := n.o.Log.TruncateBelow(below, n.live.Load()); err != nil {
				return err
			}
		}
	}
}

// load sends a lagging peer the records of old orders, straight from the log.
func (n *Node) load(l bftcore.Load) {
	records, err := n.loadable(l)
	bytes, group := 0, []bftcore.Record(nil)
	send := func() {
		for _, raw := range n.o.Config.Evidence(group[0].Order, group, l.View) {
			n.o.Links.Send(int(l.Peer), raw)
			bytes += len(raw)
		}
		group = group[:0]
	}
	if err != nil {
		n.diskErrors.Add(1)
		n.o.Logger.Error("log.read_failed", "from", l.From, "to", l.To, "cause", err.Error())
	}
	for _, r := range records {
		if len(group) > 0 && group[0].Order != r.Order {
			send()
		}
		group = append(group, bftcore.Record{Kind: bftcore.RecordKind(r.Kind), Order: r.Order, Body: r.Body})
	}
	if len(group) > 0 {
		send()
	}
	n.inbox.put(sourceSelf, 0, bftcore.Loaded{To: l.Peer, Bytes: bytes})
}

// loadable reads what a Load asks for. Readers of the log see what was written, synced or not, the own certificates of
// executed orders among it: a late vote is logged after what proves its order. So a host whose certificates wait for
// their sync syncs what it has read, before anything of it leaves.
func (n *Node) loadable(l bftcore.Load) ([]hostlog.Record, error) {
	records, _, err := n.o.Log.ReadOrders(l.From, min(l.To, l.From+hostlog.MaxReadOrders-1), l.MaxBytes,
		hostlog.Kind(bftcore.RecordPrepare), hostlog.Kind(bftcore.RecordCommit))
	if err == nil && len(records) > 0 && (n.o.Config.Strict || n.o.Config.Continues) {
		_, err = n.o.Log.Sync()
	}
	if err != nil {
		return nil, err
	}
	return records, nil
}

// recall gives the core back the PREPAREs of an order that the log holds, for their batches.
func (n *Node) recall(order uint64) {
	e := bftcore.Recalled{Order: order}
	records, _, err := n.o.Log.ReadOrders(order, order, wire.MaxMessageBytes, hostlog.Kind(bftcore.RecordPrepare),
		hostlog.Kind(bftcore.RecordBatch))
	if err != nil {
		n.diskErrors.Add(1)
		n.o.Logger.Error("log.read_failed", "from", order, "to", order, "cause", err.Error())
	}
	for _, r := range records {
		e.Prepares = append(e.Prepares, r.Body)
	}
	n.inbox.put(sourceSelf, 0, e)
}
