package imapgate

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/datadriven"
)

// wired is one client.
type wired struct {
	conn   *tls.Conn
	server net.Conn // the host's end towards the server
	mu     sync.Mutex
	holds  bool
	held   [][]byte // records of the client that the host has not passed on
	said   []string // lines of the server, unread
	ended  error
}

// connect logs a client in, through the host.
func (w *wires) connect(name string) {
	client, near := net.Pipe()
	c := &wired{conn: tls.Client(client, w.tls), server: w.pipes.dial()}
	w.clients[name] = c
	go c.carry(near)
	go func() {
		_, err := io.Copy(near, c.server)
		_ = err // the connection ended
		near.Close()
	}()
	go c.listen()
	go func() {
		_, err := c.conn.Write([]byte("a LOGIN " + fakeUser + " " + fakePassword + "\r\n"))
		_ = err // listen says that it ended
	}()
}

// listen takes the server's lines.
func (c *wired) listen() {
	r := bufio.NewReader(c.conn)
	for {
		line, err := r.ReadString('\n')
		c.mu.Lock()
		if err != nil {
			c.ended = err
			c.mu.Unlock()
			return
		}
		c.said = append(c.said, strings.TrimSpace(line))
		c.mu.Unlock()
	}
}

// carry passes the client's records on, or keeps them.
func (c *wired) carry(from net.Conn) {
	defer c.server.Close()
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(from, head); err != nil {
			return
		}
		record := append(slices.Clone(head), make([]byte, int(head[3])<<8|int(head[4]))...)
		if _, err := io.ReadFull(from, record[5:]); err != nil {
			return
		}
		c.mu.Lock()
		holds := c.holds
		if holds {
			c.held = append(c.held, record)
		}
		c.mu.Unlock()
		if holds {
			continue
		}
		if _, err := c.server.Write(record); err != nil {
			return
		}
	}
}

// pass passes kept records on, as the script wants.
func (w *wires) pass(c *wired, d *datadriven.TestData) {
	var flip, cut int
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "flip":
			fmt.Sscan(a.Vals[0], &flip)
		case "cut":
			fmt.Sscan(a.Vals[0], &cut)
		}
	}
	c.mu.Lock()
	held := c.held
	c.mu.Unlock()
	for _, a := range d.CmdArgs[1:] {
		var i int
		if _, err := fmt.Sscan(a.Key, &i); err != nil {
			continue
		}
		record := slices.Clone(held[i-1])
		if i == flip {
			record[len(record)-1] ^= 1
		}
		if i == cut {
			record = record[:len(record)-1]
		}
		if _, err := c.server.Write(record); err != nil {
			return
		}
		if i == cut {
			c.server.Close()
		}
	}
}
