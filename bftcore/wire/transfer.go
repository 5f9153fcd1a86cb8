package wire

import (
	"errors"

	"troxymail/bftcore/wire/canon"
)

// Limits of state transfer.
const (
	// MaxTransferItems bounds the parts of one question, and of one answer.
	MaxTransferItems = 64
	// MaxTransferName bounds the name of a part, in bytes.
	MaxTransferName = 64
	// MaxPartBytes bounds one part.
	MaxPartBytes = 192 << 10
	// MaxTransferBytes bounds the parts of one answer together; one part always fits.
	MaxTransferBytes = 512 << 10
)

// Roles of a TRANSFER message.
const (
	transferAsk   = 1
	transferParts = 2
	transferGone  = 3
)

// TransferAsk asks a host for parts of the state after Order. What parts there are and how they are named,
// package mailstore/state says. Hearsay between hosts: parts are checked by their digests.
type TransferAsk struct {
	Order uint64
	Token uint64 // returned by the answer
	Names [][]byte
}

// TransferAnswer answers one: the parts of the first names, in their order, as many as fit. An empty part is one
// that the host does not have. Gone says that the host has no such state, or not any more.
type TransferAnswer struct {
	Order uint64
	Token uint64
	Gone  bool
	Parts [][]byte
}

var errRole = errors.New("another role")

// Append appends the message.
func (a *TransferAsk) Append(dst []byte) []byte {
	dst = canon.AppendUint8(appendHead(dst, KindTransfer), transferAsk)
	dst = canon.AppendUint64(canon.AppendUint64(dst, a.Order), a.Token)
	return appendList(dst, a.Names)
}

// Append appends the message.
func (a *TransferAnswer) Append(dst []byte) []byte {
	role := uint8(transferParts)
	if a.Gone {
		role = transferGone
	}
	dst = canon.AppendUint8(appendHead(dst, KindTransfer), role)
	dst = canon.AppendUint64(canon.AppendUint64(dst, a.Order), a.Token)
	return appendList(dst, a.Parts)
}

// DecodeTransfer decodes a TRANSFER: a question or an answer, the other is nil. They alias b.
func DecodeTransfer(b []byte) (*TransferAsk, *TransferAnswer, error) {
	r := canon.NewReader(b)
	readHead(r, KindTransfer)
	role := r.Uint8()
	order, token := number(r), r.Uint64()
	var ask *TransferAsk
	var answer *TransferAnswer
	switch role {
	case transferAsk:
		ask = &TransferAsk{Order: order, Token: token, Names: readList(r, 1, MaxTransferName, MaxTransferItems*MaxTransferName)}
		if len(ask.Names) == 0 {
			r.Fail(errRange)
		}
	case transferParts, transferGone:
		answer = &TransferAnswer{Order: order, Token: token, Gone: role == transferGone}
		answer.Parts = readList(r, 0, MaxPartBytes, MaxTransferBytes)
		if answer.Gone == (len(answer.Parts) > 0) {
			r.Fail(errRange)
		}
	default:
		r.Fail(errRole)
	}
	if err := r.Done(); err != nil {
		return nil, nil, malformed("TRANSFER", err)
	}
	return ask, answer, nil
}

func appendList(dst []byte, list [][]byte) []byte {
	dst = canon.AppendCount(dst, len(list))
	for _, x := range list {
		dst = canon.AppendBytes(dst, x)
	}
	return dst
}

// readList reads byte strings of min to max bytes, together at most total.
func readList(r *canon.Reader, min, max, total int) [][]byte {
	n := r.Count(MaxTransferItems, 4)
	list := make([][]byte, 0, n)
	for range n {
		x := r.Bytes(max)
		if total -= len(x); len(x) < min || total < 0 {
			r.Fail(errRange)
			return nil
		}
		list = append(list, x)
	}
	return list
}
