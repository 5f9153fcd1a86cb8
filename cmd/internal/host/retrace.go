package host

import (
	"context"
	"errors"
	"fmt"
	"os"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
)

// wayName is the file of a copy of the store on its way to a stable checkpoint. It is never opened as the store; one that
// has arrived is renamed to it.
const wayName = "store.retraced"

// way is such a copy.
type way struct {
	h *Host
	*held
}

var _ node.Way = (*way)(nil)

// retrace copies the store and brings the copy forward to an order by the own log.
func (h *Host) retrace(ctx context.Context, order uint64) (_ *way, err error) {
	if err := os.RemoveAll(h.path(wayName)); err != nil {
		return nil, err
	}
	w := &way{h: h}
	defer func() {
		if err != nil {
			w.Abort()
		}
	}()
	now, err := h.store().Now()
	if err != nil {
		return nil, err
	}
	err = now.CopyTo(ctx, h.path(wayName))
	now.Close()
	if err != nil {
		return nil, err
	}
	o := h.storeOptions()
	o.Path = h.path(wayName)
	if w.held, err = h.openAt(o); err != nil {
		return nil, err
	}
	if err := h.forwardTo(ctx, w.held, order); err != nil {
		return nil, err
	}
	if w.Order() < order {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%w: it leads to %d, the way begins behind %d", node.ErrElsewhere, w.Order(), order))
	}
	return w, nil
}

func (w *way) Order() uint64 { return w.machine.Applied() }

// Apply needs no log: until Arrive nothing of the copy counts.
func (w *way) Apply(order uint64, requests []wire.Request) error {
	w.store.SetDurable(order)
	_, _, err := w.machine.Apply(order, requests)
	return err
}

func (w *way) Arrive(s wire.Stable) (bool, error) {
	if w.machine.Applied() != s.Order || w.machine.Root() != s.Root {
		return false, nil
	}
	for d := range w.h.bodies.Stored() {
		if err := w.machine.Lying(d, s.Order); err != nil {
			return false, err
		}
	}
	err := errors.Join(w.store.Flush(), w.store.Close())
	w.held = nil
	return err == nil, err
}

func (w *way) Abort() {
	if w.held != nil {
		if err := w.store.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
			w.h.o.Logger.Error("retrace.not_closed", "cause", err.Error())
		}
		w.held = nil
	}
	if err := os.RemoveAll(w.h.path(wayName)); err != nil {
		w.h.o.Logger.Error("retrace.not_removed", "cause", err.Error())
	}
}

func (w *way) file() string { return wayName }
