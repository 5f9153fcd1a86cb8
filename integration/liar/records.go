package liar

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// records makes a lie out of a change to each piece of a record for the own enclave.
func records(change func(l *Liar, c *boundary.Record)) func(*Liar, []byte) [][]byte {
	return func(l *Liar, frame []byte) [][]byte {
		c, err := boundary.DecodeRecord(frame)
		if !isKind(frame, boundary.KindRecord) || err != nil {
			return one(frame)
		}
		change(l, &c)
		return l.tell(c.Append(nil))
	}
}

var recordLies = []Lie{
	{Name: "altered-records", Does: "delivers altered mail",
		toEnclave: records(func(l *Liar, c *boundary.Record) {
			if b := append([]byte(nil), c.Piece.Bytes...); len(b) > 0 {
				b[l.rng.IntN(len(b))] ^= 1
				c.Piece.Bytes = b
			}
		})},
	{Name: "records-of-others", Does: "delivers other mail, as it once was or another account's",
		toEnclave: records(func(l *Liar, c *boundary.Record) {
			old, err := boundary.DecodeRecord(l.kind(&l.to, byte(boundary.KindRecord)))
			if err == nil {
				digest := c.Piece.Body
				c.Piece = old.Piece
				if l.rng.IntN(2) == 0 {
					c.Piece.Body = digest
				}
			}
		})},
	{Name: "cut-records", Does: "delivers mail without its end, or with another size",
		toEnclave: records(func(l *Liar, c *boundary.Record) {
			switch l.rng.IntN(3) {
			case 0:
				c.Piece.Bytes = c.Piece.Bytes[:len(c.Piece.Bytes)/2]
			case 1:
				c.Piece.Total = uint64(len(c.Piece.Bytes)) + c.Piece.Offset
			default:
				c.Piece.Total = wire.MaxBodyBytes
			}
		})},
	{Name: "endless-records", Does: "delivers pieces without end",
		toEnclave: func(l *Liar, frame []byte) [][]byte {
			if !isKind(frame, boundary.KindRecord) {
				return one(frame)
			}
			out := l.tell(frame)
			for range 20 {
				out = append(out, frame)
			}
			return out
		}},
	{Name: "no-records", Does: "says that mail is not there",
		toEnclave: records(func(_ *Liar, c *boundary.Record) { c.Piece = wire.Piece{Body: c.Piece.Body} })},
	{Name: "silent-about-records", Does: "never answers when mail is asked for",
		toEnclave: func(l *Liar, frame []byte) [][]byte {
			if isKind(frame, boundary.KindRecord) {
				return l.tell()
			}
			return one(frame)
		}},
	{Name: "altered-bodies-for-peers", Does: "hands altered bodies to its peers",
		toPeer: func(l *Liar, x letter) []letter {
			kind := wire.Kind(x.frame[0])
			p, err := wire.DecodePiece(x.frame, kind)
			if kind != wire.KindBody && kind != wire.KindFetched || err != nil || len(p.Bytes) == 0 {
				return []letter{x}
			}
			p.Bytes = append([]byte(nil), p.Bytes...)
			p.Bytes[l.rng.IntN(len(p.Bytes))] ^= 1
			return l.tellPeers(letter{x.to, p.Append(nil, kind)})
		}},
	{Name: "withholds-bodies", Does: "gives no peer any body",
		toPeer: func(l *Liar, x letter) []letter {
			if isKind(x.frame, wire.KindBody, wire.KindFetched) {
				return l.tellPeers()
			}
			return []letter{x}
		}},
	{Name: "false-read-backs", Does: "shows its enclave other bodies than those it is to attest",
		toEnclave: func(l *Liar, frame []byte) [][]byte {
			if isKind(frame, boundary.KindReadBack) {
				return l.tell(l.mutate(frame))
			}
			return one(frame)
		}},
}
