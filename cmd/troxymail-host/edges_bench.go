//go:build bench

package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"troxymail/bftcore/node"
	"troxymail/bftcore/transport"
	"troxymail/cmd/internal/config"
	"troxymail/enclave/boundary"
)

// libraryAddress is the environment variable with the address at which a build with the tag bench serves clients
// that vote themselves.
const libraryAddress = "TROXYMAIL_LIBRARY"

// edges lets clients talk to this host, and vote, themselves: what the trusted proxy is measured against. A build with
// it is no build to run mail on.
type edges struct {
	library *library `kong:"-"`
}

func (e *edges) open(ctx context.Context, conf *config.Host) error {
	address := os.Getenv(libraryAddress)
	if address == "" {
		return nil
	}
	fmt.Fprintln(os.Stderr, "troxymail-host: MEASURING BUILD: clients that vote themselves are served at", address)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	e.library = newLibrary(ctx, conf.Replica)
	go e.library.serve(l)
	return nil
}

func (e *edges) link(l boundary.Link) boundary.Link {
	if e.library == nil {
		return l
	}
	return e.library.over(l)
}

func (e *edges) links(l transport.Links) node.Links { return l }

func (e *edges) receive(h transport.Handler) transport.Handler {
	if e.library != nil {
		e.library.forward = h
	}
	return h
}
