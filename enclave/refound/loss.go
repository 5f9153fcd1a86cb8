package refound

import (
	"fmt"
	"strings"

	"troxymail/bftcore/wire"
	"troxymail/enclave/rr"
)

// MaxLossBytes bounds the words of a loss.
const MaxLossBytes = 2 << 10

// Loss says in words for people what may be lost when the group is founded so: why is argued in package rr. The same
// plan gives the same words. Empty for a plan that no founding of a group could follow.
func (p *Plan) Loss() string {
	model, err := rr.Majority(p.Replicas)
	out := p.LeftOut()
	if err != nil || len(out) == 0 || len(p.Members) < model.Refounding() {
		return ""
	}
	var members, former []wire.ReplicaID
	for i := range p.Members {
		s := &p.Members[i]
		members = append(members, s.Replica)
		if s.Former && !p.empty(s) {
			former = append(former, s.Replica)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s found generation %d without %s and go on behind order %d.\n",
		capital(names(members)), p.Founding.Generation, names(out), p.Begins)
	fmt.Fprintf(&b, "Lost is what only %s %s: commands for which nobody was told OK. What was acknowledged is on %d replicas, "+
		"so that at least one member has it.\n", names(out), plural(len(out), "has", "have"), model.W)
	if may := model.Tolerates(len(p.Members)); may == 0 {
		fmt.Fprintf(&b, "That holds only if the host of every member shows all that it had: with all replicas one may come back "+
			"with an older past, now none may. If one was set back to an older copy, or its disk forgot what was synced, "+
			"ACKNOWLEDGED mail that it and %s alone had is lost, and nobody notices.\n", names(out))
	} else {
		fmt.Fprintf(&b, "That holds if the hosts of all members but %d show all that they had.\n", may)
	}
	for i := range p.Members {
		if s := &p.Members[i]; p.empty(s) {
			fmt.Fprintf(&b, "Replica %d shows nothing of its past, although others do: its folder is a new one. It counts as one "+
				"that came back with an older past.\n", s.Replica)
		}
	}
	if len(former) > 0 {
		fmt.Fprintf(&b, "Nothing is taken over from %s: as far as %s, the founding that others were active in last was without %s.\n",
			names(former), plural(len(former), "it shows", "they show"), plural(len(former), "it", "them"))
	}
	fmt.Fprintf(&b, "%s must have stopped for good, not only be out of reach: %s could tell clients OK for what this group never "+
		"hears of. Started again later, and empty, %s state over from the others.\n",
		capital(names(out)), plural(len(out), "else it", "else they"), plural(len(out), "it takes the", "they take the"))
	return b.String()
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// names lists replicas: "replica 2", "replicas 0, 1 and 2".
func names(list []wire.ReplicaID) string {
	var b strings.Builder
	b.WriteString(plural(len(list), "replica ", "replicas "))
	for i, r := range list {
		switch {
		case i == 0:
		case i == len(list)-1:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, r)
	}
	return b.String()
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
