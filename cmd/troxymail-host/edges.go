//go:build !liar && !bench

package main

import (
	"context"

	"troxymail/bftcore/node"
	"troxymail/bftcore/transport"
	"troxymail/cmd/internal/config"
	"troxymail/enclave/boundary"
)

// edges is what stands between the host and its enclave and peers: nothing. A build for tests (tag liar) puts
// a liar there.
type edges struct{}

func (edges) open(context.Context, *config.Host) error      { return nil }
func (edges) link(l boundary.Link) boundary.Link            { return l }
func (edges) links(l transport.Links) node.Links            { return l }
func (edges) receive(h transport.Handler) transport.Handler { return h }
