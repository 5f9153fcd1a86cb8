// Command troxymail-host is the untrusted side of one replica: it orders, stores and talks to the other
// hosts for its enclave, a process of its own that dials it. It sees sealed records only.
//
// Files: main.go (start and end), edges.go (where tests put a liar), serve.go (links and enclaves), admin.go (HTTP), metrics.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"troxymail/bftcore/transport"
	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/goheap"
	"troxymail/cmd/internal/host"
	"troxymail/cmd/internal/pki"
	"troxymail/cmd/internal/processors"
	"troxymail/cmd/internal/threadpolicy"
)

const description = `The untrusted host of one replica of a Troxymail cluster. "troxymail init" writes its configuration.`

type cli struct {
	Config string `help:"Configuration: host-I.toml as troxymail init wrote it." placeholder:"FILE" required:""`
	New    bool   `help:"Make the data folder of a host that has never run, and start. Never for a replica that lost its disk."`
	Edges  edges  `embed:""`
}

func main() {
	goheap.Start()
	threadpolicy.Set(threadpolicy.Host)
	synced := processors.HalveWhileFast()
	var c cli
	kong.Parse(&c, kong.Name("troxymail-host"), kong.Description(description), kong.UsageOnError())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, &c, synced); err != nil {
		fmt.Fprintf(os.Stderr, "troxymail-host: %v\n", err)
		os.Exit(1)
	}
}

// run runs the host until ctx ends (nil) or it cannot go on. Synced is told how long each sync of its log took.
func run(ctx context.Context, c *cli, synced func(time.Duration)) error {
	conf, err := config.LoadHost(c.Config)
	if err != nil {
		return err
	}
	logger := conf.Log.Logger(os.Stderr).With("replica", int(conf.Replica))
	certificate, err := linkCertificate(&conf)
	if err != nil {
		return err
	}
	ports, err := listen(&conf)
	if err != nil {
		return err
	}
	defer ports.close()
	if c.New {
		if err := host.Prepare(conf.DataDir, conf.Genesis.Hash(), conf.Replica); err != nil {
			return err
		}
	}
	h, err := host.Open(host.Options{
		Dir: conf.DataDir, Self: conf.Replica, Replicas: conf.Genesis.Replicas, Pillars: conf.Genesis.Pillars,
		Genesis: conf.Genesis.Hash(), FirstMailbox: conf.Genesis.FirstMailbox,
		Strict: conf.Sync == config.SyncStrict, Logger: logger, Synced: synced,
	})
	if err != nil {
		return fmt.Errorf("data_dir %s: %w", conf.DataDir, err)
	}
	if err := c.Edges.open(ctx, &conf); err != nil {
		return errors.Join(err, h.Close())
	}
	s := &server{conf: &conf, host: h, edges: &c.Edges, logger: logger}
	err = s.run(ctx, certificate, ports)
	return errors.Join(err, h.Close())
}

// linkCertificate makes the certificate of the host's key, which must be the one that genesis pins.
func linkCertificate(conf *config.Host) (certificate, error) {
	key, hash, err := pki.LoadHostKey(conf.KeyFile)
	if err != nil {
		return certificate{}, fmt.Errorf("%s: key = %q: %w: restore the file that `troxymail init` wrote", conf.File, conf.KeyFile, err)
	}
	if hash != conf.Genesis.Hosts[conf.Replica].Key {
		return certificate{}, fmt.Errorf("%s: key = %q: it is not the key of replica %d that %s pins: "+
			"correct key, replica or genesis", conf.File, conf.KeyFile, conf.Replica, conf.GenesisFile)
	}
	return transport.NewCertificate(key)
}

// listeners are the host's open ports.
type listeners struct{ peers, boundary, admin net.Listener }

func (l *listeners) close() {
	for _, x := range []net.Listener{l.peers, l.boundary, l.admin} {
		if x != nil {
			_ = x.Close()
		}
	}
}

// listen opens all ports before anything else starts, so that one in use is told at once.
func listen(conf *config.Host) (*listeners, error) {
	l := &listeners{}
	for _, x := range []struct {
		key, address string
		to           *net.Listener
	}{{"listen", conf.Listen, &l.peers}, {"boundary", conf.Boundary, &l.boundary}, {"admin", conf.Admin, &l.admin}} {
		opened, err := net.Listen("tcp", x.address)
		if err != nil {
			l.close()
			return nil, fmt.Errorf("%s: %s = %q: %w: %s", conf.File, x.key, x.address, err, advice(err))
		}
		*x.to = opened
	}
	return l, nil
}

func advice(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "stop the program that uses that port, or choose another"
	case errors.Is(err, syscall.EACCES):
		return "this user may not open that port: choose one above 1023"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address: correct it"
	}
	return "correct the address"
}

func logPeer(logger *slog.Logger, e transport.Event) {
	switch {
	case e.Up:
		logger.Info("peer.connected", "peer", e.Peer)
	case e.Cause == transport.CauseDial || e.Cause == transport.CauseClosed || e.Cause == transport.CauseReplaced:
		logger.Debug("peer.ended", "peer", e.Peer, "cause", e.Cause.String())
	case e.Cause == transport.CauseWrongKey || e.Cause == transport.CauseWrongCluster || e.Cause == transport.CauseVersion:
		logger.Error("peer.refused", "peer", e.Peer, "cause", e.Cause.String(),
			"do", "see that all hosts have the same genesis.toml and run the same version")
	default:
		logger.Warn("peer.ended", "peer", e.Peer, "cause", e.Cause.String())
	}
}
