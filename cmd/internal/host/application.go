package host

import (
	"errors"
	"fmt"
	"time"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

// application gives the node the mailbox state machine in its own terms.
type application struct {
	machine *state.Machine
	store   *kv.Store
}

var _ node.Application = (*application)(nil)

func (a *application) Applied() uint64 { return a.machine.Applied() }

func (a *application) Root() wire.Digest { return a.machine.Root() }

func (a *application) Apply(order uint64, requests []wire.Request) ([]node.Applied, error) {
	results, infos, err := a.machine.Apply(order, requests)
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
	result, order, ok, err := a.machine.Cached(id)
	if err != nil || !ok {
		return node.Applied{}, false
	}
	return node.Applied{Order: order, Depends: order, Result: result}, true
}

func (a *application) SetDurable(order uint64) { a.store.SetDurable(order) }

func (a *application) Tick() { a.store.Tick(time.Now()) }

func (a *application) Durable() uint64 { return a.store.FlushedOrder() }
