package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// way is a copy of the store on its way to a stable checkpoint.
type way struct {
	attempt uint64
	copy    *state // nil before the first batch, and when it led nowhere
}

// retrace goes a piece of the way, once the store has what was handed out before.
func (h *host) retrace(r *bftcore.Retrace) {
	run, piece := h.run, *r
	run.applier = max(run.applier, h.c.now) + h.c.between(0, h.c.scene.applyMax)
	h.later(run.applier, func() {
		w := &run.way
		if w.attempt != piece.Attempt {
			*w = way{attempt: piece.Attempt}
			if piece.Stable.Order > 0 {
				w.copy = h.store.clone()
			}
		}
		if w.copy == nil {
			return // it is over
		}
		for i := range piece.Batches {
			if b := &piece.Batches[i]; b.Order == w.copy.applied+1 {
				w.copy.apply(b)
			}
		}
		h.arrive(&piece)
	})
}

// arrive looks where the copy is.
func (h *host) arrive(r *bftcore.Retrace) {
	x := h.run.way.copy
	switch {
	case x.applied < r.Stable.Order:
		h.step(bftcore.Retraced{Attempt: r.Attempt, Order: x.applied})
		return
	case h.store.applied >= r.Stable.Order: // by itself, or by a state
	case x.root() != r.Stable.Root:
		h.c.counts[wrongWay]++
		if p := h.c.hosts[r.From]; !p.lies {
			h.c.fail("%s tells a way to another state of order %d than f+1 attested", p.name(), r.Stable.Order)
		}
		h.run.way.copy = nil
		h.step(bftcore.Retraced{Attempt: r.Attempt, Order: x.applied, Failed: true})
		return
	default:
		h.c.counts[retraced]++
		h.install(x, r.Stable)
	}
	h.run.way.copy = nil
	h.step(bftcore.Installed{Stable: r.Stable})
}

// misleads makes of a PROOF one of another batch at the same order.
func (z *liar) misleads(raw []byte) []byte {
	p, err := wire.DecodeProof(raw)
	if err != nil {
		return raw
	}
	z.c.counts[lieWay]++
	x := p.Prepare.Certificate
	x.Digest = wire.BatchDigest(nil)
	return wire.AppendProof(nil, wire.AppendPrepare(nil, &x, nil), nil)
}
