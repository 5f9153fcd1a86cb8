package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"troxymail/cmd/internal/adminclient"
	"troxymail/mail/adminapi"
	"troxymail/mail/auth"
)

// appPasswordCmd is troxymail account app-password.
type appPasswordCmd struct {
	Add    appAddCmd    `cmd:"" help:"Make a password for one device or program and print it, once."`
	List   appListCmd   `cmd:"" help:"List the names of an account's app passwords."`
	Remove appRemoveCmd `cmd:"" help:"Take an app password back; the account's sessions end."`
}

// Help is printed below the commands.
func (appPasswordCmd) Help() string {
	return `An app password opens the account like its own password does, by IMAP and SMTP, and can be taken back
alone. Setting the account's password takes all of them back.`
}

type nameFlag struct {
	Name string `required:"" help:"What to know the password by, as in phone." placeholder:"NAME"`
}

type appAddCmd struct {
	addressArg
	nameFlag
	adminFlags
}

type appRemoveCmd struct {
	addressArg
	nameFlag
	adminFlags
}

type appListCmd struct {
	addressArg
	adminFlags
}

// Run makes an app password. It is drawn here, so that asking a second replica after an answer was lost asks for
// the same.
func (x *appAddCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	password, err := auth.NewAppPassword(rand.Reader)
	if err != nil {
		return err
	}
	q := &adminapi.Request{Op: adminapi.OpAppAdd, Address: x.Address, Label: x.Name, Password: password}
	if _, err := client.Change(ctx, q, notice); err != nil {
		return fmt.Errorf("%s: %w", x.Address, err)
	}
	if x.JSON {
		return printJSON(map[string]string{"address": x.Address, "name": x.Name, "password": password})
	}
	notice("this password is shown once and kept nowhere")
	_, err = fmt.Println(password)
	return err
}

// Run takes an app password back.
func (x *appRemoveCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	return x.change(ctx, client, "app password removed", &adminapi.Request{
		Op: adminapi.OpAppRemove, Address: x.Address, Label: x.Name,
	})
}

// Run lists the names.
func (x *appListCmd) Run(ctx context.Context) error {
	client, err := adminclient.Open(x.Admin)
	if err != nil {
		return err
	}
	labels, err := client.AppPasswords(ctx, x.Address, notice)
	if err != nil {
		return fmt.Errorf("%s: %w", x.Address, err)
	}
	if x.JSON {
		return printJSON(map[string]any{"address": x.Address, "app_passwords": append([]string{}, labels...)})
	}
	for _, l := range labels {
		fmt.Println(l)
	}
	return nil
}
