package linear

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"troxymail/integration/transcript"
)

// decideLimit is how long a history may take to be decided; an undecided one counts as failed.
const decideLimit = 3 * time.Minute

// judge compares a history with the model and its sessions with the rules; nil when all is well. What fails is kept in a
// folder that the error names, with the command that plays the same choices again.
func (x *trial) judge(bounded bool, again string) error {
	var wrong []string
	m := model(bounded)
	result, info := porcupine.CheckOperationsVerbose(m, x.operations, decideLimit)
	if result != porcupine.Ok {
		wrong = append(wrong, fmt.Sprintf("%d operations are %s: history.html", len(x.operations), result))
		wrong = append(wrong, x.contradicting(m)...)
	}
	for _, v := range transcript.Check(x.sessions) {
		wrong = append(wrong, v.String())
	}
	wrong = append(wrong, x.refusals...)
	if len(wrong) == 0 {
		return nil
	}
	text := fmt.Sprintf("seed %d: %s\nagain: %s\n", x.seed, strings.Join(wrong, "\n"), again)
	dir, err := os.MkdirTemp("", "linear-")
	if err == nil {
		err = errors.Join(
			porcupine.VisualizePath(m, info, filepath.Join(dir, "history.html")),
			os.WriteFile(filepath.Join(dir, "verdict.txt"), []byte(text), 0o600),
			os.WriteFile(filepath.Join(dir, "sessions.txt"), []byte(x.text()), 0o600),
		)
	}
	return errors.Join(fmt.Errorf("%skept in %s", text, dir), err)
}

// maxContradicting is how many operations a verdict names, contradictingLimit how long it looks for them, and for each.
const (
	maxContradicting   = 5
	contradictingLimit = time.Minute
	contradictingEach  = 2 * time.Second
)

// contradicting describes the reads each of which, left out alone, makes a history that can be explained.
func (x *trial) contradicting(m porcupine.Model) (list []string) {
	began := time.Now()
	for i, o := range x.operations {
		q := o.Input.(request)
		if q.verb.writes() || len(list) == maxContradicting || time.Since(began) > contradictingLimit {
			continue
		}
		others := slices.Delete(slices.Clone(x.operations), i, i+1)
		if porcupine.CheckOperationsTimeout(m, others, contradictingEach) == porcupine.Ok {
			list = append(list, fmt.Sprintf("without this one it can be explained: client %d, %v to %v: %v: %+v", o.ClientId,
				time.Duration(o.Call), time.Duration(o.Return), q, o.Output))
		}
	}
	return list
}

// text returns all sessions, line by line: first in the order of time, then each for itself, numbered.
func (x *trial) text() string {
	type said struct {
		who string
		transcript.Line
	}
	var all []said
	var b strings.Builder
	for _, s := range x.sessions {
		for _, l := range s.Lines {
			all = append(all, said{s.Name, l})
		}
	}
	slices.SortStableFunc(all, func(a, b said) int { return cmp.Compare(a.At, b.At) })
	for _, l := range all {
		fmt.Fprintf(&b, "%-16s %v\n", l.who, l.Line)
	}
	for _, s := range x.sessions {
		fmt.Fprintf(&b, "\n%s\n", s.Name)
		for i, l := range s.Lines {
			fmt.Fprintf(&b, "%5d %v\n", i, l)
		}
	}
	return b.String()
}
