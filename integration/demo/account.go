package demo

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// AddAccount makes an account by the administrator's command.
func (d *Demo) AddAccount(t testing.TB, address string) Account {
	t.Helper()
	a := Account{Address: address, Password: "correct horse battery"}
	cmd := exec.Command(Binary(t), "account", "add", address, "--admin", filepath.Join(d.Dir, FactsFile), "--password-stdin")
	cmd.Stdin = strings.NewReader(a.Password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("account add %s: %v\n%s", address, err, out)
	}
	return a
}

// As returns the same demo as another account's user sees it: its first account is a.
func (d *Demo) As(a Account) *Demo {
	own := *d
	own.Accounts = []Account{a}
	return &own
}
