package handover

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"troxymail/enclave/genesis"
	"troxymail/enclave/seal"
	"troxymail/enclave/tee"
	"troxymail/enclave/tee/sim"
)

// The receiver ends with the group's keys and a TLS key of its own, and can seal and open them.
func TestHandOver(t *testing.T) {
	secrets := drawn(t)
	address := listen(t, giver(t, options(machine(t, ""), 0), secrets))
	empty := listen(t, giver(t, options(machine(t, ""), 2), nil))
	mine := machine(t, "")
	got, err := Fetch(t.Context(), options(mine, 1), []string{"127.0.0.1:1", empty, address})
	if err != nil {
		t.Fatal(err)
	}
	same := func(s *genesis.Secrets) bool {
		return s.Keys(testGenesis).Key(seal.PurposeRequest) == secrets.Keys(testGenesis).Key(seal.PurposeRequest)
	}
	if !same(got) {
		t.Error("another group key came over")
	}
	if public, ok := got.ServerKey().Public().(interface{ Equal(x crypto.PublicKey) bool }); !ok || public.Equal(secrets.ServerKey().Public()) {
		t.Error("the giver's TLS key came over")
	}
	local := seal.Local{GenesisHash: testGenesis, Replica: 1}
	sealed, err := got.Seal(rand.Reader, mine, local)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := genesis.Open(mine, local, sealed); err != nil || !same(again) {
		t.Error(err)
	}
}

// A giver that is only just starting is waited for, no longer than that; one that answers is not asked twice.
func TestGiverStarts(t *testing.T) {
	secrets := drawn(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	o := options(machine(t, ""), 1)
	if _, err := Fetch(t.Context(), o, []string{address}); err == nil {
		t.Fatal("nobody gave the key")
	}
	o.Patience = time.Minute
	got := make(chan error, 1)
	go func() {
		_, err := Fetch(t.Context(), o, []string{address})
		got <- err
	}()
	<-time.After(2 * reachAgain) // it was not reached by then
	listenAt(t, address, giver(t, options(machine(t, ""), 0), secrets))
	if err := <-got; err != nil {
		t.Error(err)
	}
	empty := listen(t, giver(t, options(machine(t, ""), 2), nil))
	o.Patience = 1000 * time.Hour
	if _, err := Fetch(t.Context(), o, []string{empty}); !errors.Is(err, ErrNoKey) {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	other := sim.Measure("other")
	for name, x := range map[string]struct {
		giver, receiver func() Options
		empty           bool
		atGiver, atMe   error
	}{
		"receiver of other code": {
			giver:    func() Options { return options(machine(t, "", other), 0) },
			receiver: func() Options { return options(machine(t, "other", sim.Measure("")), 1) },
			atGiver:  ErrEvidence, atMe: ErrRefused,
		},
		"giver of other code": { // a giver that takes anybody: it must still prove itself
			giver:    func() Options { return options(twin{machine(t, "other", sim.Measure("")), sim.Measure("")}, 0) },
			receiver: func() Options { return options(machine(t, "", other), 1) },
			atMe:     ErrEvidence,
		},
		"debug receiver": {
			giver:    func() Options { return options(debugging{machine(t, "")}, 0) },
			receiver: func() Options { return options(machine(t, ""), 1) },
			atGiver:  tee.ErrDebug, atMe: ErrRefused,
		},
		"debug giver": {
			giver:    func() Options { return options(machine(t, ""), 0) },
			receiver: func() Options { return options(debugging{machine(t, "")}, 1) },
			atMe:     tee.ErrDebug,
		},
		"other genesis": {
			giver:    func() Options { return options(machine(t, ""), 0) },
			receiver: func() Options { o := options(machine(t, ""), 1); o.Genesis[0]++; return o },
			atMe:     ErrGenesis,
		},
		"same replica": {
			giver:    func() Options { return options(machine(t, ""), 1) },
			receiver: func() Options { return options(machine(t, ""), 1) },
			atGiver:  ErrReplica, atMe: ErrReplica,
		},
		"no such replica": {
			giver:    func() Options { return options(machine(t, ""), 1) },
			receiver: func() Options { return options(machine(t, ""), 3) },
			atGiver:  ErrReplica, atMe: ErrReplica,
		},
		"giver without keys": {
			giver:    func() Options { return options(machine(t, ""), 0) },
			receiver: func() Options { return options(machine(t, ""), 1) },
			empty:    true, atGiver: ErrNoKey, atMe: ErrNoKey,
		},
		"no evidence": {
			giver:    func() Options { return options(machine(t, ""), 0) },
			receiver: func() Options { return options(canned{machine(t, ""), []byte{}}, 1) },
			atGiver:  ErrEvidence, atMe: ErrRefused,
		},
		"garbage as evidence": {
			giver:    func() Options { return options(machine(t, ""), 0) },
			receiver: func() Options { return options(canned{machine(t, ""), make([]byte, tee.MaxEvidenceBytes)}, 1) },
			atGiver:  ErrEvidence, atMe: ErrRefused,
		},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := drawn(t)
			if x.empty {
				secrets = nil
			}
			out := between(t, giver(t, x.giver(), secrets), x.receiver(), nil)
			if out.secrets != nil || out.giver == nil || !errors.Is(out.receiver, x.atMe) {
				t.Fatalf("receiver: %v; giver: %v", out.receiver, out.giver)
			}
			if x.atGiver != nil && !errors.Is(out.giver, x.atGiver) {
				t.Fatalf("giver: %v", out.giver)
			}
		})
	}
}

// Evidence that was good on another connection is worth nothing on this one.
func TestReplayedEvidence(t *testing.T) {
	g := giver(t, options(machine(t, ""), 0), drawn(t))
	honest := &recorder{Platform: machine(t, "")}
	if out := between(t, g, options(honest, 1), nil); out.receiver != nil {
		t.Fatal(out.receiver)
	}
	out := between(t, g, options(canned{machine(t, ""), honest.evidence}, 1), nil)
	if !errors.Is(out.giver, tee.ErrReportData) || !errors.Is(out.receiver, ErrRefused) || out.secrets != nil {
		t.Fatalf("receiver: %v; giver: %v", out.receiver, out.giver)
	}
}

// A man in the middle, who ends TLS on both sides and passes every frame on unchanged, gets nothing, and
// neither does the receiver.
func TestManInTheMiddle(t *testing.T) {
	g := giver(t, options(machine(t, ""), 0), drawn(t))
	var seen [][]byte
	out := between(t, g, options(machine(t, ""), 1), func(toReceiver, toGiver net.Conn) {
		i, err := newInstance(rand.Reader)
		if err != nil {
			t.Error(err)
			return
		}
		a, b := tls.Server(toReceiver, i.config()), tls.Client(toGiver, i.config())
		var both sync.WaitGroup
		both.Go(func() {
			_, _ = io.Copy(b, a)
			toGiver.Close()
		})
		both.Go(func() {
			for {
				frame, err := readFrame(b)
				if err != nil {
					break
				}
				seen = append(seen, frame)
				_ = writeFrame(a, frame)
			}
			toReceiver.Close()
		})
		both.Wait()
	})
	if !errors.Is(out.giver, tee.ErrReportData) || !errors.Is(out.receiver, ErrRefused) || out.secrets != nil {
		t.Fatalf("receiver: %v; giver: %v", out.receiver, out.giver)
	}
	if len(seen) != 2 { // hello and refusal
		t.Fatalf("the giver said %d frames", len(seen))
	}
}

func TestNoResumption(t *testing.T) {
	address := listen(t, giver(t, options(machine(t, ""), 0), drawn(t)))
	i, err := newInstance(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := i.config()
	c.ClientSessionCache, c.SessionTicketsDisabled = tls.NewLRUClientSessionCache(8), false
	for range 3 {
		conn, err := tls.Dial("tcp", address, c)
		if err != nil {
			t.Fatal(err)
		}
		me := hello{role: roleReceiver, replica: 1, genesis: testGenesis}
		if err := writeFrame(conn, me.append(nil)); err != nil {
			t.Fatal(err)
		}
		if _, err := readFrame(conn); err != nil { // reads tickets too, were there any
			t.Fatal(err)
		}
		if conn.ConnectionState().DidResume {
			t.Fatal("the session was resumed")
		}
		conn.Close()
	}
	if _, ok := c.ClientSessionCache.Get("127.0.0.1"); ok {
		t.Error("the giver sent a ticket")
	}
	s := tls.ConnectionState{DidResume: true, Version: tls.VersionTLS13, NegotiatedProtocol: Protocol}
	if err := verifyConnection(s); !errors.Is(err, ErrChannel) {
		t.Error(err)
	}
}

func TestUnfitConnections(t *testing.T) {
	address := listen(t, giver(t, options(machine(t, ""), 0), drawn(t)))
	i, err := newInstance(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.2":          func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 },
		"no certificate":   func(c *tls.Config) { c.Certificates = nil },
		"another protocol": func(c *tls.Config) { c.NextProtos = []string{"imap"} },
		"no protocol":      func(c *tls.Config) { c.NextProtos = nil },
	} {
		c := i.config()
		c.VerifyConnection = nil
		change(c)
		conn, err := tls.Dial("tcp", address, c)
		if err != nil {
			continue
		}
		me := hello{role: roleReceiver, replica: 1, genesis: testGenesis}
		_ = writeFrame(conn, me.append(nil))
		if _, err := readFrame(conn); err == nil {
			t.Errorf("%s: the giver goes on", name)
		}
		conn.Close()
	}
}

// Frames and sessions are bounded, and a session ends with its context.
func TestBounds(t *testing.T) {
	g := giver(t, options(machine(t, ""), 0), drawn(t))
	address := listen(t, g)
	i, err := newInstance(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", address, i.config())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{0xff, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	if _, err := readFrame(conn); err == nil {
		t.Fatal("a frame of 4 GiB was taken")
	}
	full := giver(t, options(machine(t, ""), 0), drawn(t))
	for range MaxSessions {
		full.sessions <- struct{}{}
	}
	a, _ := pair(t)
	if err := full.Give(t.Context(), tls.Server(a, full.TLS())); !errors.Is(err, ErrBusy) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b, silent := pair(t)
	ended := make(chan error, 1)
	go func() {
		_, err := Receive(ctx, options(machine(t, ""), 1), b)
		ended <- err
	}()
	if _, err := silent.Read(make([]byte, 1)); err != nil { // the receiver has begun
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Fatal("received from nobody")
	}
	if _, err := Fetch(t.Context(), options(machine(t, ""), 1), nil); !errors.Is(err, ErrNobody) {
		t.Fatal(err)
	}
}

// twin says that it has another measurement than its evidence shows.
type twin struct {
	tee.Platform
	says tee.Measurement
}

func (p twin) Measurement() tee.Measurement { return p.says }

// debugging finds every peer a debug enclave, and like a careless platform it does not refuse it.
type debugging struct{ tee.Platform }

func (p debugging) Verify(evidence []byte, data [tee.ReportDataBytes]byte) (tee.Report, error) {
	r, err := p.Platform.Verify(evidence, data)
	r.Debug = true
	return r, err
}

// canned always shows the same evidence.
type canned struct {
	tee.Platform
	evidence []byte
}

func (p canned) Attest([tee.ReportDataBytes]byte) ([]byte, error) { return p.evidence, nil }

// recorder keeps its last evidence.
type recorder struct {
	tee.Platform
	evidence []byte
}

func (p *recorder) Attest(data [tee.ReportDataBytes]byte) ([]byte, error) {
	evidence, err := p.Platform.Attest(data)
	p.evidence = evidence
	return evidence, err
}
