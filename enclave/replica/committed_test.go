package replica

import (
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/mac"
	"troxymail/mailstore/command"
)

// A result of an order that this enclave did not see committed is not authenticated, and moves nothing that it knows: a
// dead incarnation's reply could count otherwise after an order that its successor knows nothing of.
func TestResultsBeforeTheirOrder(t *testing.T) {
	s := active(t, 3, 0)
	key := command.AccountKey(someone)
	id := wire.RequestID{Origin: 2, Generation: 1, Incarnation: 1, Sequence: 1}
	h := wire.AppendRequestHeader(nil, id, 0, []wire.Key{key}, nil, []byte("command"))
	x := boundary.ExecutedItem{Item: boundary.Item{Header: h, MAC: mac.New([32]byte{2}, "troxymail/request/v1").Sum(h)}}
	x.Head.Touched = []wire.KeyDigest{{Key: key, Digest: wire.Digest{1}}}
	replies := func(order uint64) (n int) {
		for _, f := range s.send((&boundary.Executed{Order: order, DurableUpTo: order, Results: []boundary.ExecutedItem{x}}).Append(nil)) {
			if f[0] == byte(boundary.KindSendReplies) {
				n++
			}
		}
		return n
	}
	s.commit(4)
	if n := replies(5); n != 0 || s.w.stats.RefusedClaims != 1 || s.w.lag.marks.Mark(key) != 0 || s.w.reads.index.Len() != 0 {
		t.Errorf("%d replies, %d refused, mark %d, %d entries", n, s.w.stats.RefusedClaims, s.w.lag.marks.Mark(key), s.w.reads.index.Len())
	}
	if n := replies(4); n != 1 || s.w.lag.marks.Mark(key) != 4 || s.w.reads.index.Len() != 1 {
		t.Errorf("%d replies to what was committed, mark %d, %d entries", n, s.w.lag.marks.Mark(key), s.w.reads.index.Len())
	}
}
