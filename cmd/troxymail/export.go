package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/exporter"
	"troxymail/cmd/internal/transfer/maildir"
	"troxymail/cmd/internal/transfer/mbox"
	"troxymail/cmd/internal/transfer/remote"
)

// exportCmd is troxymail export.
type exportCmd struct {
	Maildir exportMaildirCmd `cmd:"" help:"Write maildirs (Maildir++)."`
	Mbox    exportMboxCmd    `cmd:"" help:"Write mbox files (mboxrd)."`
}

// Help is printed below the commands.
func (exportCmd) Help() string {
	return `The folder must be new or empty, or one that an earlier export of the same account and format wrote: then only
what is missing is written, and flags are brought up to date. Letters that the account has no more stay.
Maildirs are continued letter by letter, mboxes mailbox by mailbox.

Maildir: dates are the files' times, flags are in their names, keywords in dovecot-keywords.
Mbox: dates are in the From lines (UTC), flags in Status, X-Status and X-Keywords.
Lines end as in other files of the system.

Examples:
  troxymail export maildir ~/backup/bob --account bob@example.org --cluster cluster.json
  troxymail export mbox ~/bob-mbox --folder INBOX --folder Sent --account bob@example.org --server mail.example.org
  pass show mail/bob | troxymail export maildir ~/backup/bob --account bob@example.org --cluster cluster.json --password-stdin`
}

type exportFlags struct {
	Path string `arg:"" placeholder:"FOLDER" help:"Where to write."`
	mailFlags
	Folder []string `sep:"none" placeholder:"NAME" help:"Export this mailbox alone. May be repeated."`
}

type exportMaildirCmd struct{ exportFlags }

type exportMboxCmd struct{ exportFlags }

// Run exports to maildirs.
func (x *exportMaildirCmd) Run(ctx context.Context) error {
	var sink *maildir.Sink
	err := x.run(ctx, "maildir", func(f *exporter.Folder) transfer.Sink {
		sink = maildir.NewSink(f.Path)
		return sink
	})
	if err == nil && sink.Dropped > 0 {
		return incomplete{fmt.Sprintf("%d keywords were left out: a maildir can name 26", sink.Dropped)}
	}
	return err
}

// Run exports to mbox files.
func (x *exportMboxCmd) Run(ctx context.Context) error {
	return x.run(ctx, "mbox", func(f *exporter.Folder) transfer.Sink { return mbox.NewSink(f.Path, f) })
}

// exportResult is the result as JSON.
type exportResult struct {
	exporter.Result
	Complete bool    `json:"complete"`
	Seconds  float64 `json:"seconds"`
}

func (x *exportFlags) run(ctx context.Context, format string, sink func(*exporter.Folder) transfer.Sink) error {
	path, err := filepath.Abs(x.Path)
	if err != nil {
		return err
	}
	show := &screen{verb: "exporting"}
	account, err := x.link(show.Notice)
	if err != nil {
		return err
	}
	source, err := remote.Open(ctx, account)
	if err != nil {
		return err
	}
	defer source.Close()
	folder, err := exporter.OpenFolder(path, format, x.Account)
	if err != nil {
		return err
	}
	defer folder.Close()
	begin := time.Now()
	result, err := exporter.Run(ctx, exporter.Options{Source: source, Sink: sink(folder), Only: x.Folder, Progress: show})
	show.end()
	taken := time.Since(begin)
	if x.JSON {
		if e := printJSON(exportResult{result, err == nil, taken.Seconds()}); e != nil {
			return e
		}
	} else {
		fmt.Printf("exported %d (%v), already there %d, of %d mailboxes, in %v\n", result.Exported, size(result.Bytes),
			result.Present, result.Mailboxes, taken.Round(100*time.Millisecond))
	}
	return stopped(ctx, err)
}
