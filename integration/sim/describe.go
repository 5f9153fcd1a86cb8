package sim

import (
	"fmt"

	"troxymail/bftcore/wire"
)

// describe names a message in one line.
func describe(raw []byte) string {
	kind, _ := wire.PeekKind(raw)
	text := ""
	switch kind {
	case wire.KindPrepare:
		text = decoded(raw, wire.DecodePrepare, func(m *wire.Prepare) string {
			return fmt.Sprintf("PREPARE %v %v, %d requests", m.Certificate.New, m.Certificate.Digest, len(m.Requests))
		})
	case wire.KindCommit:
		text = decoded(raw, wire.DecodeCommit, func(m *wire.Commit) string {
			return fmt.Sprintf("COMMIT %v %v of %s", m.Certificate.New, m.Certificate.Digest, by(&m.Certificate))
		})
	case wire.KindProof:
		text = decoded(raw, wire.DecodeProof, func(m *wire.Proof) string {
			return fmt.Sprintf("PROOF %v %v", m.Prepare.Certificate.New, m.Prepare.Certificate.Digest)
		})
	case wire.KindProgress:
		text = decoded(raw, wire.DecodeProgress, func(m *wire.Progress) string {
			return fmt.Sprintf("PROGRESS view %d prepared %d executed %d synced %d stable %d", m.View, m.Prepared, m.Executed, m.Synced, m.Stable)
		})
	case wire.KindFetch:
		text = decoded(raw, wire.DecodeFetch, func(m *wire.Fetch) string {
			return fmt.Sprintf("FETCH %d to %d view %d batch %v", m.From, m.To, m.View, m.Body)
		})
	case wire.KindForward:
		text = decoded(raw, wire.DecodeForward, func(m *[]wire.Request) string {
			if len(*m) == 0 {
				return "FORWARD nothing"
			}
			return fmt.Sprintf("FORWARD %d requests, first %v", len(*m), (*m)[0].ID)
		})
	case wire.KindReqVC:
		text = decoded(raw, wire.DecodeReqVC, func(m *wire.ReqVC) string {
			return fmt.Sprintf("REQ-VC %d of %s", m.View(), by(&m.Certificate))
		})
	case wire.KindViewChange:
		text = decoded(raw, wire.DecodeViewChange, func(m *wire.ViewChange) string {
			return fmt.Sprintf("VIEW-CHANGE %d of %s, %s", m.View(), by(&m.Certificate), told(&m.Disclosure))
		})
	case wire.KindNewView:
		text = decoded(raw, wire.DecodeNewView, func(m *wire.NewView) string {
			return fmt.Sprintf("NEW-VIEW %d of %s, %s", m.View(), by(&m.Certificate), told(&m.Disclosure))
		})
	case wire.KindCheckpoint:
		text = decoded(raw, wire.DecodeCheckpoint, func(m *wire.Checkpoint) string {
			return fmt.Sprintf("CHECKPOINT %d %v of %s", m.Certificate.New.Order, m.Certificate.Digest, by(&m.Certificate))
		})
	case wire.KindReplies:
		text = decoded(raw, wire.DecodeReplySet, func(m *wire.ReplySet) string {
			return fmt.Sprintf("REPLIES order %d to %v, %d, durable %d", m.Order, m.Origin, len(m.Entries), m.DurableUpTo)
		})
	default:
		text = describeComeback(kind, raw)
	}
	if text == "" {
		return fmt.Sprintf("%d bytes of kind %d, not decodable", len(raw), kind)
	}
	return text
}

func describeComeback(kind wire.Kind, raw []byte) string {
	switch kind {
	case wire.KindRecHello:
		return decoded(raw, wire.DecodeRecHello, func(m *wire.RecHello) string { return fmt.Sprintf("REC-HELLO %x", m.Nonce[:4]) })
	case wire.KindRecInfo:
		return decoded(raw, wire.DecodeRecInfo, func(m *wire.RecInfo) string {
			return fmt.Sprintf("REC-INFO of %s for %d %x, vector %v", by(&m.Certificate), m.For, m.Nonce[:4], m.Certificate.Vector)
		})
	case wire.KindRecRequest:
		return decoded(raw, wire.DecodeRecRequest, func(m *wire.RecRequest) string {
			return fmt.Sprintf("REC-REQ %s %x", by(&m.Certificate), m.Nonce[:4])
		})
	case wire.KindRecState:
		return decoded(raw, wire.DecodeRecState, func(m *wire.RecState) string {
			return fmt.Sprintf("REC-STATE of %s at %v for %d as %d, %s", by(&m.Certificate), m.Certificate.New, m.For, m.Granted, told(&m.Disclosure))
		})
	case wire.KindStatement:
		return decoded(raw, wire.DecodeStatement, func(m *wire.Statement) string {
			return fmt.Sprintf("STATEMENT %v for %x, own %x", m.Standing, m.Asked[:4], m.Own[:4])
		})
	case wire.KindColdState:
		return decoded(raw, wire.DecodeColdState, func(m *wire.ColdState) string {
			return fmt.Sprintf("COLD-STATE of %s at %v, %s, members %x", by(&m.Certificate), m.Certificate.New, told(&m.Disclosure), nonces(m.Members))
		})
	case wire.KindJoin:
		return decoded(raw, wire.DecodeJoin, func(m *wire.Join) string {
			return fmt.Sprintf("JOIN of %s, %v", by(&m.Certificate), m.Certificate.Founding.Digest)
		})
	}
	return ""
}

func decoded[T any](raw []byte, decode func([]byte) (T, error), say func(m *T) string) string {
	m, err := decode(raw)
	if err != nil {
		return ""
	}
	return say(&m)
}

// by names a certificate's maker: replica, generation, incarnation.
func by(c *wire.Certificate) string {
	return fmt.Sprintf("%d(%d.%d)", c.Replica, c.Founding.Generation, c.Incarnation)
}

func told(d *wire.Disclosure) string {
	text := fmt.Sprintf("stable %d", d.Stable.Order)
	for i, e := range d.Entries {
		if i < 3 || i+3 >= len(d.Entries) {
			text += fmt.Sprintf(" %d:%d.%d:%v", e.Order, e.Rank.Generation, e.Rank.View, e.Batch)
		} else if i == 3 {
			text += " .."
		}
	}
	return text
}

func nonces(members []wire.Member) (list [][]byte) {
	for i := range members {
		list = append(list, members[i].Nonce[:4])
	}
	return list
}
