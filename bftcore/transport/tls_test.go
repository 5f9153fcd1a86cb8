package transport

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"testing"
)

// TestReconnect: whichever side's connection dies, the link comes back and carries what comes after.
func TestReconnect(t *testing.T) {
	c, opts := prepareTLS(t, 2, 0, 0)
	dialled := make(chan net.Conn, 10)
	opts[0].Dial = func(ctx context.Context, addr string) (net.Conn, error) {
		raw, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			dialled <- raw
		}
		return raw, err
	}
	c.start(0, opts[0])
	c.start(1, opts[1])
	for round := 1; round <= 4; round++ {
		c.wait(func() bool { return c.ups(0, 1) >= round && c.ups(1, 0) >= round })
		c.links[0].Send(1, numbered(uint64(round), 100))
		c.links[1].Send(0, numbered(uint64(round), 100))
		c.waitFrames(1, 0, round)
		c.waitFrames(0, 1, round)
		raw := <-dialled
		switch round {
		case 1, 2:
			raw.Close()
		case 3:
			c.links[1].Refuse(0)
			c.waitEnd(1, 0, CauseGarbage)
		}
	}
	if s := c.links[0].Stats().Peers[1]; s.Connects < 4 {
		t.Errorf("%+v: want 4 connections", s)
	}
}

// TestPeerRestart: a peer that comes back with a new process takes the place of the old connection.
func TestPeerRestart(t *testing.T) {
	c, opts := prepareTLS(t, 2, 0, 0)
	c.start(1, opts[1])
	c.start(0, opts[0])
	c.wait(func() bool { return c.ups(1, 0) == 1 })
	second, err := NewTLS(opts[0]) // the old one is alive: its host hangs, say
	if err != nil {
		t.Fatal(err)
	}
	c.waitEnd(1, 0, CauseReplaced)
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	c.wait(func() bool { return c.ups(1, 0) >= 3 })
	c.links[0].Send(1, numbered(1, 8))
	c.waitFrames(1, 0, 1)
}

func TestWrongKey(t *testing.T) {
	stranger := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	cert, err := NewCertificate(stranger)
	if err != nil {
		t.Fatal(err)
	}
	pin, err := PinOf(stranger.Public())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("caller", func(t *testing.T) {
		c, opts := prepareTLS(t, 2, 0, 0)
		c.start(1, opts[1])
		opts[0].Certificate = cert
		opts[0].Peers = []Peer{{Key: pin}, c.peers[1]}
		c.start(0, opts[0])
		c.waitEnd(1, -1, CauseWrongKey)
		if s := c.links[1].Stats(); s.Strangers[CauseWrongKey] == 0 || s.Peers[0].Connects != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("called", func(t *testing.T) {
		c, opts := prepareTLS(t, 2, 0, 0)
		opts[1].Certificate = cert
		opts[1].Peers = []Peer{c.peers[0], {Key: pin}}
		c.start(1, opts[1])
		c.start(0, opts[0])
		if e := c.waitEnd(0, 1, CauseWrongKey); !errors.Is(e.Err, ErrWrongKey) {
			t.Error(e.Err)
		}
	})
	t.Run("wrong direction", func(t *testing.T) { // a pinned key, but of one who must not dial us
		c, opts := prepareTLS(t, 3, 0, 0)
		c.start(1, opts[1])
		opts[2].Listener.Close()
		raw, err := tls.Dial("tcp", c.peers[1].Addr, tlsConfig(opts[2].Certificate, func(Pin) bool { return true }))
		if err == nil {
			defer raw.Close()
		}
		c.waitEnd(1, -1, CauseWrongKey)
		opts[0].Listener.Close()
	})
}

func TestWrongCluster(t *testing.T) {
	c, opts := prepareTLS(t, 2, 0, 0)
	opts[1].Cluster[31] ^= 1
	c.start(1, opts[1])
	c.start(0, opts[0])
	for i := range 2 { // both operators are told
		if e := c.waitEnd(i, 1-i, CauseWrongCluster); !errors.Is(e.Err, ErrWrongCluster) {
			t.Error(e.Err)
		}
	}
}

// intruder connects to replica 1 with the key of replica 0.
func intruder(t *testing.T, c *cluster, opts []Options) *tls.Conn {
	t.Helper()
	opts[0].Listener.Close()
	raw, err := tls.Dial("tcp", c.peers[1].Addr, tlsConfig(opts[0].Certificate, func(Pin) bool { return true }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}

func goodHello() []byte {
	return hello{version: protocolVersion, cluster: [32]byte{7}, from: 0, to: 1}.encode()
}

// TestBadPeers sends what no peer should; each is cut off and counted by its cause.
func TestBadPeers(t *testing.T) {
	version := hello{version: 9, cluster: [32]byte{7}, from: 0, to: 1}.encode()
	place := hello{version: protocolVersion, cluster: [32]byte{7}, from: 1, to: 1}.encode()
	long := binary.BigEndian.AppendUint32(goodHello(), 1001)
	for name, test := range map[string]struct {
		bytes []byte
		cause Cause
	}{
		"garbage for a hello": {numbered(1, helloBytes), CauseGarbage},
		"newer version":       {version, CauseVersion},
		"another's number":    {place, CauseWrongCluster},
		"over-long frame":     {long, CauseOversize},
		"longest length":      {append(goodHello(), 255, 255, 255, 255), CauseOversize},
	} {
		t.Run(name, func(t *testing.T) {
			c, opts := prepareTLS(t, 2, 0, 1000)
			c.start(1, opts[1])
			raw := intruder(t, c, opts)
			if _, err := raw.Write(test.bytes); err != nil {
				t.Fatal(err)
			}
			c.waitEnd(1, 0, test.cause)
			if n := c.links[1].Stats().Peers[0].Ended[test.cause]; n != 1 {
				t.Errorf("counted %d times", n)
			}
		})
	}
	t.Run("cut frame", func(t *testing.T) {
		c, opts := prepareTLS(t, 2, 0, 1000)
		c.start(1, opts[1])
		raw := intruder(t, c, opts)
		if _, err := raw.Write(append(goodHello(), 0, 0, 0, 9, 1)); err != nil {
			t.Fatal(err)
		}
		c.wait(func() bool { return c.ups(1, 0) == 1 })
		raw.Close()
		c.waitEnd(1, 0, CauseLost)
		if len(c.got[1][0]) != 0 {
			t.Error("half a frame was delivered")
		}
	})
	t.Run("no TLS", func(t *testing.T) {
		c, opts := prepareTLS(t, 2, 0, 1000)
		c.start(1, opts[1])
		opts[0].Listener.Close()
		raw, err := net.Dial("tcp", c.peers[1].Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		if _, err := raw.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		c.waitEnd(1, -1, CauseHandshake)
	})
	t.Run("broken record", func(t *testing.T) {
		c, opts := prepareTLS(t, 2, 0, 1000)
		c.start(1, opts[1])
		secure := intruder(t, c, opts)
		if _, err := secure.Write(goodHello()); err != nil {
			t.Fatal(err)
		}
		c.wait(func() bool { return c.ups(1, 0) == 1 })
		record := append([]byte{23, 3, 3, 0, 40}, make([]byte, 40)...)
		if _, err := secure.NetConn().Write(record); err != nil {
			t.Fatal(err)
		}
		c.waitEnd(1, 0, CauseGarbage)
	})
}

func TestOptions(t *testing.T) {
	c, opts := prepareTLS(t, 2, 0, 0)
	for name, change := range map[string]func(*Options){
		"self":        func(o *Options) { o.Self = 2 },
		"own key":     func(o *Options) { o.Certificate = opts[0].Certificate },
		"certificate": func(o *Options) { o.Certificate = tls.Certificate{} },
		"twins":       func(o *Options) { o.Peers = []Peer{c.peers[1], c.peers[1]} },
		"alone":       func(o *Options) { o.Peers = c.peers[:1]; o.Self = 0 },
		"listener":    func(o *Options) { o.Listener = nil },
		"handler":     func(o *Options) { o.Handler = nil },
		"queue":       func(o *Options) { o.QueueBytes = DefaultMaxFrameBytes },
		"frame":       func(o *Options) { o.MaxFrameBytes = -1 },
		"time":        func(o *Options) { o.KeepAlive = -1 },
	} {
		o := opts[1]
		change(&o)
		if l, err := NewTLS(o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
			if err == nil {
				l.Close()
			}
		}
	}
	for _, o := range opts {
		o.Listener.Close()
	}
}
