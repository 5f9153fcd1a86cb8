package node

import (
	"sync"

	"troxymail/bftcore/wire"
)

// Lanes of those who have no replica number.
const (
	laneEnclave = sourceSelf // the own enclave: bodies and reads
	laneHost    = -2         // the core, the executor and the scrub: short tasks that read no record
)

// Limits of what waits for the goroutine that keeps bodies. Whoever has more waiting waits, and nobody else.
const (
	// maxLaneBytes bounds the tasks of one lane, taskBytes is what a task counts beside its piece.
	maxLaneBytes = 16 << 20
	taskBytes    = 16 << 10
	// maxEnclaveBytes is the bound of the own enclave's lane: more than the bodies and reads that an enclave
	// has under way, so that its votes never wait behind them.
	maxEnclaveBytes = 2*wire.MaxBodyBytes + maxLaneBytes
)

// bodyTask is something to do for somebody.
type bodyTask struct {
	do    func(*bodyState)
	bytes int
}

// lanes are the queues of the goroutine that keeps bodies, one for each that it works for. They take turns,
// task by task: a peer that asks for a thousand records delays the others by one of them, not by a thousand.
// Tasks of laneHost go first; they are few and short. Safe for concurrent use.
type lanes struct {
	wake chan struct{} // has a token when tasks may wait

	mu      sync.Mutex
	room    sync.Cond
	waiting map[int][]bodyTask // guarded by mu; no empty ones
	bytes   map[int]int        // guarded by mu
	turns   []int              // lanes with tasks but laneHost, the next one first; guarded by mu
	closed  bool               // guarded by mu
}

func newLanes() *lanes {
	l := &lanes{wake: make(chan struct{}, 1), waiting: map[int][]bodyTask{}, bytes: map[int]int{}}
	l.room.L = &l.mu
	return l
}

// put adds a task that holds a piece of so many bytes; it blocks while its lane is full, and drops the task
// once closed.
func (l *lanes) put(lane, pieceBytes int, do func(*bodyState)) {
	limit := maxLaneBytes
	if lane == laneEnclave {
		limit = maxEnclaveBytes
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.bytes[lane] >= limit && !l.closed {
		l.room.Wait()
	}
	if l.closed {
		return
	}
	if len(l.waiting[lane]) == 0 && lane != laneHost {
		l.turns = append(l.turns, lane)
	}
	t := bodyTask{do: do, bytes: taskBytes + pieceBytes}
	l.waiting[lane] = append(l.waiting[lane], t)
	l.bytes[lane] += t.bytes
	notify(l.wake)
}

// take returns the next task, nil when none waits.
func (l *lanes) take() func(*bodyState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane := laneHost
	if len(l.waiting[laneHost]) == 0 {
		if len(l.turns) == 0 {
			return nil
		}
		lane = l.turns[0]
		l.turns = l.turns[1:]
	}
	t := l.waiting[lane][0]
	l.waiting[lane][0] = bodyTask{}
	l.waiting[lane] = l.waiting[lane][1:]
	l.bytes[lane] -= t.bytes
	if len(l.waiting[lane]) == 0 {
		delete(l.waiting, lane)
	} else if lane != laneHost {
		l.turns = append(l.turns, lane)
	}
	l.room.Broadcast()
	return t.do
}

func (l *lanes) close() {
	l.mu.Lock()
	l.closed = true
	l.room.Broadcast()
	l.mu.Unlock()
}
