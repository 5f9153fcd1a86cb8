package kv

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"go.etcd.io/bbolt"
)

// The sum of a store covers every entry on disk, so that one that rots, or goes, is noticed: bbolt has no
// checksums of its own. It is a sum over the entries, so that a flush changes it by what it changes.
// Against accidents only; a host that means harm is the voters' matter.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entrySum is what one entry adds. A value that carries its own digest (loose) is left out: whoever reads it
// checks it, and repairs it alone.
func entrySum(key, value []byte, loose func([]byte) bool) uint64 {
	k := crc32.Checksum(key, castagnoli)
	v := k
	if loose == nil || !loose(key) {
		v = crc32.Update(k, castagnoli, value)
		v ^= uint32(len(value)) * 0x9e3779b1
	}
	x := uint64(k)<<32 | uint64(v)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9 // a bijection that mixes well, so that sums of entries do not cancel
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// headerCheck covers what else a store says of itself.
func headerCheck(format, owner, order, sum []byte) []byte {
	var b []byte
	for _, part := range [][]byte{format, owner, order, sum} {
		b = append(b, part...)
	}
	return binary.BigEndian.AppendUint32(nil, crc32.Checksum(b, castagnoli))
}

// putHeader writes order, sum and the check over all of the header.
func (s *Store) putHeader(meta *bbolt.Bucket, order, sum uint64) error {
	orderBytes, sumBytes := binary.BigEndian.AppendUint64(nil, order), binary.BigEndian.AppendUint64(nil, sum)
	for _, e := range []struct{ key, value []byte }{
		{metaOrder, orderBytes}, {metaSum, sumBytes},
		{metaCheck, headerCheck(meta.Get(metaFormat), meta.Get(metaOwner), orderBytes, sumBytes)},
	} {
		if err := meta.Put(e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

// verify compares a file with its own sum.
func (o *Options) verify() error {
	f, err := checkFile(o.Path, o.Loose)
	if err != nil || f.fresh {
		return err
	}
	get := func(key []byte) []byte { return []byte(f.meta[string(key)]) }
	sum := get(metaSum)
	check := headerCheck(get(metaFormat), get(metaOwner), get(metaOrder), sum)
	switch {
	case len(sum) != 8 || !bytes.Equal(get(metaCheck), check):
		return bad("header")
	case binary.BigEndian.Uint64(sum) != f.sum:
		return bad("sum of the entries")
	}
	return nil
}
