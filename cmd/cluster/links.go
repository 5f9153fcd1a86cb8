package cluster

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// cuts say which links between hosts carry nothing. Safe for concurrent use.
type cuts struct {
	of   atomic.Pointer[map[[2]int]bool] // by sender and receiver; nil: none
	lost atomic.Uint64
}

func (x *cuts) passes(from, to int) bool {
	if m := x.of.Load(); m != nil && (*m)[[2]int{from, to}] {
		x.lost.Add(1)
		return false
	}
	return true
}

// Lost counts the frames that cut links did not carry.
func (c *Cluster) Lost() uint64 { return c.cuts.lost.Load() }

// Deafen lets nothing that others send reach replica i, until Heal. What is cut is lost.
func (c *Cluster) Deafen(i int) { c.cut(i, true, false) }

// Mute lets nothing that replica i sends reach others, until Heal.
func (c *Cluster) Mute(i int) { c.cut(i, false, true) }

// Part is both.
func (c *Cluster) Part(i int) { c.cut(i, true, true) }

func (c *Cluster) cut(i int, deaf, mute bool) {
	m := map[[2]int]bool{}
	for j := range c.options.Replicas {
		if deaf {
			m[[2]int{j, i}] = true
		}
		if mute {
			m[[2]int{i, j}] = true
		}
	}
	c.cuts.of.Store(&m)
}

// Heal ends all cuts.
func (c *Cluster) Heal() { c.cuts.of.Store(nil) }

// ErrStopped is returned by Dial for a replica that serves nobody just now.
var ErrStopped = errors.New("cluster: the replica serves nobody just now")

// Dial connects to replica i's IMAP port, without TLS. Safe for concurrent use.
func (c *Cluster) Dial(i int) (net.Conn, error) { return c.replicas[i].clients.dial() }

// clients are the connections of a replica's clients, so that they can end as if it had crashed.
type clients struct {
	mu    sync.Mutex
	addr  string // guarded by mu; empty: not serving
	conns map[net.Conn]bool
}

func (x *clients) dial() (net.Conn, error) {
	x.mu.Lock()
	addr := x.addr
	x.mu.Unlock()
	if addr == "" {
		return nil, ErrStopped
	}
	return net.Dial("tcp", addr)
}

// accept makes l the port that clients find.
func (x *clients) accept(l net.Listener) net.Listener {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.addr, x.conns = l.Addr().String(), map[net.Conn]bool{}
	return listener{l, x}
}

// cut ends all connections, and lets no new one come before the next accept.
func (x *clients) cut() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.addr = ""
	for conn := range x.conns {
		_ = conn.Close()
	}
	x.conns = nil
}

type listener struct {
	net.Listener
	clients *clients
}

// Accept notes the connection.
func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.clients.mu.Lock()
	defer l.clients.mu.Unlock()
	if l.clients.conns == nil { // cut
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	noted := &client{Conn: conn, of: l.clients}
	l.clients.conns[noted] = true
	return noted, nil
}

// client is a connection that is forgotten when the server closes it.
type client struct {
	net.Conn
	of *clients
}

// Close ends the connection.
func (c *client) Close() error {
	err := c.Conn.Close()
	go c.forget() // cut closes with the lock held
	return err
}

func (c *client) forget() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	delete(c.of.conns, c)
}
