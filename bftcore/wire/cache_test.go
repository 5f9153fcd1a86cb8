package wire

import "pgregory.net/rapid"

func sampleCacheQuery() CacheQuery {
	return CacheQuery{
		Founding: Founding{Generation: 2, Digest: fill(0xf0)}, Replica: 1, Incarnation: 4, Run: [16]byte{5}, Number: 6,
		Questions: [][]KeyVersion{
			{{Key: Key{Kind: KeyAccount, Account: [16]byte{7}}, Digest: fill(1), Version: 3}},
			{{Key: Key{Kind: KeyAccount, Account: [16]byte{7}}, Digest: fill(1), Version: 3},
				{Key: Key{Kind: KeyMailbox, Account: [16]byte{7}, Mailbox: 9}, Digest: fill(2), Version: 8}},
		},
	}
}

func sampleCacheReply() CacheReply {
	return CacheReply{
		Founding: Founding{Generation: 2, Digest: fill(0xf0)}, Replica: 2, Incarnation: 2, Vector: []uint32{1, 4, 2}, Query: fill(9),
		Verdicts: []Verdict{VerdictEqual, VerdictOlder},
	}
}

func randomCacheQuery(t *rapid.T) []byte {
	q := CacheQuery{
		Founding: Founding{Generation: small(t), Digest: digest(t)}, Replica: ReplicaID(rapid.IntRange(0, MaxReplicas-1).Draw(t, "replica")),
		Incarnation: small(t), Number: rapid.Uint64().Draw(t, "nonce"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "questions") {
		var keys []KeyVersion
		for range rapid.IntRange(1, MaxCacheKeys).Draw(t, "keys") {
			keys = append(keys, KeyVersion{Key: randomKey(t), Digest: digest(t), Version: num(t)})
		}
		q.Questions = append(q.Questions, keys)
	}
	return AppendMACed(nil, q.AppendSigned(nil), MAC(digest(t)))
}

func randomCacheReply(t *rapid.T) []byte {
	a := CacheReply{
		Founding: Founding{Generation: small(t), Digest: digest(t)}, Replica: ReplicaID(rapid.IntRange(0, MaxReplicas-1).Draw(t, "replica")),
		Incarnation: small(t), Query: digest(t),
	}
	for range rapid.IntRange(1, MaxReplicas).Draw(t, "n") {
		a.Vector = append(a.Vector, small(t))
	}
	for range rapid.IntRange(0, 9).Draw(t, "verdicts") {
		a.Verdicts = append(a.Verdicts, Verdict(rapid.IntRange(0, int(VerdictDiffers)).Draw(t, "verdict")))
	}
	return AppendMACed(nil, a.AppendSigned(nil), MAC(digest(t)))
}
