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
incarnation and enclave are its enclave's word. Digests of correct replicas are equal at equal orders: the
order stands behind the digest. STABLE stays 0 until this version has checkpoints.

Examples:
  troxymail status --admin cluster.json
  troxymail status --admin cluster.json --watch
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
	fmt.Fprintln(w, "REPLICA\tROLE\tENCLAVE\tVIEW\tEXECUTED\tSYNCED\tSTABLE\tLAG\tINCARNATION\tDIGEST (AT)")
	for i := range r.Replicas {
		x := &r.Replicas[i]
		if x.Lag == nil {
			fmt.Fprintf(w, "%d\t%s\t%s\t-\t-\t-\t-\t-\t-\t-\n", x.ID, x.Role, x.Enclave)
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.12s (%d)\n", x.ID, x.Role, x.Enclave, x.View, x.Executed,
			x.Synced, x.Stable, *x.Lag, x.Incarnation, x.Digest, x.DigestOrder)
	}
	if err := w.Flush(); err != nil {
		return err
	}
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

func anyAlarm(r *adminclient.Report) bool {
	for i := range r.Replicas {
		if len(r.Replicas[i].Alarms) > 0 {
			return true
		}
	}
	return false
}
