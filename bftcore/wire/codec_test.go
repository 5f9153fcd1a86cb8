package wire

import (
	"pgregory.net/rapid"
)

// codecs lists every message and value that this package decodes.
func codecs() []codec {
	prepare, requests := samplePrepare()
	commit := sampleCertificate(CertCommit, 1, prepare.New)
	commit.Digest = prepare.Digest
	stored := BodyStored{Certificate: sampleCertificate(CertBodyStored, 2, Position{})}
	piece := Piece{Body: fill(0xb0), Total: 10, Offset: 4, Bytes: []byte("piece")}
	result := Result{Status: 3, Touched: []KeyDigest{{Key: Key{Kind: KeyMailbox, Mailbox: 1},
		Digest: fill(1)}}, Payload: []byte("payload")}
	replies := ReplySet{
		Founding: prepare.Founding, Replica: 1, Incarnation: 4, Vector: []uint32{1, 4, 2}, Order: 5, DurableUpTo: 4,
		Origin: RequestID{Origin: 1, Generation: 2, Incarnation: 4},
		Entries: []ReplyEntry{{Sequence: 1, Request: fill(2), Result: fill(3), Depends: 5,
			FullBytes: result.Append(nil)}, {Sequence: 2, Request: fill(4), Result: fill(5)}},
	}
	fetch := Fetch{From: 5, To: 9}
	query, verdicts := sampleCacheQuery(), sampleCacheReply()
	asked, marks := sampleMarksQuery(), sampleMarksReply()
	progress := Progress{View: 1, Prepared: 9, Executed: 8, Synced: 7, Stable: 6}
	proof := AppendProof(nil, AppendPrepare(nil, &prepare, requests), [][]byte{AppendCommit(nil, &commit, &prepare)})
	return append(append(enclaveCodecs(), transferCodecs()...), []codec{
		of("certificate", prepare.Append(nil), DecodeCertificate,
			func(c Certificate) []byte { return c.Append(nil) },
			func(t *rapid.T) []byte {
				c := randomCertificate(t, CertKind(rapid.IntRange(1, int(maxCertKind)).Draw(t, "kind")))
				return c.Append(nil)
			}),
		of("request", requests[0].Raw, DecodeRequest,
			func(q Request) []byte { return AppendRequest(nil, q.Header, q.MAC, q.Command) },
			func(t *rapid.T) []byte { return randomRequest(t).Raw }),
		of("request header", requests[0].Header, DecodeRequestHeader,
			func(q Request) []byte { return q.Header },
			func(t *rapid.T) []byte { return randomRequest(t).Header }),
		of("PREPARE", AppendPrepare(nil, &prepare, requests), DecodePrepare,
			func(p Prepare) []byte { return AppendPrepare(nil, &p.Certificate, p.Requests) },
			func(t *rapid.T) []byte {
				c, q := randomCertificate(t, CertPrepare), randomRequests(t)
				c.Digest = BatchDigest(RequestDigests(q))
				return AppendPrepare(nil, &c, q)
			}),
		of("COMMIT", AppendCommit(nil, &commit, &prepare), DecodeCommit,
			func(c Commit) []byte { return AppendCommit(nil, &c.Certificate, &c.Prepare) },
			func(t *rapid.T) []byte {
				p, c := randomCertificate(t, CertPrepare), randomCertificate(t, CertCommit)
				c.New, c.Digest = p.New, p.Digest
				return AppendCommit(nil, &c, &p)
			}),
		of("PROOF", proof, DecodeProof,
			func(p Proof) []byte { return AppendProof(nil, p.Prepare.Raw, p.Raw) },
			func(t *rapid.T) []byte {
				p, c := randomCertificate(t, CertPrepare), randomCertificate(t, CertCommit)
				q := randomRequests(t)
				p.Digest = BatchDigest(RequestDigests(q))
				p.Replica, c.Replica, c.New, c.Digest = 0, 1, p.New, p.Digest
				return AppendProof(nil, AppendPrepare(nil, &p, q), [][]byte{AppendCommit(nil, &c, &p)})
			}),
		of("FORWARD", AppendForward(nil, requests), DecodeForward,
			func(q []Request) []byte { return AppendForward(nil, q) },
			func(t *rapid.T) []byte { return AppendForward(nil, randomRequests(t)) }),
		of("PROGRESS", progress.Append(nil), DecodeProgress,
			func(p Progress) []byte { return p.Append(nil) },
			func(t *rapid.T) []byte {
				return Progress{View: num(t), Prepared: num(t), Executed: num(t), Synced: num(t), Stable: num(t)}.Append(nil)
			}),
		of("CACHE-Q", AppendMACed(nil, query.AppendSigned(nil), fill(7)), DecodeCacheQuery,
			func(q CacheQuery) []byte { return AppendMACed(nil, q.AppendSigned(nil), q.MAC) }, randomCacheQuery),
		of("CACHE-A", AppendMACed(nil, verdicts.AppendSigned(nil), fill(8)), DecodeCacheReply,
			func(a CacheReply) []byte { return AppendMACed(nil, a.AppendSigned(nil), a.MAC) }, randomCacheReply),
		of("MARKS-Q", AppendMACed(nil, asked.AppendSigned(nil), fill(7)), DecodeMarksQuery,
			func(q MarksQuery) []byte { return AppendMACed(nil, q.AppendSigned(nil), q.MAC) }, randomMarksQuery),
		of("MARKS-A", AppendMACed(nil, marks.AppendSigned(nil), fill(8)), DecodeMarksReply,
			func(a MarksReply) []byte { return AppendMACed(nil, a.AppendSigned(nil), a.MAC) }, randomMarksReply),
		of("FETCH", fetch.Append(nil), DecodeFetch,
			func(f Fetch) []byte { return f.Append(nil) },
			func(t *rapid.T) []byte {
				return Fetch{From: num(t), To: num(t), View: num(t), Body: digest(t), Offset: num(t)}.Append(nil)
			}),
		of("body", piece.Append(nil, KindBody), pieceOf(KindBody),
			func(p Piece) []byte { return p.Append(nil, KindBody) },
			func(t *rapid.T) []byte { return randomPiece(t).Append(nil, KindBody) }),
		of("fetched body", piece.Append(nil, KindFetched), pieceOf(KindFetched),
			func(p Piece) []byte { return p.Append(nil, KindFetched) },
			func(t *rapid.T) []byte { return randomPiece(t).Append(nil, KindFetched) }),
		of("BODY-STORED", stored.Append(nil), DecodeBodyStored,
			func(s BodyStored) []byte { return s.Append(nil) },
			func(t *rapid.T) []byte {
				s := BodyStored{Certificate: randomCertificate(t, CertBodyStored)}
				return s.Append(nil)
			}),
		of("result", result.Append(nil), DecodeResult,
			func(r Result) []byte { return r.Append(nil) },
			func(t *rapid.T) []byte {
				r := Result{Status: Status(rapid.Uint16().Draw(t, "status")), Touched: randomTouched(t),
					Payload: []byte("p")}
				return r.Append(nil)
			}),
		of("replies", AppendReplySet(nil, replies.AppendReplySigned(nil), fill(0x3d), replies.Entries),
			DecodeReplySet,
			func(s ReplySet) []byte { return AppendReplySet(nil, s.AppendReplySigned(nil), s.MAC, s.Entries) },
			randomReplies),
	}...)
}

func pieceOf(k Kind) func([]byte) (Piece, error) {
	return func(b []byte) (Piece, error) { return DecodePiece(b, k) }
}

func of[T any](name string, sample []byte, decode func([]byte) (T, error), encode func(T) []byte,
	random func(*rapid.T) []byte) codec {
	return codec{
		name: name, sample: sample, random: random,
		decode: func(b []byte) (any, error) { return decode(b) },
		again: func(b []byte) ([]byte, error) {
			v, err := decode(b)
			if err != nil {
				return nil, err
			}
			return encode(v), nil
		},
	}
}
