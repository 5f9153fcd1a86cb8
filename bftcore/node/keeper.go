package node

import (
	"context"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
)

// What of the log is kept, in bytes.
const (
	// DefaultKeepLogBytes of log stay in any case: a replica that was away for a while, or whose store was set
	// back, catches up from them faster than by a state transfer.
	DefaultKeepLogBytes = 512 << 20
	// maxLogBytes is how far the log grows for peers that need it: then it is cut, and who still needed it
	// will need state transfer (AlarmLogCut). A full disk would end this replica too.
	maxLogBytes = 16 << 30
	// maxUnclaimed is by how many orders a peer's own certificates may be ahead of what it says to have
	// stored. Stores lag by seconds; a peer that votes on and on, and says to have nothing, lies.
	maxUnclaimed = 1 << 18
)

// keepFrontiers notes how far the store is durable by itself, each time that grows, until ctx ends: first the
// own certificate of that order is kept apart from the log, then the core, and so the peers, are told.
func (n *Node) keepFrontiers(ctx context.Context) error {
	for {
		order := n.stored.Load()
		n.keepFrontier(order)
		select {
		case <-ctx.Done():
			return nil
		case <-n.storedC:
		}
	}
}

func (n *Node) keepFrontier(order uint64) {
	if n.o.Comeback != nil || n.o.Config.Quorum.Leader(0) == n.o.Config.Self {
		n.inbox.put(sourceSelf, 0, bftcore.Stored{Order: order}) // no enclave continues from a certificate apart
		return
	}
	if x := n.frontiers.upTo(order); order > 0 && (x == nil || x.New.Order < order) {
		if own := n.ownCommit(order); own != nil {
			if err := n.frontiers.keep(own); err != nil {
				n.diskErrors.Add(1)
				n.o.Logger.Error("frontier.not_kept", "cause", err.Error())
				return
			}
		}
	}
	stored := uint64(0)
	if x := n.frontiers.upTo(order); x != nil {
		stored = x.New.Order
	}
	n.inbox.put(sourceSelf, 0, bftcore.Stored{Order: stored})
}

// ownCommit finds the own certificate of an order in the log, nil when it is not there.
func (n *Node) ownCommit(order uint64) *wire.Certificate {
	records, _, err := n.o.Log.ReadOrders(order, order, bftcore.MaxVerify*wire.CertificateBytes(wire.MaxReplicas),
		hostlog.Kind(bftcore.RecordCommit))
	if err != nil {
		n.diskErrors.Add(1)
		n.o.Logger.Error("log.read_failed", "from", order, "to", order, "cause", err.Error())
		return nil
	}
	for _, r := range records {
		if m, err := wire.DecodeCommit(r.Body); err == nil && m.Certificate.Replica == n.o.Config.Self {
			return &m.Certificate
		}
	}
	return nil
}

// truncate asks the syncer to drop the part of the log below the stable checkpoint, once the store is durable
// there, but for KeepLogBytes. Where there is no stable checkpoint: the part that neither this host's store nor any
// peer needs. A peer that is away keeps the log then, because it can catch up from nothing else: but for one that
// votes far ahead of what it says to have (maxUnclaimed), and only up to maxLogBytes.
func (n *Node) truncate() {
	own := n.o.Application.Durable()
	keep := n.o.KeepLogBytes
	if keep == 0 {
		keep = DefaultKeepLogBytes
	}
	if stable := n.stable.Load(); stable > 0 { // who needs what is below takes the state over
		n.dropBelow.Store(min(own, stable, n.o.Log.OrderBefore(keep)))
		notify(n.unsynced)
		return
	}
	below := own
	peers := n.core.Status().Peers
	for i := range peers {
		if i != int(n.o.Config.Self) {
			below = min(below, needed(&peers[i]))
		}
	}
	below = min(below, n.o.Log.OrderBefore(keep))
	if limit := min(own, n.o.Log.OrderBefore(maxLogBytes)); limit > below {
		for i := range peers {
			if i != int(n.o.Config.Self) && needed(&peers[i]) < limit {
				n.cutFrom[i].Add(1)
			}
		}
		below = limit
	}
	n.dropBelow.Store(below)
}

// needed is the order from which on a peer may need the log.
func needed(p *bftcore.PeerStatus) uint64 {
	if p.Voted > p.Synced+maxUnclaimed {
		return p.Voted - maxUnclaimed
	}
	return p.Synced
}
