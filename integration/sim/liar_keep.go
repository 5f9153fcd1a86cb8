package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// keep writes a batch that a liar's enclave certified, or learned of, to its log, beside what its cover writes, which knows nothing of
// what was certified behind its back. So its replica can come back when it is honest again.
func (h *host) keep(prepare *wire.Certificate, requests []wire.Request) {
	raw := wire.AppendPrepare(nil, prepare, requests)
	h.disk.append([]bftcore.Record{{Kind: bftcore.RecordBatch, Order: prepare.New.Order, Body: raw}})
	if h.run != nil {
		h.run.base++
	}
}

// obtains has a liar's log hold the batches that its enclave may take over from what others tell, as its cover would; false
// when one is to be had nowhere. An enclave that speaks of what nobody has is waited for, and all of three found a group.
func (z *liar) obtains(h *host, messages [][]byte) bool {
	for _, raw := range messages {
		var told []wire.Entry
		if m, err := wire.DecodeRecState(raw); err == nil {
			told = m.Disclosure.Entries
		} else if m, err := wire.DecodeColdState(raw); err == nil {
			told = m.Disclosure.Entries
		}
		for _, e := range told {
			if e.Batch != wire.BatchDigest(nil) && !z.obtain(h, e) {
				return false
			}
		}
	}
	return true
}

func (z *liar) obtain(h *host, e wire.Entry) bool {
	for _, p := range append([]*host{h}, z.c.hosts...) {
		for _, raw := range p.disk.prepares(e.Order) {
			if m, err := wire.DecodePrepare(raw); err == nil && m.Certificate.Digest == e.Batch {
				if p != h {
					h.keep(&m.Certificate, m.Requests)
				}
				return true
			}
		}
	}
	return false
}
