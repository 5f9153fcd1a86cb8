package imaplink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// Patience is how long Connect tries all servers.
	Patience = 60 * time.Second
	// again is the pause after all servers were tried in vain.
	again = 500 * time.Millisecond
)

// Errors of connections.
var (
	// ErrNobody is wrapped when no server could be used within Patience.
	ErrNobody = errors.New("no server can be used")
	// ErrStalled is returned by Do when the server was silent for Stall.
	ErrStalled = errors.New("the server does not answer")
)

// Conn is a connection that is logged in. Not safe for concurrent use.
type Conn struct {
	*imapclient.Client
	Address string
	index   int // of its server
	watch   *watch
}

// Connect connects to the first server that can be used, beginning with the one of index first, and goes
// round all of them until Patience is over or ctx ends. Errors: ErrLogin, ErrNobody, ctx's.
func (a *Account) Connect(ctx context.Context, first int) (*Conn, error) {
	until := time.Now().Add(Patience)
	said := false
	for i := 0; ; i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		index := (first + i) % len(a.Servers)
		c, err := a.dial(a.Servers[index])
		if err == nil {
			c.index = index
			return c, nil
		}
		err = fmt.Errorf("%s: %w", a.Servers[index].Address, err)
		if errors.Is(err, ErrLogin) {
			return nil, err
		}
		if time.Now().After(until) {
			return nil, fmt.Errorf("%w (tried for %v): %w", ErrNobody, Patience, err)
		}
		if (i+1)%len(a.Servers) != 0 {
			continue
		}
		if !said && a.Notice != nil {
			said = true
			a.Notice(fmt.Sprintf("%v; trying for %v", err, Patience))
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// Next closes c, which failed, and connects to another server where there is one.
func (a *Account) Next(ctx context.Context, c *Conn) (*Conn, error) {
	_ = c.Close() // it failed already
	return a.Connect(ctx, c.index+1)
}

// Do runs an operation on the connection and closes it when the server is silent for Stall, or ctx ended;
// the operation then ends with an error.
func (c *Conn) Do(op func() error) error { return c.DoContext(context.Background(), op) }

// DoContext is Do with an end from outside.
func (c *Conn) DoContext(ctx context.Context, op func() error) error {
	c.watch.touch()
	var stalled atomic.Bool
	done := make(chan struct{})
	defer close(done)
	go func() {
		tick := time.NewTicker(Stall / 8)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				_ = c.watch.Conn.Close()
				return
			case <-tick.C:
				if c.watch.silent() > Stall {
					stalled.Store(true)
					_ = c.watch.Conn.Close()
					return
				}
			}
		}
	}()
	err := op()
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil && stalled.Load():
		return ErrStalled
	}
	return err
}

// Alive reports whether the connection can be used: the client ends it by itself after some refusals.
func (c *Conn) Alive() bool {
	select {
	case <-c.Closed():
		return false
	default:
		return c.State() != imap.ConnStateLogout // the client tells of a login before it notes the state
	}
}

// Said returns what the server said, when err is its refusal of a command and not a broken connection. A
// server that lacks a quorum, or ends the session, said nothing of the command.
func Said(err error) *imap.Error {
	var said *imap.Error
	if errors.As(err, &said) && said.Type != imap.StatusResponseTypeBye && said.Code != imap.ResponseCodeUnavailable {
		return said
	}
	return nil
}

// codeExpungeIssued tells that a message was expunged (RFC 5530, 3).
const codeExpungeIssued imap.ResponseCode = "EXPUNGEISSUED"

// ButGone is a FETCH's error, but for the one that says that some messages are gone: the others came.
func ButGone(err error) error {
	if said := Said(err); said != nil && said.Code == codeExpungeIssued {
		return nil
	}
	return err
}

// watch notes when bytes last went over a connection.
type watch struct {
	net.Conn
	last atomic.Int64 // UnixNano
}

func (w *watch) touch() { w.last.Store(time.Now().UnixNano()) }

func (w *watch) silent() time.Duration { return time.Duration(time.Now().UnixNano() - w.last.Load()) }

// Read notes the time of what came.
func (w *watch) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if n > 0 {
		w.touch()
	}
	return n, err
}

// Write notes the time of what went.
func (w *watch) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	if n > 0 {
		w.touch()
	}
	return n, err
}
