package node

import (
	"context"
	"errors"
	"io/fs"
	"os"
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

// arrival names a body on its way from one source; a liar can only spoil its own copy.
type arrival struct {
	from int
	body wire.Digest
}

type assembly struct {
	total  uint64
	pushed bool // by its origin, which waits for an attestation
	data   []byte
	last   int64
}

// absence is a record that this host lacks and asks its peers for.
type absence struct {
	wanted  bool                 // by the core, before a vote
	damaged bool                 // it is here, but not as it was stored
	reads   []boundary.GetRecord // of the own enclave
	repairs []chan bool          // of Repair; capacity 1
	fetches []chan bool          // of Fetch; capacity 1
	askAt   int64
	asked   int
	peer    int
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

// arrive adds a piece. Only the first is pushed (by the origin of the body); the receiver asks for each
// of the others, so that no queue fills. When the body is whole and fits its digest it is stored, and, if
// it was pushed, shown to the own enclave for attestation.
func (s *bodyState) arrive(from int, p wire.Piece, pushed bool) {
	k := arrival{from: from, body: p.Body}
	if pushed && p.Total <= wire.InlineBodyBytes {
		return // such a body travels in its command
	}
	if pushed && p.Offset == 0 && s.n.o.Bodies.Has(p.Body) && s.again(from, p.Body) {
		return // the origin asks again: its attestations were lost
	}
	a := s.arriving[k]
	if a == nil {
		if p.Offset != 0 || s.bytes[from]+int(p.Total) > maxArriving || !pushed && s.missing[p.Body] == nil {
			return // not asked for, or too much at once: the origin's enclave times out, a fetch is repeated
		}
		if pushed && from != sourceSelf && !s.mayOwe(from, int(p.Total)) {
			return
		}
		a = &assembly{total: p.Total, pushed: pushed}
		s.arriving[k] = a
		s.bytes[from] += int(p.Total)
	}
	if p.Total != a.total || p.Offset != uint64(len(a.data)) || len(p.Bytes) == 0 {
		return
	}
	a.data = append(a.data, p.Bytes...)
	a.last = s.n.o.Now()
	if uint64(len(a.data)) < a.total {
		s.next(k, a)
		return
	}
	s.drop(k)
	if wire.Sum(a.data) == p.Body {
		s.whole(from, p.Body, a.data, a.pushed)
	}
}

// next asks a peer for the piece that follows; the own enclave sends all of them by itself.
func (s *bodyState) next(k arrival, a *assembly) {
	if k.from != sourceSelf {
		s.n.o.Links.Send(k.from, wire.Fetch{Body: k.body, Offset: uint64(len(a.data))}.Append(nil))
	}
}

// again attests a body that is stored already, and tells peers of it if it is the own enclave's. False when
// it is damaged: what the origin sends repairs it.
func (s *bodyState) again(from int, d wire.Digest) bool {
	body, err := s.n.o.Bodies.Get(d)
	if err != nil {
		if errors.Is(err, ErrRecordDamaged) {
			s.n.recordsLost.Add(1)
		}
		return false
	}
	if from == sourceSelf {
		s.spread(d, body)
	}
	s.show(from, d, body)
	return true
}

func (s *bodyState) drop(k arrival) {
	if a := s.arriving[k]; a != nil {
		s.bytes[k.from] -= int(a.total)
		delete(s.arriving, k)
	}
}

// whole stores a body that arrived.
func (s *bodyState) whole(from int, d wire.Digest, body []byte, pushed bool) {
	s.countLost(d)
	if err := s.n.o.Bodies.Put(d, body); err != nil {
		s.n.diskErrors.Add(1)
		s.n.o.Logger.Error("body.not_stored", "cause", err.Error())
		if diskFailed(err) {
			s.failed = err
		}
		return
	}
	if from == sourceSelf {
		s.spread(d, body)
	}
	if pushed {
		if from != sourceSelf {
			s.owe(from, d, len(body))
		}
		s.attest(from, d)
	}
	s.found(d, body)
}

// diskFailed reports whether the operating system refused: a full disk, or one that fails. A host that went on would
// fetch the body again and again, execute nothing that follows it, and vote for nothing; one that stops says why.
func diskFailed(err error) bool {
	var file *fs.PathError
	var names *os.LinkError
	return errors.As(err, &file) || errors.As(err, &names)
}

// countLost counts a record that this host should have had and a peer gave it. One that is merely absent
// counts only while this host lags behind nobody: else its order may be yet to come here.
func (s *bodyState) countLost(d wire.Digest) {
	a := s.missing[d]
	if a == nil || len(a.reads)+len(a.repairs) == 0 {
		return
	}
	if status := s.n.Status(); !a.damaged && status.Known <= status.Applied {
		_, err := s.n.o.Bodies.Get(d)
		a.damaged = err != nil
	}
	if a.damaged {
		s.n.recordsLost.Add(1)
	}
}

// spread tells all peers of the own enclave's body by its first piece; they fetch the others.
func (s *bodyState) spread(d wire.Digest, body []byte) {
	first := pieces(d, body)[0].Append(nil, wire.KindBody)
	for to := range s.n.o.Config.Quorum.N() {
		if to != int(s.n.o.Config.Self) {
			s.n.o.Links.Send(to, first)
		}
	}
}

// attest reads a stored body back from disk and shows it to the enclave, which tells the origin.
func (s *bodyState) attest(from int, d wire.Digest) {
	body, err := s.n.o.Bodies.Get(d)
	if err != nil {
		s.n.diskErrors.Add(1)
		s.n.o.Logger.Error("body.not_read_back", "cause", err.Error())
		return
	}
	s.show(from, d, body)
}

func (s *bodyState) show(from int, d wire.Digest, body []byte) {
	s.pin(d)
	origin := s.n.o.Config.Self
	if from != sourceSelf {
		origin = wire.ReplicaID(from)
	}
	for _, p := range pieces(d, body) {
		s.say(boundary.AppendReadBack(nil, origin, p))
	}
}

// found serves all that waited for a record.
func (s *bodyState) found(d wire.Digest, record []byte) {
	a := s.missing[d]
	if a == nil {
		return
	}
	delete(s.missing, d)
	if a.wanted {
		s.n.inbox.put(sourceSelf, 0, bftcore.BodyHeld{Body: d})
	}
	for _, g := range a.reads {
		s.deliver(g, record)
	}
	for _, c := range append(a.repairs, a.fetches...) {
		c <- true
	}
}

func (s *bodyState) deliver(g boundary.GetRecord, record []byte) {
	for _, p := range pieces(g.Digest, record) {
		r := boundary.Record{Token: g.Token, Piece: p}
		s.say(r.Append(nil))
	}
}

// say sends the enclave a piece, at the pace at which it reads: several large bodies at once are more than
// the link holds, and must leave room for what the enclave votes on.
func (s *bodyState) say(frame []byte) {
	s.n.o.Link.Pace()
	_ = s.n.o.Link.Send(frame) // a link that is closed ends the node
}

func (s *bodyState) need(d wire.Digest) {
	s.pin(d)
	if s.n.o.Bodies.Has(d) {
		s.n.inbox.put(sourceSelf, 0, bftcore.BodyHeld{Body: d})
		return
	}
	s.lack(d).wanted = true
}

func (s *bodyState) get(g boundary.GetRecord) {
	record, err := s.n.o.Bodies.Get(g.Digest)
	if err == nil {
		s.deliver(g, record)
		return
	}
	a := s.lack(g.Digest)
	a.reads = append(a.reads, g)
	a.damaged = a.damaged || errors.Is(err, ErrRecordDamaged)
}

// lack notes that a record is missing and asks the first peer.
func (s *bodyState) lack(d wire.Digest) *absence {
	a := s.missing[d]
	if a == nil {
		a = &absence{peer: int(s.n.o.Config.Self)}
		s.missing[d] = a
		s.ask(d, a)
	}
	return a
}

func (s *bodyState) ask(d wire.Digest, a *absence) {
	n := s.n.o.Config.Quorum.N()
	for {
		a.peer = (a.peer + 1) % n
		if a.peer != int(s.n.o.Config.Self) {
			break
		}
	}
	a.asked++
	a.askAt = s.n.o.Now() + int64(fetchAgainAfter)
	s.drop(arrival{from: a.peer, body: d})
	s.n.o.Links.Send(a.peer, wire.Fetch{Body: d}.Append(nil))
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

// tick repeats fetches that nobody answered and forgets bodies that stopped arriving.
func (s *bodyState) tick(now int64) {
	if s.served != nil && now >= s.servedUntil {
		s.served = nil
	}
	for k, a := range s.arriving {
		switch {
		case a.last+int64(arriveTimeout) < now:
			s.drop(k)
		case a.last+int64(fetchAgainAfter) < now:
			s.next(k, a)
		}
	}
	for d, a := range s.missing {
		if now < a.askAt || s.progressing(d, now) {
			continue
		}
		if a.asked >= fetchRounds && len(a.reads)+len(a.repairs)+len(a.fetches) > 0 {
			for _, c := range a.fetches {
				c <- false
			}
			for _, c := range a.repairs {
				c <- false
				s.n.recordsLost.Add(1)
			}
			for _, g := range a.reads {
				r := boundary.Record{Token: g.Token, Piece: wire.Piece{Body: d}}
				_ = s.n.o.Link.Send(r.Append(nil))
			}
			a.reads, a.repairs, a.fetches = nil, nil, nil
			if !a.wanted {
				delete(s.missing, d)
				continue
			}
		}
		s.ask(d, a)
	}
}

// progressing reports whether pieces of d came in lately.
func (s *bodyState) progressing(d wire.Digest, now int64) bool {
	for k, a := range s.arriving {
		if k.body == d && a.last+int64(fetchAgainAfter) > now {
			return true
		}
	}
	return false
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
