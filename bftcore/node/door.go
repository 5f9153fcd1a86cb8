package node

import (
	"context"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
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
	case boundary.KindProposed:
		p, err := boundary.DecodeProposed(f)
		if err != nil {
			return err
		}
		n.inbox.put(sourceSelf, len(f), bftcore.Proposed{Certificate: p.Certificate, Requests: p.Requests})
	case boundary.KindCertified:
		a, err := boundary.DecodeCertified(f)
		if err != nil {
			return err
		}
		if a.Token&rejoin.OwnToken != 0 {
			return nil // asked while the enclave came back: nobody waits any more
		}
		n.inbox.put(sourceSelf, 0, certified{answer: a})
	case boundary.KindVerified:
		v, err := boundary.DecodeVerified(f)
		if err != nil {
			return err
		}
		n.inbox.put(sourceSelf, 0, bftcore.Verified{Token: v.Token, OK: v.OK})
	case boundary.KindTold:
		t, err := boundary.DecodeTold(f)
		if err != nil {
			return err
		}
		if t.Token&rejoin.OwnToken != 0 {
			if n.o.Comeback == nil {
				return nil // nobody asked
			}
			n.inbox.put(sourceSelf, len(t.Message)+len(t.Frontier), returning{event: told(&t)})
			return nil
		}
		n.inbox.put(sourceSelf, len(t.Message)+len(t.Frontier), bftcore.Told{
			Token: t.Token, Refused: t.Refusal != boundary.RefusedNothing, Message: t.Message, Frontier: t.Frontier,
		})
	case boundary.KindSendReplies, boundary.KindSendStored, boundary.KindSendCache:
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
	case boundary.KindReads:
		r, err := boundary.DecodeReads(f)
		if err != nil {
			return err
		}
		n.reads.Store(&r)
	case boundary.KindRefound:
		x, err := boundary.DecodeRefound(f)
		if err != nil {
			return err
		}
		if n.o.Comeback != nil {
			n.inbox.put(sourceSelf, 0, returning{event: rejoin.Refound{Members: x.Members, Ordered: x.Ordered}})
		}
	case boundary.KindPeek:
		p, err := boundary.DecodePeek(f)
		if err != nil {
			return err
		}
		n.peek(p)
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
