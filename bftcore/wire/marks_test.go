package wire

import "pgregory.net/rapid"

func sampleMarksQuery() MarksQuery {
	return MarksQuery{
		Founding: Founding{Generation: 2, Digest: fill(0xf0)}, Replica: 1, Run: [16]byte{5}, Number: 6,
		Keys: []Key{{Kind: KeyAccount, Account: [16]byte{7}}, {Kind: KeyMailbox, Account: [16]byte{7}, Mailbox: 9}},
	}
}

func sampleMarksReply() MarksReply {
	return MarksReply{Founding: Founding{Generation: 2, Digest: fill(0xf0)}, Replica: 2, Query: fill(9), Marks: []uint64{0, 8}}
}

func randomMarksQuery(t *rapid.T) []byte {
	q := MarksQuery{
		Founding: Founding{Generation: small(t), Digest: digest(t)}, Replica: ReplicaID(rapid.IntRange(0, MaxReplicas-1).Draw(t, "replica")),
		Number: rapid.Uint64().Draw(t, "nonce"),
	}
	for range rapid.IntRange(0, 9).Draw(t, "keys") {
		q.Keys = append(q.Keys, randomKey(t))
	}
	return AppendMACed(nil, q.AppendSigned(nil), MAC(digest(t)))
}

func randomMarksReply(t *rapid.T) []byte {
	a := MarksReply{
		Founding: Founding{Generation: small(t), Digest: digest(t)}, Replica: ReplicaID(rapid.IntRange(0, MaxReplicas-1).Draw(t, "replica")),
		Query: digest(t),
	}
	for range rapid.IntRange(0, 9).Draw(t, "marks") {
		a.Marks = append(a.Marks, num(t))
	}
	return AppendMACed(nil, a.AppendSigned(nil), MAC(digest(t)))
}
