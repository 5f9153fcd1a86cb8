package node

import (
	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// call gathers the frame of a call of the core and remembers what it asked.
func (o *orderer) call(c bftcore.Call) {
	switch x := c.(type) {
	case bftcore.CertifyPrepare:
		o.calls[x.Token] = callPrepare
		f := boundary.CertifyPrepare{
			Token: x.Token, Position: wire.Position{View: x.View, Order: x.Order}, Items: o.itemsOf(x.Requests),
		}
		o.out.Add(f.Append)
	case bftcore.Reserve:
		f := boundary.Reserve{Position: wire.Position{View: x.View, Order: x.Order}}
		o.out.Add(f.Append)
	case bftcore.CertifyCommit:
		o.calls[x.Token] = callCommit
		f := boundary.CertifyCommit{Token: x.Token, Prepare: x.Prepare, Items: o.itemsOf(x.Requests)}
		o.out.Add(f.Append)
	case bftcore.Verify:
		o.calls[x.Token] = callVerify
		f := boundary.Verify{Token: x.Token, Certificates: x.Certificates}
		o.out.Add(f.Append)
	case bftcore.CheckRequests:
		// A PREPARE of order 0 is never certified; the enclave looks at the requests first.
		o.calls[x.Token] = callCheck
		f := boundary.CertifyPrepare{Token: x.Token, Items: o.itemsOf(x.Requests)}
		o.out.Add(f.Append)
	case bftcore.Ask:
		f := boundary.Ask{
			Token: x.Token, Op: boundary.Op(x.Op), Number: x.Number, Digest: x.Digest, Messages: x.Messages,
		}
		o.out.Add(f.Append)
	default:
		panic("node: a call of the core that this package does not know")
	}
}

// event turns the enclave's answer to a call of the hot path into the core's event.
func (a *certified) event(kind callKind) bftcore.Event {
	x := &a.answer
	switch kind {
	case callPrepare:
		p := bftcore.Prepared{Token: x.Token}
		switch x.Refusal {
		case boundary.RefusedNothing:
			p.Certificate = &x.Certificate
		case boundary.RefusedRequest:
			p.Invalid = indices(x.Bad)
		}
		return p
	case callCheck:
		e := bftcore.Checked{Token: x.Token}
		switch x.Refusal {
		case boundary.RefusedRequest:
			e.Invalid = indices(x.Bad)
		case boundary.RefusedInactive, boundary.RefusedFrame, boundary.RefusedNothing:
			e.Refused = true
		}
		return e
	}
	m := bftcore.Committed{Token: x.Token, Forged: x.Refusal == boundary.RefusedPrepare || x.Refusal == boundary.RefusedRequest}
	if x.Refusal == boundary.RefusedNothing {
		m.Certificate = &x.Certificate
	}
	return m
}

func indices(bad []uint32) []int {
	out := make([]int, len(bad))
	for i, b := range bad {
		out[i] = int(b)
	}
	return out
}

// itemsOf returns what crosses of requests: valid until the next call.
func (o *orderer) itemsOf(requests []wire.Request) []boundary.Item {
	o.items = appendItems(o.items[:0], requests)
	return o.items
}

func appendItems(items []boundary.Item, requests []wire.Request) []boundary.Item {
	for i := range requests {
		items = append(items, item(&requests[i]))
	}
	return items
}

func item(q *wire.Request) boundary.Item { return boundary.Item{Header: q.Header, MAC: q.MAC} }
