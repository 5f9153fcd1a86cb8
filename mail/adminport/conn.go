package adminport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"troxymail/mail/adminapi"
	"troxymail/mail/limit"
)

// conn is a connection after its handshake.
type conn struct {
	s       *Server
	tls     *tls.Conn
	context adminapi.Context // what its signatures are bound to
	next    uint64           // number of its next request
}

// serve answers requests until the client leaves, breaks a rule or takes too long.
func (s *Server) serve(raw net.Conn, ticket *limit.Ticket) {
	if raw.SetDeadline(time.Now().Add(provenWithin)) != nil {
		return
	}
	c := &conn{s: s, tls: tls.Server(raw, s.tls)}
	if c.tls.HandshakeContext(s.ctx) != nil {
		return
	}
	if h, ok := s.o.Beside[c.tls.ConnectionState().NegotiatedProtocol]; ok {
		h.Serve(s.ctx, c.tls)
		return
	}
	if c.hello() != nil {
		return
	}
	for {
		frame, err := adminapi.ReadFrame(c.tls, adminapi.MaxRequestBytes)
		if err != nil {
			return
		}
		request, err := c.context.Verify(s.o.Admin, c.next, frame)
		if errors.Is(err, adminapi.ErrSignature) {
			s.o.Logger.Warn("admin.denied")
			_ = c.answer(&adminapi.Response{Result: adminapi.ResultDenied, Text: adminapi.ErrSignature.Error()})
			return
		}
		ticket.LoggedIn()
		c.next++
		response := unsupported
		if err == nil {
			ctx, cancel := context.WithTimeout(s.ctx, operationTimeout)
			response = s.do(ctx, &request)
			cancel()
		}
		s.o.Logger.Info("admin.request", "operation", int(request.Op), "result", int(response.Result))
		if c.answer(&response) != nil || raw.SetReadDeadline(time.Now().Add(idleTimeout)) != nil {
			return
		}
	}
}

// hello sends the nonce.
func (c *conn) hello() error {
	state := c.tls.ConnectionState()
	if state.NegotiatedProtocol != Protocol || state.DidResume {
		return adminapi.ErrFrame
	}
	exporter, err := state.ExportKeyingMaterial(adminapi.ExporterLabel, nil, adminapi.ExporterBytes)
	if err != nil {
		return err
	}
	c.context = adminapi.Context{Genesis: c.s.o.Genesis, Exporter: [adminapi.ExporterBytes]byte(exporter)}
	if _, err := io.ReadFull(c.s.o.Rand, c.context.Nonce[:]); err != nil {
		return err
	}
	h := adminapi.Hello{Replica: c.s.o.Replica, Genesis: c.context.Genesis, Nonce: c.context.Nonce}
	_, err = c.tls.Write(adminapi.AppendFrame(nil, h.Append(nil)))
	return err
}

func (c *conn) answer(r *adminapi.Response) error {
	if err := c.tls.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.tls.Write(adminapi.AppendFrame(nil, r.Append(nil)))
	return err
}
