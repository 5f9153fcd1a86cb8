package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"syscall"
	"time"

	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/enrol"
	"troxymail/cmd/internal/processors"
	"troxymail/enclave/boundary"
	"troxymail/enclave/genesis"
	"troxymail/enclave/handover"
	"troxymail/enclave/tee"
	"troxymail/mail/service"
)

// replica is a running enclave.
type replica struct {
	conf     *config.Enclave
	platform tee.Platform
	secrets  *genesis.Secrets
	chain    [][]byte
	giver    *handover.Giver
	logger   *slog.Logger
}

// serve runs the replica until ctx ends (nil) or it cannot go on.
func serve(ctx context.Context, conf *config.Enclave, p tee.Platform, out, logTo io.Writer) error {
	secrets, err := enrol.Open(conf, p)
	if err != nil {
		return err
	}
	chain, err := enrol.Certificate(conf, secrets)
	if err != nil {
		return err
	}
	giver, err := handover.NewGiver(handoverOptions(conf, p), secrets)
	if err != nil {
		return err
	}
	r := &replica{conf: conf, platform: p, secrets: secrets, chain: chain, giver: giver, logger: conf.Log.Logger(logTo).With("replica", int(conf.Replica))}
	if err := r.tryPorts(); err != nil {
		return err
	}
	if p.Simulated() {
		fmt.Fprintf(out, "SIMULATED enclave of replica %d: development only, nothing is protected from this machine.\n", conf.Replica)
		r.logger.Warn("enclave.simulated", "platform", p.Name())
	}
	for ctx.Err() == nil {
		if err := r.once(ctx); err != nil {
			return err
		}
	}
	r.logger.Info("enclave.stopped")
	return nil
}

// once serves over one link to the host, until that or ctx ends. A new link needs a new service: what the
// enclave knew of the group's order ended with the host that told it. nil when another may be tried.
func (r *replica) once(ctx context.Context) error {
	admin, err := r.listen("admin", r.conf.Admin)
	if err != nil {
		return err
	}
	link := dialHost(r.conf, r.logger)
	defer link.Close()
	s, err := service.New(service.Options{
		Self: r.conf.Replica, Genesis: r.conf.Genesis, Secrets: r.secrets, Certificate: r.chain, Link: link,
		Listen: r.listenClients, Name: r.conf.Names[0], Admin: admin, Handover: r.giver, Bounded: r.conf.Bounded,
		Ordered: r.conf.Ordered, Computing: processors.Lend,
		Simulated: r.platform.Simulated(), Platform: r.platform.Name(), Logger: r.logger,
	})
	if err != nil {
		_ = admin.Close()
		return err
	}
	defer measure(s, r)()
	began := time.Now()
	err = s.Run(ctx)
	switch {
	case ctx.Err() != nil:
		return nil
	case err == nil, errors.Is(err, boundary.ErrClosed):
		r.logger.Warn("host.disconnected")
		if time.Since(began) < settleTime { // a host that pairs and leaves at once is not asked all the time
			pause(ctx, settleTime)
		}
		return nil
	}
	return err
}

// clientPorts are the keys and addresses of the ports for clients, in the order of service.Listeners' fields.
func (r *replica) clientPorts() [6][2]string {
	return [6][2]string{{"imap", r.conf.IMAP}, {"imaps", r.conf.IMAPS}, {"submission", r.conf.Submission},
		{"submissions", r.conf.Submissions}, {"smtp", r.conf.SMTP}, {"autoconfig", r.conf.Autoconfig}}
}

// listenClients opens the ports for clients, once the replica can serve.
func (r *replica) listenClients() (service.Listeners, error) {
	l, err := r.openPorts()
	if err != nil {
		return service.Listeners{}, err
	}
	var told []any
	for _, p := range r.clientPorts() {
		told = append(told, p[0], p[1])
	}
	r.logger.Info("enclave.serving", told...)
	return service.Listeners{IMAP: l[0], IMAPS: l[1], Submission: l[2], Submissions: l[3], SMTP: l[4],
		Autoconfig: l[5]}, nil
}

// openPorts opens all of them or none.
func (r *replica) openPorts() (open [6]net.Listener, err error) {
	for i, p := range r.clientPorts() {
		if open[i], err = r.listen(p[0], p[1]); err != nil {
			closePorts(open)
			return open, err
		}
	}
	return open, nil
}

func closePorts(all [6]net.Listener) {
	for _, l := range all {
		if l != nil {
			_ = l.Close()
		}
	}
}

// tryPorts opens and closes the ports for clients, so that one in use is told at the start.
func (r *replica) tryPorts() error {
	open, err := r.openPorts()
	if err == nil {
		closePorts(open)
	}
	return err
}

func (r *replica) listen(key, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	advice := "correct the address"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		advice = "stop the program that uses that port, or choose another"
	case errors.Is(err, syscall.EACCES):
		advice = "this user may not open that port: choose one above 1023"
	}
	return nil, fmt.Errorf("%s: %s = %q: %w: %s", r.conf.File, key, address, err, advice)
}
