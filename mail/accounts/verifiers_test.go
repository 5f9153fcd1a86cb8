package accounts

import (
	"bytes"
	"crypto/rand"
	"slices"
	"testing"

	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

func TestAppPasswords(t *testing.T) {
	a, c := newAdmin(t)
	ctx := t.Context()
	const carol = "carol@example.org"
	want(t, "create", a.Create(ctx, carol, "own", 0), nil)
	draw := func() string {
		p, err := auth.NewAppPassword(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	phone, laptop := draw(), draw()
	want(t, "add", a.AddAppPassword(ctx, "Carol@Example.org", "phone", phone), nil)
	c.before = func(command.Command) { // another administrator comes between the read and the change
		c.before = func(command.Command) { want(t, "add", a.AddAppPassword(ctx, carol, "tablet", draw()), nil) }
	}
	want(t, "add another", a.AddAppPassword(ctx, carol, "laptop", laptop), nil)
	list, err := a.AppPasswords(ctx, carol)
	if err != nil || !slices.Equal(list, []string{"phone", "tablet", "laptop"}) {
		t.Errorf("%q, %v", list, err)
	}
	for _, p := range []string{"own", phone, laptop} {
		if !opens(t, a, carol, p) {
			t.Errorf("%s does not open the account", p)
		}
	}
	before := c.sequence
	want(t, "add the same again", a.AddAppPassword(ctx, carol, "phone", phone), nil)
	if c.sequence != before+1 {
		t.Error("a change that changes nothing was ordered")
	}
	want(t, "a name that is taken", a.AddAppPassword(ctx, carol, "phone", draw()), auth.ErrLabelTaken)
	want(t, "a chosen password", a.AddAppPassword(ctx, carol, "x", "chosen"), auth.ErrAppPassword)
	want(t, "nobody's", a.AddAppPassword(ctx, "nobody@example.org", "x", draw()), ErrNoAccount)
	want(t, "remove", a.RemoveAppPassword(ctx, carol, "phone"), nil)
	want(t, "remove again", a.RemoveAppPassword(ctx, carol, "phone"), auth.ErrNoLabel)
	want(t, "remove nobody's", a.RemoveAppPassword(ctx, "nobody@example.org", "phone"), ErrNoAccount)
	if opens(t, a, carol, phone) || !opens(t, a, carol, laptop) {
		t.Error("the wrong one was removed")
	}
	want(t, "set a password", a.SetPassword(ctx, carol, "new"), nil)
	if list, err := a.AppPasswords(ctx, carol); err != nil || len(list) > 0 || opens(t, a, carol, laptop) {
		t.Errorf("app passwords outlive a new password: %q, %v", list, err)
	}
	if _, err := a.AppPasswords(ctx, "nobody@example.org"); err == nil {
		t.Error("nobody has app passwords")
	}
	for _, secret := range []string{phone, laptop, "phone", "laptop", "SCRAM"} {
		if bytes.Contains(c.exposed.Bytes(), []byte(secret)) {
			t.Errorf("hosts can read %q", secret)
		}
	}
}
