package demo

import (
	"fmt"
	"net"
	"strconv"
	"testing"
)

// Ports are the ports of replica 0; replica i adds 1000 x i to each.
type Ports struct{ IMAP, IMAPS, Submission, Submissions, SMTP int }

const (
	portBase  = 11000 // first port of the first slot: below the range that systems give to outgoing connections
	portSlots = 100   // slots of ten ports each, so that replica 1 starts above all slots
	slotPorts = 10    // five in use, the last is the guard
	replicas  = 5     // replicas that a slot must have room for
)

// FreePorts reserves a slot of ports until the test ends. The reservation is a listener on the slot's
// last port, which the program never uses, so that test processes on one machine do not collide.
func FreePorts(t testing.TB) Ports {
	t.Helper()
	for slot := range portSlots {
		base := portBase + slot*slotPorts
		guard, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(base+slotPorts-1))
		if err != nil {
			continue
		}
		if !allFree(base) {
			guard.Close()
			continue
		}
		t.Cleanup(func() { guard.Close() })
		return Ports{base, base + 1, base + 2, base + 3, base + 4}
	}
	t.Fatalf("no %d free ports found between %d and %d", slotPorts, portBase, portBase+portSlots*slotPorts)
	return Ports{}
}

func allFree(base int) bool {
	for replica := range replicas {
		for i := range slotPorts - 1 {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+i+1000*replica))
			if err != nil {
				return false
			}
			l.Close()
		}
	}
	return true
}

func (p Ports) flags() []string {
	return []string{
		"--imap-port", strconv.Itoa(p.IMAP), "--imaps-port", strconv.Itoa(p.IMAPS),
		"--submission-port", strconv.Itoa(p.Submission), "--submissions-port", strconv.Itoa(p.Submissions),
		"--smtp-port", strconv.Itoa(p.SMTP),
	}
}
