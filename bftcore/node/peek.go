package node

import "troxymail/enclave/boundary"

// maxPeeks bounds the unordered reads that wait for the executor; further ones are answered with "no": the enclave
// orders them then.
const maxPeeks = 1024

// peek hands an unordered read to the executor, which owns the application.
func (n *Node) peek(p boundary.Peek) {
	select {
	case n.peeks <- p:
	default:
		no := boundary.Peeked{Token: p.Token}
		_ = n.o.Link.Send(no.Append(nil))
	}
}

// answerPeek executes an unordered read on the state as it is now, durable or not: the enclave shows nothing of it
// that is not what f+1 enclaves know.
func (n *Node) answerPeek(p boundary.Peek) {
	answer := boundary.Peeked{Token: p.Token}
	if seen, ok := n.o.Application.Peek(p.Command); ok {
		answer.Done, answer.Status, answer.Payload, answer.Evidence = true, seen.Status, seen.Payload, seen.Evidence
	}
	_ = n.o.Link.Send(answer.Append(nil))
}
