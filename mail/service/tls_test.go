package service

import (
	"crypto/tls"
	"net"
	"testing"

	"troxymail/enclave/boundary"
)

// countingCache counts the session tickets that a server sends.
type countingCache struct{ tickets int }

func (c *countingCache) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (c *countingCache) Put(string, *tls.ClientSessionState)        { c.tickets++ }

// After the handshake the server says nothing by itself. A session ticket, which is of no use at another
// replica, makes clients that read and write in two threads (imaplib2 of offlineimap) lose their place.
func TestNothingFollowsTheHandshake(t *testing.T) {
	link, _ := boundary.Pipe()
	o := options(t, link, own)
	config, err := tlsConfig(o.Certificate, o.Secrets)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if far, err := l.Accept(); err == nil {
			server := tls.Server(far, config)
			server.Write([]byte("*"))
			server.Close()
		}
	}()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	cache := &countingCache{}
	// The certificate is not what is tested here.
	client := tls.Client(near, &tls.Config{InsecureSkipVerify: true, ClientSessionCache: cache, MinVersion: tls.VersionTLS13})
	if n, err := client.Read(make([]byte, 1)); n != 1 {
		t.Fatal(err)
	}
	if cache.tickets != 0 {
		t.Errorf("%d session tickets were sent", cache.tickets)
	}
}
