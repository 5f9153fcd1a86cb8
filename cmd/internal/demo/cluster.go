package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"troxymail/bftcore/transport"
	"troxymail/bftcore/wire"
	"troxymail/cmd/internal/enrol"
	"troxymail/cmd/internal/host"
	"troxymail/enclave/boundary"
	"troxymail/enclave/genesis"
	"troxymail/mail/service"
)

// cluster is all replicas of a demo.
type cluster struct {
	folder   *folder
	hosts    []*host.Host
	services []*service.Service
	links    []transport.Links
	ends     []boundary.Link // the hosts' ends of the links to the enclaves
}

func newCluster(f *folder, g genesis.File, ports []listeners, logger *slog.Logger) (*cluster, error) {
	c := &cluster{folder: f}
	mesh := newMesh(g.Replicas)
	for i := range g.Replicas {
		if err := c.add(i, g, ports[i], mesh, logger.With("replica", i)); err != nil {
			return nil, errors.Join(fmt.Errorf("replica %d: %w", i, err), c.close())
		}
	}
	return c, nil
}

// add puts replica i together: its enclave side and its host side.
func (c *cluster) add(i int, g genesis.File, ports listeners, mesh *transport.Mesh, logger *slog.Logger) error {
	enclaveEnd, hostEnd := boundary.Pipe()
	e, err := c.folder.enclave(i)
	if err != nil {
		return err
	}
	platform, err := enrol.Simulated(&e)
	if err != nil {
		return err
	}
	secrets, err := enrol.Open(&e, platform)
	if err != nil {
		return err
	}
	chain, err := enrol.Certificate(&e, secrets)
	if err != nil {
		return err
	}
	s, err := service.New(service.Options{
		Self: e.Replica, Genesis: g, Secrets: secrets, Certificate: chain, Link: enclaveEnd,
		Listen: func() (service.Listeners, error) {
			return service.Listeners{IMAP: ports.imap, IMAPS: ports.imaps, Submission: ports.submission,
				Submissions: ports.submissions, SMTP: ports.smtp, Autoconfig: ports.autoconfig}, nil
		},
		Name: "localhost", PlainOnLoopback: true, Simulated: platform.Simulated(), Platform: platform.Name(), Admin: ports.admin, Logger: logger,
	})
	if err != nil {
		return err
	}
	h, err := host.Open(host.Options{
		Dir: c.folder.cluster(fmt.Sprintf("host-%d", i)), Self: e.Replica, Replicas: g.Replicas, Pillars: g.Pillars,
		Genesis: g.Hash(), FirstMailbox: g.FirstMailbox, Logger: logger,
	})
	if err != nil {
		return err
	}
	c.hosts = append(c.hosts, h)
	links, err := mesh.Attach(i, h.Receive)
	if err != nil {
		return err
	}
	h.Connect(links)
	c.links, c.services, c.ends = append(c.links, links), append(c.services, s), append(c.ends, hostEnd)
	return nil
}

func replicaID(i int) wire.ReplicaID { return wire.ReplicaID(i) }

// run starts every wing of every replica. Any that ends by itself ends the demo.
func (c *cluster) run(ctx context.Context, stop context.CancelCauseFunc, group *sync.WaitGroup) {
	// Hosts stop after enclaves, which end their clients' commands first.
	hosts, stopHosts := context.WithCancel(context.WithoutCancel(ctx))
	var enclaves sync.WaitGroup
	for i := range c.hosts {
		group.Go(func() {
			if err := c.hosts[i].Serve(hosts, c.ends[i]); err != nil {
				stop(fmt.Errorf("replica %d: host: %w", i, err))
			}
		})
		enclaves.Go(func() {
			if err := c.services[i].Run(ctx); err != nil {
				stop(fmt.Errorf("replica %d: %w", i, err))
			}
		})
	}
	group.Go(func() {
		enclaves.Wait()
		stopHosts()
	})
}

// close ends the links and closes the hosts' files.
func (c *cluster) close() error {
	var errs []error
	for _, l := range c.links {
		errs = append(errs, l.Close())
	}
	for _, h := range c.hosts {
		errs = append(errs, h.Close())
	}
	return errors.Join(errs...)
}
