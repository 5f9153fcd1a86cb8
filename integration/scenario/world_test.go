package scenario

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/rr"
	"troxymail/mailstore/state"
)

// world is a group whose hosts do what a script says. Everything happens in the goroutine of the script, but for the
// enclaves and the sessions, which are at rest between two steps.
type world struct {
	t        *testing.T
	group    quorum.Config
	model    rr.Model
	enclaves map[string]*enclave
	names    []string // of enclaves, in the order of their first start
	lives    byte
	network  []letter          // messages of enclaves and hosts on their way
	messages map[string][]byte // kept by the script
	logs     map[string]log
	out      strings.Builder
	quiet    bool
	loud     bool // retransmissions are worth a line

	requests map[string]*request           // by name
	known    map[wire.Digest]*request      // by digest of the header
	batches  map[wire.Digest]batch         // by digest
	words    map[wire.Digest]string        // values
	history  map[uint64][]*request         // by order
	seen     map[uint64][]wire.Certificate // PREPAREs and COMMITs that were made, by order
	next     uint64                        // order that comes next

	store   *state.Machine // of a correct host; nil until it is wanted
	closing func() error

	mu   sync.Mutex
	done map[string]string // what became of the questions of sessions
}

// letter is a message on its way between two replicas.
type letter struct {
	from, to wire.ReplicaID
	raw      []byte
	reply    bool // goes to the enclave of to; else to its host
}

// batch is what an order holds.
type batch struct {
	requests []*request
	prepare  []byte // some PREPARE of it
}

func newWorld(t *testing.T, n int) *world {
	g, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	m, err := rr.Majority(n)
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		t: t, group: g, model: m, enclaves: map[string]*enclave{}, messages: map[string][]byte{}, logs: map[string]log{},
		requests: map[string]*request{}, known: map[wire.Digest]*request{}, batches: map[wire.Digest]batch{},
		words: map[wire.Digest]string{wire.Sum(nil): "nothing"}, history: map[uint64][]*request{}, seen: map[uint64][]wire.Certificate{}, next: 1, done: map[string]string{},
	}
}

func (w *world) say(format string, args ...any) {
	if !w.quiet {
		fmt.Fprintf(&w.out, format+"\n", args...)
	}
}

// rest waits until all enclaves are at rest, and takes what they said to their hosts.
func (w *world) rest() {
	for {
		synctest.Wait()
		said := false
		for _, name := range w.names {
			for _, f := range w.enclaves[name].take() {
				said = true
				w.frame(w.enclaves[name], f)
			}
		}
		if !said {
			return
		}
	}
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	w.rest()
}

// end stops everything.
func (w *world) end() {
	for _, e := range w.enclaves {
		e.kill()
	}
	if w.store != nil {
		if err := w.closing(); err != nil {
			w.t.Error(err)
		}
	}
	synctest.Wait()
}

// present is the enclave that a replica's honest host runs: the first of its name.
func (w *world) present(id wire.ReplicaID) *enclave { return w.enclaves[fmt.Sprint(id)] }
