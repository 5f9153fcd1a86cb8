package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"troxymail/bftcore/transport"
	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/host"
	"troxymail/enclave/boundary"
)

const (
	// queueBytes bounds what waits for one peer: the help for a lagging replica and a body's pieces fit.
	queueBytes = 32 << 20
	// maxPairings bounds the connections that have not yet shown that they are the enclave's.
	maxPairings = 8
	// acceptPause is how long accepting rests after an error that may pass.
	acceptPause = 100 * time.Millisecond
	// stopTimeout is how long HTTP clients may finish.
	stopTimeout = time.Second
)

type certificate = tls.Certificate

// server is a running host.
type server struct {
	conf   *config.Host
	host   *host.Host
	edges  *edges
	links  transport.Links
	logger *slog.Logger
}

// run connects the host and serves one enclave after the other until ctx ends.
func (s *server) run(ctx context.Context, c certificate, ports *listeners) error {
	links, err := transport.NewTLS(s.linkOptions(c, ports.peers))
	if err != nil {
		return err
	}
	defer links.Close()
	s.links = links
	s.host.Connect(s.edges.links(links))
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.serveEnclaves(run, ports.boundary); err != nil {
			stop(err)
		}
	})
	web := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	group.Go(func() {
		if err := web.Serve(ports.admin); !errors.Is(err, http.ErrServerClosed) {
			stop(fmt.Errorf("admin: %w", err))
		}
	})
	s.logger.Info("host.started", "peers", s.conf.Listen, "boundary", s.conf.Boundary, "admin", s.conf.Admin)
	<-run.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	_ = web.Shutdown(grace)
	_ = ports.boundary.Close()
	group.Wait()
	if ctx.Err() != nil {
		s.logger.Info("host.stopped")
		return nil
	}
	return context.Cause(run)
}

func (s *server) linkOptions(c certificate, l net.Listener) transport.Options {
	o := transport.Options{
		Self: int(s.conf.Replica), Cluster: s.conf.Genesis.Hash(), Certificate: c, Listener: l,
		Handler: s.edges.receive(s.host.Receive), Observe: func(e transport.Event) { logPeer(s.logger, e) }, QueueBytes: queueBytes,
	}
	for _, h := range s.conf.Genesis.Hosts {
		o.Peers = append(o.Peers, transport.Peer{Addr: h.Address, Key: h.Key})
	}
	return o
}

// serveEnclaves orders for whichever enclave paired last, until ctx ends (nil) or the host fails. A new
// enclave takes the place of one whose connection has not been noticed to be dead.
func (s *server) serveEnclaves(ctx context.Context, l net.Listener) error {
	paired := make(chan net.Conn)
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	context.AfterFunc(ctx, func() { _ = l.Close() })
	group.Go(func() { s.pair(ctx, l, paired) })
	failed := make(chan error, 1)
	var current boundary.Link
	for {
		select {
		case c := <-paired:
			if current != nil {
				_ = current.Close()
			}
			link := s.edges.link(boundary.Over(c))
			current = link
			group.Go(func() {
				s.logger.Info("enclave.connected")
				err := s.host.Serve(ctx, link) // waits until the one before has ended
				if err != nil && !errors.Is(err, host.ErrEnclaveGone) {
					select {
					case failed <- err:
					default:
					}
					return
				}
				s.logger.Info("enclave.disconnected")
			})
		case err := <-failed:
			s.logger.Error("host.failed", "cause", err.Error())
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// pair accepts connections and passes on those that show to be the enclave's.
func (s *server) pair(ctx context.Context, l net.Listener, paired chan<- net.Conn) {
	var group sync.WaitGroup
	defer group.Wait()
	room := make(chan struct{}, maxPairings)
	for {
		c, err := l.Accept()
		if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			if err == nil {
				_ = c.Close()
			}
			return
		}
		if err != nil { // such as no file descriptors left
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
			continue
		}
		select {
		case room <- struct{}{}:
		default:
			_ = c.Close()
			continue
		}
		group.Go(func() {
			defer func() { <-room }()
			s.pairOne(ctx, c, paired)
		})
	}
}

func (s *server) pairOne(ctx context.Context, c net.Conn, paired chan<- net.Conn) {
	unhook := context.AfterFunc(ctx, func() { _ = c.Close() })
	err := boundary.Pair(c, boundary.PairOptions{
		Role: boundary.RoleHost, Key: s.conf.LinkKey, Genesis: s.conf.Genesis.Hash(), Replica: s.conf.Replica, Rand: rand.Reader,
	})
	if !unhook() || err != nil {
		_ = c.Close()
		if err != nil && ctx.Err() == nil {
			s.logger.Error("enclave.refused", "cause", err.Error())
		}
		return
	}
	select {
	case paired <- c:
	case <-ctx.Done():
		_ = c.Close()
	}
}
