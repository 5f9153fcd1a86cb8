package demo

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listeners are the open ports of one replica.
type listeners struct {
	imap, imaps, admin net.Listener
}

// listen opens all ports before anything else starts, so that a port in use is told at once.
func listen(o *Options) ([]listeners, error) {
	all := make([]listeners, o.Replicas)
	for i := range all {
		var err error
		if all[i].imap, err = open(o.IMAPPort+portStep*i, "--imap-port", i); err == nil {
			all[i].imaps, err = open(o.IMAPSPort+portStep*i, "--imaps-port", i)
		}
		if err == nil {
			all[i].admin, err = openAdmin(o.AdminPort, i)
		}
		if err != nil {
			closeAll(all)
			return nil, err
		}
	}
	return all, nil
}

// openAdmin opens the port for administrators. Nobody types it, so that without the flag any free one will
// do where the usual one is taken: demo.json says which.
func openAdmin(first, replica int) (net.Listener, error) {
	if first != 0 {
		return open(first+portStep*replica, "--admin-port", replica)
	}
	l, err := open(defaultAdminPort+portStep*replica, "--admin-port", replica)
	if err != nil {
		return open(0, "--admin-port", replica)
	}
	return l, nil
}

func open(port int, flag string, replica int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %d (%s, replica %d) is in use: stop the program that has it, or choose another with %s", port, flag, replica, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %d (%s, replica %d) may not be opened by this user: choose one above 1023 with %s", port, flag, replica, flag)
	}
	return l, err
}

func closeAll(all []listeners) {
	for _, l := range all {
		for _, x := range []net.Listener{l.imap, l.imaps, l.admin} {
			if x != nil {
				_ = x.Close()
			}
		}
	}
}
