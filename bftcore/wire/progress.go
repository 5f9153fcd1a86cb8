package wire

import "troxymail/bftcore/wire/canon"

// Progress tells peers how far a host is: a hint for catching up, never evidence.
type Progress struct {
	View     uint64
	Prepared uint64 // highest order with a PREPARE, without a gap below
	Executed uint64
	Synced   uint64 // highest order that is durable in this host's log and applied store
	Stable   uint64 // order of its stable checkpoint
}

// Append appends the message.
func (p Progress) Append(dst []byte) []byte {
	dst = appendHead(dst, KindProgress)
	for _, v := range [...]uint64{p.View, p.Prepared, p.Executed, p.Synced, p.Stable} {
		dst = canon.AppendUint64(dst, v)
	}
	return dst
}

// DecodeProgress decodes a PROGRESS.
func DecodeProgress(b []byte) (Progress, error) {
	r := canon.NewReader(b)
	readHead(r, KindProgress)
	p := Progress{View: number(r), Prepared: number(r), Executed: number(r), Synced: number(r),
		Stable: number(r)}
	if err := r.Done(); err != nil {
		return Progress{}, malformed("PROGRESS", err)
	}
	return p, nil
}
