//go:build bench

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"

	"troxymail/mail/service"
	"troxymail/mailstore/command"
)

// measureAddress is the environment variable with the address that a build with the tag bench listens on.
const measureAddress = "TROXYMAIL_MEASURE"

// measure lets anyone who connects have requests ordered: a length (4 bytes, big endian) and as many bytes,
// answered with the same once the group agreed. For measuring the request path without a mail protocol; a
// build with it is no build to run mail on.
func measure(s *service.Service) (stop func()) {
	address := os.Getenv(measureAddress)
	if address == "" {
		return func() {}
	}
	fmt.Fprintln(os.Stderr, "troxymail-enclave: MEASURING BUILD: anyone may order requests at", address)
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, "troxymail-enclave:", err)
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go echo(ctx, s, c)
		}
	}()
	return func() {
		cancel()
		_ = l.Close()
	}
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
