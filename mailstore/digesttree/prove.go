package digesttree

import (
	"encoding/binary"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/digesttree/verify"
)

// Prove returns a proof (verify.Range) for the leaves with indices in [first, last]. The caller keeps the
// range small enough for verify.MaxProofBytes: 65,536 indices always fit.
func Prove(s Store, prefix []byte, first, last uint32) []byte {
	h := height(s, prefix)
	proof := []byte{byte(h)}
	if h == 0 {
		return proof
	}
	return proveNode(s, prefix, proof, h-1, 0, uint64(first), uint64(last))
}

func proveNode(s Store, prefix, proof []byte, level int, place uint32, first, last uint64) []byte {
	c := readNode(s, prefix, level, place)
	var mask uint16
	for i := range c {
		if c[i] != (wire.Digest{}) {
			mask |= 1 << i
		}
	}
	proof = binary.BigEndian.AppendUint16(proof, mask)
	for i := range c {
		if mask&(1<<i) == 0 {
			continue
		}
		lo, hi := verify.Span(level, place, i)
		switch {
		case hi < first || lo > last:
			proof = append(proof, c[i][:]...)
		case level > 0:
			proof = proveNode(s, prefix, proof, level-1, place*verify.Fanout+uint32(i), first, last)
		}
	}
	return proof
}
