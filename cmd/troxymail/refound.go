package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"troxymail/cmd/internal/adminclient"
)

// withdrawTimeout is how long the members may take to hear that nothing was ordered.
const withdrawTimeout = 10 * time.Second

// refoundCmd is troxymail refound.
type refoundCmd struct {
	adminFlags
	Without []int `placeholder:"N,N" help:"Replicas to leave out, even if they answer. Default: those that do not answer."`
	Yes     bool  `help:"Order it without asking. Then --without must name exactly the replicas that are left out."`
}

// Help is printed below the flags.
func (refoundCmd) Help() string {
	return `After all replicas stopped, or more than f of them, the group goes on when all are back: "troxymail status" says
whom it awaits. When a machine is gone for good with its disk, this founds the group without it. First it shows who is
there, what each of them holds, and what may be lost; then it asks. The order is signed with the administrator's key for
exactly what was shown, and each member's enclave checks it.

Put the folder of a host back on another machine instead wherever you can: then nothing is lost. Stop what is left out
for good before you order. Start it again later empty (troxymail-host --new): it takes the state over then. What its old
folder has beyond the others counts for nothing any more, and it may have to wait with it until all are founded again.

What was ordered last is noted beside the cluster's file (cluster.json.refounded). A plan that is not newer is refused: a
member shows an older past, and the group would go on twice. Keep the note with that file.

With --json and without --yes it prints what it would do, and orders nothing. One thing is done before you order: an
enclave that still runs, with too few others to serve, stops, so that it can take part.

Examples:
  troxymail refound --admin cluster.json                    leave out those that do not answer; asks first
  troxymail refound --admin cluster.json --without 2        leave out replica 2 even if it answers
  troxymail refound --admin cluster.json --json             what would be done, as JSON
  troxymail refound --admin cluster.json --without 2 --yes  without asking, for scripts`
}

// refoundReport is what refound --json prints.
type refoundReport struct {
	Members    []refoundRow `json:"members"`
	LeftOut    []int        `json:"left_out"`
	Heard      []int        `json:"heard"`      // of those left out, whom members' hosts have heard of lately: they may run
	Generation uint32       `json:"generation"` // that is founded
	Bundle     string       `json:"bundle"`     // digest of what all members show: what the order is for
	Behind     uint64       `json:"behind"`     // highest order that the founding takes over
	Loss       string       `json:"loss"`
	Ordered    bool         `json:"ordered"` // and all members serve
}

type refoundRow struct {
	Replica     int    `json:"replica"`
	Runs        bool   `json:"runs"` // its enclave had not stopped: it shows what it remembers
	Generation  uint32 `json:"generation"`
	Incarnation uint32 `json:"incarnation"`
	View        uint64 `json:"view"`
	Checkpoint  uint64 `json:"checkpoint"`
	Last        uint64 `json:"last"`   // highest order that it shows
	Former      bool   `json:"former"` // that is of before the founding that others were in last, and not taken over
}

// Run shows what would be done, asks, and does it.
func (x *refoundCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	r, err := client.Refound(ctx, x.Without)
	if err != nil {
		return err
	}
	if x.Yes && !slices.Equal(slices.Compact(slices.Sorted(slices.Values(x.Without))), r.LeftOut) {
		return fmt.Errorf("replicas %v would be left out, and --without names %v: with --yes it must name exactly those; "+
			"nothing was ordered", r.LeftOut, x.Without)
	}
	ordered := false
	defer func() {
		if !ordered {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTimeout)
			defer cancel()
			r.Withdraw(end)
		}
	}()
	if err := r.Gather(ctx, notice); err != nil {
		return err
	}
	if !x.JSON {
		if err := showRefounding(os.Stdout, r); err != nil {
			return err
		}
	}
	switch {
	case x.Yes:
	case x.JSON:
		return printJSON(reportOf(r, false))
	default:
		if err := confirm(ctx, r.LeftOut); err != nil {
			return err
		}
	}
	ordered = true
	if err := r.Order(ctx, notice); err != nil {
		return err
	}
	if x.JSON {
		return printJSON(reportOf(r, true))
	}
	fmt.Printf("Ordered: %d replicas serve in generation %d.\n", len(r.Members), r.Plan.Founding.Generation)
	return nil
}

func reportOf(r *adminclient.Refounding, ordered bool) refoundReport {
	p := &r.Plan
	out := refoundReport{LeftOut: r.LeftOut, Heard: append([]int{}, r.Heard...), Generation: p.Founding.Generation, Bundle: hex.EncodeToString(p.Founding.Digest[:]),
		Behind: p.Begins, Loss: p.Loss(), Ordered: ordered}
	for i := range p.Members {
		s := &p.Members[i]
		out.Members = append(out.Members, refoundRow{Replica: int(s.Replica), Runs: r.Members[i].Runs, Generation: s.Generation,
			Incarnation: s.Incarnation, View: s.View, Checkpoint: s.Stable, Last: s.Last, Former: s.Former})
	}
	return out
}

// showRefounding says who is there, with what, and what may be lost.
func showRefounding(out io.Writer, r *adminclient.Refounding) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "REPLICA\t\tGENERATION\tINCARNATION\tVIEW\tCHECKPOINT\tORDERS TO")
	for i := range r.Plan.Members {
		s, state := &r.Plan.Members[i], "was restarted"
		if r.Members[i].Runs {
			state = "ran on, stopped now"
		}
		if s.Former {
			state += ", not taken over"
		}
		fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%d\t%d\t%d\n", s.Replica, state, s.Generation, s.Incarnation, s.View, s.Stable, s.Last)
	}
	for _, i := range r.LeftOut {
		fmt.Fprintf(w, "%d\tLEFT OUT\t-\t-\t-\t-\t-\n", i)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, i := range r.Heard {
		fmt.Fprintf(out, "\nWARNING: a host of those above hears of replica %d, so that it may be running: stop it first.", i)
	}
	_, err := fmt.Fprintf(out, "\n%s\n", r.Plan.Loss())
	return err
}

// confirm has a person type what is to be done.
func confirm(ctx context.Context, leftOut []int) error {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return fmt.Errorf("standard input is no terminal to ask at: nothing was ordered. To order this: --yes --without %s", listed(leftOut, ","))
	}
	return confirmed(ctx, os.Stdin, os.Stderr, leftOut)
}

// confirmed asks at out and reads a line of in.
func confirmed(ctx context.Context, in io.Reader, out io.Writer, leftOut []int) error {
	want := "leave out " + listed(leftOut, " ")
	fmt.Fprintf(out, "Type %q to order this: ", want)
	typed := make(chan string, 1)
	go func() { // ends with the process when nobody types
		line, _ := bufio.NewReader(in).ReadString('\n')
		typed <- line
	}()
	select {
	case <-ctx.Done():
		return errors.New("interrupted: nothing was ordered")
	case line := <-typed:
		if strings.TrimSpace(line) != want {
			return errors.New("nothing was ordered")
		}
		return nil
	}
}

func listed(replicas []int, between string) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(replicas), "[]"), " ", between)
}
