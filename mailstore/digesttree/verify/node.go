package verify

import (
	"encoding/binary"
	"math/bits"

	"troxymail/bftcore/wire"
)

// tallyBytes is the size of an encoded Tally.
const tallyBytes = 4 + 4 + 8

// MaxNodeBytes is the size of the largest encoded node.
const MaxNodeBytes = 2 + Fanout*(32+tallyBytes)

func appendTally(dst []byte, t Tally) []byte {
	dst = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, t.Messages), t.Unseen)
	return binary.BigEndian.AppendUint64(dst, t.ModSeq)
}

// AppendNode appends a node with at least one child as it is stored and sent: a mask of the present children, then
// the digest of each, with its tally in a tree that counts.
func AppendNode(dst []byte, c *Children) []byte {
	at := len(dst)
	dst = append(dst, 0, 0)
	var mask uint16
	counts := c.counts()
	for i := range c {
		if c[i].Digest == (wire.Digest{}) {
			continue
		}
		mask |= 1 << i
		dst = append(dst, c[i].Digest[:]...)
		if counts {
			dst = appendTally(dst, c[i].Tally)
		}
	}
	binary.BigEndian.PutUint16(dst[at:], mask)
	return dst
}

// DecodeNode reads a node; false for what AppendNode does not write. Total.
func DecodeNode(v []byte) (c Children, ok bool) {
	if len(v) < 2 {
		return c, false
	}
	mask := binary.BigEndian.Uint16(v)
	n := bits.OnesCount16(mask)
	counts := len(v) == 2+n*(32+tallyBytes)
	if v = v[2:]; mask == 0 || !counts && len(v) != n*32 {
		return c, false
	}
	for ; mask != 0; mask &= mask - 1 {
		x := Child{Digest: wire.Digest(v[:32])}
		v = v[32:]
		if counts {
			x.Tally = Tally{binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:]), binary.BigEndian.Uint64(v[8:])}
			v = v[tallyBytes:]
		}
		if x.Digest == (wire.Digest{}) || (x.Tally.Messages > 0) != counts {
			return c, false
		}
		c[bits.TrailingZeros16(mask)] = x
	}
	return c, true
}
