package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// maxEcho bounds a request, bytes.
const maxEcho = 1 << 20

// row is one measurement.
type row struct {
	Bench      string  `json:"bench"`
	Op         string  `json:"op"`
	System     string  `json:"system,omitempty"`
	Clients    int     `json:"clients"`
	Bytes      int     `json:"bytes"`
	Rate       float64 `json:"ops_per_s"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	Cost       float64 `json:"cpu_us,omitempty"`        // processor time of all servers for one request
	ClientCost float64 `json:"client_cpu_us,omitempty"` // of all clients, for one request
	Loss       float64 `json:"loss_pct,omitempty"`      // of throughput against the baseline
	Messages   int     `json:"messages,omitempty"`      // in the mailbox
	Resident   int     `json:"rss_kib,omitempty"`       // of the largest enclave before
	Peak       int     `json:"peak_rss_kib,omitempty"`  // of the largest enclave meanwhile
	Reads      float64 `json:"reads_pct,omitempty"`     // share of reads
	Conflicts  float64 `json:"conflicts_pct,omitempty"` // share of what falls on one mailbox of all clients
	Fast       float64 `json:"fast_pct,omitempty"`      // share of reads that were not ordered
	Where      string  `json:"delayed,omitempty"`       // which ways are delayed: replicas, clients, both
	RoundTrip  float64 `json:"rtt_ms,omitempty"`        // of those, in the mean
	Baseline   string  `json:"baseline,omitempty"`
	Ratio      float64 `json:"ratio,omitempty"`     // of rates
	RatioP50   float64 `json:"ratio_p50,omitempty"` // of latencies
}

// measure drives servers with so many closed-loop clients for d, after a tenth of d to warm up.
func measure(servers []string, clients, size int, d time.Duration) (row, error) {
	r, err := measureClients(clients, d, nil, func(i int, from, end time.Time) ([]time.Duration, error) {
		return client(servers[i%len(servers)], size, from, end)
	})
	r.Bytes = size
	return r, err
}

// measureClients measures so many clients for d, after a tenth of d to warm up: each runs until end and returns how
// long its requests took that began after from. Processor time is that of the processes pids, or of all that this
// one started, and its own.
func measureClients(clients int, d time.Duration, pids []int,
	run func(i int, from, end time.Time) ([]time.Duration, error)) (row, error) {
	used := func() (time.Duration, error) {
		if pids == nil {
			return processorTime()
		}
		return processorTimeOf(pids)
	}
	warm := d / 10
	start := time.Now()
	end := start.Add(warm + d)
	var group sync.WaitGroup
	taken := make([][]time.Duration, clients)
	errs := make([]error, clients)
	for i := range clients {
		group.Go(func() { taken[i], errs[i] = run(i, start.Add(warm), end) })
	}
	<-time.After(time.Until(start.Add(warm)))
	own := ownTime()
	before, err := used()
	if err != nil {
		return row{}, err
	}
	<-time.After(time.Until(end))
	after, err := used()
	if err != nil {
		return row{}, err
	}
	own = ownTime() - own
	group.Wait()
	for i := range clients {
		if errs[i] != nil {
			return row{}, fmt.Errorf("client %d: %w", i, errs[i])
		}
	}
	r, err := summary(taken, d)
	if err == nil {
		r.Cost = float64((after - before).Microseconds()) / (r.Rate * d.Seconds())
		r.ClientCost = float64(own.Microseconds()) / (r.Rate * d.Seconds())
	}
	return r, err
}

// summary makes a row of what each client's requests took within d.
func summary(taken [][]time.Duration, d time.Duration) (row, error) {
	all := slices.Concat(taken...)
	if len(all) == 0 {
		return row{}, fmt.Errorf("no request was answered within %v", d)
	}
	slices.Sort(all)
	at := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1))].Microseconds()) / 1000 }
	return row{Clients: len(taken), Rate: float64(len(all)) / d.Seconds(), P50: at(0.5), P99: at(0.99)}, nil
}

// client sends requests of size bytes one after the other until end and returns how long those took that
// began after from.
func client(server string, size int, from, end time.Time) ([]time.Duration, error) {
	c, err := net.Dial("tcp", server)
	if err != nil {
		return nil, err
	}
	return drive(c, size, from, end)
}

// drive is client over a connection, which it closes.
func drive(c net.Conn, size int, from, end time.Time) ([]time.Duration, error) {
	defer c.Close()
	if err := c.SetDeadline(end.Add(15 * time.Second)); err != nil {
		return nil, err
	}
	request := binary.BigEndian.AppendUint32(nil, uint32(size))
	request = append(request, make([]byte, size)...)
	reader := bufio.NewReaderSize(c, 64<<10)
	answer := make([]byte, 4+size)
	var taken []time.Duration
	for {
		begin := time.Now()
		if begin.After(end) {
			return taken, nil
		}
		if _, err := c.Write(request); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(reader, answer); err != nil {
			return nil, err
		}
		if begin.After(from) {
			taken = append(taken, time.Since(begin))
		}
	}
}

// serveEcho answers the requests of clients on l: do gets a request and returns its echo.
func serveEcho(l net.Listener, do func(request []byte) ([]byte, error)) error {
	return accept(l, func(c net.Conn) {
		r := bufio.NewReaderSize(c, 64<<10)
		var head [4]byte
		for {
			if _, err := io.ReadFull(r, head[:]); err != nil {
				return
			}
			n := binary.BigEndian.Uint32(head[:])
			if n > maxEcho {
				return
			}
			request := make([]byte, n)
			if _, err := io.ReadFull(r, request); err != nil {
				return
			}
			echo, err := do(request)
			if err != nil {
				return
			}
			if _, err := c.Write(append(head[:], echo...)); err != nil {
				return
			}
		}
	})
}

// accept serves the connections to l, each to its end, and returns why there are no more.
func accept(l net.Listener, serve func(net.Conn)) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			serve(c)
		}()
	}
}
