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
	imap, imaps, admin            net.Listener
	autoconfig                    net.Listener
	submission, submissions, smtp net.Listener
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
			all[i].submission, err = open(o.SubmissionPort+portStep*i, "--submission-port", i)
		}
		if err == nil {
			all[i].submissions, err = open(o.SubmissionsPort+portStep*i, "--submissions-port", i)
		}
		if err == nil {
			all[i].smtp, err = open(o.SMTPPort+portStep*i, "--smtp-port", i)
		}
		if err == nil {
			all[i].autoconfig, err = openAnywhere(o.AutoconfigPort, defaultAutoconfigPort, "--autoconfig-port", i)
		}
		if err == nil {
			all[i].admin, err = openAnywhere(o.AdminPort, defaultAdminPort, "--admin-port", i)
		}
		if err != nil {
			closeAll(all)
			return nil, err
		}
	}
	return all, nil
}

// openAnywhere opens a port that programs find in demo.json: without the flag (first is 0) any free one will do
// where the usual one is taken.
func openAnywhere(first, usual int, flag string, replica int) (net.Listener, error) {
	if first != 0 {
		return open(first+portStep*replica, flag, replica)
	}
	l, err := open(usual+portStep*replica, flag, replica)
	if err != nil {
		return open(0, flag, replica)
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
		for _, x := range []net.Listener{l.imap, l.imaps, l.submission, l.submissions, l.smtp, l.autoconfig, l.admin} {
			if x != nil {
				_ = x.Close()
			}
		}
	}
}
