package service

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/big"
	"slices"
	"testing"
	"testing/synctest"

	"troxymail/enclave/boundary"
	"troxymail/enclave/genesis"
)

// options are those of a replica without listeners, whose certificate is for the key of certified.
func options(t *testing.T, link boundary.Link, certified func(*genesis.Secrets) *genesis.Secrets) Options {
	t.Helper()
	secrets, err := genesis.Draw(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	key := certified(secrets).ServerKey()
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Unsafe: true, Self: 1, Secrets: secrets, Certificate: [][]byte{der}, Link: link, Simulated: true, Platform: "test",
		Logger: slog.New(slog.DiscardHandler), Listen: func() (Listeners, error) { return Listeners{}, errors.New("none") },
		Genesis: genesis.File{
			Cluster: [16]byte{1}, Domain: "example.org", Replicas: 3, Admin: bytes.Repeat([]byte{3}, ed25519.PublicKeySize),
			FirstMailbox: 1, Hosts: []genesis.Host{{Address: "a:1", Key: [32]byte{1}}, {Address: "b:1", Key: [32]byte{2}}, {Address: "c:1", Key: [32]byte{3}}},
		},
	}
}

func own(s *genesis.Secrets) *genesis.Secrets { return s }

func TestCertificateOfAnotherKey(t *testing.T) {
	link, _ := boundary.Pipe()
	_, err := New(options(t, link, func(s *genesis.Secrets) *genesis.Secrets {
		other, err := s.ForPeer(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return other
	}))
	if !errors.Is(err, ErrCertificate) {
		t.Fatalf("a certificate of another key was taken: %v", err)
	}
}

// A replica says how it fares before it serves, when its host is silent, and what its host says: but a host
// does not speak for its enclave.
func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enclaveEnd, host := boundary.Pipe()
		s, err := New(options(t, enclaveEnd, own))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		defer func() {
			cancel()
			_ = host.Close()
			<-ended
		}()
		if x := s.Status(ctx); x.Active || x.Host != nil || x.Replica != 1 || x.Replicas != 3 || !x.Simulated || x.Platform != "test" || names(x.Alarms) != "not-active " {
			t.Errorf("before its host is there: %+v", x)
		}
		start := boundary.Start{Boot: 1}
		if err := host.Send(start.Append(nil)); err != nil {
			t.Fatal(err)
		}
		<-s.Ready()
		if x := s.Status(ctx); !x.Active || x.Host != nil || names(x.Alarms) != "host-silent " {
			t.Errorf("its host is silent: %+v", x)
		}
		go answer(host, boundary.HostFacts{Executed: 9, Alarms: []boundary.Alarm{
			{Code: boundary.AlarmPeerSilent, Subject: 2}, {Code: boundary.AlarmBadMACs, Count: 7}, {Code: boundary.AlarmDiverged},
		}})
		if x := s.Status(ctx); x.Host == nil || x.Host.Executed != 9 || names(x.Alarms) != "peer-silent " {
			t.Errorf("its host answers: %+v", x)
		}
	})
}

// answer answers the questions of an enclave about its host, and nothing else.
func answer(host boundary.Link, facts boundary.HostFacts) {
	for {
		frames, err := host.Recv()
		if err != nil {
			return
		}
		for _, f := range frames {
			if q, err := boundary.DecodeHostStatusQuery(f); err == nil && boundary.Kind(f[0]) == boundary.KindHostStatusQuery {
				s := boundary.HostStatus{Token: q.Token, Facts: facts}
				_ = host.Send(s.Append(nil))
			}
		}
	}
}

func names(alarms []boundary.Alarm) string {
	text := ""
	for _, a := range slices.Clone(alarms) {
		text += a.Code.Name() + " "
	}
	return text
}
