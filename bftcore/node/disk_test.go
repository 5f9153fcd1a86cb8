package node

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"troxymail/bftcore/wire"
)

// fullDisk refuses to store bodies.
type fullDisk struct {
	Bodies
	err error
}

func (fullDisk) Has(wire.Digest) bool                { return false }
func (fullDisk) Get(wire.Digest) ([]byte, error)     { return nil, errors.New("not here") }
func (d fullDisk) Put(_ wire.Digest, _ []byte) error { return d.err }

// TestFullDiskStopsTheHost: a host that cannot store a body stops and says why. One whose store is only busy goes on.
func TestFullDiskStopsTheHost(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "bodies/tmp/1", Err: syscall.ENOSPC}
	for _, c := range []struct {
		err   error
		stops bool
	}{{full, true}, {errors.New("busy"), false}} {
		n, _ := newLeader(t)
		n.o.Bodies = fullDisk{err: c.err}
		body := make([]byte, wire.InlineBodyBytes+1)
		for _, p := range pieces(wire.Sum(body), body) {
			n.bodies.keep(p)
		}
		ctx, stop := context.WithCancel(context.Background())
		n.bodies.lanes.put(laneEnclave, 0, func(*bodyState) { stop() }) // comes after the pieces
		err := n.bodies.run(ctx)
		stop()
		if c.stops != errors.Is(err, syscall.ENOSPC) || !c.stops && err != nil {
			t.Errorf("storing fails with %v: run ends with %v", c.err, err)
		}
		if n.diskErrors.Load() != 1 {
			t.Errorf("%d disk errors counted", n.diskErrors.Load())
		}
	}
}
