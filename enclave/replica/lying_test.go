package replica

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// changed applies change to every Executed frame.
func changed(change func(e *boundary.Executed)) func(f []byte) [][]byte {
	return func(f []byte) [][]byte {
		e := must(boundary.DecodeExecuted(f))
		change(&e)
		return [][]byte{e.Append(nil)}
	}
}

// resultLies are what a host may tell its own enclave about results.
var resultLies = map[string]func(f []byte) [][]byte{
	"a wrong result": changed(func(e *boundary.Executed) {
		x := &e.Results[0]
		x.Full, x.Payload = true, []byte("a lie")
		x.Head.PayloadDigest = wire.Sum(x.Payload)
	}),
	"a payload that does not fit": changed(func(e *boundary.Executed) { e.Results[0].Full, e.Results[0].Payload = true, []byte("a lie") }),
	"another status":              changed(func(e *boundary.Executed) { e.Results[0].Head.Status++ }),
	"a wrong order":               changed(func(e *boundary.Executed) { e.Order++; e.Results[0].Depends++ }),
	"a huge order":                changed(func(e *boundary.Executed) { e.Order = 1 << 63 }),
	"order 0":                     changed(func(e *boundary.Executed) { e.Order = 0; e.Results[0].Depends = 0 }),
	"durable from the beginning":  changed(func(e *boundary.Executed) { e.Results[0].Depends = 0 }),
	"never durable":               changed(func(e *boundary.Executed) { e.DurableUpTo = 0 }),
	"a key that is not touched": changed(func(e *boundary.Executed) {
		e.Results[0].Head.Touched = []wire.KeyDigest{{Key: wire.Key{Kind: wire.KeyCluster}}}
	}),
	"a request that nobody made": changed(func(e *boundary.Executed) { e.Results[0].Item.MAC[0]++ }),
	"a changed request": changed(func(e *boundary.Executed) {
		e.Results[0].Item.Header = append(bytes.Clone(e.Results[0].Item.Header), 0)
	}),
	"no result":                    changed(func(e *boundary.Executed) { e.Results = nil }),
	"silence":                      drop,
	"cut frames":                   func(f []byte) [][]byte { return [][]byte{f[:len(f)-1], f[:2], f[:1], {}} },
	"garbage":                      func(f []byte) [][]byte { return [][]byte{bytes.Repeat(f[:2], 100)} },
	"everything twenty times":      func(f []byte) [][]byte { return repeated(f, 20) },
	"another result first":         func(f []byte) [][]byte { return [][]byte{otherResult(f), f} },
	"another result behind":        func(f []byte) [][]byte { return [][]byte{f, otherResult(f)} },
	"its own frames of all kinds":  func(f []byte) [][]byte { return append(junk(), f) },
	"the request as peer messages": func(f []byte) [][]byte { return [][]byte{boundary.AppendPeer(nil, boundary.KindReplies, f), f} },
}

func repeated(f []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = f
	}
	return out
}

func otherResult(f []byte) []byte {
	e := must(boundary.DecodeExecuted(f))
	for i := range e.Results {
		e.Results[i].Full, e.Results[i].Payload = true, []byte("a lie")
		e.Results[i].Head.PayloadDigest = wire.Sum([]byte("a lie"))
	}
	return e.Append(nil)
}

// junk is one frame of each kind that nobody asked for.
func junk() [][]byte {
	piece := wire.Piece{Body: wire.Digest{1}, Total: 10, Bytes: []byte("0123456789")}
	stored := wire.BodyStored{Certificate: wire.Certificate{Kind: wire.CertBodyStored, Vector: []uint32{1, 1, 1}}}
	return [][]byte{
		(&boundary.Start{Boot: 2}).Append(nil),
		(&boundary.Executed{Order: 5, Results: []boundary.ExecutedItem{{Item: boundary.Item{Header: []byte("x")}}}}).Append(nil),
		(&boundary.Record{Token: 77, Piece: piece}).Append(nil),
		boundary.AppendReadBack(nil, 1, piece),
		boundary.AppendReadBack(nil, 99, piece),
		boundary.AppendPeer(nil, boundary.KindReplies, []byte("replies")),
		boundary.AppendPeer(nil, boundary.KindBodyStored, stored.Append(nil)),
		{byte(boundary.KindReady), wire.Version}, {200, wire.Version}, {1, 99}, {}, {5},
	}
}

// The local host of the contact lies, or another one does: the client sees the right result all the same
// (T27, T28, T32 of the adversarial cases). The one thing that a contact's own host can do is to withhold
// what reads return, which no other sends: then they end as unavailable.
func TestLiesAboutResults(t *testing.T) {
	for name, lie := range resultLies {
		for _, liar := range []int{0, 1} {
			inCluster(t, 3, func(t *testing.T, c *cluster) {
				c.lies(liar, boundary.KindExecuted, lie)
				for i, read := range []bool{false, true, false} {
					err := c.do(0, "x", read)
					if withheld := read && liar == 0 && errors.Is(err, ErrUnavailable); err != nil && !withheld {
						t.Errorf("host %d tells %q, command %d: %v", liar, name, i, err)
					}
				}
			})
		}
	}
}

// Replies that peers' enclaves sent are changed, replayed and mixed on the way to the contact's enclave.
func TestLiesAboutReplies(t *testing.T) {
	for name, makeLie := range map[string]func() func(f []byte) [][]byte{
		"lost": func() func([]byte) [][]byte { return drop },
		"a flipped bit": func() func([]byte) [][]byte {
			return func(f []byte) [][]byte { f = bytes.Clone(f); f[60] ^= 1; return [][]byte{f} }
		},
		"all former ones replayed first": func() func([]byte) [][]byte {
			var all [][]byte
			return func(f []byte) [][]byte { all = append(all, bytes.Clone(f)); return snapshot(all) }
		},
		"delayed by one": func() func([]byte) [][]byte {
			var last [][]byte
			return func(f []byte) [][]byte { out := last; last = [][]byte{bytes.Clone(f)}; return out }
		},
	} {
		inCluster(t, 5, func(t *testing.T, c *cluster) {
			c.lies(2, boundary.KindReplies, makeLie())
			for i := range 4 {
				err := c.do(2, "x", i%2 == 1)
				if unanswered := name == "lost" || name == "a flipped bit"; unanswered != errors.Is(err, ErrUnavailable) || !unanswered && err != nil {
					t.Errorf("%s, command %d: %v", name, i, err)
				}
			}
		})
	}
}

func snapshot(fs [][]byte) [][]byte { return append([][]byte(nil), fs...) }

// recordLies are answers to a question for a record of three pieces.
var recordLies = map[string]func(c boundary.Record) [][]byte{
	"not there": func(c boundary.Record) [][]byte {
		c.Piece.Total, c.Piece.Offset, c.Piece.Bytes = 0, 0, nil
		return enc(c)
	},
	"wrong bytes":     func(c boundary.Record) [][]byte { c.Piece.Bytes = make([]byte, len(c.Piece.Bytes)); return enc(c) },
	"wrong digest":    func(c boundary.Record) [][]byte { c.Piece.Body[0]++; return enc(c) },
	"larger in all":   func(c boundary.Record) [][]byte { c.Piece.Total++; return enc(c) },
	"smaller in all":  func(c boundary.Record) [][]byte { c.Piece.Total = 2 * wire.ChunkBytes; return enc(c) },
	"short pieces":    func(c boundary.Record) [][]byte { c.Piece.Bytes = c.Piece.Bytes[:1]; return enc(c) },
	"no bytes":        func(c boundary.Record) [][]byte { c.Piece.Bytes = nil; return enc(c) },
	"every piece two": func(c boundary.Record) [][]byte { return append(enc(c), enc(c)...) },
	"overlapping":     func(c boundary.Record) [][]byte { c.Piece.Offset -= min(1, c.Piece.Offset); return enc(c) },
	"with gaps":       func(c boundary.Record) [][]byte { c.Piece.Offset += min(5, c.Piece.Offset); return enc(c) },
	"another token":   func(c boundary.Record) [][]byte { c.Token++; return enc(c) },
	"silence":         func(boundary.Record) [][]byte { return nil },
}

func enc(c boundary.Record) [][]byte {
	if p := c.Piece; p.Offset+uint64(len(p.Bytes)) > p.Total {
		c.Piece.Bytes = p.Bytes[:p.Total-min(p.Offset, p.Total)]
	}
	return [][]byte{c.Append(nil)}
}

func TestLiesAboutRecords(t *testing.T) {
	record := bytes.Repeat([]byte("record!"), (2*wire.ChunkBytes+100)/7)
	for name, lie := range recordLies {
		inCluster(t, 3, func(t *testing.T, c *cluster) {
			c.hosts[0].bodies[wire.Sum(record)] = record
			c.lies(0, boundary.KindRecord, func(f []byte) [][]byte { return lie(must(boundary.DecodeRecord(f))) })
			got, err := c.hosts[0].r.Record(context.Background(), wire.Sum(record), uint32(len(record)))
			if !errors.Is(err, ErrGone) || got != nil {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
			c.lies(0, 0, func(f []byte) [][]byte { return [][]byte{f} })
			got, err = c.hosts[0].r.Record(context.Background(), wire.Sum(record), uint32(len(record)))
			if err != nil || !bytes.Equal(got, record) {
				t.Errorf("%s: when the host is honest again: %d bytes, %v", name, len(got), err)
			}
			synctest.Wait()
			if used := c.hosts[0].r.recordBytes.used(maxRecordBytes); used != 0 {
				t.Errorf("%s: %d bytes still counted", name, used)
			}
		})
	}
}

// A liar that repeats its attestation, or attests before anything was stored, does not count twice and keeps
// nobody out.
func TestRepeatedAttestations(t *testing.T) {
	inCluster(t, 5, func(t *testing.T, c *cluster) {
		held := [][]byte{}
		c.lies(2, boundary.KindBodyStored, func(f []byte) [][]byte {
			held = append(held, bytes.Clone(f))
			return repeated(held[0], 100) // one peer's attestation, over and over; the others' wait
		})
		done := make(chan error, 1)
		body := make([]byte, wire.InlineBodyBytes+1)
		go func() { done <- c.hosts[2].r.StoreBody(context.Background(), body) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("two enclaves were enough for f+1 = 3: %v", err)
		default:
		}
		c.mu.Lock()
		_ = c.hosts[2].link.Send(held[1])
		c.mu.Unlock()
		synctest.Wait()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		default:
			t.Error("the third enclave's attestation was kept out")
		}
	})
}
