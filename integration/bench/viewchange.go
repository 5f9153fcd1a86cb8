package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// viewTimeout is how long a request may wait before hosts want another leader (bftcore.Config.RequestTimeout).
	viewTimeout = time.Second
	// viewPatience is how long a service without its leader is waited for.
	viewPatience = 60 * time.Second
)

// viewchange kills the leader's host and enclave under a load at the two others, round by round, and reports how long
// it takes until a request is answered that was sent afterwards, at whichever of them. The ratio is to twice the timeout.
func viewchange(o orderOptions, clients int) error {
	if o.quick {
		o.rounds = 1
	}
	binaries, err := buildTroxymail()
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	var took []time.Duration
	for range o.rounds {
		d, err := killLeader(binaries, clients)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	r := row{Bench: "viewchange", Op: "first-answer", Clients: clients, Bytes: 256, P50: ms(took[len(took)/2]), P99: ms(took[len(took)-1])}
	r.Baseline = "2 x timeout"
	r.Ratio = r.P50 / ms(2*viewTimeout)
	r.print(o.json)
	return nil
}

// killLeader starts a cluster and measures once.
func killLeader(binaries string, clients int) (time.Duration, error) {
	dir, err := os.MkdirTemp(folders(false), "bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	servers, p, err := launchTroxymail(binaries, dir)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	leader, err := leaderOf(binaries, dir)
	if err != nil {
		return 0, err
	}
	servers = slices.Delete(slices.Clone(servers), leader, leader+1)
	answered := make(chan [2]time.Time, 16*clients) // when a request was sent, and answered
	stop := make(chan struct{})
	defer close(stop)
	for i := range clients {
		go askAll(servers[i%len(servers)], answered, stop)
	}
	warm := time.After(time.Second)
	var killed time.Time
	limit := time.After(viewPatience)
	for {
		select {
		case a := <-answered:
			if !killed.IsZero() && a[0].After(killed) {
				return a[1].Sub(killed), nil
			}
		case <-warm:
			killed = time.Now()
			for _, c := range (*p)[2*leader : 2*leader+2] {
				if err := c.Process.Kill(); err != nil {
					return 0, err
				}
			}
		case <-limit:
			return 0, fmt.Errorf("no answer for %v after the leader's end", viewPatience)
		}
	}
}

// askAll sends requests to a server until stop, over a new connection when one fails, and tells of each that was
// answered.
func askAll(server string, answered chan<- [2]time.Time, stop <-chan struct{}) {
	request := append([]byte{0, 0, 1, 0}, make([]byte, 256)...)
	answer := make([]byte, len(request))
	var c net.Conn
	for {
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", server); err != nil {
				c = nil
			}
		}
		begin := time.Now()
		if c != nil {
			err := c.SetDeadline(begin.Add(viewPatience))
			if err == nil {
				_, err = c.Write(request)
			}
			if err == nil {
				_, err = io.ReadFull(c, answer)
			}
			if err != nil {
				_ = c.Close()
				c = nil
			}
		}
		var told chan<- [2]time.Time
		pause := time.After(10 * time.Millisecond)
		if c != nil {
			told, pause = answered, nil
		}
		select {
		case told <- [2]time.Time{begin, time.Now()}:
		case <-pause:
		case <-stop:
			if c != nil {
				_ = c.Close()
			}
			return
		}
	}
}

// leaderOf waits until a replica of the cluster below dir leads.
func leaderOf(binaries, dir string) (int, error) {
	file := filepath.Join(dir, "cluster", "cluster.json")
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		var report struct{ Replicas []struct{ Role string } }
		if _, err := status(binaries, file, &report); err != nil {
			continue
		}
		for i, r := range report.Replicas {
			if r.Role == "leader" {
				return i, nil
			}
		}
	}
	return 0, fmt.Errorf("nobody leads")
}
