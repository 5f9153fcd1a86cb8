package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// memory fills a mailbox of a cluster of six processes with so many messages and says how much memory the
// processes hold before, after, and while a client has the mailbox selected; and how long it takes until all serve when
// all are stopped, or killed, and started: the founding of the group.
func memory(messages int) error {
	const connections = 8
	cluster, err := runInWorkplace(true)
	if err != nil {
		return err
	}
	defer cluster.end()
	binaries, dir, p := cluster.binaries, cluster.dir, cluster.processes
	add := exec.Command(filepath.Join(binaries, "troxymail"), "account", "add", "alice@example.org",
		"--admin", filepath.Join(dir, "cluster", "cluster.json"), "--password-stdin")
	add.Stdin = strings.NewReader("a password for measuring\n")
	if out, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("account add: %w\n%s", err, out)
	}
	var facts struct {
		Replicas []struct{ IMAPS string }
	}
	text, err := os.ReadFile(filepath.Join(dir, "cluster", "cluster.json"))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		return err
	}
	for _, r := range facts.Replicas {
		if err := await(r.IMAPS); err != nil {
			return err
		}
	}
	resident(p, "empty")
	begin := time.Now()
	var group sync.WaitGroup
	errs := make([]error, connections)
	for i := range connections {
		group.Go(func() { errs[i] = fill(facts.Replicas[i%3].IMAPS, messages/connections) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	fmt.Printf("%d messages of 1 KiB by %d connections: %.0f a second\n", messages, connections, float64(messages)/time.Since(begin).Seconds())
	resident(p, fmt.Sprintf("%d messages", messages))
	c, err := login(facts.Replicas[1].IMAPS)
	if err != nil {
		return err
	}
	defer c.Close()
	begin = time.Now()
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		return err
	}
	fmt.Printf("SELECT of %d messages at replica 1: %.0f ms\n", messages, float64(time.Since(begin).Milliseconds()))
	resident(p, "selected at replica 1")
	for _, how := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for _, c := range *p {
			if err := c.Process.Signal(how); err != nil {
				return err
			}
		}
		for _, c := range *p {
			_ = c.Wait()
		}
		begin := time.Now()
		if p, err = runTroxymail(binaries, dir, cluster.servers); err != nil {
			return err
		}
		defer p.stop()
		for i, r := range facts.Replicas {
			if err := await(r.IMAPS); err != nil {
				return err
			}
			fmt.Printf("all started after %v: a login at replica %d after %.1f s\n", how, i, time.Since(begin).Seconds())
		}
		for i, c := range *p {
			used, err := processorTimeOf([]int{c.Process.Pid})
			if err != nil {
				return err
			}
			fmt.Printf("until then replica %d %-8s %.2f s of processor time\n", i/2, []string{"host", "enclave"}[i%2], used.Seconds())
		}
	}
	return nil
}

// await waits until a replica takes logins.
func await(address string) error {
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		var c *imapclient.Client
		if c, err = login(address); err == nil {
			return c.Close()
		}
	}
	return fmt.Errorf("%s does not serve: %w", address, err)
}

func login(address string) (*imapclient.Client, error) {
	c, err := imapclient.DialTLS(address, &imapclient.Options{TLSConfig: &tls.Config{InsecureSkipVerify: true}}) // own loopback only
	if err != nil {
		return nil, err
	}
	return c, c.Login("alice@example.org", "a password for measuring").Wait()
}

// fill appends n messages, one after the other.
func fill(address string, n int) error {
	c, err := login(address)
	if err != nil {
		return err
	}
	defer c.Close()
	message := append([]byte("From: bench@example.org\r\nSubject: one of many\r\n\r\n"), bytes.Repeat([]byte("line of text\r\n"), 70)...)
	for range n {
		a := c.Append("INBOX", int64(len(message)), nil)
		if _, err := a.Write(message); err != nil {
			return err
		}
		if err := a.Close(); err != nil {
			return err
		}
		if _, err := a.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// resident prints the resident size of every process.
func resident(p *processes, when string) {
	for i, c := range *p {
		if size, _, err := residentPeak(c.Process.Pid); err == nil {
			fmt.Printf("%-24s replica %d %-8s %d kB\n", when, i/2, []string{"host", "enclave"}[i%2], size)
		}
	}
}
