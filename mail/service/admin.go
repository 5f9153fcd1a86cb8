package service

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"time"

	"troxymail/enclave/boundary"
	"troxymail/enclave/handover"
	"troxymail/mail/adminapi"
	"troxymail/mail/adminport"
)

// hostTimeout is how long a host may take to say how it fares.
const hostTimeout = 2 * time.Second

// newAdminPort makes the administrator's server. It uses the server's certificate, so its clients check
// the same authority as mail clients do.
func (s *Service) newAdminPort(config *tls.Config) *adminport.Server {
	beside := map[string]adminport.Handler{}
	if g := s.o.Handover; g != nil {
		beside[handover.Protocol] = adminport.Handler{TLS: g.TLS(), Serve: s.handOver}
	}
	return adminport.New(adminport.Options{
		Replica: uint16(s.o.Self), Genesis: s.o.Genesis.Hash(), Admin: s.o.Genesis.Admin, TLS: config,
		Accounts: s.admin, Ready: s.replica.Ready(), Status: s.Status, Beside: beside,
		Rand: rand.Reader, Logger: s.o.Logger,
	})
}

// handOver serves an enclave that asks for the group's key.
func (s *Service) handOver(ctx context.Context, c *tls.Conn) {
	if err := s.o.Handover.Give(ctx, c); err != nil {
		s.o.Logger.Warn("handover.refused", "cause", err.Error())
		return
	}
	s.o.Logger.Info("handover.given")
}

// Status says how this replica fares: what its enclave knows, and its host's word. It asks the host and
// waits for that up to some seconds. Safe for concurrent use.
func (s *Service) Status(ctx context.Context) adminapi.Status {
	stats := s.replica.Stats()
	founding := s.o.Genesis.Founding()
	status := adminapi.Status{
		Replica: uint16(s.o.Self), Replicas: uint16(s.o.Genesis.Replicas), Platform: s.o.Platform,
		Simulated: s.o.Simulated, Generation: founding.Generation, Incarnation: stats.Incarnation,
	}
	select {
	case <-s.replica.Ready():
		status.Active = true
	default:
		status.Alarms = append(stats.Alarms(), enclaveAlarm(boundary.AlarmInactive))
		return status
	}
	ctx, cancel := context.WithTimeout(ctx, hostTimeout)
	defer cancel()
	facts, err := s.replica.HostFacts(ctx)
	if err != nil {
		status.Alarms = append(stats.Alarms(), enclaveAlarm(boundary.AlarmHostSilent))
		return status
	}
	status.Host = &facts
	for _, a := range facts.Alarms {
		if a.Code < boundary.AlarmHostSilent { // a host speaks for itself, not for its enclave
			status.Alarms = append(status.Alarms, a)
		}
	}
	facts.Alarms = nil
	status.Alarms = append(status.Alarms, stats.Alarms()...)
	return status
}

func enclaveAlarm(code boundary.AlarmCode) boundary.Alarm {
	return boundary.Alarm{Code: code, Subject: boundary.NoReplica}
}
