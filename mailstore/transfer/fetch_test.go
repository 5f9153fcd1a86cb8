package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"troxymail/bftcore/wire"
)

// A toy state: a part's content lists the names below it, one a line; a name is also the content's seed.
type toy map[string][]byte

// grow makes a tree of parts below name.
func (s toy) grow(rnd *rand.Rand, name string, depth int) Item {
	content := name + "\n"
	for i := range rnd.IntN(6) {
		if depth > 0 {
			x := s.grow(rnd, fmt.Sprint(name, i), depth-1)
			content += fmt.Sprintf("%s %x\n", x.Name, x.Digest[:])
		}
	}
	s[name] = []byte(content)
	return Item{Name: name, Digest: wire.Sum([]byte(content)), Loose: depth == 0}
}

func line(name string, content []byte) string {
	d := wire.Sum(content)
	return fmt.Sprintf("%s %x\n", name, d[:])
}

func checkToy(x Item, content []byte) ([]Item, error) {
	if wire.Sum(content) != x.Digest {
		return nil, ErrUnfit
	}
	lines := strings.Split(string(content), "\n")
	var below []Item
	for _, line := range lines[1 : len(lines)-1] {
		var name string
		var digest []byte
		if _, err := fmt.Sscanf(line, "%s %x", &name, &digest); err != nil {
			return nil, err
		}
		below = append(below, Item{Name: name, Digest: wire.Digest(digest)})
	}
	return below, nil
}

// world answers questions at random times, some never, some wrongly.
type world struct {
	t       *testing.T
	rnd     *rand.Rand
	fetch   *Fetch
	state   toy
	now     Time
	waiting []Ask
	got     map[string]bool
	most    map[wire.ReplicaID]int // open questions at once
	answer  map[wire.ReplicaID]func(a *wire.TransferAnswer) bool
}

func (w *world) run() {
	w.t.Helper()
	w.got, w.most = map[string]bool{}, map[wire.ReplicaID]int{}
	last := 0
	for n := 0; !w.fetch.Done(); n++ {
		if n > 200_000 || w.fetch.Err() != nil {
			w.t.Fatalf("no end: %v, %d permille, %+v", w.fetch.Err(), w.fetch.Permille(), w.fetch.Counters())
		}
		out := w.fetch.Next(w.now)
		w.keep(out.Parts)
		w.waiting = append(w.waiting, out.Asks...)
		if p := w.fetch.Permille(); p < last {
			w.t.Fatalf("progress fell from %d to %d", last, p)
		} else {
			last = p
		}
		if len(w.waiting) == 0 {
			at := w.fetch.Deadline()
			if at == 0 {
				w.t.Fatal("nothing to wait for")
			}
			w.now = max(w.now, at)
			continue
		}
		i := w.rnd.IntN(len(w.waiting))
		a := w.waiting[i]
		w.waiting = append(w.waiting[:i], w.waiting[i+1:]...)
		w.reply(a)
	}
	w.keep(w.fetch.Next(w.now).Parts)
}

func (w *world) keep(parts []Part) {
	w.t.Helper()
	for _, p := range parts {
		if w.got[p.Name] || !bytes.Equal(p.Content, w.state[p.Name]) {
			w.t.Fatalf("part %s twice, or wrong", p.Name)
		}
		w.got[p.Name] = true
	}
}

func (w *world) reply(a Ask) {
	q := &wire.TransferAsk{Token: a.Token}
	for _, x := range a.Items {
		q.Names = append(q.Names, []byte(x.Name))
	}
	answer := Serve(q, func(name string) []byte { return w.state[name] })
	if f := w.answer[a.To]; f != nil && !f(answer) {
		w.now += Time(w.rnd.IntN(3e9))
		return
	}
	w.fetch.Answer(w.now, a.To, answer)
	w.fetch.Answer(w.now, a.To, answer)                                           // again: passed over
	w.fetch.Answer(w.now, a.To, &wire.TransferAnswer{Token: w.rnd.Uint64N(1000)}) // of nothing
}

func newWorld(t *testing.T, seed uint64, n int) *world {
	w := &world{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), state: toy{}, now: 1}
	root := Item{}
	for len(w.state) < 20 {
		w.state = toy{}
		root = w.state.grow(w.rnd, "r", 5)
	}
	w.fetch = New(wire.ReplicaID(n-1), n, root, checkToy)
	w.answer = map[wire.ReplicaID]func(*wire.TransferAnswer) bool{
		wire.ReplicaID(n - 1): func(a *wire.TransferAnswer) bool { clear(a.Parts); return true }, // an empty disk
	}
	return w
}

func flip(rnd *rand.Rand, a *wire.TransferAnswer) bool {
	for i := range a.Parts {
		if len(a.Parts[i]) > 0 && rnd.IntN(4) == 0 {
			a.Parts[i] = append([]byte(nil), a.Parts[i]...)
			a.Parts[i][0] ^= 1
		}
	}
	return true
}

// With at least one sound source the whole state arrives, each part once, whatever the others do.
func TestEverythingArrives(t *testing.T) {
	for seed := range uint64(60) {
		w := newWorld(t, seed, 4)
		worst := []func(a *wire.TransferAnswer) bool{
			func(a *wire.TransferAnswer) bool { return flip(w.rnd, a) },
			func(*wire.TransferAnswer) bool { return false },                               // silent
			func(*wire.TransferAnswer) bool { return w.rnd.IntN(3) > 0 },                   // loses some
			func(a *wire.TransferAnswer) bool { clear(a.Parts); return true },              // has nothing
			func(a *wire.TransferAnswer) bool { a.Parts = nil; return true },               // answers nothing
			func(a *wire.TransferAnswer) bool { a.Parts, a.Gone = nil, true; return true }, // says it is gone
			func(a *wire.TransferAnswer) bool { a.Parts = a.Parts[:1]; return true },       // a piece at a time
		}
		w.answer[0], w.answer[1] = worst[seed%7], worst[seed/7%7]
		w.run()
		if len(w.got) != len(w.state) {
			t.Fatalf("seed %d: %d parts of %d", seed, len(w.got), len(w.state))
		}
		for _, r := range w.fetch.Liars() {
			if r > 1 || r == 0 && seed%7 != 0 || r == 1 && seed/7%7 != 0 {
				t.Fatalf("seed %d: replica %d is called a liar", seed, r)
			}
		}
	}
}

// A source that answers late is waited for: a transfer that went for a newer state whenever its sources were busy would
// begin for ever. One that answers nothing for long is away.
func TestSlowSourcesAreWaitedFor(t *testing.T) {
	f := newWorld(t, 3, 3).fetch
	f.want = []Item{{Name: "wanted"}}
	for _, x := range []struct {
		first, second source
		stuck         bool
	}{
		{source{}, source{restTo: 10, gone: true}, false},
		{source{restTo: 10, slow: 1}, source{restTo: 10, slow: slowLimit - 1}, false},
		{source{restTo: 10, slow: slowLimit}, source{restTo: 10, slow: 1}, false},
		{source{restTo: 10, slow: slowLimit}, source{restTo: 10, slow: slowLimit}, true},
		{source{restTo: 10, gone: true}, source{restTo: 10, slow: slowLimit}, true},
		{source{restTo: 10, slow: 1, liar: true}, source{restTo: 10, gone: true}, true},
	} {
		f.sources[0], f.sources[1] = x.first, x.second
		if got := f.Stuck(9); got != x.stuck {
			t.Errorf("%+v, %+v: stuck %v", x.first, x.second, got)
		}
	}
	f.sources[0], f.sources[1] = source{gone: true}, source{}
	f.asks, f.open = []asked{{to: 0, items: []Item{{Name: "a"}}}, {to: 1, items: []Item{{Name: "b"}}}}, 2
	f.Answer(1, 0, &wire.TransferAnswer{Token: f.first, Parts: [][]byte{nil}})
	f.Answer(1, 1, &wire.TransferAnswer{Token: f.first, Gone: true})
	if !f.sources[0].gone || !f.sources[1].gone {
		t.Error("who answers that it has not the state is not noted")
	}
}

// While no source has the state the transfer is stuck and says so; it goes on when one has it. A loose part that
// nobody has does not hold it up.
func TestStuckUntilASourceHasIt(t *testing.T) {
	w := newWorld(t, 3, 3)
	gone := func(a *wire.TransferAnswer) bool { a.Parts, a.Gone = nil, true; return true }
	w.answer[0], w.answer[1] = gone, gone
	for range 10 {
		for _, a := range w.fetch.Next(w.now).Asks {
			w.reply(a)
		}
	}
	if !w.fetch.Stuck(w.now) || w.fetch.Done() {
		t.Fatal("not stuck")
	}
	w.answer[0] = nil
	w.now += restAfter
	if w.fetch.Stuck(w.now) {
		t.Fatal("stuck for good")
	}
	w.run()

	state := toy{"r": []byte("r\n" + line("lost", []byte("lost\n")))}
	root := Item{Name: "r", Digest: wire.Sum(state["r"])}
	w = &world{t: t, rnd: w.rnd, state: state, now: 1}
	w.fetch = New(2, 3, root, func(x Item, content []byte) ([]Item, error) {
		below, err := checkToy(x, content)
		for i := range below {
			below[i].Loose = true
		}
		return below, err
	})
	w.run()
	if w.fetch.Counters().Lost != 1 {
		t.Fatalf("%+v", w.fetch.Counters())
	}
}

// What fits its digest and makes no sense ends the transfer: f+1 replicas attested it.
func TestNonsenseThatFitsEndsIt(t *testing.T) {
	nonsense := errors.New("nonsense")
	w := newWorld(t, 1, 3)
	w.fetch.check = func(Item, []byte) ([]Item, error) { return nil, nonsense }
	for range 3 {
		for _, a := range w.fetch.Next(w.now).Asks {
			w.reply(a)
		}
	}
	if !errors.Is(w.fetch.Err(), nonsense) {
		t.Fatal(w.fetch.Err())
	}
}

// Questions, and what they and their answers may hold, are bounded.
func TestBounds(t *testing.T) {
	state := toy{}
	content := "r\n"
	for i := range 1000 {
		leaf := append(bytes.Repeat([]byte{'x'}, 100_000), '\n')
		name := fmt.Sprint("leaf", i)
		state[name] = leaf
		content += line(name, leaf)
	}
	state["r"] = []byte(content)
	w := &world{t: t, rnd: rand.New(rand.NewPCG(1, 1)), state: state, now: 1}
	w.fetch = New(2, 3, Item{Name: "r", Digest: wire.Sum(state["r"])}, checkToy)
	w.answer = map[wire.ReplicaID]func(*wire.TransferAnswer) bool{
		2: func(a *wire.TransferAnswer) bool { clear(a.Parts); return true },
	}
	open := map[wire.ReplicaID]int{}
	for n := 0; n < 50; n++ {
		out := w.fetch.Next(w.now)
		for _, a := range out.Asks {
			open[a.To]++
			if len(a.Items) > wire.MaxTransferItems || open[a.To] > maxAsks {
				t.Fatalf("%d names, %d questions at %d", len(a.Items), open[a.To], a.To)
			}
			w.waiting = append(w.waiting, a)
		}
		if len(w.waiting) == 0 {
			continue
		}
		a := w.waiting[0]
		w.waiting = w.waiting[1:]
		open[a.To]--
		w.reply(a)
	}
	q := &wire.TransferAsk{}
	for i := range wire.MaxTransferItems {
		q.Names = append(q.Names, []byte(fmt.Sprint("leaf", i)))
	}
	answer := Serve(q, func(name string) []byte { return state[name] })
	if _, _, err := wire.DecodeTransfer(answer.Append(nil)); err != nil || len(answer.Parts) != 5 {
		t.Fatalf("%d parts: %v", len(answer.Parts), err)
	}
}
