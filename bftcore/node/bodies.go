package node

import (
	"context"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Limits of bodies on their way.
const (
	// maxArriving bounds the bytes of bodies that are arriving piece by piece from one source.
	maxArriving = 2 * wire.MaxBodyBytes
	// arriveTimeout is when a body of which no piece came is given up.
	arriveTimeout = 30 * time.Second
	// fetchAgainAfter is when a missing record is asked from the next peer.
	fetchAgainAfter = 200 * time.Millisecond
	// fetchRounds is how many peers are asked before a record read is answered with "not there".
	fetchRounds = 12
)

// bodyKeeper moves sealed records: from the own enclave to all replicas, from peers that need or miss
// them, and to the own enclave. One goroutine owns its maps.
type bodyKeeper struct {
	n        *Node
	lanes    *lanes
	finished chan struct{}
}

// bodyState is the state of the goroutine.
type bodyState struct {
	n        *Node
	arriving map[arrival]*assembly
	bytes    map[int]int // by source
	missing  map[wire.Digest]*absence
	unnamed  map[wire.Digest]unnamed // pushed by peers and not named by an executed request yet
	owed     map[int]int             // their bytes, by who pushed them
	pins     map[wire.Digest]struct{}
	pinned   bool // more than maxPins were: all are
	// served is the record that peers fetch pieces of just now: it is read from disk once.
	served      []byte
	servedName  wire.Digest
	servedUntil int64
	failed      error // of the disk: the host stops
}

func newBodyKeeper(n *Node) *bodyKeeper {
	return &bodyKeeper{n: n, lanes: newLanes(), finished: make(chan struct{})}
}

// piece takes a piece of a body from a peer.
func (k *bodyKeeper) piece(from wire.ReplicaID, kind wire.Kind, frame []byte) {
	p, err := wire.DecodePiece(frame, kind)
	if err != nil {
		k.n.o.Refusals.count(from, bftcore.CauseMalformed, err)
		return
	}
	k.lanes.put(int(from), len(p.Bytes), func(s *bodyState) { s.arrive(int(from), p, kind == wire.KindBody) })
}

// keep takes a piece of a body from the own enclave.
func (k *bodyKeeper) keep(p wire.Piece) {
	k.lanes.put(laneEnclave, len(p.Bytes), func(s *bodyState) { s.arrive(sourceSelf, p, true) })
}

// need asks for a body that the core waits for.
func (k *bodyKeeper) need(d wire.Digest) { k.lanes.put(laneHost, 0, func(s *bodyState) { s.need(d) }) }

// get serves a record read of the own enclave.
func (k *bodyKeeper) get(g boundary.GetRecord) {
	k.lanes.put(laneEnclave, 0, func(s *bodyState) { s.get(g) })
}

// serve answers a peer's FETCH of a record.
func (k *bodyKeeper) serve(to wire.ReplicaID, f wire.Fetch) {
	k.lanes.put(int(to), 0, func(s *bodyState) { s.serve(int(to), f) })
}

func (k *bodyKeeper) run(ctx context.Context) error {
	defer close(k.finished)
	defer k.lanes.close()
	s := &bodyState{n: k.n, arriving: map[arrival]*assembly{}, bytes: map[int]int{}, missing: map[wire.Digest]*absence{},
		unnamed: map[wire.Digest]unnamed{}, owed: map[int]int{}}
	timer := time.NewTimer(0)
	defer timer.Stop()
	armed := true
	for ctx.Err() == nil {
		task := k.lanes.take()
		if task != nil {
			task(s)
			if s.failed != nil {
				return s.failed
			}
			notify(k.lanes.wake) // look again, after the timer
		}
		select {
		case <-ctx.Done():
		case <-k.lanes.wake:
		case <-timer.C:
			armed = false
			s.tick(k.n.o.Now())
		}
		if !armed && len(s.missing)+len(s.arriving) > 0 || s.served != nil && !armed {
			timer.Reset(fetchAgainAfter)
			armed = true
		}
	}
	return nil
}

// say sends the enclave a piece, at the pace at which it reads: several large bodies at once are more than
// the link holds, and must leave room for what the enclave votes on.
func (s *bodyState) say(frame []byte) {
	s.n.o.Link.Pace()
	_ = s.n.o.Link.Send(frame) // a link that is closed ends the node
}

// serve sends a peer the piece that it asked for, if this host has the record.
func (s *bodyState) serve(to int, f wire.Fetch) {
	record, err := s.read(f.Body)
	if err != nil || f.Offset >= uint64(len(record)) {
		return
	}
	p := wire.Piece{Body: f.Body, Total: uint64(len(record)), Offset: f.Offset}
	p.Bytes = record[f.Offset:min(f.Offset+wire.ChunkBytes, p.Total)]
	s.n.o.Links.Send(to, p.Append(nil, wire.KindFetched))
}

// read returns a record, and keeps the last one of several pieces for a while: it is fetched piece by piece.
func (s *bodyState) read(d wire.Digest) ([]byte, error) {
	if s.served != nil && s.servedName == d {
		return s.served, nil
	}
	record, err := s.n.o.Bodies.Get(d)
	if err == nil && len(record) > wire.ChunkBytes {
		s.served, s.servedName, s.servedUntil = record, d, s.n.o.Now()+int64(arriveTimeout)
	}
	return record, err
}

// pieces cuts a record into pieces that alias it.
func pieces(d wire.Digest, record []byte) []wire.Piece {
	var out []wire.Piece
	for at := 0; at < len(record); at += wire.ChunkBytes {
		out = append(out, wire.Piece{
			Body: d, Total: uint64(len(record)), Offset: uint64(at),
			Bytes: record[at:min(at+wire.ChunkBytes, len(record))],
		})
	}
	return out
}
