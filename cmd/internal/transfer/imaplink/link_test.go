package imaplink

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
)

// script is a server without TLS that answers commands as a test wants.
type script struct {
	address string
	answer  func(command string) string // what follows the tag; empty: the connection ends
	mu      sync.Mutex
	heard   []string
}

func (s *script) start(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s.address = l.Addr().String()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
}

func (s *script) serve(c net.Conn) {
	defer c.Close()
	fmt.Fprintf(c, "* OK [CAPABILITY IMAP4rev1] ready\r\n")
	for lines := bufio.NewScanner(c); lines.Scan(); {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		s.mu.Lock()
		s.heard = append(s.heard, command)
		s.mu.Unlock()
		if strings.HasPrefix(command, "CAPABILITY") {
			fmt.Fprintf(c, "* CAPABILITY IMAP4rev1\r\n%s OK done\r\n", tag)
			continue
		}
		if strings.HasPrefix(command, "STARTTLS") {
			fmt.Fprintf(c, "%s BAD unknown\r\n", tag)
			continue
		}
		a := s.answer(command)
		if a == "" {
			return
		}
		fmt.Fprintf(c, "%s %s\r\n", tag, a)
	}
}

func (s *script) said(word string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard {
		if strings.Contains(h, word) {
			return true
		}
	}
	return false
}

func always(answer string) func(string) string { return func(string) string { return answer } }

// A server that is not there, or cannot now, is passed over; the next one is used, and after it the next.
func TestNextServer(t *testing.T) {
	gone := &script{answer: always("")}
	busy := &script{answer: always("NO [UNAVAILABLE] Not enough replicas answer")}
	good := &script{answer: always("OK [CAPABILITY IMAP4rev1] done")}
	other := &script{answer: always("OK [CAPABILITY IMAP4rev1] done")}
	a := &Account{User: "u", Password: "p", PlainLoopback: true}
	for _, s := range []*script{gone, busy, good, other} {
		s.start(t)
		a.Servers = append(a.Servers, Server{s.address, true})
	}
	c, err := a.Connect(t.Context(), 0)
	if err != nil || c.Address != good.address {
		t.Fatalf("%+v, %v", c, err)
	}
	if c, err = a.Next(t.Context(), c); err != nil || c.Address != other.address {
		t.Fatalf("%+v, %v", c, err)
	}
	defer c.Close()
	if !busy.said("LOGIN") {
		t.Error("the busy server was not asked")
	}
}

// A refused password is final: it is not tried again, which would count as guessing.
func TestRefusedLogin(t *testing.T) {
	bad := &script{answer: always("NO [AUTHENTICATIONFAILED] no")}
	good := &script{answer: always("OK done")}
	bad.start(t)
	good.start(t)
	a := &Account{User: "u", Password: "p", PlainLoopback: true, Servers: []Server{{bad.address, true}, {good.address, true}}}
	if _, err := a.Connect(t.Context(), 0); !errors.Is(err, ErrLogin) {
		t.Errorf("%v", err)
	}
	if good.said("LOGIN") {
		t.Error("another server was asked")
	}
}

// No password goes to a server without TLS, but for this machine where that is allowed, nor to one whose
// certificate is of an unknown authority.
func TestPasswordNeedsTLS(t *testing.T) {
	s := &script{answer: always("OK done")}
	s.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	for name, a := range map[string]*Account{
		"STARTTLS is not offered": {Servers: []Server{{s.address, true}}},
		"no TLS at all":           {Servers: []Server{{s.address, false}}, PlainLoopback: true},
		"unknown authority":       {Servers: []Server{{s.address, false}}, Roots: x509.NewCertPool()},
	} {
		a.User, a.Password = "u", "p"
		if _, err := a.dial(a.Servers[0]); err == nil {
			t.Errorf("%s: logged in", name)
		}
	}
	cancel()
	if s.said("LOGIN") || s.said("AUTHENTICATE") {
		t.Error("the password was sent")
	}
	// Connect ends with its context.
	a := &Account{Servers: []Server{{s.address, true}}, User: "u", Password: "p"}
	if _, err := a.Connect(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A server that falls silent in the middle of a command is given up after Stall.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		c := &Conn{watch: &watch{Conn: here}}
		begin := time.Now()
		err := c.Do(func() error {
			_, err := c.watch.Read(make([]byte, 1))
			return err
		})
		if !errors.Is(err, ErrStalled) || time.Since(begin) > 2*Stall {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}

// A server that is slow but goes on is not.
func TestSlowIsNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		go func() {
			for range 5 {
				<-time.After(Stall / 2)
				_, _ = there.Write([]byte("x"))
			}
		}()
		c := &Conn{watch: &watch{Conn: here}}
		if err := c.Do(func() error {
			for range 5 {
				if _, err := c.watch.Read(make([]byte, 1)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		there.Close()
	})
}

func TestSaid(t *testing.T) {
	no := func(code imap.ResponseCode) error { return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code} }
	for name, x := range map[string]struct {
		err   error
		final bool
	}{
		"refusal":        {no(imap.ResponseCodeTooBig), true},
		"wrapped":        {fmt.Errorf("x: %w", no("")), true},
		"no quorum":      {no(imap.ResponseCodeUnavailable), false},
		"end of session": {&imap.Error{Type: imap.StatusResponseTypeBye}, false},
		"broken":         {net.ErrClosed, false},
		"none":           {nil, false},
	} {
		if got := Said(x.err) != nil; got != x.final {
			t.Errorf("%s: %v", name, got)
		}
	}
	if ButGone(no("EXPUNGEISSUED")) != nil || ButGone(no("")) == nil {
		t.Error("ButGone")
	}
}
