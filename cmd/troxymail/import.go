package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/imaplink"
	"troxymail/cmd/internal/transfer/importer"
	"troxymail/cmd/internal/transfer/maildir"
	"troxymail/cmd/internal/transfer/mbox"
	"troxymail/cmd/internal/transfer/remote"
)

// importCmd is troxymail import.
type importCmd struct {
	Maildir importMaildirCmd `cmd:"" help:"Import a maildir, or a tree of them."`
	Mbox    importMboxCmd    `cmd:"" help:"Import an mbox file, or a folder of them (Thunderbird, Apple Mail)."`
	IMAP    importIMAPCmd    `cmd:"" name:"imap" help:"Import an account of another IMAP server."`
}

// Help is printed below the commands.
func (importCmd) Help() string {
	return `Letters keep their dates, flags and keywords. What the account has already, byte for byte, is not imported
again: run the command again after it was interrupted, or to import what came since. A journal remembers what
was done; it lies in the user's state folder (--journal names another). A letter that was imported and then
deleted or moved is not imported again while there is the journal.

Folders go to mailboxes of the same name; those for sent, deleted, draft, junk and archived mail to the
account's own, by their special use or usual names. --into puts all below one mailbox instead.

Letters that cannot be taken are listed, and the rest is imported. Exit status: 0 all is there, 1 it ended before (run it
again), 2 some letters were not taken.

Examples:
  troxymail import maildir ~/Maildir --account bob@example.org --cluster cluster.json
  troxymail import mbox ~/mail/old.mbox --mailbox Archive/old --account bob@example.org --cluster cluster.json
  troxymail import mbox ~/.thunderbird/x.default/Mail/"Local Folders" --account bob@example.org --server mail.example.org
  troxymail import imap imaps://bob@old.example.net --account bob@example.org --cluster cluster.json`
}

// importFlags are common to all sources.
type importFlags struct {
	mailFlags
	Into        string   `placeholder:"MAILBOX" help:"Put all folders below this mailbox, by their own names."`
	Folder      []string `sep:"none" placeholder:"NAME" help:"Import this folder alone. May be repeated."`
	Connections int      `default:"4" help:"How many letters are stored at a time, 1 to 16. With 1 they keep their order in the mailbox."`
	Journal     string   `placeholder:"FILE" help:"Where to remember what was done. Default: in the user's state folder."`
}

type importMaildirCmd struct {
	Path string `arg:"" placeholder:"FOLDER" help:"The folder that has cur and new in it, or in folders below it."`
	importFlags
	HeaderDates bool `help:"Take dates from the letters' Received and Date headers: for files that were copied without their times."`
}

type importMboxCmd struct {
	Path string `arg:"" placeholder:"PATH" help:"The file, or the folder."`
	importFlags
	Mailbox string `placeholder:"NAME" help:"Where a single file goes. Default: its name without .mbox."`
	Quoting string `enum:"mboxrd,mboxo,none" default:"mboxrd" help:"How lines that begin with From are quoted: mboxrd, mboxo or none."`
}

type importIMAPCmd struct {
	URL string `arg:"" name:"url" placeholder:"URL" help:"imaps://USER@HOST[:PORT], or imap:// for STARTTLS. Write @ in the user's name as %40."`
	importFlags
	SourcePasswordFile string `placeholder:"FILE" help:"Read the other account's password from this file. Default: ask for it."`
	SourceCA           string `name:"source-ca" placeholder:"FILE" help:"Certificates of who certifies the other server. Default: whom the system trusts."`
}

// Run imports maildirs.
func (x *importMaildirCmd) Run(ctx context.Context) error {
	path, err := filepath.Abs(x.Path)
	if err != nil {
		return err
	}
	tree, err := maildir.Open(path)
	if err != nil {
		return err
	}
	tree.HeaderDates = x.HeaderDates
	return x.run(ctx, tree, "maildir:"+path)
}

// Run imports mbox files.
func (x *importMboxCmd) Run(ctx context.Context) error {
	path, err := filepath.Abs(x.Path)
	if err != nil {
		return err
	}
	files, err := mbox.Open(path)
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() && x.Mailbox != "" {
		return errors.New("--mailbox is for a single file; for a folder of them, see --into")
	}
	files.Quoting, files.Name, files.Notice = mbox.Quoting(x.Quoting), x.Mailbox, notice
	return x.run(ctx, files, "mbox:"+path)
}

// Run imports from another server.
func (x *importIMAPCmd) Run(ctx context.Context) error {
	from, err := parseSource(x.URL)
	if err != nil {
		return err
	}
	from.Notice = notice
	if x.SourceCA != "" {
		if from.Roots, err = roots(x.SourceCA); err != nil {
			return err
		}
	}
	if x.SourcePasswordFile != "" {
		f, err := os.Open(x.SourcePasswordFile)
		if err != nil {
			return err
		}
		defer f.Close()
		if from.Password, err = passwordFrom(f); err != nil {
			return fmt.Errorf("--source-password-file: %w", err)
		}
	} else {
		if x.PasswordStdin {
			return errors.New("standard input has one password only: give the other account's with --source-password-file")
		}
		if from.Password, err = readPassword(false, from.User+" at "+from.Servers[0].Address, false); err != nil {
			return err
		}
	}
	source, err := remote.Open(ctx, from)
	if err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	defer source.Close()
	return x.run(ctx, source, "imap:"+from.User+"@"+from.Servers[0].Address)
}

// parseSource reads the address of another server.
func parseSource(text string) (*imaplink.Account, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	_, password := u.User.Password()
	switch {
	case password:
		return nil, errors.New("the URL has a password in it, which every user of this machine can read: " +
			"leave it out, and change it")
	case u.Scheme != "imap" && u.Scheme != "imaps", u.Hostname() == "", u.User.Username() == "":
		return nil, fmt.Errorf("%q does not say where from: want imaps://USER@HOST", text)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q names more than a user and a host: name folders with --folder", text)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"imap": "143", "imaps": "993"}[u.Scheme]
	}
	return &imaplink.Account{
		User: u.User.Username(), PlainLoopback: true,
		Servers: []imaplink.Server{{Address: net.JoinHostPort(u.Hostname(), port), Upgrade: u.Scheme == "imap"}},
	}, nil
}

// importResult is the result as JSON.
type importResult struct {
	importer.Result
	Complete bool               `json:"complete"`
	Seconds  float64            `json:"seconds"`
	Journal  string             `json:"journal"`
	NotTaken []importer.Refused `json:"not_taken"`
}

// run imports from a source.
func (x *importFlags) run(ctx context.Context, source transfer.Source, name string) error {
	if x.Connections < 1 || x.Connections > 16 {
		return fmt.Errorf("--connections %d: want 1 to 16", x.Connections)
	}
	show := &screen{verb: "importing", refused: []importer.Refused{}}
	account, err := x.link(show.Notice)
	if err != nil {
		return err
	}
	journal, err := x.journal(name)
	if err != nil {
		return err
	}
	defer journal.Close()
	begin := time.Now()
	result, err := importer.Run(ctx, importer.Options{
		Source: source, Account: account, Journal: journal, Into: strings.Trim(x.Into, transfer.Delimiter), Only: x.Folder,
		Connections: x.Connections, Progress: show,
	})
	show.end()
	taken := time.Since(begin)
	if x.JSON {
		if e := printJSON(importResult{result, err == nil, taken.Seconds(), journal.Path(), show.refused}); e != nil {
			return e
		}
	} else {
		fmt.Printf("imported %d (%v), already there %d, not taken %d, in %v\n", result.Imported, size(result.Bytes),
			result.Present, result.Refused, taken.Round(100*time.Millisecond))
		if result.Keywords > 0 {
			fmt.Printf("%d of them without their keywords: their mailboxes have as many as they can\n", result.Keywords)
		}
	}
	if err == nil && result.Refused > 0 {
		return incomplete{fmt.Sprintf("%d letters were not taken", result.Refused)}
	}
	return stopped(ctx, err)
}

// journal opens the journal of this import.
func (x *importFlags) journal(source string) (*importer.Journal, error) {
	path := x.Journal
	if path == "" {
		base := os.Getenv("XDG_STATE_HOME")
		if !filepath.IsAbs(base) {
			home, err := os.UserHomeDir()
			if err != nil {
				return nil, fmt.Errorf("no folder for the journal: %w: name a file with --journal", err)
			}
			base = filepath.Join(home, ".local", "state")
		}
		sum := sha256.Sum256([]byte(x.Account + "\x00" + source))
		path = filepath.Join(base, "troxymail", "import", hex.EncodeToString(sum[:12])+".jsonl")
	}
	return importer.OpenJournal(path, x.Account, source)
}
