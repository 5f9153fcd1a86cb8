package sim

import (
	"fmt"
	"slices"
	"strings"
)

// fault is a kind of fault that a run plays, or of what has to follow from faults.
type fault int

// Of the network.
const (
	lost fault = iota
	duplicated
	delayed
	replayed
	partition
	// Of processes.
	hostCrash
	hostRestart
	enclaveCrash
	enclaveRestart
	leaderKill
	pause
	clockJump
	// Of power and disks.
	powerLossOne
	powerLossAll
	lostTail
	tornTail
	rollback
	diskLoss
	logLoss
	storeLoss
	storeGivenUp
	wrongState
	// Of lying hosts.
	lieMutated
	lieReplayed
	lieDropped
	lieMisdirected
	lieForged
	lieCertified
	lieCensored
	lieRule
	lieComeback
	lieSpam
	lieResult
	lieOldPast
	lieClone
	lieCloneActs
	lieTwin
	lieWay
	// What follows.
	recovery
	founding
	abortedFounding
	resigned
	viewChange
	newView
	checkpoint
	logCut
	transfer
	retraced
	wrongWay
	stranded
	fence
	fenced
	unanswered
	ownProposal

	faults // how many there are
)

var faultNames = [faults]string{
	"messages lost", "duplicated", "delayed", "replayed", "partitions",
	"host crashes", "host restarts", "enclave crashes", "enclave restarts", "leaders killed", "processes stopped", "clock jumps",
	"power losses of one", "power losses of all", "unsynced tails lost", "tails torn", "rollbacks", "disks lost", "logs lost", "stores lost", "stores given up", "wrong states offered",
	"lies: mutated", "lies: replayed", "lies: dropped", "lies: misdirected", "lies: forged", "lies: certified alone", "lies: censored",
	"lies: rules driven", "lies: comeback rules driven", "lies: views wished", "lies: results", "lies: old pasts", "lies: clones", "lies: clones acting", "lies: twins", "lies: wrong ways",
	"recoveries", "foundings", "foundings aborted", "resignations", "view changes", "views begun", "checkpoints", "logs cut", "state transfers", "ways retraced", "ways to elsewhere", "stranded",
	"fences", "requests fenced", "requests given up", "orders lent and used",
}

// Counts is how often each happened.
type Counts [faults]int

func (f *Counts) add(g *Counts) {
	for i := range g {
		f[i] += g[i]
	}
}

// rare is what few seeds come to: TestWaysAreRetraced and package host have the ways, and a scene is stranded where hosts
// keep little log.
var rare = []fault{retraced, wrongWay, stranded}

// least is the kind that happened least often, of those that are not rare.
func (f *Counts) least() fault {
	low := fault(0)
	for i := range f {
		if f[i] < f[low] && !slices.Contains(rare, fault(i)) {
			low = fault(i)
		}
	}
	return low
}

// String lists all kinds, a line for a few.
func (f *Counts) String() string {
	var b strings.Builder
	for i := range f {
		if i%4 == 0 {
			b.WriteString("\n   ")
		}
		fmt.Fprintf(&b, " %-30s", fmt.Sprintf("%s %d", faultNames[i], f[i]))
	}
	return b.String()
}
