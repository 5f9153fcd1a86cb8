package node

import (
	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// frame turns a call of the core into its frame and remembers what it asked.
func (o *orderer) frame(c bftcore.Call) []byte {
	switch x := c.(type) {
	case bftcore.CertifyPrepare:
		o.calls[x.Token] = callPrepare
		f := boundary.CertifyPrepare{
			Token: x.Token, Position: wire.Position{View: x.View, Order: x.Order}, Items: items(x.Requests),
		}
		return f.Append(nil)
	case bftcore.CertifyCommit:
		o.calls[x.Token] = callCommit
		f := boundary.CertifyCommit{Token: x.Token, Prepare: x.Prepare, Items: items(x.Requests)}
		return f.Append(nil)
	case bftcore.Verify:
		o.calls[x.Token] = callVerify
		f := boundary.Verify{Token: x.Token, Certificates: x.Certificates}
		return f.Append(nil)
	}
	panic("node: a call of the core that this package does not know")
}

func items(requests []wire.Request) []boundary.Item {
	out := make([]boundary.Item, len(requests))
	for i := range requests {
		out[i] = item(&requests[i])
	}
	return out
}

func item(q *wire.Request) boundary.Item { return boundary.Item{Header: q.Header, MAC: q.MAC} }
