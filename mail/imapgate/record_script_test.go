package imapgate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"

	"troxymail/mail/limit"
)

// wires is a server with clients behind a host that carries, and changes, what they send: TLS records.
type wires struct {
	t       *testing.T
	pipes   pipes
	tls     *tls.Config
	fake    *fake // takes the sessions' commands
	clients map[string]*wired
	silent  []net.Conn // that never say anything
	out     strings.Builder
}

// TestRecordScripts plays the files in testdata. Verbs:
//
//	server preauth=4           a server that lets so many connections be before they log in
//	connect a                  a client that logs in over TLS
//	send a NOOP                a client says something and hears the answer
//	hold a                     the host keeps the client's TLS records from here on
//	pass a 2 1 [flip=1] [cut=1]  it passes records on: in this order, one with a changed byte, one without its end
//	silent n=20                so many connections of which nothing comes
//	drip                       a connection of which a byte comes each second
//	tick 11                    seconds pass
//	close a                    a client ends its connection
func TestRecordScripts(t *testing.T) {
	serverTLS, clientTLS := testTLS(t)
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			var server *Server
			w := &wires{t: t, pipes: pipes{newHandoff()}, fake: &fake{}, tls: clientTLS, clients: map[string]*wired{}}
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				if d.Cmd == "server" {
					var preAuth int
					d.ScanArgs(t, "preauth", &preAuth)
					caps := limit.Caps{Total: 100, PreAuth: preAuth, PerAddress: 100, PerNetwork: 100}
					s, err := New(Options{Sessions: w.fake, TLSConfig: serverTLS, Limits: Limits{Caps: caps}})
					if err != nil {
						t.Fatal(err)
					}
					server = s
					go s.serve(w.pipes, true)
				} else {
					w.play(d)
				}
				out := w.out.String()
				w.out.Reset()
				return out
			})
			for _, c := range w.clients {
				c.server.Close()
			}
			for _, c := range w.silent {
				c.Close()
			}
			if err := server.Shutdown(context.Background()); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func (w *wires) play(d *datadriven.TestData) {
	var name string
	if len(d.CmdArgs) > 0 {
		name = d.CmdArgs[0].Key
	}
	c := w.clients[name]
	switch d.Cmd {
	case "connect":
		w.connect(name)
	case "send":
		var words []string
		for _, a := range d.CmdArgs[1:] {
			words = append(words, a.Key)
		}
		if _, err := c.conn.Write([]byte("x " + strings.Join(words, " ") + "\r\n")); err != nil {
			fmt.Fprintf(&w.out, "%s cannot send\n", name)
		}
	case "hold":
		c.holds = true
	case "pass":
		w.pass(c, d)
	case "silent":
		var n int
		d.ScanArgs(w.t, "n", &n)
		w.silence(n)
	case "drip":
		conn := w.pipes.dial()
		w.silent = append(w.silent, conn)
		go func() {
			for _, err := conn.Write([]byte{22}); err == nil; _, err = conn.Write([]byte{3}) {
				time.Sleep(time.Second)
			}
		}()
	case "tick":
		var n int
		fmt.Sscan(name, &n)
		time.Sleep(time.Duration(n) * time.Second)
	case "close":
		c.conn.Close()
	default:
		w.t.Fatalf("%s: no verb %q", d.Pos, d.Cmd)
	}
	synctest.Wait()
	w.report()
}

var capabilities = regexp.MustCompile(`\[CAPABILITY [^]]*\] `)

// report writes what sessions did and clients heard.
func (w *wires) report() {
	for _, call := range without(w.fake.took(), "CLOSED") {
		fmt.Fprintf(&w.out, "a session is asked for %s\n", call)
	}
	var names []string
	for n := range w.clients {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		c := w.clients[n]
		c.mu.Lock()
		for _, l := range c.said {
			fmt.Fprintf(&w.out, "%s hears %s\n", n, capabilities.ReplaceAllString(l, ""))
		}
		if c.said = nil; c.ended != nil {
			var alert *net.OpError // which crypto/tls makes of the server's alert
			if errors.As(c.ended, &alert) {
				fmt.Fprintf(&w.out, "%s: the connection ends by the server's alert: %v\n", n, alert.Err)
			} else {
				fmt.Fprintf(&w.out, "%s: the connection ends\n", n)
			}
			delete(w.clients, n)
			c.conn.Close()
			c.server.Close()
		}
		c.mu.Unlock()
	}
	open := w.silent[:0]
	gone := 0
	for _, conn := range w.silent {
		conn.SetReadDeadline(time.Now().Add(time.Nanosecond))
		if _, err := conn.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			gone++
			conn.Close()
		} else {
			open = append(open, conn)
		}
	}
	if w.silent = open; gone > 0 {
		fmt.Fprintf(&w.out, "%d silent connections were ended, %d are open\n", gone, len(open))
	}
}

// silence opens connections of which nothing comes.
func (w *wires) silence(n int) {
	for range n {
		w.silent = append(w.silent, w.pipes.dial())
	}
}
