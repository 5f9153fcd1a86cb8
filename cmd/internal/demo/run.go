package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"troxymail/bftcore/transport"
	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/goheap"
	"troxymail/cmd/internal/threadpolicy"
	"troxymail/mail/accounts"
)

// startTimeout is how long a demo may take until all replicas serve.
const startTimeout = 60 * time.Second

// Run runs a demo until ctx ends. Errors say what is wrong and what to do.
func Run(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return err
	}
	goheap.Start()
	threadpolicy.Set(threadpolicy.Host)
	f, err := openFolder(o.Dir)
	if err != nil {
		return err
	}
	defer f.close()
	ports, err := listen(&o)
	if err != nil {
		return err
	}
	defer closeAll(ports)
	g, err := f.genesis(o.Replicas)
	if err != nil {
		return err
	}
	password, err := f.password()
	if err != nil {
		return err
	}
	c, err := newCluster(f, g, ports, o.Logger)
	if err != nil {
		return err
	}
	run, stop := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	c.run(run, stop, &group)
	err = c.serve(run, password, o, ports)
	if err != nil {
		stop(err)
	}
	<-run.Done()
	group.Wait()
	err = errors.Join(context.Cause(run), c.close())
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// serve waits until every replica serves, makes the account at the first start, and tells how to connect.
func (c *cluster) serve(ctx context.Context, password string, o Options, ports []listeners) error {
	wait, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for i, s := range c.services {
		select {
		case <-s.Serving():
		case <-wait.Done():
			return fmt.Errorf("replica %d did not start: %w", i, context.Cause(wait))
		}
	}
	err := c.services[0].Admin().Create(wait, Address, password, 0)
	if err != nil && !errors.Is(err, accounts.ErrExists) {
		return fmt.Errorf("making the account %s: %w", Address, err)
	}
	for i, s := range c.services { // an ordered read at each shows that it serves
		if _, err := s.Admin().List(wait); err != nil {
			return fmt.Errorf("replica %d does not serve: %w", i, err)
		}
	}
	facts := config.Cluster{
		CA: c.folder.cluster("ca.pem"), Admin: c.folder.cluster("operator", "admin.key"), Simulated: true,
		Accounts: []config.Account{{Address: Address, Password: password}},
	}
	for i, p := range ports {
		facts.Replicas = append(facts.Replicas, config.Replica{
			ID: i, IMAP: p.imap.Addr().String(), IMAPS: p.imaps.Addr().String(), AdminAPI: p.admin.Addr().String(),
			Submission: p.submission.Addr().String(), Submissions: p.submissions.Addr().String(), SMTP: p.smtp.Addr().String(),
			Autoconfig: p.autoconfig.Addr().String(),
		})
	}
	asJSON, err := facts.JSON()
	if err != nil {
		return err
	}
	if err := config.WriteFile(c.folder.path("demo.json"), 0o600, asJSON); err != nil {
		return err
	}
	text := factsText(&facts, c.folder.dir)
	if o.JSON {
		text = string(asJSON)
	}
	_, err = io.WriteString(o.Out, text)
	return err
}

// newMesh joins the hosts of a demo. Its queues hold a lagging replica's help and a body's pieces.
func newMesh(n int) *transport.Mesh {
	return transport.NewMesh(n, transport.MeshOptions{QueueBytes: 32 << 20})
}
