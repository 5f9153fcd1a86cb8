package node

import (
	"fmt"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Receive takes a frame of a peer; give it to the links as their handler. It may block for as long as
// that peer has too much waiting. frame is the node's from here on.
func (n *Node) Receive(from int, frame []byte) {
	kind, err := wire.PeekKind(frame)
	if err != nil {
		n.o.Refusals.count(wire.ReplicaID(from), bftcore.CauseMalformed, err)
		return
	}
	switch kind {
	case wire.KindReplies:
		n.passIn(boundary.KindReplies, frame)
	case wire.KindBodyStored:
		n.passIn(boundary.KindBodyStored, frame)
	case wire.KindCacheQuery, wire.KindCacheReply, wire.KindMarksQuery, wire.KindMarksReply:
		n.passIn(boundary.KindCache, frame)
	case wire.KindTransfer:
		if err := n.transfers.receive(from, frame); err != nil {
			n.o.Refusals.count(wire.ReplicaID(from), bftcore.CauseMalformed, err)
		}
	case wire.KindBody, wire.KindFetched:
		n.bodies.piece(wire.ReplicaID(from), kind, frame)
	default:
		if n.o.Comeback != nil && rejoin.Wants(frame) {
			n.inbox.put(from, len(frame), returning{event: rejoin.Received{From: wire.ReplicaID(from), Raw: frame}})
			return
		}
		if bftcore.Wants(frame) {
			n.inbox.put(from, len(frame), bftcore.Received{From: wire.ReplicaID(from), Raw: frame})
			return
		}
		if kind != wire.KindFetch {
			if !rejoin.Wants(frame) { // no replica sends the like to another
				n.o.Refusals.count(wire.ReplicaID(from), bftcore.CauseMalformed, fmt.Errorf("%w: kind %d", wire.ErrMalformed, kind))
			}
			return
		}
		f, err := wire.DecodeFetch(frame)
		if err != nil {
			n.o.Refusals.count(wire.ReplicaID(from), bftcore.CauseMalformed, err)
			return
		}
		n.bodies.serve(wire.ReplicaID(from), f)
	}
}

// passIn gives the enclave a message of a peer. It waits while much waits there already: a peer that sends faster
// than the enclave reads must not overflow the link, which would close it and end the enclave's incarnation.
func (n *Node) passIn(kind boundary.Kind, frame []byte) {
	n.o.Link.Pace()
	_ = n.o.Link.Send(boundary.AppendPeer(nil, kind, frame)) // a link that is closed ends the node
}
