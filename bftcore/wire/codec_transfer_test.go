package wire

import "pgregory.net/rapid"

// transferMessage is either side of a transfer.
type transferMessage struct {
	ask    *TransferAsk
	answer *TransferAnswer
}

func decodeTransferMessage(b []byte) (transferMessage, error) {
	ask, answer, err := DecodeTransfer(b)
	return transferMessage{ask, answer}, err
}

func (m transferMessage) encode() []byte {
	if m.ask != nil {
		return m.ask.Append(nil)
	}
	return m.answer.Append(nil)
}

func transferCodecs() []codec {
	ask := TransferAsk{Order: 256, Token: 7, Names: [][]byte{[]byte("head"), []byte("node")}}
	answer := TransferAnswer{Order: 256, Token: 7, Parts: [][]byte{[]byte("a part"), {}}}
	bytes := func(t *rapid.T, min int) [][]byte {
		return rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), min, 9), 1, 4).Draw(t, "list")
	}
	return []codec{
		of("TRANSFER question", ask.Append(nil), decodeTransferMessage, transferMessage.encode, func(t *rapid.T) []byte {
			m := TransferAsk{Order: num(t), Token: rapid.Uint64().Draw(t, "token"), Names: bytes(t, 1)}
			return m.Append(nil)
		}),
		of("TRANSFER answer", answer.Append(nil), decodeTransferMessage, transferMessage.encode, func(t *rapid.T) []byte {
			m := TransferAnswer{Order: num(t), Gone: rapid.Bool().Draw(t, "gone")}
			if !m.Gone {
				m.Parts = bytes(t, 0)
			}
			return m.Append(nil)
		}),
	}
}
