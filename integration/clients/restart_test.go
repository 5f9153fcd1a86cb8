package clients

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/integration/demo"
)

// TestRestart stops the demo with SIGTERM and starts it again: account, password, mail, flags, UIDs and
// UIDVALIDITY are the same at every replica, and the next UID goes on where it was.
func TestRestart(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)}
	d := demo.Start(t, o)
	c := d.Dial(t, 1, demo.TLS, nil)
	must(t, c.Create("Projects/Été", nil).Wait())
	boxes := []string{"INBOX", "Projects/Été"}
	for i := range 5 {
		for _, box := range boxes {
			_, _, err := c.Put(box, mail(fmt.Sprint("restart ", i)), imap.FlagSeen, "keyword")
			must(t, err)
		}
	}
	_, err := c.Select("INBOX", nil).Wait()
	must(t, err)
	gone := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}
	must(t, c.Store(imap.UIDSetNum(2, 5), gone, nil).Close())
	must(t, c.Expunge().Close())
	before := contents(t, d, 0, boxes)
	account := d.Accounts[0]
	for round := range 3 {
		d.Stop(t)
		d = demo.Start(t, o)
		if d.Accounts[0] != account {
			t.Fatal("the account or its password changed")
		}
		for r := range d.Replicas {
			if got := contents(t, d, r, boxes); !reflect.DeepEqual(got, before) {
				t.Fatalf("after restart %d replica %d shows\n%v\nwant\n%v", round+1, r, got, before)
			}
		}
	}
	uid, _, err := d.Dial(t, 2, demo.TLS, nil).Put("INBOX", mail("after the restart"))
	must(t, err)
	if uid != 6 {
		t.Fatalf("the next UID is %d, want 6: a UID must never be used again", uid)
	}
}

// contents describes mailboxes as a replica shows them.
func contents(t *testing.T, d *demo.Demo, r int, boxes []string) []string {
	t.Helper()
	c := d.Dial(t, r, demo.TLS, nil)
	defer c.Close()
	var all []string
	for _, box := range boxes {
		messages, validity, err := c.All(box)
		must(t, err)
		for _, m := range messages {
			flags := map[string]bool{}
			for _, f := range m.Flags {
				if f != `\Recent` {
					flags[string(f)] = true
				}
			}
			all = append(all, fmt.Sprintf("%s/%d/%d %v %q", box, validity, m.UID, flags, m.Body))
		}
	}
	return all
}

// TestFacts holds what demo.json promises: absolute paths, addresses on 127.0.0.1 that serve, no reader
// but the owner, an old file gone at the start, and the same facts printed with --json.
func TestFacts(t *testing.T) {
	o := demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t), Args: []string{"--json"}}
	demo.Start(t, o).Stop(t)
	old := filepath.Join(o.Dir, demo.FactsFile)
	must(t, os.WriteFile(old, []byte(`{"old": true}`), 0o644)) // as a killed one leaves it
	d := demo.Launch(t, o)
	waitGoneOrNew(t, old)
	d.WaitServing(t)

	info, err := os.Stat(old)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("demo.json has mode %v, want 0600", info.Mode().Perm())
	}
	if !filepath.IsAbs(d.CA) || d.Admin != "" && !filepath.IsAbs(d.Admin) {
		t.Errorf("paths not absolute: ca %q, admin %q", d.CA, d.Admin)
	}
	if d.Accounts[0].Address != "alice@example.org" || d.Accounts[0].Password == "" {
		t.Errorf("the account is %q", d.Accounts[0].Address)
	}
	if len(d.Replicas) != 3 {
		t.Fatalf("%d replicas, want 3", len(d.Replicas))
	}
	for i, r := range d.Replicas {
		if r.ID != i || r.IMAP != fmt.Sprintf("127.0.0.1:%d", o.Ports.IMAP+1000*i) ||
			r.IMAPS != fmt.Sprintf("127.0.0.1:%d", o.Ports.IMAPS+1000*i) {
			t.Errorf("replica %d has the facts %+v", i, r)
		}
		for _, mode := range demo.Modes { // serves at once, in every mode, when the file is there
			d.Dial(t, i, mode, nil).Close()
		}
	}
	demo.Eventually(t, idleLimit, "--json prints the facts", func() bool {
		text, err := os.ReadFile(d.Stdout)
		must(t, err)
		var printed demo.Facts
		return json.Unmarshal(text, &printed) == nil && reflect.DeepEqual(printed, d.Facts)
	})
	d.Stop(t)
	if _, err := os.Stat(filepath.Join(o.Dir, demo.FactsFile)); err == nil {
		if facts, err := demo.ReadFacts(o.Dir); err != nil || len(facts.Replicas) != 3 {
			t.Errorf("demo.json left behind is damaged: %v", err)
		}
	}
}

// waitGoneOrNew waits until the old file is removed; a new one in its place also shows that it was.
func waitGoneOrNew(t *testing.T, path string) {
	t.Helper()
	demo.Eventually(t, idleLimit, "the old demo.json is removed", func() bool {
		text, err := os.ReadFile(path)
		return os.IsNotExist(err) || err == nil && !strings.Contains(string(text), "old")
	})
}

// TestPrintedLines runs the lines for curl and mutt that the program prints, as they are.
func TestPrintedLines(t *testing.T) {
	d := fresh(t)
	work := t.TempDir()
	ran := map[string]int{}
	demo.Eventually(t, idleLimit, "the program has printed all it prints at the start, which comes after demo.json", func() bool {
		return strings.Contains(d.Output(t), "Ctrl-C stops the demo")
	})
	for line := range strings.Lines(d.Output(t)) {
		line = strings.TrimSpace(line)
		name, _, _ := strings.Cut(line, " ")
		switch name {
		case "mutt":
			rc := filepath.Join(work, "muttrc")
			must(t, os.WriteFile(rc, []byte("set quit=yes\npush '<quit>'\n"), 0o600))
			must(t, os.Mkdir(filepath.Join(work, "Mail"), 0o700)) // else mutt asks whether to make it
			line = strings.Replace(line, "mutt ", "mutt -n -F "+rc+" ", 1)
			file := filepath.Join(work, "mutt.sh")
			must(t, os.WriteFile(file, []byte(line), 0o600))
			line = "script -q -e -c 'sh " + file + "' /dev/null"
		case "printf", "curl":
		default:
			continue
		}
		out, errs, err := run(t, "", []string{"HOME=" + work, "TERM=xterm"}, "sh", "-c", "cd "+work+" && "+line)
		if err != nil {
			t.Errorf("%s\n%v: %s%s", line, err, out, errs)
		}
		if name == "curl" && strings.Contains(line, ";UID=") && !strings.Contains(out, "Subject: hello") {
			t.Errorf("the printed line does not read the message that the first one stored: %q", out)
		}
		ran[name]++
	}
	if ran["curl"] < 2 || ran["mutt"] < 1 {
		t.Errorf("lines printed: %v", ran)
	}
}

// TestHumanOutput holds what a person must be told at the start.
func TestHumanOutput(t *testing.T) {
	d := fresh(t)
	wants := []string{"SIMULATED", d.CA, d.Accounts[0].Address, d.Accounts[0].Password, "curl", "mutt"}
	for _, r := range d.Replicas {
		for _, address := range []string{r.IMAP, r.IMAPS} {
			_, port, err := net.SplitHostPort(address)
			must(t, err)
			wants = append(wants, port)
		}
	}
	demo.Eventually(t, idleLimit, "the program says how to connect", func() bool {
		out := d.Output(t)
		for _, want := range wants {
			if !strings.Contains(out, want) {
				return false
			}
		}
		return true
	})
}
