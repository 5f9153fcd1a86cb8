package service

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"slices"
	"time"

	"troxymail/bftcore/wire"
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
		Accounts: s.admin, Active: func() bool { return s.replica.Stats().Standing == wire.Active }, Refounding: s.replica,
		Status: s.Status, Beside: beside,
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
	status := adminapi.Status{
		Replica: uint16(s.o.Self), Replicas: uint16(s.o.Genesis.Replicas), Platform: s.o.Platform,
		Simulated: s.o.Simulated, Generation: stats.Generation, Incarnation: stats.Incarnation,
		Reads: s.reads(),
	}
	status.Active = stats.Standing == wire.Active
	ctx, cancel := context.WithTimeout(ctx, hostTimeout)
	defer cancel()
	facts, err := s.replica.HostFacts(ctx)
	if !status.Active {
		status.Alarms = append(stats.Alarms(), enclaveAlarm(boundary.AlarmInactive))
	} else if err != nil {
		status.Alarms = append(stats.Alarms(), enclaveAlarm(boundary.AlarmHostSilent))
	}
	if err != nil {
		return status
	}
	status.Host = &facts
	for _, a := range facts.Alarms {
		if a.Code < boundary.AlarmHostSilent { // a host speaks for itself, not for its enclave
			status.Alarms = append(status.Alarms, a)
		}
	}
	facts.Alarms = nil
	if status.Active {
		status.Alarms = append(status.Alarms, stats.Alarms()...)
	}
	slices.SortStableFunc(status.Alarms, func(a, b boundary.Alarm) int { return cmp.Compare(a.Code, b.Code) })
	return status
}

// reads are the counts of the sessions, of the questions to peers, and of the caches.
func (s *Service) reads() boundary.Reads {
	c, r := s.sessions.ReadCounters(), s.replica.Stats().Reads
	content, parts := s.sessions.CacheStats()
	return boundary.Reads{
		Current: c.Current, Checked: c.Checked, Ordered: c.Ordered, Mismatch: c.Refused, Bounded: c.Bounded,
		Validated: r.Valid, Conflicts: r.Conflicts, TimedOut: r.TimedOut, Unknown: r.Unknown,
		Entries: r.Entries, Evicted: r.Evicted, SwitchedOff: uint64(r.Off),
		ContentHits: content.Hits, ContentMisses: content.Misses, ContentEvictions: content.Evictions,
		ContentRefused: content.Refused, ContentEntries: uint64(content.Entries), ContentBytes: uint64(content.Bytes),
		PartsHits: parts.Hits, PartsMisses: parts.Misses, PartsEvictions: parts.Evictions,
		PartsRefused: parts.Refused, PartsEntries: uint64(parts.Entries), PartsBytes: uint64(parts.Bytes),
	}
}

// reportEvery is how often the host is told what its metrics show of reads: seldom enough that a count says nothing of
// a single command.
const reportEvery = 10 * time.Second

// report tells the host of reads until ctx ends, from when the enclave is ACTIVE.
func (s *Service) report(ctx context.Context) {
	select {
	case <-s.replica.Ready():
	case <-ctx.Done():
		return
	}
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		s.replica.Report(s.reads())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func enclaveAlarm(code boundary.AlarmCode) boundary.Alarm {
	return boundary.Alarm{Code: code, Subject: boundary.NoReplica}
}
