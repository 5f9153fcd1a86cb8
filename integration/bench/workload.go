package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// sessionsPerAccount is how many of a workload's clients one account has: an enclave lets 40 in, a third of 120.
	sessionsPerAccount = 110
	// workMessages is how many messages each mailbox of a workload has.
	workMessages = 20
	// clientsPerAddress is how many of a workload's clients have one address: fewer connections than an enclave takes.
	clientsPerAddress = 90
)

// mixture is what a workload does: a share of reads, FETCH BODY.PEEK[] of 10 KiB, beside STORE; and a share of both that
// falls on one mailbox that all clients have in common, where it may conflict with others.
type mixture struct{ reads, conflicts float64 }

// worker is a closed-loop client with a mailbox of its own, and one in common with all.
type worker struct {
	own, common *talk // common is nil unless it was asked for
	random      *rand.Rand
	stores      int
}

// workload is the clients of one system, worker i at its address i modulo how many there are.
type workload struct {
	system   *mailSystem
	binaries string // of the program
	file     string // cluster.json
	workers  []*worker
}

// openWorkload makes accounts and mailboxes for so many clients in a cluster, and connects them. They log in with app
// passwords, which cost no processor time to speak of.
func openWorkload(s *mailSystem, binaries, file string, clients int, common bool) (*workload, error) {
	w := &workload{system: s, binaries: binaries, file: file, workers: make([]*worker, clients)}
	users := (clients + sessionsPerAccount - 1) / sessionsPerAccount
	passwords := make([]string, users)
	for u := range users {
		add := exec.Command(filepath.Join(binaries, "troxymail"), "account", "app-password", "add", loadUser(u), "--name", "bench", "--admin", file)
		out, err := add.Output()
		if err != nil {
			return w, fmt.Errorf("app-password add: %w", err)
		}
		passwords[u] = strings.TrimSpace(string(out))
	}
	err := together(users, func(u int) error { return s.fillToWork(u, passwords[u], clients) })
	if err != nil {
		return w, err
	}
	// A few at a time: as many as want to log in at once may be turned away.
	const atOnce = 8
	return w, together(min(atOnce, clients), func(k int) error {
		for i := k; i < clients; i += atOnce {
			w.workers[i] = &worker{random: rand.New(rand.NewPCG(uint64(i), 1))}
			if err := w.connect(i, passwords, common); err != nil {
				return err
			}
		}
		return nil
	})
}

// connect opens worker i's connections, with caches warm for what it will read.
func (w *workload) connect(i int, passwords []string, common bool) error {
	u := i / sessionsPerAccount
	address, from := w.system.imap[i%len(w.system.imap)], net.IPv4(127, 0, 1, byte(1+i/clientsPerAddress))
	open := func(user int, mailbox string) (*talk, error) {
		t, err := loginFrom(from, address, loadUser(user), passwords[user])
		if err != nil {
			return nil, err
		}
		for _, command := range []string{"SELECT " + mailbox, "FETCH 1:* BODY.PEEK[]"} {
			if _, err := t.imap("", command, nil); err != nil {
				t.close()
				return nil, err
			}
		}
		return t, nil
	}
	var err error
	if w.workers[i].own, err = open(u, workMailbox(i)); err == nil && common {
		w.workers[i].common, err = open(0, "Common")
	}
	return err
}

func workMailbox(i int) string { return fmt.Sprintf("Own%d", i) }

// fillToWork makes the mailboxes of user u.
func (s *mailSystem) fillToWork(u int, password string, clients int) error {
	t, err := loginFrom(nil, s.imap[u%len(s.imap)], loadUser(u), password)
	if err != nil {
		return err
	}
	defer t.close()
	if _, err := t.imap("", "CREATE Common", nil); err != nil {
		return err
	}
	for range workMessages {
		if _, err := t.imap("", "APPEND Common (\\Seen)", loadMessage); err != nil {
			return err
		}
	}
	if _, err := t.imap("", "SELECT Common", nil); err != nil {
		return err
	}
	for i := u * sessionsPerAccount; i < min(clients, (u+1)*sessionsPerAccount); i++ {
		for _, command := range []string{"CREATE ", "COPY 1:* "} {
			if _, err := t.imap("", command+workMailbox(i), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// close ends all connections.
func (w *workload) close() {
	for _, x := range w.workers {
		for _, t := range []*talk{x.own, x.common} {
			if t != nil {
				t.close()
			}
		}
	}
}

// do does one thing, and says whether it was a read.
func (x *worker) do(m mixture) (read bool, err error) {
	t := x.own
	if x.common != nil && x.random.Float64() < m.conflicts {
		t = x.common
	}
	message := 1 + x.random.IntN(workMessages)
	if x.random.Float64() < m.reads {
		_, err = t.imap("", fmt.Sprintf("FETCH %d BODY.PEEK[]", message), nil)
		return true, err
	}
	x.stores++
	_, err = t.imap("", fmt.Sprintf("STORE %d %cFLAGS.SILENT (\\Flagged)", message, "+-"[x.stores%2]), nil)
	return false, err
}

// measure has the first clients of the workload at work for d, after warm. The rate is of everything, the latencies are
// those of reads, or of writes where nothing is read.
func (w *workload) measure(clients int, m mixture, warm, d time.Duration) (row, error) {
	var taken [2][][]time.Duration // of writes and of reads, by client
	for kind := range taken {
		taken[kind] = make([][]time.Duration, clients)
	}
	before, err := answered(w.binaries, w.file)
	if err != nil {
		return row{}, err
	}
	from := time.Now().Add(warm)
	end := from.Add(d)
	used := make(chan time.Duration, 1)
	go func() { used <- w.system.usedBetween(from, end) }()
	err = together(clients, func(i int) error {
		for {
			begin := time.Now()
			if begin.After(end) {
				return nil
			}
			read, err := w.workers[i].do(m)
			if err != nil {
				return err
			}
			kind := 0
			if read {
				kind = 1
			}
			// What ends within the time counts: under a load, what began within it would be more than was done.
			if now := time.Now(); now.After(from) && now.Before(end) {
				taken[kind][i] = append(taken[kind][i], now.Sub(begin))
			}
		}
	})
	cost := <-used
	if err != nil {
		return row{}, err
	}
	after, err := answered(w.binaries, w.file)
	if err != nil {
		return row{}, err
	}
	after.add(&before, -1)
	kind := 1
	if len(slices.Concat(taken[1]...)) == 0 {
		kind = 0
	}
	r, err := summary(taken[kind], d)
	if err != nil {
		return row{}, err
	}
	all := len(slices.Concat(taken[0]...)) + len(slices.Concat(taken[1]...))
	r.Rate, r.Bytes = float64(all)/d.Seconds(), loadBytes
	r.Cost = float64(cost.Microseconds()) / float64(all)
	r.Reads, r.Conflicts, r.Fast = 100*m.reads, 100*m.conflicts, after.fast()
	return r, nil
}
