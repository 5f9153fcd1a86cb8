package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"troxymail/integration/demo"
)

func TestMain(m *testing.M) { demo.Main(m) }

// limit is when a command that does not end has failed.
const limit = 3 * time.Minute

// account is one of a demo that all tests of a process share.
type account struct {
	d                 *demo.Demo
	address, password string
	home              string // for the program's own files
}

var serial struct {
	sync.Mutex
	n int
}

// newAccount makes an account of the test's own.
func newAccount(t *testing.T, d *demo.Demo) *account {
	t.Helper()
	serial.Lock()
	serial.n++
	a := &account{d: d, address: fmt.Sprintf("user%d@example.org", serial.n), password: "pass word", home: t.TempDir()}
	serial.Unlock()
	if out, code := a.run(t, "account", "add", a.address, "--admin", a.facts(), "--password-stdin"); code != 0 {
		t.Fatal(out)
	}
	return a
}

func (a *account) facts() string { return filepath.Join(a.d.Dir, demo.FactsFile) }

// command is a command of the program that reads the account's password.
func (a *account) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, demo.Binary(t), args...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+a.home)
	cmd.Stdin = strings.NewReader(a.password + "\n")
	return cmd
}

// run returns what a command wrote to standard output, and its exit status.
func (a *account) run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := a.command(ctx, t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if errs.Len() > 0 {
		t.Logf("%s: %s", strings.Join(args, " "), errs.String())
	}
	return out.String() + errs.String(), cmd.ProcessState.ExitCode()
}

// where are the flags that name the account and the demo.
func (a *account) where() []string {
	return []string{"--account", a.address, "--cluster", a.facts(), "--password-stdin"}
}

// counts is what the commands say with --json.
type counts struct {
	Imported, Exported, Refused int
	Present                     int `json:"already_there"`
	Complete                    bool
}

// do runs import or export with --json and returns what it counted; it must end with status code.
func (a *account) do(t *testing.T, code int, args ...string) counts {
	t.Helper()
	out, got := a.run(t, append(append(args, a.where()...), "--json")...)
	if got != code {
		t.Fatalf("%v: exit status %d, want %d\n%s", args, got, code, out)
	}
	var c counts
	if err := json.Unmarshal([]byte(strings.SplitAfter(out, "\n")[0]), &c); err != nil {
		t.Fatalf("%v: %v in\n%s", args, err, out)
	}
	return c
}

// dial logs in at a replica.
func (a *account) dial(t *testing.T, replica int) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialTLS(a.d.Replicas[replica].IMAPS, &imapclient.Options{TLSConfig: a.d.TLS(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(a.address, a.password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// letter is all that a transfer keeps.
type letter struct {
	flags, body string
	date        int64
}

// all returns the letters of every mailbox that has some, each sorted, as one replica shows them.
func (a *account) all(t *testing.T, replica int) map[string][]letter {
	t.Helper()
	c := a.dial(t, replica)
	boxes, err := c.List("", "*", nil).Collect()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]letter{}
	for _, b := range boxes {
		if slices.Contains(b.Attrs, imap.MailboxAttrNoSelect) {
			continue
		}
		if letters := read(t, c, b.Mailbox); len(letters) > 0 {
			found[b.Mailbox] = letters
		}
	}
	return found
}

func read(t *testing.T, c *imapclient.Client, mailbox string) []letter {
	t.Helper()
	data, err := c.Select(mailbox, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if data.NumMessages == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	got, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true, InternalDate: true,
		BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var letters []letter
	for _, m := range got {
		var flags []string
		for _, f := range m.Flags {
			if !strings.EqualFold(string(f), `\Recent`) {
				flags = append(flags, string(f))
			}
		}
		sort.Strings(flags)
		letters = append(letters, letter{strings.Join(flags, " "), string(m.FindBodySection(section)), m.InternalDate.Unix()})
	}
	sortLetters(letters)
	return letters
}

func sortLetters(l []letter) {
	sort.Slice(l, func(i, j int) bool {
		if l[i].body != l[j].body {
			return l[i].body < l[j].body
		}
		if l[i].flags != l[j].flags {
			return l[i].flags < l[j].flags
		}
		return l[i].date < l[j].date
	})
}

// same compares mailboxes letter by letter.
func same(t *testing.T, what string, got, want map[string][]letter) {
	t.Helper()
	for name := range want {
		if len(got[name]) != len(want[name]) {
			t.Errorf("%s: %s has %d letters, want %d", what, name, len(got[name]), len(want[name]))
			continue
		}
		for i := range want[name] {
			if got[name][i] != want[name][i] {
				t.Errorf("%s: %s: got %.400s, want %.400s", what, name, fmt.Sprintf("%#v", got[name][i]), fmt.Sprintf("%#v", want[name][i]))
				break
			}
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: there is %s with %d letters", what, name, len(got[name]))
		}
	}
}
