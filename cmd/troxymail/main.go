// Command troxymail is what a person types: it runs a demo, and will set up, administer and watch a
// cluster.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"troxymail/cmd/internal/demo"
)

const description = `Troxymail: an IMAP server on replicas that may lie, burn or be rolled back.

Examples:
  troxymail demo                         three replicas on this machine; prints how to connect
  troxymail demo --dir /tmp/t --json     elsewhere, and what it prints as JSON
  troxymail init --dir /srv/troxymail --domain example.org --loopback 3
  troxymail account add bob@example.org --admin cluster.json
  troxymail status --admin cluster.json
  troxymail refound --admin cluster.json
  troxymail import maildir ~/Maildir --account bob@example.org --cluster cluster.json
  troxymail export mbox backup --account bob@example.org --cluster cluster.json`

// cli is the command line.
type cli struct {
	LogLevel slog.Level `help:"What to log: debug, info, warn, error." default:"warn"`
	Demo     demoCmd    `cmd:"" help:"Run a whole cluster on this machine, with SIMULATED enclaves."`
	Account  accountCmd `cmd:"" help:"Administer accounts."`
	Status   statusCmd  `cmd:"" help:"Show how the replicas fare."`
	Refound  refoundCmd `cmd:"" help:"Found the group without replicas that are gone for good."`
	Init     initCmd    `cmd:"" help:"Make a cluster: keys, genesis, and a configuration for each host and enclave."`
	Import   importCmd  `cmd:"" help:"Bring letters into an account: from maildirs, mboxes or another IMAP server."`
	Export   exportCmd  `cmd:"" help:"Write an account's letters to disk, as maildirs or mboxes."`
	Sign     signCmd    `cmd:"" help:"Sign an enclave's request for a certificate with the cluster's authority."`
}

// demoCmd is troxymail demo.
type demoCmd struct {
	Dir             string `help:"Folder for the demo's files. Default: under the user's data folder." placeholder:"DIR"`
	Replicas        int    `help:"How many replicas: 3 or 5." default:"3"`
	IMAPPort        int    `name:"imap-port" help:"IMAP with STARTTLS at replica 0; replica i adds 1000 x i." default:"1143"`
	IMAPSPort       int    `name:"imaps-port" help:"IMAP over TLS at replica 0." default:"1993"`
	SubmissionPort  int    `help:"Submission with STARTTLS at replica 0." default:"1587"`
	SubmissionsPort int    `help:"Submission over TLS at replica 0." default:"1465"`
	SMTPPort        int    `name:"smtp-port" help:"SMTP at replica 0, for mail from elsewhere." default:"1025"`
	AutoconfigPort  int    `help:"How to connect, for mail programs, at replica 0. Default: 1443, or any free ports where that is taken." placeholder:"PORT"`
	AdminPort       int    `help:"Administration at replica 0. Default: 1700, or any free ports where that is taken." placeholder:"PORT"`
	JSON            bool   `name:"json" help:"Print how to connect as JSON."`
}

// Run runs the demo until it is interrupted.
func (d *demoCmd) Run(ctx context.Context, logger *slog.Logger) error {
	return demo.Run(ctx, demo.Options{
		Dir: d.Dir, Replicas: d.Replicas, IMAPPort: d.IMAPPort, IMAPSPort: d.IMAPSPort, SubmissionPort: d.SubmissionPort,
		SubmissionsPort: d.SubmissionsPort, SMTPPort: d.SMTPPort, AutoconfigPort: d.AutoconfigPort, AdminPort: d.AdminPort,
		JSON: d.JSON, Out: os.Stdout, Logger: logger,
	})
}

func main() {
	var c cli
	k := kong.Parse(&c, kong.Name("troxymail"), kong.Description(description), kong.UsageOnError())
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(logger); err != nil {
		fmt.Fprintf(os.Stderr, "troxymail: %v\n", err)
		var coded interface{ ExitCode() int }
		if errors.As(err, &coded) {
			os.Exit(coded.ExitCode())
		}
		os.Exit(1)
	}
}
