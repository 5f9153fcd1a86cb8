package kv

import (
	"bytes"
	"encoding/binary"
)

// visitor takes the entries of a bucket, in order; nested says that the value is a bucket.
type visitor func(key, value []byte, nested bool) error

// bucket visits a bucket whose root is a page, or which lies inline in its parent's value.
func (c *checker) bucket(root uint64, inline []byte, visit visitor) error {
	w := &walk{c: c, visit: visit}
	if root == 0 {
		return w.elements(inline, nil, nil, maxTreeDepth)
	}
	return w.page(root, nil, nil, 0)
}

// walk goes through one tree and sees that its keys rise.
type walk struct {
	c     *checker
	visit visitor
	last  []byte
	begun bool
	buf   []byte // the page that is looked at: nothing of a branch is needed once what is below it is read
}

// page visits what lies below a page: keys from low up to high (nil: no bound).
func (w *walk) page(id uint64, low, high []byte, depth int) error {
	if depth >= maxTreeDepth {
		return bad("the tree is deeper than %d", maxTreeDepth)
	}
	p, err := w.c.page(id, w.buf)
	if err != nil {
		return err
	}
	w.buf = p
	return w.elements(p, low, high, depth)
}

func (w *walk) elements(p, low, high []byte, depth int) error {
	le := binary.LittleEndian
	if len(p) < pageHeaderBytes {
		return bad("a bucket without a page")
	}
	kind, count := le.Uint16(p[8:]), int(le.Uint16(p[10:]))
	first := pageHeaderBytes + count*elementBytes
	if first > len(p) || kind != kindLeaf && (kind != kindBranch || count == 0 || depth == maxTreeDepth) {
		return bad("a page of kind %d with %d elements", kind, count)
	}
	// cut returns n bytes at off behind element i.
	cut := func(i int, off, n uint64) ([]byte, bool) {
		from := uint64(pageHeaderBytes+i*elementBytes) + off
		if from < uint64(first) || from > uint64(len(p)) || n > uint64(len(p))-from {
			return nil, false
		}
		return p[from : from+n : from+n], true
	}
	if kind == kindBranch {
		return w.branch(p, count, cut, low, high, depth)
	}
	for i := range count {
		e := p[pageHeaderBytes+i*elementBytes:]
		flags, off, keySize := le.Uint32(e), uint64(le.Uint32(e[4:])), uint64(le.Uint32(e[8:]))
		key, ok := cut(i, off, keySize)
		value, okValue := cut(i, off+keySize, uint64(le.Uint32(e[12:])))
		if !ok || !okValue || flags > 1 {
			return bad("an element of a leaf")
		}
		if w.begun && bytes.Compare(w.last, key) >= 0 || outside(key, low, high) {
			return bad("keys out of order")
		}
		w.last, w.begun = append(w.last[:0], key...), true
		if err := w.visit(key, value, flags == 1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) branch(
	p []byte, count int, cut func(i int, off, n uint64) ([]byte, bool), low, high []byte, depth int,
) error {
	le := binary.LittleEndian
	keys := make([][]byte, count+1)
	for i := range count {
		e := p[pageHeaderBytes+i*elementBytes:]
		key, ok := cut(i, uint64(le.Uint32(e)), uint64(le.Uint32(e[4:])))
		if !ok || i > 0 && bytes.Compare(keys[i-1], key) >= 0 {
			return bad("an element of a branch")
		}
		keys[i] = bytes.Clone(key)
	}
	if outside(keys[0], low, high) || outside(keys[count-1], low, high) {
		return bad("keys of a branch out of order")
	}
	keys[count] = high
	pages := make([]uint64, count)
	for i := range pages {
		pages[i] = le.Uint64(p[pageHeaderBytes+i*elementBytes+8:])
	}
	for i, id := range pages {
		if err := w.page(id, keys[i], keys[i+1], depth+1); err != nil {
			return err
		}
	}
	return nil
}

// outside reports whether key is below low or not below high (nil: no bound).
func outside(key, low, high []byte) bool {
	return bytes.Compare(key, low) < 0 || high != nil && bytes.Compare(key, high) >= 0
}
