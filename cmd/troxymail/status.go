package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"troxymail/cmd/internal/adminclient"
	"troxymail/enclave/boundary"
)

// watchEvery is how often status --watch looks.
const watchEvery = 2 * time.Second

// statusCmd is troxymail status.
type statusCmd struct {
	adminFlags
	Watch bool `help:"Go on until interrupted."`
}

// Help is printed below the flags.
func (statusCmd) Help() string {
	return `Progress (view, executed, stable, synced, digest) is what each replica's host says of itself; role,
incarnation, enclave and reads are its enclave's word. Digests of correct replicas are equal at equal orders: the
order stands behind the digest. The last line says how many replicas can be counted on and how many more may fail: one
that does not answer, is not active, lags or diverged uses up one of the f faults that a group of 2f+1 survives, and so
does one that most others miss. SYNC is what its host syncs before certificates leave (sync in host-I.toml).

Examples:
  troxymail status --admin cluster.json
  troxymail status --admin cluster.json --watch
  troxymail status --admin cluster.json --json | jq '.faults.survived'
  troxymail status --admin cluster.json --json | jq '.replicas[] | select(.alarms != [])'`
}

// Run prints how the replicas fare. It fails when none answers.
func (x *statusCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	for {
		report, err := client.Status(ctx)
		if err != nil {
			if x.Watch && ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := x.print(&report); err != nil {
			return err
		}
		if !x.Watch {
			if !report.Answered() {
				return errors.New("no replica answers: see that their enclaves run, and that admin_api in " +
					x.Admin + " is where they listen")
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchEvery):
		}
	}
}

func (x *statusCmd) print(r *adminclient.Report) error {
	if x.JSON {
		return printJSON(r)
	}
	if x.Watch {
		if term.IsTerminal(int(os.Stdout.Fd())) {
			fmt.Print("\x1b[H\x1b[2J")
		}
		fmt.Println(time.Now().Format(time.TimeOnly))
	}
	return table(os.Stdout, r)
}

// table writes a report for people.
func table(out io.Writer, r *adminclient.Report) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "REPLICA\tROLE\tENCLAVE\tVIEW\tEXECUTED\tSYNCED\tSTABLE\tLAG\tSYNC\tINCARNATION\tUNORDERED READS\tCACHE HITS\tDIGEST (AT)")
	for i := range r.Replicas {
		x := &r.Replicas[i]
		if x.Lag == nil {
			fmt.Fprintf(w, "%d\t%s\t%s\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n", x.ID, x.Role, x.Enclave)
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%d\t%s\t%s\t%.12s (%d)\n", x.ID, x.Role, x.Enclave, x.View, x.Executed,
			x.Synced, x.Stable, *x.Lag, x.Sync, x.Incarnation, unordered(&x.Reads), hits(&x.Reads), x.Digest, x.DigestOrder)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s%s\n", r.Budget(), outages(r))
	for i := range r.Replicas {
		for _, a := range r.Replicas[i].Alarms {
			fmt.Fprintf(out, "\nALARM at replica %d: %s", r.Replicas[i].ID, a)
		}
		if i == len(r.Replicas)-1 && anyAlarm(r) {
			fmt.Fprintln(out)
		}
	}
	if r.Simulated {
		fmt.Fprintln(out, "\nSIMULATED enclaves: development only, nothing is protected from the machines they run on.")
	}
	return nil
}

// outages lists who cannot be counted on: " (replica 2: silent)".
func outages(r *adminclient.Report) string {
	text := ""
	for _, o := range r.Faults.Out {
		text += fmt.Sprintf(", replica %d: %s", o.Replica, o.Why)
	}
	if text == "" {
		return ""
	}
	return " (" + text[2:] + ")"
}

// unordered says which part of the reads was answered without ordering, of how many.
func unordered(r *boundary.Reads) string {
	return share(r.Current+r.Checked+r.Bounded, r.Ordered)
}

// hits says which part of what was looked for in the caches was there, of how much.
func hits(r *boundary.Reads) string {
	return share(r.ContentHits+r.PartsHits, r.ContentMisses+r.PartsMisses)
}

// share says which part some are of all.
func share(some, others uint64) string {
	if some+others == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%% of %d", 100*float64(some)/float64(some+others), some+others)
}

func anyAlarm(r *adminclient.Report) bool {
	for i := range r.Replicas {
		if len(r.Replicas[i].Alarms) > 0 {
			return true
		}
	}
	return false
}
