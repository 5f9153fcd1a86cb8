package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// answers is how a cluster's enclaves answered reads, all together, since they began: see boundary.Reads.
type answers struct {
	Current, Checked, Ordered, Bounded, Mismatch, Validated, Conflicts, Unknown float64
	TimedOut                                                                    float64 `json:"timed_out"`
}

func (a *answers) add(b *answers, times float64) {
	a.Current, a.Checked, a.Ordered, a.Bounded = a.Current+times*b.Current, a.Checked+times*b.Checked, a.Ordered+times*b.Ordered, a.Bounded+times*b.Bounded
	a.Mismatch, a.Validated, a.Conflicts = a.Mismatch+times*b.Mismatch, a.Validated+times*b.Validated, a.Conflicts+times*b.Conflicts
	a.TimedOut, a.Unknown = a.TimedOut+times*b.TimedOut, a.Unknown+times*b.Unknown
}

// fast returns which part of the reads was answered without an order, in per cent.
func (a *answers) fast() float64 {
	some := a.Current + a.Checked + a.Bounded
	if some == 0 {
		return 0
	}
	return 100 * some / (some + a.Ordered)
}

// answered asks the enclaves of the cluster that file describes.
func answered(binaries, file string) (sum answers, err error) {
	var report struct{ Replicas []struct{ Reads answers } }
	if _, err := status(binaries, file, &report); err != nil {
		return sum, err
	}
	for i := range report.Replicas {
		sum.add(&report.Replicas[i].Reads, 1)
	}
	return sum, nil
}

// status decodes what `troxymail status` says of the cluster that file describes, which it also returns.
func status(binaries, file string, report any) (said []byte, err error) {
	said, err = exec.Command(filepath.Join(binaries, "troxymail"), "status", "--json", "--admin", file).Output()
	if err != nil && len(said) == 0 { // an exit status tells of the cluster's health
		return nil, fmt.Errorf("troxymail status: %w", err)
	}
	return said, json.Unmarshal(said, report)
}
