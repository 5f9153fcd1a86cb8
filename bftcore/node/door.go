package node

import (
	"context"

	"troxymail/bftcore"
	"troxymail/enclave/boundary"
)

// door reads what the own enclave says until the link closes.
func (n *Node) door(ctx context.Context) error {
	for {
		frames, err := n.o.Link.Recv()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for _, f := range frames {
			if err := n.frame(f); err != nil {
				n.o.Logger.Error("enclave.bad_frame", "cause", err.Error())
			}
		}
	}
}

// frame passes one frame of the enclave to whoever serves it.
func (n *Node) frame(f []byte) error {
	kind, err := boundary.PeekKind(f)
	if err != nil {
		return err
	}
	switch kind {
	case boundary.KindReady:
		n.onReady.Do(func() { close(n.ready) })
	case boundary.KindRequest:
		q, err := boundary.DecodeRequest(f)
		if err != nil {
			return err
		}
		n.inbox.put(sourceSelf, len(q.Raw), bftcore.Submit{Raw: q.Raw, Retransmit: q.Retransmit})
	case boundary.KindCertified:
		a, err := boundary.DecodeCertified(f)
		if err != nil {
			return err
		}
		n.inbox.put(sourceSelf, 0, certified{answer: a})
	case boundary.KindVerified:
		v, err := boundary.DecodeVerified(f)
		if err != nil {
			return err
		}
		n.inbox.put(sourceSelf, 0, bftcore.Verified{Token: v.Token, OK: v.OK})
	case boundary.KindSendReplies, boundary.KindSendStored:
		to, message, err := boundary.DecodeSend(f)
		if err != nil {
			return err
		}
		n.o.Links.Send(int(to), message)
	case boundary.KindGetRecord:
		g, err := boundary.DecodeGetRecord(f)
		if err != nil {
			return err
		}
		n.bodies.get(g)
	case boundary.KindHostStatusQuery:
		q, err := boundary.DecodeHostStatusQuery(f)
		if err != nil {
			return err
		}
		n.inbox.put(sourceSelf, 0, statusAsked{token: q.Token})
	case boundary.KindStoreBody:
		p, err := boundary.DecodeStoreBody(f)
		if err != nil {
			return err
		}
		n.bodies.keep(p)
	default:
		return boundary.ErrFrame
	}
	return nil
}
