package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"troxymail/bftcore/transport"
	"troxymail/bftcore/wire"
	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/enrol"
	"troxymail/cmd/internal/setup"
	"troxymail/enclave/boundary"
	"troxymail/enclave/genesis"
	"troxymail/mail/auth"
)

const (
	domain = "example.org"
	// Address is the one account's.
	Address = "alice@" + domain
	// ServeLimit is how long replicas may take to serve after a start or a fault, on a machine with much else to do.
	ServeLimit = 3 * time.Minute
)

// Options of a cluster. The zero value but for Replicas is an honest one.
type Options struct {
	Replicas int
	// Bounded has enclaves run with reads = "bounded".
	Bounded bool
	// Lie names how a host lies once LieAt says which; empty: none does. Seed is that of its choices.
	Lie  string
	Seed uint64
	// Log gets what replicas log; nil for nothing.
	Log io.Writer
}

// Cluster is a running group. Its methods are for one goroutine, but for Dial and Replica.Addr.
type Cluster struct {
	Password string // of the account; an app password, which costs no Argon2id
	options  Options
	t        testing.TB
	dir      string
	genesis  genesis.File
	mesh     *transport.Mesh
	replicas []*replica
	cuts     cuts
	stopLies func()
}

// Start makes a cluster in a folder of the test's, starts it, and waits until all replicas serve. It ends with the
// test.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	c := &Cluster{options: o, t: t, dir: filepath.Join(t.TempDir(), "cluster"), mesh: transport.NewMesh(o.Replicas,
		transport.MeshOptions{QueueBytes: 32 << 20}), stopLies: func() {}}
	plan, err := setup.Loopback(domain, o.Replicas, 0) // its ports are not used
	if err != nil {
		t.Fatal(err)
	}
	if c.genesis, err = setup.Make(&plan, c.dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	for i := range o.Replicas {
		r, err := c.prepare(i)
		if err != nil {
			t.Fatalf("replica %d: %v", i, err)
		}
		c.replicas = append(c.replicas, r)
	}
	c.prepareLies()
	t.Cleanup(c.close)
	for i := range c.replicas {
		c.StartReplica(i)
	}
	c.AwaitServing()
	c.makeAccount()
	return c
}

// prepare reads replica i's part of the cluster's folder.
func (c *Cluster) prepare(i int) (*replica, error) {
	e, err := config.LoadEnclave(filepath.Join(c.dir, fmt.Sprintf("enclave-%d.toml", i)))
	if err != nil {
		return nil, err
	}
	r := &replica{cluster: c, id: wire.ReplicaID(i), dir: filepath.Join(c.dir, fmt.Sprintf("host-%d", i))}
	if r.platform, err = enrol.Simulated(&e); err != nil {
		return nil, err
	}
	if r.secrets, err = enrol.Open(&e, r.platform); err != nil {
		return nil, err
	}
	if r.chain, err = enrol.Certificate(&e, r.secrets); err != nil {
		return nil, err
	}
	r.log = slog.New(slog.DiscardHandler)
	if c.options.Log != nil {
		r.log = slog.New(slog.NewTextHandler(c.options.Log, nil)).With("replica", i)
	}
	return r, nil
}

// makeAccount makes the account, with an app password.
func (c *Cluster) makeAccount() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), ServeLimit)
	defer cancel()
	admin := c.replicas[0].service.Admin()
	password, err := auth.NewAppPassword(rand.Reader)
	if err == nil {
		err = admin.Create(ctx, Address, "a long password of nobody", 0)
	}
	if err == nil {
		err = admin.AddAppPassword(ctx, Address, "histories", password)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.Password = password
}

// close ends all.
func (c *Cluster) close() {
	c.EndLie()
	c.Heal()
	for i := range c.replicas {
		c.StopReplica(i)
	}
	c.stopLies()
}

// Replicas returns how many there are.
func (c *Cluster) Replicas() int { return c.options.Replicas }

// Leader returns the replica that leads, as the host says that is furthest.
func (c *Cluster) Leader() int {
	var leader int
	var view uint64
	for _, r := range c.replicas {
		if r.host == nil {
			continue
		}
		if s := r.host.Figures().Status; s.View >= view {
			view, leader = s.View, int(s.View%uint64(len(c.replicas)))
		}
	}
	return leader
}

// View returns the highest view that a host is in.
func (c *Cluster) View() (view uint64) {
	for _, r := range c.replicas {
		if r.host != nil {
			view = max(view, r.host.Figures().Status.View)
		}
	}
	return view
}

// AwaitServing waits until all replicas serve clients, but for one that lied.
func (c *Cluster) AwaitServing() {
	c.t.Helper()
	limit := time.After(ServeLimit)
	for i, r := range c.replicas {
		if r.lied.Load() {
			continue
		}
		select {
		case <-r.serving():
		case <-limit:
			c.t.Fatalf("replica %d does not serve: %+v", i, r.host.Figures().Facts.Alarms)
		}
	}
}

// Reads returns how replica i's enclave answered reads since it began, as it says.
func (c *Cluster) Reads(ctx context.Context, i int) boundary.Reads {
	return c.replicas[i].service.Status(ctx).Reads
}
