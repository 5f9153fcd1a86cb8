//go:build bench

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"

	"troxymail/enclave/seal"
	"troxymail/mail/service"
	"troxymail/mailstore/command"
)

const (
	// measureAddress and measureTLS are the environment variables with the addresses that a build with the tag bench
	// listens on, the second by TLS with the server's certificate.
	measureAddress = "TROXYMAIL_MEASURE"
	measureTLS     = "TROXYMAIL_MEASURE_TLS"
	// measureKeys is the one with a file to write: the group's keys for requests and for replies, as clients that vote
	// themselves share them with replicas.
	measureKeys = "TROXYMAIL_MEASURE_KEYS"
)

// measure lets anyone who connects have requests ordered: a length (4 bytes, big endian) and as many bytes,
// answered with the same once the group agreed. For measuring the request path without a mail protocol; a
// build with it is no build to run mail on.
func measure(s *service.Service, r *replica) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	if file := os.Getenv(measureKeys); file != "" {
		if err := r.giveKeys(file); err != nil {
			fmt.Fprintln(os.Stderr, "troxymail-enclave:", err)
		}
	}
	certificate := tls.Certificate{Certificate: r.chain, PrivateKey: r.secrets.ServerKey()}
	var open []net.Listener
	for name, secure := range map[string]*tls.Config{measureAddress: nil, measureTLS: {Certificates: []tls.Certificate{certificate}}} {
		if address := os.Getenv(name); address != "" {
			l, err := serveEchoes(ctx, s, address, secure)
			if err != nil {
				fmt.Fprintln(os.Stderr, "troxymail-enclave:", err)
				continue
			}
			open = append(open, l)
		}
	}
	return func() {
		cancel()
		for _, l := range open {
			_ = l.Close()
		}
	}
}

// giveKeys writes what a client needs that votes itself.
func (r *replica) giveKeys(file string) error {
	keys := r.secrets.Keys(r.conf.Genesis.Hash())
	request, reply := keys.Key(seal.PurposeRequest), keys.Key(seal.PurposeReply)
	return os.WriteFile(file, append(request[:], reply[:]...), 0o600)
}

// serveEchoes serves at address, by TLS if that is configured, until the listener is closed.
func serveEchoes(ctx context.Context, s *service.Service, address string, secure *tls.Config) (net.Listener, error) {
	fmt.Fprintln(os.Stderr, "troxymail-enclave: MEASURING BUILD: anyone may order requests at", address)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go echo(ctx, s, c)
		}
	}()
	return l, nil
}

func echo(ctx context.Context, s *service.Service, c net.Conn) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(head[:])
		if n > command.MaxPing {
			return
		}
		data := make([]byte, n)
		if _, err := io.ReadFull(r, data); err != nil {
			return
		}
		answer, err := s.Ping(ctx, data)
		if err != nil {
			return
		}
		if _, err := c.Write(append(head[:], answer...)); err != nil {
			return
		}
	}
}
