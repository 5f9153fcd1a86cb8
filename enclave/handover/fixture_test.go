package handover

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"net"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/genesis"
	"troxymail/enclave/tee"
	"troxymail/enclave/tee/sim"
)

// machine returns a simulated machine that runs code and would accept the other measurements too.
func machine(t testing.TB, code string, accept ...tee.Measurement) tee.Platform {
	t.Helper()
	p, err := sim.New(sim.Options{Dir: t.TempDir(), Acknowledge: sim.Insecure, Rand: rand.Reader, Code: code, Accept: accept})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var testGenesis = [32]byte{1, 2, 3}

func options(p tee.Platform, self wire.ReplicaID) Options {
	return Options{Platform: p, Genesis: testGenesis, Replicas: 3, Self: self, Rand: rand.Reader}
}

func drawn(t testing.TB) *genesis.Secrets {
	t.Helper()
	s, err := genesis.Draw(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// outcome is how a handover ended at both sides.
type outcome struct {
	secrets         *genesis.Secrets
	giver, receiver error
}

// between runs a handover; join connects the two raw connections' other ends.
func between(t testing.TB, giver *Giver, o Options, join func(toReceiver, toGiver net.Conn)) outcome {
	t.Helper()
	giverEnd, toGiver := pair(t)
	receiverEnd, toReceiver := pair(t)
	var joined chan struct{}
	if join != nil {
		joined = make(chan struct{})
		go func() {
			defer close(joined)
			join(toReceiver, toGiver)
		}()
	} else {
		receiverEnd.Close()
		receiverEnd = toGiver
	}
	gave := make(chan error, 1)
	go func() {
		err := giver.Give(t.Context(), tls.Server(giverEnd, giver.TLS()))
		giverEnd.Close()
		gave <- err
	}()
	secrets, err := Receive(t.Context(), o, receiverEnd)
	receiverEnd.Close()
	out := outcome{secrets: secrets, giver: <-gave, receiver: err}
	if joined != nil {
		<-joined
	}
	return out
}

// pair returns the two ends of a TCP connection.
func pair(t testing.TB) (net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func giver(t testing.TB, o Options, s *genesis.Secrets) *Giver {
	t.Helper()
	g, err := NewGiver(o, s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func listen(t testing.TB, g *Giver) string {
	t.Helper()
	return listenAt(t, "127.0.0.1:0", g)
}

func listenAt(t testing.TB, address string, g *Giver) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}
