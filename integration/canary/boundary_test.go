package canary

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"sync"
	"testing"

	"troxymail/integration/demo"
	"troxymail/integration/processes"
)

// relay stands between an enclave and its host and keeps what passes, in either direction.
type relay struct {
	listener net.Listener
	host     string
	mu       sync.Mutex
	passed   [2][]byte // to the host, to the enclave; guarded by mu
}

// newRelay listens for an enclave and passes everything on to host.
func newRelay(t *testing.T, host string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &relay{listener: l, host: host}
	go r.accept()
	return r
}

func (r *relay) accept() {
	for {
		enclave, err := r.listener.Accept()
		if err != nil {
			return
		}
		host, err := net.Dial("tcp", r.host)
		if err != nil {
			_ = enclave.Close() // it tries again
			continue
		}
		go r.pass(0, host, enclave)
		go r.pass(1, enclave, host)
	}
}

func (r *relay) pass(direction int, to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		r.mu.Lock()
		r.passed[direction] = append(r.passed[direction], buffer[:n]...)
		r.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

var hostLine = regexp.MustCompile(`(?m)^host = "([^"]*)"`)

// between puts a relay between the enclave and the host of replica i.
func between(t *testing.T, c *processes.Cluster, i int) *relay {
	t.Helper()
	text, err := os.ReadFile(c.EnclaveConfig(i))
	if err != nil {
		t.Fatal(err)
	}
	host := hostLine.FindSubmatch(text)
	if host == nil {
		t.Fatalf("%s names no host", c.EnclaveConfig(i))
	}
	r := newRelay(t, string(host[1]))
	line := fmt.Appendf(nil, "host = %q", r.listener.Addr().String())
	if err := os.WriteFile(c.EnclaveConfig(i), hostLine.ReplaceAll(text, line), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBoundaryCarriesNoPlaintext runs six processes with a relay on every boundary and searches what passed.
func TestBoundaryCarriesNoPlaintext(t *testing.T) {
	s := newSecrets()
	c := processes.Make(t, 3)
	relays := make([]*relay, 3)
	for i := range relays {
		relays[i] = between(t, c, i)
		c.StartHost(t, i)
		c.StartEnclave(t, i)
	}
	c.AddAccount(t, "alice@example.org")
	for i := range relays {
		c.AwaitServing(t, i)
		traffic(t, c.Demo, s, i, []demo.Mode{demo.STARTTLS, demo.TLS}[i%2])
	}
	account := []Canary{{"account address", c.Accounts[0].Address}, {"account password", c.Accounts[0].Password}}
	all := New(append(s.all(), account...)...)
	for i, r := range relays {
		r.mu.Lock()
		defer r.mu.Unlock()
		for direction, name := range []string{"to the host", "to the enclave"} {
			passed := r.passed[direction]
			if len(passed) < 100<<10 {
				t.Errorf("replica %d, %s: only %d bytes passed: the relay is not on the boundary", i, name, len(passed))
			}
			for _, f := range all.Bytes(fmt.Sprintf("replica %d, %s", i, name), passed) {
				t.Error(f)
			}
		}
	}
}
