package canon

import "encoding/binary"

// Reuse returns memory emptied, for the next encoding; nil when it could hold more than most bytes: what one large message
// took is not kept for ever.
func Reuse(memory []byte, most int) []byte {
	if cap(memory) > most {
		return nil
	}
	return memory[:0]
}

// AppendUint8 appends one byte to dst and returns the extended slice.
func AppendUint8(dst []byte, v uint8) []byte { return append(dst, v) }

// AppendUint16 appends v, big endian.
func AppendUint16(dst []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(dst, v) }

// AppendUint32 appends v, big endian.
func AppendUint32(dst []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(dst, v) }

// AppendUint64 appends v, big endian.
func AppendUint64(dst []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(dst, v) }

// AppendBool appends 1 for true and 0 for false.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendFixed appends b without a length: for fields whose size is part of the format.
func AppendFixed(dst, b []byte) []byte { return append(dst, b...) }

// AppendBytes appends b behind its 32-bit length. Panics when b is longer than 2^32-1 bytes, which no
// limit of this project allows.
func AppendBytes(dst, b []byte) []byte {
	return append(AppendCount(dst, len(b)), b...)
}

// AppendCount appends a list count (or byte length) n. Panics outside [0, 2^32).
func AppendCount(dst []byte, n int) []byte {
	if n < 0 || uint64(n) > 1<<32-1 {
		panic("canon: count out of range")
	}
	return binary.BigEndian.AppendUint32(dst, uint32(n))
}
