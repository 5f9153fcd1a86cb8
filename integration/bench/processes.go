package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// freeAddresses returns n loopback addresses that nothing listens on.
func freeAddresses(n int) ([]string, error) {
	ports, err := freePorts(n)
	all := make([]string, len(ports))
	for i, p := range ports {
		all[i] = fmt.Sprintf("127.0.0.1:%d", p)
	}
	return all, err
}

// freePorts returns n loopback ports that nothing listens on.
func freePorts(n int) ([]int, error) {
	var all []int
	var open []net.Listener
	defer func() {
		for _, l := range open {
			_ = l.Close()
		}
	}()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		open = append(open, l)
		all = append(all, l.Addr().(*net.TCPAddr).Port) // what a TCP listener has
	}
	return all, nil
}

// startRaft starts three members of the baseline, and if proxied a process before each that clients talk to.
func startRaft(binaries, dir string, wal, proxied bool) ([]string, func(), error) {
	addresses, err := freeAddresses(9)
	if err != nil {
		return nil, nil, err
	}
	members, clients, proxies := addresses[:3], addresses[3:6], addresses[6:]
	var started processes
	for i := range 3 {
		args := []string{raftCommand, "-id", fmt.Sprint(i), "-peers", strings.Join(members, ","), "-clients", clients[i]}
		if proxied {
			args = append(args, "-proxied")
		}
		if wal {
			folder := filepath.Join(dir, fmt.Sprint(i))
			if err := os.Mkdir(folder, 0o700); err != nil {
				return nil, nil, err
			}
			args = append(args, "-wal", folder)
		}
		commands := [][]string{args}
		if proxied {
			commands = append(commands, []string{proxyCommand, "-clients", proxies[i], "-member", clients[i]})
		}
		for _, args := range commands {
			if err := started.start(exec.Command(filepath.Join(binaries, raftBinary), args...)); err != nil {
				started.stop()
				return nil, nil, err
			}
		}
	}
	if proxied {
		clients = proxies
	}
	return ready(clients, &started)
}

// ready waits until every server answers an echo.
func ready(servers []string, p *processes) ([]string, func(), error) {
	for _, s := range servers {
		var err error
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
			if _, err = client(s, 16, time.Now(), time.Now().Add(time.Millisecond)); err == nil {
				break
			}
		}
		if err != nil {
			p.stop()
			return nil, nil, fmt.Errorf("%s does not answer: %w", s, err)
		}
	}
	return servers, p.stop, nil
}

// processes are started together and stopped together.
type processes []*exec.Cmd

func (p *processes) start(c *exec.Cmd) error {
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Pdeathsig = syscall.SIGKILL // a measurement that is killed leaves nothing behind that disturbs the next
	if err := c.Start(); err != nil {
		return err
	}
	*p = append(*p, c)
	return nil
}

// pids returns their numbers.
func (p *processes) pids() (all []int) {
	for _, c := range *p {
		all = append(all, c.Process.Pid)
	}
	return all
}

func (p *processes) stop() {
	for _, c := range *p {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}
