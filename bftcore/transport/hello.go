package transport

import (
	"fmt"

	"troxymail/bftcore/wire/canon"
)

const (
	helloMagic      = "TRXL"
	protocolVersion = 1
	// helloBytes is the same in every version: magic, version u16, cluster, from u16, to u16.
	helloBytes = len(helloMagic) + 2 + 32 + 2 + 2
)

// hello opens a connection in each direction, the dialler's first.
type hello struct {
	version  uint16
	cluster  [32]byte
	from, to int
}

func (h hello) encode() []byte {
	b := append(make([]byte, 0, helloBytes), helloMagic...)
	b = canon.AppendUint16(b, h.version)
	b = canon.AppendFixed(b, h.cluster[:])
	b = canon.AppendUint16(b, uint16(h.from))
	return canon.AppendUint16(b, uint16(h.to))
}

func decodeHello(b []byte) (h hello, err error) {
	if len(b) != helloBytes || string(b[:len(helloMagic)]) != helloMagic {
		return h, ErrHello
	}
	r := canon.NewReader(b[len(helloMagic):])
	h.version, h.cluster = r.Uint16(), r.Copy32()
	h.from, h.to = int(r.Uint16()), int(r.Uint16())
	if err := r.Done(); err != nil {
		return h, fmt.Errorf("%w: %w", ErrHello, err)
	}
	return h, nil
}

// check compares a peer's hello with the one that must come.
func (h hello) check(want hello) error {
	switch {
	case h.version != want.version:
		return fmt.Errorf("%w: %d, here %d", ErrVersion, h.version, want.version)
	case h.cluster != want.cluster:
		return fmt.Errorf("%w: cluster %x, here %x", ErrWrongCluster, h.cluster[:8], want.cluster[:8])
	case h.from != want.from || h.to != want.to:
		return fmt.Errorf("%w: replica %d to %d, by their keys %d to %d",
			ErrWrongCluster, h.from, h.to, want.from, want.to)
	}
	return nil
}
