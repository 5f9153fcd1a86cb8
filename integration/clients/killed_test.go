package clients

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"troxymail/integration/demo"
	"troxymail/integration/processes"
)

const (
	// everyone is the name of all replicas.
	everyone = "mail.example.org"
	// victim is the replica that is killed, and the first address of everyone; survivor is one that is not.
	victim, survivor = 1, 2
	// wrapper answers for the name service of the programs that load it first (cwrap.org, nss_wrapper).
	wrapper = "libnss_wrapper.so"
)

// How programs carry on.
const (
	goesOn   = "goes on by itself"
	nextRun  = "its next run finds another"
	sayWhere = "its next run must be told another"
)

// TestOneReplicaKilled kills one replica of a cluster whose name has the addresses of all, the dead one's first.
// Programs that stay connected go on; programs that run once find a replica that lives.
func TestOneReplicaKilled(t *testing.T) {
	c := processes.Make(t, 3, "--name", everyone)
	ownAddresses(t, c)
	oneName(t, c)
	c.StartAll(t)
	cells := make([]cell, len(programs))
	for i, p := range programs {
		c.AddAccount(t, fmt.Sprintf("%s%d@example.org", p.name, i))
		cells[i] = cell{d: c.Demo.As(c.Accounts[0]), replica: survivor, mode: demo.TLS, name: everyone}
	}

	resume := map[int]func(*testing.T){}
	for i, p := range programs {
		if p.goesOn != nil {
			resume[i] = p.goesOn(t, cells[i])
		}
	}
	c.Enclaves[victim].Kill()
	c.Hosts[victim].Kill()
	for i, p := range programs {
		t.Run(p.name+" "+p.does, func(t *testing.T) {
			own := cells[i]
			switch p.killed {
			case goesOn:
				resume[i](t)
				return
			case sayWhere:
				own.name = ""
			}
			p.cell(t, own)
		})
	}
}

// ownAddresses gives each replica an address of its own, where all have the same ports.
func ownAddresses(t *testing.T, c *processes.Cluster) {
	t.Helper()
	same := c.Replicas[0]
	for i := range c.Replicas {
		text, err := os.ReadFile(c.EnclaveConfig(i))
		must(t, err)
		r := &c.Replicas[i]
		for key, address := range map[string]*string{"imap": &r.IMAP, "imaps": &r.IMAPS, "submission": &r.Submission, "submissions": &r.Submissions} {
			_, port := split(t, map[string]string{"imap": same.IMAP, "imaps": same.IMAPS, "submission": same.Submission,
				"submissions": same.Submissions}[key])
			*address = fmt.Sprintf("127.0.0.%d:%s", i+1, port)
			text = regexp.MustCompile(`(?m)^`+key+` = "[^"]*"`).ReplaceAll(text, fmt.Appendf(nil, "%s = %q", key, *address))
		}
		must(t, os.WriteFile(c.EnclaveConfig(i), text, 0o600))
	}
}

// oneName lets all programs that start from now on find all replicas under one name, the victim first.
func oneName(t *testing.T, c *processes.Cluster) {
	t.Helper()
	var hosts strings.Builder
	for _, i := range []int{victim, 0, survivor} {
		address, _ := split(t, c.Replicas[i].IMAP)
		fmt.Fprintf(&hosts, "%s %s\n", address, everyone)
	}
	_, file := home(t, "hosts", "127.0.0.1 localhost\n"+hosts.String())
	t.Setenv("LD_PRELOAD", wrapper)
	t.Setenv("NSS_WRAPPER_HOSTS", file)
	got := strings.Fields(ok(t, "", nil, "python3", "-c", "import socket\nfor a in socket.getaddrinfo('"+everyone+
		"', 1, type=socket.SOCK_STREAM): print(a[4][0])"))
	if want, _ := split(t, c.Replicas[victim].IMAP); len(got) != len(c.Replicas) || got[0] != want {
		t.Fatalf("%s has the addresses %q, want %s first: is %s there? run deploy/dev/install-clients.sh", everyone, got, want, wrapper)
	}
}

// putElsewhere stores a message through a replica that lives.
func (c cell) putElsewhere(t *testing.T, box, subject string) []byte {
	t.Helper()
	other := c.d.Dial(t, c.replica, demo.TLS, nil)
	defer other.Close()
	body := mail(subject)
	_, _, err := other.Put(box, body)
	must(t, err)
	return body
}

// thunderbirdGoesOn receives, and after the kill receives and sends.
func thunderbirdGoesOn(t *testing.T, c cell) func(*testing.T) {
	b := startThunderbird(t, c.d.CA, []tbAccount{newTBAccount(t, c)})
	c.putElsewhere(t, "INBOX", "thunderbird before")
	b.call(t, "open", tbKey(0), "thunderbird before")
	return func(t *testing.T) {
		c.putElsewhere(t, "INBOX", "thunderbird after")
		b.call(t, "check", tbKey(0), "thunderbird after")
		subject, text := c.sendable()
		b.call(t, "send", tbKey(0), write(t, []byte(strings.ReplaceAll(text, "\n", "\r\n"))))
		c.arrived(t, subject)
	}
}

// fetchmailGoesOn polls as a daemon.
func fetchmailGoesOn(t *testing.T, c cell) func(*testing.T) {
	box := c.box("Daemon")
	c.filled(t, box, "fetchmail before")
	_, port := c.imap(t)
	spool := filepath.Join(t.TempDir(), "spool")
	dir, file := home(t, "fetchmailrc", fmt.Sprintf("set daemon 1\npoll %s port %s protocol IMAP auth password\n"+
		"  user %q password %q folder %s ssl sslcertck sslcertfile %s\n  no keep fetchall no rewrite mda \"cat >>%s\"\n",
		c.name, port, c.account().Address, c.account().Password, box, c.d.CA, spool))
	cmd := exec.Command(need(t, "fetchmail"), "--nodetach", "--nosyslog", "-f", file)
	cmd.Env = append(os.Environ(), "HOME="+dir, "FETCHMAILHOME="+dir)
	background(t, cmd)
	fetched := func(t *testing.T, subject string) {
		t.Helper()
		demo.Eventually(t, programLimit, "fetchmail takes "+subject, func() bool {
			got, _ := os.ReadFile(spool) // not there before the first message
			return strings.Contains(string(got), "Subject: "+subject)
		})
	}
	fetched(t, "fetchmail before")
	return func(t *testing.T) {
		c.putElsewhere(t, box, "fetchmail after")
		fetched(t, "fetchmail after")
	}
}

// muttGoesOn has a mailbox open at a terminal while the replica is killed, looks for new mail, and changes a flag.
// The keys wait in a shell for the kill.
func muttGoesOn(t *testing.T, c cell) func(*testing.T) {
	box := c.box("Session")
	c.filled(t, box, "session one", "session two")
	dir := t.TempDir()
	ready, killed := filepath.Join(dir, "ready"), filepath.Join(dir, "killed")
	env, args := muttCommand(t, c, "mutt", box, "<first-entry><display-message><exit><shell-escape>touch "+ready+
		"; until [ -e "+killed+" ]; do sleep 0.1; done<enter><check-new><change-folder>="+box+"<enter><first-entry><flag-message><sync-mailbox><quit>")
	cmd := exec.Command(need(t, "script"), args...)
	cmd.Env = append(os.Environ(), env...)
	background(t, cmd)
	demo.Eventually(t, programLimit, "mutt has the mailbox open", func() bool {
		_, err := os.Stat(ready)
		return err == nil
	})
	return func(t *testing.T) {
		must(t, os.WriteFile(killed, nil, 0o600))
		demo.Eventually(t, programLimit, "the flag is at a replica that lives", func() bool {
			got := c.elsewhere(t, box)
			return len(got) == 2 && hasFlag(got[0], `\Flagged`)
		})
	}
}
