package scenario

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/replica"
)

// log is what a host's log holds of its enclave: its newest Frontier, its certificates since, and batches.
type log struct {
	frontier []byte
	own      []wire.Certificate
	batches  []wire.Entry
}

func (l log) clone() log {
	return log{frontier: bytes.Clone(l.frontier), own: slices.Clone(l.own), batches: slices.Clone(l.batches)}
}

// enclave is one instance of a replica's enclave, in one life, with what its host keeps of it.
type enclave struct {
	w       *world
	name    string
	id      wire.ReplicaID
	replica *replica.Replica
	link    boundary.Link
	stop    context.CancelFunc
	up      bool
	lies    bool // its host does only what the script says
	log     log
	self    wire.Incarnation // when ACTIVE
	token   uint64
	answers map[uint64][]byte // frames, by token
	wishes  []string          // names of what its sessions asked for, until it is a request
	driver  *rejoin.Driver

	mu     sync.Mutex
	frames [][]byte
}

// start runs an enclave under a name, from what the host's log shows it. Whatever had that name before is stopped.
func (w *world) start(name string, id wire.ReplicaID, l log) *enclave {
	old := w.enclaves[name]
	if old == nil {
		w.names = append(w.names, name)
		slices.Sort(w.names)
	} else {
		old.kill()
	}
	w.lives++
	inner, outer := boundary.Pipe()
	e := &enclave{w: w, name: name, id: id, link: outer, up: true, log: l, answers: map[uint64][]byte{}}
	e.lies = old != nil && old.lies
	e.replica = replica.New(replica.Options{
		Group: w.group, Self: id, Certificate: [32]byte{1}, Request: [32]byte{2}, Reply: [32]byte{3}, Cache: [32]byte{4},
		Link: inner, Now: func() int64 { return time.Now().UnixNano() }, Logger: slog.New(slog.DiscardHandler),
		Rand: rand.NewChaCha8([32]byte{w.lives}), Admin: admin.Public().(ed25519.PublicKey),
	})
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	go func() {
		_ = e.replica.Run(ctx) // ends with its context
		_ = outer.Close()
	}()
	go e.listen()
	w.enclaves[name] = e
	e.send((&boundary.Start{Boot: 1, Frontier: l.frontier, Certificates: l.own}).Append(nil))
	w.rest()
	e.driver = rejoin.New(rejoin.Config{Self: id, Quorum: w.group, Recovery: w.model.Recovery(), Members: w.model.Members()}, e.now())
	e.driver.Step(e.now(), rejoin.Began{Batches: l.batches})
	return e
}

func (e *enclave) kill() {
	if e.up {
		e.up = false
		e.stop()
	}
}

func (e *enclave) now() int64 { return time.Now().UnixNano() }

// listen takes what the enclave says.
func (e *enclave) listen() {
	for {
		frames, err := e.link.Recv()
		if err != nil {
			return
		}
		e.mu.Lock()
		for _, f := range frames {
			e.frames = append(e.frames, bytes.Clone(f))
		}
		e.mu.Unlock()
	}
}

func (e *enclave) take() [][]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := e.frames
	e.frames = nil
	return f
}

func (e *enclave) send(frame []byte) { _ = e.link.Send(frame) } // closed: it was stopped

// put sends a question with a token and returns the frame that answers it; nil when nothing does.
func (e *enclave) put(frame func(token uint64) []byte) []byte {
	e.token++
	e.send(frame(e.token))
	e.w.rest()
	return e.answers[e.token]
}

// rule has the enclave apply a rule; what it leaves for the log is logged.
func (e *enclave) rule(a boundary.Ask) boundary.Told {
	raw := e.put(func(token uint64) []byte {
		a.Token = token
		return a.Append(nil)
	})
	told, err := boundary.DecodeTold(raw)
	if err != nil {
		return boundary.Told{Refusal: boundary.RefusedStanding}
	}
	if len(told.Frontier) > 0 {
		e.log.frontier, e.log.own = told.Frontier, nil
	}
	return told
}

// verified asks the enclave which certificates are authentic and of its founding.
func (e *enclave) verified(list []wire.Certificate) []bool {
	v, err := boundary.DecodeVerified(e.put(func(token uint64) []byte {
		return (&boundary.Verify{Token: token, Certificates: list}).Append(nil)
	}))
	if err != nil {
		return make([]bool, len(list))
	}
	return v.OK
}

// frame takes what an enclave said to its host.
func (w *world) frame(e *enclave, f []byte) {
	kind, err := boundary.PeekKind(f)
	if err != nil {
		w.t.Fatal(err)
	}
	switch kind {
	case boundary.KindReady:
		r, err := boundary.DecodeReady(f)
		if err != nil {
			w.t.Fatal(err)
		}
		e.self = r.Incarnation
		w.say("%s is ACTIVE: incarnation %d of generation %d", e.name, r.Incarnation.Number, r.Incarnation.Founding.Generation)
	case boundary.KindRequest:
		w.wished(e, f)
	case boundary.KindSendReplies, boundary.KindSendCache:
		to, message, err := boundary.DecodeSend(f)
		if err != nil {
			w.t.Fatal(err)
		}
		w.say("%s says to %d: %s", e.name, to, w.describe(message))
		w.network = append(w.network, letter{from: e.id, to: to, raw: message, reply: true})
	case boundary.KindTold, boundary.KindCertified, boundary.KindVerified:
		e.answers[token(f)] = f
	}
}

// token is where all answers have it.
func token(f []byte) (n uint64) {
	for _, b := range f[2:10] {
		n = n<<8 | uint64(b)
	}
	return n
}
