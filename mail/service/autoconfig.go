package service

import (
	"context"
	"fmt"
	"net"
	"sync"

	"troxymail/mail/autoconfig"
)

// serveAutoconfig tells mail programs what is served, until ctx ends.
func (s *Service) serveAutoconfig(ctx context.Context, stop context.CancelCauseFunc, group *sync.WaitGroup, ports Listeners) {
	if ports.Autoconfig == nil || s.o.Name == "" {
		return
	}
	server, err := autoconfig.New(autoconfig.Site{
		Domain: s.o.Genesis.Domain, Host: s.o.Name, IMAP: portOf(ports.IMAP), IMAPS: portOf(ports.IMAPS),
		Submission: portOf(ports.Submission), Submissions: portOf(ports.Submissions),
	}, s.tls)
	if err != nil {
		stop(fmt.Errorf("service: %w", err))
		return
	}
	group.Go(func() { s.serve(ctx, stop, "autoconfig", ports.Autoconfig, server.Serve) })
	group.Go(func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		server.Shutdown(grace)
	})
}

// portOf is the port of a listener; 0 when there is none.
func portOf(l net.Listener) int {
	if l == nil {
		return 0
	}
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return a.Port
}
