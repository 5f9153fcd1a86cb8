package transfer

import "troxymail/bftcore/wire"

// Read returns the content of a part by its name; nothing when there is none.
type Read func(name string) []byte

// Serve answers a question from a state: the parts of the first names, as many as fit one answer.
func Serve(q *wire.TransferAsk, read Read) *wire.TransferAnswer {
	a := &wire.TransferAnswer{Order: q.Order, Token: q.Token}
	size := 0
	for _, name := range q.Names {
		part := read(string(name))
		if len(part) > wire.MaxPartBytes {
			part = nil // no part of a sound state is
		}
		if size += len(part); size > wire.MaxTransferBytes {
			break
		}
		a.Parts = append(a.Parts, part)
	}
	return a
}
