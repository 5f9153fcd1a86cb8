package host

import (
	"context"
	"errors"
	"fmt"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
)

const (
	// forwardOrders and forwardBytes bound what is read from the log at once to bring the store forward.
	forwardOrders = 256
	forwardBytes  = 16 << 20
	// forwardNote is from how many orders on that is worth a line in the log.
	forwardNote = 4096
)

// bringForward applies what the log proves beyond the store, a piece at a time: a core that is made over the
// log afterwards holds the few orders in memory that were not committed when the host stopped, and not all
// that a slow, old or lost store lacks. Large bodies are not needed for it; those that are missing are found
// by their readers and by the scrub.
func (h *Host) bringForward(ctx context.Context) error {
	if _, err := h.log.Sync(); err != nil {
		return err
	}
	from, last := h.machine().Applied(), h.log.Stats().MaxOrder
	if last > from+forwardNote {
		h.o.Logger.Info("store.forward", "from", from, "to", last)
	}
	if err := h.forwardTo(ctx, h.held.Load(), last); err != nil {
		return fmt.Errorf("bringing the store forward: %w", err)
	}
	if last > from+forwardNote {
		h.o.Logger.Info("store.forwarded", "order", h.machine().Applied())
	}
	return nil
}

// forwardTo applies to a store what the log proves, up to an order, until ctx ends.
func (h *Host) forwardTo(ctx context.Context, to *held, last uint64) error {
	for ctx.Err() == nil {
		if more, err := h.forwardPiece(to, last); err != nil || !more {
			return err
		}
	}
	return nil
}

// forwardPiece applies some orders to a store; false when the log proves no further ones.
func (h *Host) forwardPiece(to *held, last uint64) (more bool, err error) {
	next := to.machine.Applied() + 1
	if next > last {
		return false, nil
	}
	found, after, err := h.log.ReadOrders(next, min(last, next+forwardOrders-1), forwardBytes,
		hostlog.Kind(bftcore.RecordPrepare), hostlog.Kind(bftcore.RecordCommit))
	if err != nil {
		return false, err
	}
	for order := next; order < after; order++ {
		n := 0
		for n < len(found) && found[n].Order == order {
			n++
		}
		records := coreRecords(found[:n])
		found = found[n:]
		batch, ok, err := h.config().Proven(order, records)
		if err != nil {
			return false, errors.Join(errIncorrect, err)
		}
		if !ok {
			return false, nil
		}
		to.store.SetDurable(order)
		if _, _, err := to.machine.Apply(order, batch.Requests); err != nil {
			return false, err
		}
	}
	return true, nil
}

// coreRecords gives records of the log as the core knows them.
func coreRecords(found []hostlog.Record) []bftcore.Record {
	records := make([]bftcore.Record, len(found))
	for i, r := range found {
		records[i] = bftcore.Record{Kind: bftcore.RecordKind(r.Kind), Order: r.Order, Body: r.Body}
	}
	return records
}
