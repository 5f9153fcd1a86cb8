package relay

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// pieceBytes is how much is read, and delayed, at once.
	pieceBytes = 64 << 10
	// maxPieces bounds what is on its way in one direction of a connection, in pieces.
	maxPieces = 1024
	// jitterPeriod is for how long a delay that was drawn lasts. Drawn for every piece, the longest of many would
	// hold up all behind it, because order is kept, and the mean would not be what was asked for.
	jitterPeriod = 50 * time.Millisecond
)

// Delay is how long one direction takes: between Mean - Spread and Mean + Spread, evenly.
type Delay struct{ Mean, Spread time.Duration }

// RoundTrip is the delay of each direction when both together take mean ± spread.
func RoundTrip(mean, spread time.Duration) Delay { return Delay{mean / 2, spread / 2} }

func (d Delay) draw() time.Duration {
	if d.Spread <= 0 {
		return d.Mean
	}
	return max(0, d.Mean-d.Spread+rand.N(2*d.Spread))
}

// Relay stands between clients and one address. Safe for concurrent use.
type Relay struct {
	listener net.Listener
	target   string
	delay    atomic.Pointer[Delay]
	group    sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool // guarded by mu
	closed bool              // guarded by mu
}

// Listen starts a relay from address to target, without a delay.
func Listen(address, target string) (*Relay, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	r := &Relay{listener: l, target: target, open: map[net.Conn]bool{}}
	r.delay.Store(&Delay{})
	r.group.Go(r.accept)
	return r, nil
}

// Addr is where the relay listens.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Set changes the delay of what is read from now on.
func (r *Relay) Set(d Delay) { r.delay.Store(&d) }

// Close ends the relay and its connections, and waits for them.
func (r *Relay) Close() error {
	r.mu.Lock()
	r.closed = true
	for c := range r.open {
		_ = c.Close()
	}
	r.mu.Unlock()
	err := r.listener.Close()
	r.group.Wait()
	return err
}

func (r *Relay) accept() {
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.group.Go(func() { r.serve(c) })
	}
}

// serve joins a client with the target. The target sees the client's address where that is one of this machine.
func (r *Relay) serve(client net.Conn) {
	defer client.Close()
	var d net.Dialer
	if from, ok := client.RemoteAddr().(*net.TCPAddr); ok && from.IP.IsLoopback() {
		d.LocalAddr = &net.TCPAddr{IP: from.IP}
	}
	server, err := d.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer server.Close()
	if !r.keep(client, server) {
		return
	}
	defer r.forget(client, server)
	var both sync.WaitGroup
	both.Go(func() { r.carry(server, client) })
	both.Go(func() { r.carry(client, server) })
	both.Wait()
}

func (r *Relay) keep(connections ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range connections {
		r.open[c] = true
	}
	return !r.closed
}

func (r *Relay) forget(connections ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range connections {
		delete(r.open, c)
	}
}

// piece is what is on its way.
type piece struct {
	bytes []byte
	due   time.Time
}

// carry passes on what from says until its end, which is passed on as well. When to takes no more, from is read no more.
func (r *Relay) carry(to, from net.Conn) {
	way := make(chan piece, maxPieces)
	var arrival sync.WaitGroup
	arrival.Go(func() {
		failed := false
		for p := range way {
			if failed {
				continue
			}
			if wait := time.Until(p.due); wait > 0 {
				<-time.After(wait)
			}
			if _, err := to.Write(p.bytes); err != nil {
				failed = true
				_ = from.Close()
			}
		}
		if half, ok := to.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
	})
	var last, drawn time.Time
	var delay time.Duration
	var of *Delay
	for buffer := make([]byte, pieceBytes); ; {
		n, err := from.Read(buffer)
		now := time.Now()
		if d := r.delay.Load(); d != of || now.Sub(drawn) >= jitterPeriod {
			of, delay, drawn = d, d.draw(), now
		}
		due := now.Add(delay)
		if due.Before(last) {
			due = last
		}
		last = due
		if n > 0 {
			way <- piece{append([]byte(nil), buffer[:n]...), due}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			way <- piece{nil, due} // the end is as far away as the rest
			break
		}
	}
	close(way)
	arrival.Wait()
}
