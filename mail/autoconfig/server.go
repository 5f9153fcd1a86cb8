package autoconfig

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"troxymail/mail/limit"
)

// Bounds of a connection.
const (
	headerBytes    = 8 << 10
	headerTimeout  = 5 * time.Second
	requestTimeout = 10 * time.Second // reading, and again writing
	idleTimeout    = 30 * time.Second
)

// connectionCaps bound the connections of all clients together; each is short.
var connectionCaps = limit.Caps{Total: 256, PreAuth: 256, PerAddress: 32, PerNetwork: 64}

// Paths of what is served.
const (
	PathWellKnown = "/.well-known/autoconfig/mail/config-v1.1.xml"
	PathMail      = "/mail/config-v1.1.xml" // at the host autoconfig.DOMAIN
	PathApple     = "/.well-known/autoconfig/mail/apple.mobileconfig"
	PathAppleMail = "/mail/apple.mobileconfig"
)

// Server answers mail programs. Safe for concurrent use.
type Server struct {
	site        Site
	thunderbird []byte
	http        *http.Server
	conns       *limit.Conns
}

// New makes a server that certifies itself with config. Errors: ErrSite.
func New(site Site, config *tls.Config) (*Server, error) {
	if err := site.check(); err != nil {
		return nil, err
	}
	s := &Server{site: site, conns: limit.NewConns(connectionCaps)}
	var err error
	if s.thunderbird, err = site.thunderbird(); err != nil {
		return nil, err
	}
	own := config.Clone()
	own.MinVersion, own.NextProtos = max(own.MinVersion, tls.VersionTLS12), []string{"http/1.1"}
	s.http = &http.Server{
		Handler: s, TLSConfig: own, MaxHeaderBytes: headerBytes, ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout,
		WriteTimeout: requestTimeout, IdleTimeout: idleTimeout,
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/1.1 alone
		ErrorLog:     log.New(io.Discard, "", 0),                               // would name peers
	}
	return s, nil
}

// Serve accepts connections until Shutdown (nil), or until l fails for good. It closes l.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.ServeTLS(counted{l, s.conns}, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown closes the listeners and waits for answers under way; when ctx ends first, it cuts them off.
func (s *Server) Shutdown(ctx context.Context) {
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var text []byte
	var kind string
	address, err := s.site.address(r.URL.Query().Get("emailaddress"))
	switch r.URL.Path {
	case PathWellKnown, PathMail:
		text, kind = s.thunderbird, "text/xml; charset=utf-8"
	case PathApple, PathAppleMail:
		text, kind = s.site.apple(address), "application/x-apple-aspen-config"
		w.Header().Set("Content-Disposition", `attachment; filename="mail.mobileconfig"`)
	default:
		refuse(w, http.StatusNotFound)
		return
	}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
		return
	case r.ContentLength != 0:
		refuse(w, http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		refuse(w, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text) // a client that has left misses nothing
}

// refuse ends a connection with a status and nothing of the request.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Del("Content-Disposition")
	w.Header().Set("Connection", "close")
	http.Error(w, http.StatusText(status), status)
}

// counted turns connections away beyond the caps.
type counted struct {
	net.Listener
	conns *limit.Conns
}

// Accept returns the next connection that has a place.
func (l counted) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var peer netip.Addr
		if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
			peer = a.AddrPort().Addr().Unmap()
		}
		ticket, err := l.conns.Open(peer)
		if err == nil {
			return place{c, ticket}, nil
		}
		_ = c.Close()
	}
}

// place is a connection that gives its place back when it is closed.
type place struct {
	net.Conn
	ticket *limit.Ticket
}

// Close closes the connection.
func (p place) Close() error {
	p.ticket.Close()
	return p.Conn.Close()
}
