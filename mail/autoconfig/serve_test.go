package autoconfig

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// certified returns a certificate for 127.0.0.1 and who trusts it.
func certified(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	other := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	pool := x509.NewCertPool()
	pool.AddCert(other.Certificate())
	return &tls.Config{Certificates: other.TLS.Certificates}, pool
}

func serving(t *testing.T) (address string, conf *tls.Config) {
	t.Helper()
	own, pool := certified(t)
	s, err := New(site, own)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Shutdown(context.Background())
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), &tls.Config{RootCAs: pool, NextProtos: []string{"h2", "http/1.1"}}
}

func TestServeOverTLSAlone(t *testing.T) {
	address, conf := serving(t)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true, DisableKeepAlives: true}}
	r, err := client.Get("https://" + address + PathWellKnown)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK || r.ProtoMajor != 1 || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v %v %v", r.StatusCode, r.Proto, r.Header)
	}
	if r, err := http.Get("http://" + address + PathWellKnown); err == nil {
		r.Body.Close()
		if r.StatusCode == http.StatusOK {
			t.Error("answers without TLS")
		}
	}
}

// Long headers end the connection, and connections beyond an address's share are closed at once.
func TestBounds(t *testing.T) {
	address, conf := serving(t)
	c, err := tls.Dial("tcp", address, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n", PathMail, strings.Repeat("x", 4*headerBytes))
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Fatalf("%v %v", r, err)
	}
	c.Close()
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	for range connectionCaps.PerAddress {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	for refused := false; !refused; { // the one above may have its place still
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		refused = tls.Client(c, &tls.Config{RootCAs: conf.RootCAs, ServerName: "127.0.0.1"}).Handshake() != nil
	}
}
