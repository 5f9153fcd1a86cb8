package main

import (
	"bufio"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
	"troxymail/mailstore/command"
)

// Tags of the MACs of requests and replies: those of enclave/troxy.
const (
	voterRequestTag = "troxymail/request/v1"
	voterReplyTag   = "troxymail/reply/v1"
)

// voterLead is how many requests a client of an origin may be ahead of the slowest: replicas remember 4096 sequences of
// an origin.
const voterLead = 64

// credentials are what a client that votes itself shares with the replicas.
type credentials struct{ request, reply [32]byte }

// voterGroup is the clients that stand for one replica's proxy: they share its identity, each with sequences of its own.
type voterGroup struct {
	group    quorum.Config
	identity wire.RequestID // Sequence: of the first client's first request
	keys     credentials
	hosts    []string // addresses for such clients, by replica
	leader   int

	mu    sync.Mutex
	moved sync.Cond
	round []uint64 // by client: how many requests it began; guarded by mu
	held  atomic.Uint64
}

func newVoterGroup(identity wire.RequestID, keys credentials, hosts []string, leader, clients int) (*voterGroup, error) {
	group, err := quorum.New(len(hosts))
	g := &voterGroup{group: group, identity: identity, keys: keys, hosts: hosts, leader: leader, round: make([]uint64, clients)}
	g.moved.L = &g.mu
	return g, err
}

// next gives client i its next sequence, once the slowest of its group is near.
func (g *voterGroup) next(i int) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.round[i] > g.slowest()+voterLead {
		g.held.Add(1)
		g.moved.Wait()
	}
	n := g.round[i]
	g.round[i]++
	g.moved.Broadcast()
	return g.identity.Sequence + n*uint64(len(g.round)) + uint64(i)
}

// slowest needs g.mu.
func (g *voterGroup) slowest() uint64 {
	least := g.round[0]
	for _, n := range g.round {
		least = min(least, n)
	}
	return least
}

// leave lets the others go on without client i.
func (g *voterGroup) leave(i int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.round[i] = 1 << 62
	g.moved.Broadcast()
}

// voter is one client: a connection to each host but that of the replica whose proxy it stands for, and to the leader's
// in any case. It makes and authenticates its requests and votes on the replies, as the proxy does.
type voter struct {
	group    *voterGroup
	index    int
	requests *mac.Authenticator
	replies  *mac.Authenticator
	leader   net.Conn
	conns    []net.Conn
	heard    chan []byte // reply sets; closed by nobody
	failed   chan error
}

func (g *voterGroup) connect(i int, deadline time.Time) (*voter, error) {
	v := &voter{
		group: g, index: i, requests: mac.New(g.keys.request, voterRequestTag), replies: mac.New(g.keys.reply, voterReplyTag),
		heard: make(chan []byte, 4*len(g.hosts)), failed: make(chan error, len(g.hosts)),
	}
	for replica, address := range g.hosts {
		c, err := net.Dial("tcp", address)
		if err != nil {
			v.close()
			return nil, err
		}
		v.conns = append(v.conns, c)
		if replica == g.leader {
			v.leader = c
		}
		hello := binary.BigEndian.AppendUint16(nil, uint16(g.identity.Origin))
		hello = binary.BigEndian.AppendUint16(hello, uint16(i))
		hello = binary.BigEndian.AppendUint16(hello, uint16(len(g.round)))
		hello = binary.BigEndian.AppendUint64(hello, g.identity.Sequence)
		var known [1]byte
		_, err = c.Write(hello)
		if err = errors.Join(err, c.SetDeadline(deadline)); err == nil {
			_, err = io.ReadFull(c, known[:])
		}
		if err != nil {
			v.close()
			return nil, err
		}
		go v.listen(c)
	}
	return v, nil
}

func (v *voter) close() {
	v.group.leave(v.index)
	for _, c := range v.conns {
		_ = c.Close()
	}
}

// listen reads reply sets of one host.
func (v *voter) listen(c net.Conn) {
	r := bufio.NewReaderSize(c, 4<<10)
	for {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			v.failed <- err
			return
		}
		message := make([]byte, min(binary.BigEndian.Uint32(head[:]), maxEcho))
		if _, err := io.ReadFull(r, message); err != nil {
			v.failed <- err
			return
		}
		select {
		case v.heard <- message:
		default: // a fault of the server: it answers more than it is asked
			v.failed <- errors.New("more replies than requests")
			return
		}
	}
}

// do has data ordered and returns when f+1 replicas said the same, durably: its echo. Replies carry digests alone, so
// that a client that knows the result, as here, is spared the result itself.
func (v *voter) do(data []byte) error {
	id := v.group.identity
	id.Sequence = v.group.next(v.index)
	text := (&command.Ping{Data: data}).Append(nil)
	header := wire.AppendRequestHeader(nil, id, 0, nil, nil, text)
	raw := wire.AppendRequest(make([]byte, 4, len(header)+64+len(text)), header, v.requests.Sum(header), text)
	binary.BigEndian.PutUint32(raw, uint32(len(raw)-4))
	if _, err := v.leader.Write(raw); err != nil {
		return err
	}
	request := wire.Sum(header)
	result := (&wire.Result{Status: command.StatusOK, Payload: data}).Digest()
	var votes []wire.ReplySet
	for {
		select {
		case err := <-v.failed:
			return fmt.Errorf("request %v, %d votes: %w", id, len(votes), err)
		case message := <-v.heard:
			set, err := wire.DecodeReplySet(message)
			if err != nil || len(set.Entries) != 1 || !v.replies.Verify(set.Signed, set.MAC) {
				return fmt.Errorf("a reply that is not authentic: %v", err)
			}
			e := &set.Entries[0]
			if e.Sequence != id.Sequence {
				continue // to a request that was decided before
			}
			if !hmac.Equal(e.Request[:], request[:]) || e.Result != result || e.Depends > set.DurableUpTo {
				return fmt.Errorf("replica %d says something else of request %v", set.Replica, id)
			}
			if votes = append(votes, set); v.decided(votes) {
				return nil
			}
		}
	}
}

// decided looks for f+1 consistent replicas that say the same.
func (v *voter) decided(votes []wire.ReplySet) bool {
	var same []quorum.Witness
	for i := range votes {
		if votes[i].Order != votes[0].Order || votes[i].Entries[0].Depends != votes[0].Entries[0].Depends {
			continue
		}
		s := &votes[i]
		same = append(same, quorum.Witness{Founding: s.Founding, Replica: s.Replica, Incarnation: s.Incarnation, Vector: s.Vector})
	}
	_, ok := quorum.Holds(same, v.group.group.Size())
	return ok
}
