package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"troxymail/cmd/internal/adminclient"
	"troxymail/mail/adminapi"
)

// accountCmd is troxymail account.
type accountCmd struct {
	Add     addCmd     `cmd:"" help:"Make an account."`
	Passwd  passwdCmd  `cmd:"" help:"Set an account's password; its app passwords and its sessions end."`
	List    listCmd    `cmd:"" help:"List the accounts."`
	Disable disableCmd `cmd:"" help:"Let an account log in no more; its sessions end. Its mail stays."`
	Enable  enableCmd  `cmd:"" help:"Let a disabled account log in again."`
	Remove  removeCmd  `cmd:"" help:"Remove an account with all its mail, for ever."`

	AppPassword appPasswordCmd `cmd:"" help:"Give an account passwords for single devices and programs, or take them back."`
}

// Help is printed below the commands.
func (accountCmd) Help() string {
	return `FILE is the cluster.json that troxymail init wrote, or a demo's demo.json. Any replica that serves will
do; the command waits up to 30 seconds for one.

Examples:
  troxymail account add bob@example.org --admin cluster.json
  pass show mail/bob | troxymail account add bob@example.org --admin cluster.json --password-stdin
  troxymail account passwd bob@example.org --admin cluster.json
  troxymail account list --admin cluster.json --json
  troxymail account app-password add bob@example.org --name phone --admin cluster.json
  troxymail account disable bob@example.org --admin cluster.json`
}

// adminFlags are common to all commands that speak to a cluster.
type adminFlags struct {
	Admin string `required:"" placeholder:"FILE" help:"The cluster.json or demo.json of the cluster. Its administrator's key must be readable."`
	JSON  bool   `name:"json" help:"Print the result as JSON."`
}

type addressArg struct {
	Address string `arg:"" help:"The account's address, as in bob@example.org."`
}

type passwordFlags struct {
	PasswordStdin bool `name:"password-stdin" help:"Read the password from standard input; one newline at its end is not part of it."`
}

type addCmd struct {
	addressArg
	adminFlags
	passwordFlags
	Quota size `placeholder:"SIZE" help:"What the account may store, as in 500M or 10G. Default: the cluster's."`
}

type passwdCmd struct {
	addressArg
	adminFlags
	passwordFlags
}

type disableCmd struct {
	addressArg
	adminFlags
}

type enableCmd struct {
	addressArg
	adminFlags
}

type removeCmd struct {
	addressArg
	adminFlags
}

type listCmd struct {
	adminFlags
}

// Run makes an account.
func (x *addCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	password, err := readPassword(x.PasswordStdin, x.Address, true)
	if err != nil {
		return err
	}
	return x.change(ctx, client, "added", &adminapi.Request{
		Op: adminapi.OpAdd, Address: x.Address, Password: password, QuotaBytes: uint64(x.Quota),
	})
}

// Run sets a password.
func (x *passwdCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	password, err := readPassword(x.PasswordStdin, x.Address, true)
	if err != nil {
		return err
	}
	return x.change(ctx, client, "password set", &adminapi.Request{
		Op: adminapi.OpPassword, Address: x.Address, Password: password,
	})
}

// Run disables an account.
func (x *disableCmd) Run(ctx context.Context) error {
	return x.simple(ctx, "disabled", adminapi.OpDisable, x.Address)
}

// Run enables an account.
func (x *enableCmd) Run(ctx context.Context) error {
	return x.simple(ctx, "enabled", adminapi.OpEnable, x.Address)
}

// Run removes an account.
func (x *removeCmd) Run(ctx context.Context) error {
	return x.simple(ctx, "removed", adminapi.OpRemove, x.Address)
}

func (f *adminFlags) simple(ctx context.Context, done string, op adminapi.Op, address string) error {
	client, err := adminclient.Open(f.Admin)
	if err != nil {
		return err
	}
	return f.change(ctx, client, done, &adminapi.Request{Op: op, Address: address})
}

// change makes a change and says how it went.
func (f *adminFlags) change(ctx context.Context, c *adminclient.Client, done string, q *adminapi.Request) error {
	outcome, err := c.Change(ctx, q, notice)
	if err != nil {
		return fmt.Errorf("%s: %w", q.Address, err)
	}
	if outcome.Looked && q.Op == adminapi.OpAdd {
		notice("the account exists now; if it did before, it keeps its former password: " +
			"to be sure, set it with `troxymail account passwd`")
	}
	if f.JSON {
		return printJSON(map[string]string{"address": q.Address, "result": done})
	}
	_, err = fmt.Printf("%s: %s\n", q.Address, done)
	return err
}

// accountRow is an account as account list --json prints it.
type accountRow struct {
	Address    string `json:"address"`
	Enabled    bool   `json:"enabled"`
	QuotaBytes uint64 `json:"quota_bytes"`
	UsedBytes  uint64 `json:"used_bytes"`
	Messages   uint64 `json:"messages"`
}

// Run lists the accounts.
func (x *listCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	list, err := client.List(ctx, notice)
	if err != nil {
		return err
	}
	if x.JSON {
		rows := make([]accountRow, len(list))
		for i := range list {
			rows[i] = accountRow(list[i])
		}
		return printJSON(map[string]any{"accounts": rows})
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ADDRESS\tSTATE\tMESSAGES\tUSED\tQUOTA")
	for _, a := range list {
		state := "enabled"
		if !a.Enabled {
			state = "disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%v\t%v\n", a.Address, state, a.Messages, size(a.UsedBytes), size(a.QuotaBytes))
	}
	return w.Flush()
}

func notice(text string) { fmt.Fprintln(os.Stderr, "troxymail:", text) }

func printJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
