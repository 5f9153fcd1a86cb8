package replica

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// askedHost starts a replica that is ACTIVE and returns its host's end of the link.
func askedHost(t *testing.T) (*Replica, boundary.Link) {
	t.Helper()
	group, err := quorum.New(3)
	if err != nil {
		t.Fatal(err)
	}
	enclaveEnd, hostEnd := boundary.Pipe()
	r := New(Options{
		Group: group, Self: 1, Founding: wire.Founding{Generation: 1}, Link: enclaveEnd,
		Now: func() int64 { return 1 }, Logger: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = hostEnd.Close()
		<-ended
	})
	start := boundary.Start{Boot: 1}
	if err := hostEnd.Send(start.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if frames, err := hostEnd.Recv(); err != nil || len(frames) != 1 { // Ready
		t.Fatal(err)
	}
	return r, hostEnd
}

func nextQuery(t *testing.T, host boundary.Link) uint64 {
	t.Helper()
	frames, err := host.Recv()
	if err != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	q, err := boundary.DecodeHostStatusQuery(frames[0])
	if err != nil {
		t.Fatal(err)
	}
	return q.Token
}

// An answer reaches who asked, once; others, and answers to no question, are counted and dropped.
func TestHostFactsAnswered(t *testing.T) {
	r, host := askedHost(t)
	got := make(chan boundary.HostFacts, 1)
	go func() {
		f, err := r.HostFacts(t.Context())
		if err != nil {
			t.Error(err)
		}
		got <- f
	}()
	token := nextQuery(t, host)
	stray := boundary.HostStatus{Token: token + 1}
	answer := boundary.HostStatus{Token: token, Facts: boundary.HostFacts{Executed: 7}}
	if err := host.Send(stray.Append(nil), answer.Append(nil), answer.Append(nil), append(answer.Append(nil), 0)); err != nil {
		t.Fatal(err)
	}
	if f := <-got; f.Executed != 7 {
		t.Errorf("%+v", f)
	}
	asked := make(chan struct{})
	go func() { // a second question, so that the frames above were all handled
		defer close(asked)
		_, _ = r.HostFacts(t.Context())
	}()
	answer.Token = nextQuery(t, host)
	if err := host.Send(answer.Append(nil)); err != nil {
		t.Fatal(err)
	}
	<-asked
	if s := r.Stats(); s.UnaskedAnswers != 2 || s.BadFrames != 1 {
		t.Errorf("%+v", s)
	}
}

// A host that never answers costs nothing but the waits of those who ask, and few may ask at a time.
func TestHostFactsSilence(t *testing.T) {
	r, host := askedHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, maxStatusCalls)
	for range maxStatusCalls {
		go func() {
			_, err := r.HostFacts(ctx)
			ended <- err
		}()
	}
	for asked := 0; asked < maxStatusCalls; {
		frames, err := host.Recv()
		if err != nil {
			t.Fatal(err)
		}
		asked += len(frames)
	}
	if _, err := r.HostFacts(ctx); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range maxStatusCalls {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	go func() { _, _ = r.HostFacts(t.Context()) }()
	if frames, err := host.Recv(); err != nil || len(frames) != 1 {
		t.Errorf("after that: %d frames, %v", len(frames), err)
	}
}

func TestStatsAlarms(t *testing.T) {
	s := Stats{BadFrames: 3, RefusedClaims: 1, EarlyFrames: 9, UnaskedAnswers: 9}
	got := s.Alarms()
	if len(got) != 2 || got[0] != (boundary.Alarm{Code: boundary.AlarmBadFrames, Subject: boundary.NoReplica, Count: 3}) ||
		got[1].Code != boundary.AlarmRefusedClaim {
		t.Errorf("%v", got)
	}
	if got := (&Stats{}).Alarms(); got != nil {
		t.Errorf("a replica in order raises %v", got)
	}
}
