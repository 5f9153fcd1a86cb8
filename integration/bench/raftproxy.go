package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// proxyCommand is what a process of the baseline is told that serves clients in front of a member.
const proxyCommand = "raft-proxy"

// raftProxy stands between clients and one member of the baseline as an enclave does between clients and its host: a
// process of its own, and one connection between both, on which requests and answers share writes. It checks nothing.
type raftProxy struct {
	out *sender

	mu      sync.Mutex
	waiting map[uint64]chan []byte // by number; guarded by mu
	next    uint64                 // guarded by mu
}

// runRaftProxy serves clients at an address by the member at another.
func runRaftProxy(clients, member string) error {
	tune()
	l, err := net.Listen("tcp", clients)
	if err != nil {
		return err
	}
	var c net.Conn
	for end := time.Now().Add(10 * time.Second); ; <-time.After(50 * time.Millisecond) {
		if c, err = net.Dial("tcp", member); err == nil {
			break
		}
		if time.Now().After(end) {
			return err
		}
	}
	p := &raftProxy{out: newSender(), waiting: map[uint64]chan []byte{}}
	go p.out.send(c)
	go serveEcho(l, p.do)
	if err := readFrames(c, p.answered); err != io.EOF {
		return err
	}
	return nil // the member has ended
}

// do has the member order a request.
func (p *raftProxy) do(request []byte) ([]byte, error) {
	done := make(chan []byte, 1)
	p.mu.Lock()
	p.next++
	number := p.next
	p.waiting[number] = done
	p.mu.Unlock()
	frame := make([]byte, 8, 8+len(request))
	binary.BigEndian.PutUint64(frame, number)
	p.out.put(append(frame, request...))
	return <-done, nil
}

// answered takes an answer of the member.
func (p *raftProxy) answered(frame []byte) error {
	if len(frame) < 8 {
		return errors.New("an answer without a number")
	}
	number := binary.BigEndian.Uint64(frame)
	p.mu.Lock()
	done := p.waiting[number]
	delete(p.waiting, number)
	p.mu.Unlock()
	if done == nil {
		return errors.New("an answer to nothing that was asked")
	}
	done <- frame[8:]
	return nil
}

// serveProxies orders what proxies at l pass on. An answer is the frame of the request once more.
func (n *raftNode) serveProxies(l net.Listener) error {
	return accept(l, func(c net.Conn) {
		back := newSender()
		go back.send(c)
		_ = readFrames(c, func(frame []byte) error { // it ends with the proxy
			if len(frame) < 8 {
				return errors.New("a request without a number")
			}
			n.submits <- raftSubmit{data: frame[8:], done: func() { back.put(frame) }}
			return nil
		})
	})
}
