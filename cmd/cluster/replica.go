package cluster

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"troxymail/bftcore/node"
	"troxymail/bftcore/transport"
	"troxymail/bftcore/wire"
	"troxymail/cmd/internal/host"
	"troxymail/enclave/boundary"
	"troxymail/enclave/genesis"
	"troxymail/enclave/tee"
	"troxymail/integration/liar"
	"troxymail/mail/service"
)

// replica is one of a cluster: what outlives its runs, and the present run.
type replica struct {
	cluster  *Cluster
	id       wire.ReplicaID
	dir      string // of the host
	platform tee.Platform
	secrets  *genesis.Secrets
	chain    [][]byte
	liar     *liar.Liar // nil: honest, as it is before LieAt
	lied     atomic.Bool
	log      *slog.Logger

	host  *host.Host // nil: stopped
	links transport.Links

	service *service.Service
	end     boundary.Link // the enclave's
	stop    context.CancelFunc
	running *sync.WaitGroup
	clients clients
}

// StartReplica opens replica i's host and starts an enclave for it.
func (c *Cluster) StartReplica(i int) {
	c.t.Helper()
	r := c.replicas[i]
	h, err := host.Open(host.Options{
		Dir: r.dir, Self: r.id, Replicas: len(c.replicas), Pillars: c.genesis.Pillars, Genesis: c.genesis.Hash(), FirstMailbox: c.genesis.FirstMailbox,
		Logger: r.log,
	})
	if err != nil {
		c.t.Fatalf("replica %d: %v", i, err)
	}
	receive := transport.Handler(func(from int, frame []byte) {
		if c.cuts.passes(from, i) {
			h.Receive(from, frame)
		}
	})
	if r.liar != nil {
		receive = r.liar.Receive(receive)
	}
	if r.links, err = c.mesh.Attach(i, receive); err != nil {
		c.t.Fatalf("replica %d: %v", i, err)
	}
	var links node.Links = r.links
	if r.liar != nil {
		links = r.liar.Links(r.links)
	}
	h.Connect(links)
	r.host = h
	r.link()
}

// link starts a new enclave and joins it to the host, which has none.
func (r *replica) link() {
	t := r.cluster.t
	t.Helper()
	enclaveEnd, hostEnd := boundary.Pipe()
	s, err := service.New(service.Options{
		Self: r.id, Genesis: r.cluster.genesis, Secrets: r.secrets, Certificate: r.chain, Link: enclaveEnd,
		Listen: r.listen, PlainOnLoopback: true, Bounded: r.cluster.options.Bounded, Simulated: r.platform.Simulated(),
		Platform: r.platform.Name(), Logger: r.log,
	})
	if err != nil {
		t.Fatalf("replica %d: %v", r.id, err)
	}
	if r.liar != nil {
		hostEnd = r.liar.Link(hostEnd)
	}
	ctx, cancel := context.WithCancel(context.Background())
	group, h := &sync.WaitGroup{}, r.host
	r.service, r.end, r.stop, r.running = s, enclaveEnd, cancel, group
	group.Go(func() {
		if err := h.Serve(ctx, hostEnd); err != nil && !errors.Is(err, host.ErrEnclaveGone) && !r.lied.Load() {
			t.Errorf("replica %d: host: %v", r.id, err)
		}
	})
	group.Go(func() {
		if err := s.Run(ctx); err != nil && !errors.Is(err, boundary.ErrClosed) && !r.lied.Load() {
			t.Errorf("replica %d: enclave: %v", r.id, err)
		}
	})
}

// unlink ends the enclave and its clients' connections at once, and waits until the host has noticed.
func (r *replica) unlink() {
	r.clients.cut()
	_ = r.end.Close()
	r.stop()
	r.running.Wait()
}

// StopReplica stops replica i, if it runs: enclave, clients' connections and host.
func (c *Cluster) StopReplica(i int) {
	r := c.replicas[i]
	if r.host == nil {
		return
	}
	r.unlink()
	if err := errors.Join(r.links.Close(), r.host.Close()); err != nil && !r.lied.Load() {
		c.t.Errorf("replica %d: %v", i, err)
	}
	r.host = nil
}

// RestartEnclave ends replica i's enclave under whatever goes on; a new one follows it on the same open host.
func (c *Cluster) RestartEnclave(i int) {
	c.t.Helper()
	r := c.replicas[i]
	r.unlink()
	r.link()
}

func (r *replica) serving() <-chan struct{} { return r.service.Serving() }

// listen opens the ports of a run.
func (r *replica) listen() (service.Listeners, error) {
	imap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return service.Listeners{}, err
	}
	imaps, err := net.Listen("tcp", "127.0.0.1:0") // nobody comes
	if err != nil {
		return service.Listeners{}, errors.Join(err, imap.Close())
	}
	return service.Listeners{IMAP: r.clients.accept(imap), IMAPS: imaps}, nil
}
