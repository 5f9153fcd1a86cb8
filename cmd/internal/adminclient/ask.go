package adminclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"troxymail/mail/adminapi"
	"troxymail/mail/adminport"
)

// Times of one question.
const (
	// connectTimeout is how long a replica may take until its nonce is here.
	connectTimeout = 5 * time.Second
	// answerTimeout is how long an operation may take; longer than a replica takes to give it up.
	answerTimeout = 30 * time.Second
)

// Errors of one question.
var (
	// ErrUnreachable is wrapped when the request did not reach the replica: nothing was done.
	ErrUnreachable = errors.New("does not answer")
	// ErrLost is wrapped when the connection ended behind the request: it may have been done.
	ErrLost = errors.New("did not say how the request ended")
	// ErrDenied is returned when the replica does not know the administrator's key.
	ErrDenied = errors.New("the replica does not accept this administrator's key")
)

// Ask sends one request to one replica, whatever its state. Errors: ErrUnreachable, ErrLost, ErrDenied.
func (c *Client) Ask(ctx context.Context, r Replica, q *adminapi.Request) (adminapi.Response, error) {
	conn, signing, err := c.connect(ctx, r)
	if err != nil {
		return adminapi.Response{}, fmt.Errorf("replica %d (%s) %w: %w", r.ID, r.Address, ErrUnreachable, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.NetConn().Close() })
	defer stop()
	lost := func(err error) (adminapi.Response, error) {
		return adminapi.Response{}, fmt.Errorf("replica %d (%s) %w: %w", r.ID, r.Address, ErrLost, err)
	}
	if err := conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return lost(err)
	}
	if _, err := conn.Write(adminapi.AppendFrame(nil, signing.Sign(c.key, 0, q))); err != nil {
		return lost(err)
	}
	frame, err := adminapi.ReadFrame(conn, adminapi.MaxResponseBytes)
	if err != nil {
		return lost(err)
	}
	response, err := adminapi.DecodeResponse(frame)
	if err != nil {
		return lost(err)
	}
	if response.Result == adminapi.ResultDenied {
		return response, fmt.Errorf("%w: the key named in %s is not the one that the cluster's genesis pins: "+
			"use the file and the key that were made with this cluster", ErrDenied, c.File)
	}
	return response, nil
}

// connect returns a connection whose server is of this cluster, and what requests on it are signed for.
func (c *Client) connect(ctx context.Context, r Replica) (*tls.Conn, *adminapi.Context, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	host, _, err := net.SplitHostPort(r.Address)
	if err != nil {
		return nil, nil, err
	}
	d := tls.Dialer{Config: &tls.Config{
		RootCAs: c.roots, ServerName: host, MinVersion: tls.VersionTLS13, NextProtos: []string{adminport.Protocol},
	}}
	raw, err := d.DialContext(ctx, "tcp", r.Address)
	if err != nil {
		return nil, nil, err
	}
	conn := raw.(*tls.Conn) // what a tls.Dialer returns
	signing, err := greet(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return conn, signing, nil
}

func greet(ctx context.Context, conn *tls.Conn) (*adminapi.Context, error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	frame, err := adminapi.ReadFrame(conn, adminapi.MaxHelloBytes)
	if err != nil {
		return nil, err
	}
	hello, err := adminapi.DecodeHello(frame)
	if err != nil {
		return nil, err
	}
	state := conn.ConnectionState()
	exporter, err := state.ExportKeyingMaterial(adminapi.ExporterLabel, nil, adminapi.ExporterBytes)
	if err != nil {
		return nil, err
	}
	return &adminapi.Context{
		Genesis: hello.Genesis, Nonce: hello.Nonce, Exporter: [adminapi.ExporterBytes]byte(exporter),
	}, nil
}
