package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"
)

// raftNode is one member of the baseline: go.etcd.io/raft as its documentation tells to use it, with
// batched messages between members, no TLS and no MACs. With a log folder, every Ready that asks for it is
// written and synced before its messages leave.
type raftNode struct {
	id      uint64
	raft    *raft.RawNode // owned by run
	storage *raft.MemoryStorage
	wal     *os.File // nil: in memory
	offset  int64
	peers   map[uint64]*sender
	steps   chan *raftpb.Message
	submits chan raftSubmit
	waiting map[uint64]func() // owned by run, by sequence
	next    uint64
}

// raftSubmit is a request; done is called by the goroutine of run once it is applied, and must not wait.
type raftSubmit struct {
	data []byte
	done func()
}

const (
	// raftBinary is the name of this program as the baseline's processes run it: without C, as ours are built.
	raftBinary = "raft"
	// raftCommand is what they are told to do.
	raftCommand = "raft-node"
)

// tune sets Go's runtime and its threads for a process of the baseline as ours are set: garbage may lie (cmd/internal/goheap),
// timers may be late, by a millisecond, as more gains it nothing, and who wakes waits its turn (cmd/internal/threadpolicy: 6 %
// more requests of 128 clients for raft too). Huge pages, which ours have, make no difference to it (0.97 of its rate with
// them, in turns with itself without).
func tune() {
	debug.SetGCPercent(400)
	_, _, late := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(time.Millisecond), 0)
	priority := int32(0)
	_, _, batch := syscall.AllThreadsSyscall(unix.SYS_SCHED_SETSCHEDULER, 0, unix.SCHED_BATCH, uintptr(unsafe.Pointer(&priority)))
	if late != 0 || batch != 0 {
		fmt.Fprintln(os.Stderr, "raft runs without timer slack or batch scheduling, which ours has:", late, batch)
	}
}

// runRaftNode runs one member. It serves clients, or, where they are behind a process of their own, such proxies.
func runRaftNode(id int, peers []string, clients string, proxied bool, walDir string) error {
	tune()
	raft.SetLogger(&raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)})
	n := &raftNode{
		id: uint64(id + 1), storage: raft.NewMemoryStorage(), peers: map[uint64]*sender{},
		steps: make(chan *raftpb.Message, 4096), submits: make(chan raftSubmit, 4096), waiting: map[uint64]func(){},
	}
	var members []raft.Peer
	for i := range peers {
		members = append(members, raft.Peer{ID: uint64(i + 1)})
	}
	elections := 10
	if id > 0 {
		elections = 30 // the first member leads, as replica 0 does: a single client is at the leader in both
	}
	var err error
	n.raft, err = raft.NewRawNode(&raft.Config{
		ID: n.id, ElectionTick: elections, HeartbeatTick: 1, Storage: n.storage, MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 256,
		MaxUncommittedEntriesSize: 1 << 30,
	})
	if err != nil {
		return err
	}
	if err := n.raft.Bootstrap(members); err != nil {
		return err
	}
	if walDir != "" {
		if n.wal, err = os.Create(filepath.Join(walDir, "wal")); err != nil {
			return err
		}
		if err := unix.Fallocate(int(n.wal.Fd()), 0, 0, 256<<20); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", peers[id])
	if err != nil {
		return err
	}
	go acceptFrames(l, n.received)
	for i, address := range peers {
		if i != id {
			p := newSender()
			n.peers[uint64(i+1)] = p
			go p.dial(address)
		}
	}
	cl, err := net.Listen("tcp", clients)
	if err != nil {
		return err
	}
	if proxied {
		go n.serveProxies(cl)
	} else {
		go serveEcho(cl, n.do)
	}
	return n.run()
}

// do proposes a request and waits until this member applied it.
func (n *raftNode) do(request []byte) ([]byte, error) {
	done := make(chan struct{})
	n.submits <- raftSubmit{data: request, done: func() { close(done) }}
	<-done
	return request, nil
}

func (n *raftNode) run() error {
	tick := time.NewTicker(100 * time.Millisecond)
	for {
		select {
		case <-tick.C:
			n.raft.Tick()
		case m := <-n.steps:
			_ = n.raft.Step(m)
		case s := <-n.submits:
			n.propose(s)
		}
		n.drain()
		for n.raft.HasReady() {
			if err := n.ready(); err != nil {
				return err
			}
		}
	}
}

// drain takes what else has arrived, so that one Ready serves it all.
func (n *raftNode) drain() {
	for range 1024 {
		select {
		case m := <-n.steps:
			_ = n.raft.Step(m)
		case s := <-n.submits:
			n.propose(s)
		default:
			return
		}
	}
}

// propose tags a request with this member and a sequence number, so that it is known when applied. A
// proposal that is dropped (no leader yet) is tried again.
func (n *raftNode) propose(s raftSubmit) {
	n.next++
	data := binary.BigEndian.AppendUint64(nil, n.id)
	data = append(binary.BigEndian.AppendUint64(data, n.next), s.data...)
	if err := n.raft.Propose(data); errors.Is(err, raft.ErrProposalDropped) {
		time.AfterFunc(50*time.Millisecond, func() { n.submits <- s })
		return
	}
	n.waiting[n.next] = s.done
}

func (n *raftNode) ready() error {
	rd := n.raft.Ready()
	if n.wal != nil && rd.MustSync {
		if err := n.persist(&rd); err != nil {
			return err
		}
	}
	if rd.HardState != nil && !raft.IsEmptyHardState(rd.HardState) {
		if err := n.storage.SetHardState(rd.HardState); err != nil {
			return err
		}
	}
	if err := n.storage.Append(rd.Entries); err != nil {
		return err
	}
	for _, m := range rd.Messages {
		b, err := proto.Marshal(m)
		if err != nil {
			return err
		}
		n.peers[m.GetTo()].put(b)
	}
	for _, e := range rd.CommittedEntries {
		n.apply(e)
	}
	n.raft.Advance(rd)
	return nil
}

func (n *raftNode) persist(rd *raft.Ready) error {
	var batch []byte
	for _, e := range rd.Entries {
		b, err := proto.Marshal(e)
		if err != nil {
			return err
		}
		batch = append(binary.BigEndian.AppendUint32(batch, uint32(len(b))), b...)
	}
	if n.offset+int64(len(batch)) > 250<<20 {
		n.offset = 0 // a ring: the baseline is never restarted
	}
	if _, err := n.wal.WriteAt(batch, n.offset); err != nil {
		return err
	}
	n.offset += int64(len(batch))
	return unix.Fdatasync(int(n.wal.Fd()))
}

func (n *raftNode) apply(e *raftpb.Entry) {
	if e.GetType() == raftpb.EntryConfChange {
		var change raftpb.ConfChange
		if proto.Unmarshal(e.GetData(), &change) == nil {
			n.raft.ApplyConfChange(&change)
		}
		return
	}
	data := e.GetData()
	if len(data) >= 16 && binary.BigEndian.Uint64(data) == n.id {
		seq := binary.BigEndian.Uint64(data[8:])
		if done := n.waiting[seq]; done != nil {
			delete(n.waiting, seq)
			done()
		}
	}
	if e.GetIndex()%10_000 == 0 {
		_ = n.storage.Compact(e.GetIndex() - 5_000) // bounded memory; members never lag so far here
	}
}

// received takes a message of another member.
func (n *raftNode) received(b []byte) error {
	m := &raftpb.Message{}
	if err := proto.Unmarshal(b, m); err != nil {
		return fmt.Errorf("raft message: %w", err)
	}
	n.steps <- m
	return nil
}
