package node

import (
	"errors"
	"fmt"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// readTestament reads what the log shows of the own enclave.
func readTestament(log *hostlog.Log, self wire.ReplicaID) (*bftcore.Testament, error) {
	var replayErr error
	will, err := bftcore.ReadTestament(func(yield func(bftcore.Record) bool) {
		replayErr = log.Replay(0, func(_ uint64, r hostlog.Record) error {
			if !yield(bftcore.Record{Kind: bftcore.RecordKind(r.Kind), Order: r.Order, Body: r.Body}) {
				return errStopReplay
			}
			return nil
		})
	}, self)
	if replayErr != nil && !errors.Is(replayErr, errStopReplay) {
		return nil, fmt.Errorf("node: replaying the log: %w", replayErr)
	}
	return will, err
}

// give sends a peer a batch out of the log, if it is there: a PREPARE of the own enclave leaves only when it is synced.
func (c *Comeback) give(g rejoin.Give) error {
	if _, err := c.o.Log.Sync(); err != nil {
		return fmt.Errorf("node: syncing the log: %w", err)
	}
	records, _, err := c.o.Log.ReadOrders(g.Order, g.Order, wire.MaxMessageBytes, hostlog.Kind(bftcore.RecordPrepare),
		hostlog.Kind(bftcore.RecordBatch))
	if err != nil {
		c.o.Logger.Error("log.read_failed", "from", g.Order, "to", g.Order, "cause", err.Error())
	}
	for _, r := range records {
		if x, err := wire.CertificateOf(r.Body); err == nil && x.Digest == g.Batch {
			c.o.Links.Send(int(g.To), r.Body)
			break
		}
	}
	return nil
}

// keep logs what a driver wants kept: batches, then a Frontier.
func (c *Comeback) keep(r *rejoin.Ready) error {
	var records []hostlog.Record
	for _, b := range r.Batches {
		records = append(records, hostlog.Record{Kind: hostlog.Kind(bftcore.RecordBatch), Order: b.Order, Body: b.Raw})
	}
	if r.Frontier != nil {
		records = append(records, hostlog.Record{Kind: hostlog.Kind(bftcore.RecordFrontier), Body: r.Frontier})
	}
	if len(records) == 0 {
		return nil
	}
	if _, err := c.o.Log.Append(records); err != nil {
		return fmt.Errorf("node: logging the frontier: %w", err)
	}
	if r.Sync {
		if _, err := c.o.Log.Sync(); err != nil {
			return fmt.Errorf("node: syncing the frontier: %w", err)
		}
	}
	return nil
}
