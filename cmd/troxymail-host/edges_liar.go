//go:build liar

package main

import (
	"context"
	"math/rand/v2"

	"troxymail/bftcore/node"
	"troxymail/bftcore/transport"
	"troxymail/cmd/internal/config"
	"troxymail/enclave/boundary"
	"troxymail/integration/liar"
)

// edges makes this host lie, for tests: go build -tags liar -o liar ./cmd/troxymail-host.
type edges struct {
	Lie  string `help:"The lie to tell; a wrong name prints all." placeholder:"NAME" required:""`
	Seed uint64 `help:"Seed of the liar's choices; drawn when 0."`

	liar *liar.Liar `kong:"-"`
}

func (e *edges) open(ctx context.Context, conf *config.Host) (err error) {
	if e.Seed == 0 {
		e.Seed = rand.Uint64()
	}
	if e.liar, err = liar.New(e.Lie, int(conf.Replica), conf.Genesis.Replicas, e.Seed); err != nil {
		return err
	}
	e.liar.Lie(true)
	go e.liar.Run(ctx)
	return nil
}

func (e *edges) link(l boundary.Link) boundary.Link { return e.liar.Link(l) }
func (e *edges) links(l transport.Links) node.Links { return e.liar.Links(l) }
func (e *edges) receive(h transport.Handler) transport.Handler {
	return e.liar.Receive(h)
}
