package host

import (
	"errors"
	"fmt"
	"time"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
)

// application gives the node the mailbox state machine in its own terms.
type application struct{ h *Host }

var _ node.Application = (*application)(nil)

func (a *application) Applied() uint64 { return a.h.machine().Applied() }

func (a *application) Root() wire.Digest { return a.h.machine().Root() }

func (a *application) Apply(order uint64, requests []wire.Request) ([]node.Applied, error) {
	results, infos, err := a.h.machine().Apply(order, requests)
	if errors.Is(err, kv.ErrLogNotDurable) {
		return nil, fmt.Errorf("%w: %w", node.ErrWaitForLog, err)
	}
	if err != nil {
		return nil, err
	}
	applied := make([]node.Applied, len(results))
	for i := range results {
		applied[i] = node.Applied{Order: infos[i].Order, Depends: infos[i].Depends, Result: results[i]}
	}
	return applied, nil
}

func (a *application) Cached(id wire.RequestID) (node.Applied, bool) {
	result, order, ok, err := a.h.machine().Cached(id)
	if err != nil || !ok {
		return node.Applied{}, false
	}
	return node.Applied{Order: order, Depends: order, Result: result}, true
}

func (a *application) Peek(encoded []byte) (node.Seen, bool) {
	status, payload, evidence, ok, err := a.h.machine().Peek(encoded)
	if err != nil || !ok {
		return node.Seen{}, false
	}
	return node.Seen{Status: status, Payload: payload, Evidence: evidence}, true
}

func (a *application) SetDurable(order uint64) { a.h.store().SetDurable(order) }

func (a *application) Tick() {
	a.h.store().Tick(time.Now())
	a.h.keeping.fresh(a.h.store().Fresh(), time.Now())
}

func (a *application) Durable() uint64 { return a.h.store().FlushedOrder() }

func (a *application) Checkpoint() error {
	err := a.h.store().Checkpoint()
	a.h.keeping.fresh(a.h.store().Fresh(), time.Now())
	return err
}

func (a *application) Install(s node.Arrived) error { return a.h.install(s.(placed).file()) }
