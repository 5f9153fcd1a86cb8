package processes

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// edit replaces what matches pattern in a file of the cluster, once.
func (c *Cluster) edit(t *testing.T, name, pattern, with string) {
	t.Helper()
	file := c.File(name)
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := regexp.MustCompile("(?m)"+pattern).ReplaceAllLiteral(old, []byte(with))
	if string(changed) == string(old) {
		t.Fatalf("%s has nothing like %s", name, pattern)
	}
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(file, old, 0o600); err != nil {
			t.Error(err)
		}
	})
}

// TestWrongConfigurations starts a program with one thing wrong at a time: it must end by itself and say the
// file or key, and what would be right.
func TestWrongConfigurations(t *testing.T) {
	c := Make(t, 3)
	used, err := net.Listen("tcp", c.Replicas[1].IMAP)
	if err != nil {
		t.Fatal(err)
	}
	host, enclave := "troxymail-host", "troxymail-enclave"
	for _, w := range []struct {
		name    string
		program string
		file    string
		pattern string // what to replace in it
		with    string
		says    []string
	}{
		{"edited genesis at the host", host, "genesis.toml", `^domain = .*`, `domain = "example.com"`,
			[]string{"host-1", "genesis.toml was edited"}},
		{"edited genesis at the enclave", enclave, "genesis.toml", `^domain = .*`, `domain = "example.com"`,
			[]string{"secrets.sealed does not open", "genesis.toml was edited"}},
		{"another's address in genesis", enclave, "genesis.toml", `^host = .*`, `host = "127.0.0.1:9"`,
			[]string{"secrets.sealed does not open"}},
		{"a way to sync that there is not", host, "host-1.toml", `^sync = "quorum"`, `sync = "never"`, []string{"sync = \"never\"", "quorum, strict"}},
		{"f that does not fit", host, "genesis.toml", `^f = 1`, `f = 2`, []string{"genesis.toml", "f = 2", "want 1"}},
		{"four replicas", host, "genesis.toml", `^n = 3`, `n = 4`, []string{"genesis.toml", "replicas"}},
		{"another host's key", host, "host-1.toml", `^key = .*`, `key = "host-2.key"`,
			[]string{"host-1.toml", "key = ", "not the key of replica 1"}},
		{"no host key", host, "host-1.toml", `^key = .*`, `key = "nowhere.key"`, []string{"host-1.toml", "nowhere.key"}},
		{"another host's data", host, "host-1.toml", `^data_dir = .*`, `data_dir = "host-2"`,
			[]string{"host-2", "belongs to another replica or cluster"}},
		{"somebody's data", host, "host-1.toml", `^data_dir = .*`, `data_dir = "operator"`,
			[]string{"operator", "correct data_dir"}},
		{"no data", host, "host-1.toml", `^data_dir = .*`, `data_dir = "nowhere"`, []string{"nowhere is missing", "data_dir"}},
		{"another enclave's data", enclave, "enclave-1.toml", `^data_dir = .*`, `data_dir = "enclave-2"`,
			[]string{"enclave-2", "another machine or replica"}},
		{"no enclave data", enclave, "enclave-1.toml", `^data_dir = .*`, `data_dir = "nowhere"`,
			[]string{"enclave-1.toml", "data_dir", "nowhere"}},
		{"a port in use", enclave, "enclave-1.toml", `^log = .*`, `log = "json"`,
			[]string{"enclave-1.toml", "imap = ", "in use"}},
		{"unknown key", host, "host-1.toml", `^admin = `, `admim = `, []string{"host-1.toml", "admin is missing", "host:port"}},
		{"one key too many", enclave, "enclave-1.toml", `^log = .*`, "log = \"text\"\nlogs = 1",
			[]string{"enclave-1.toml", "unknown key logs"}},
		{"no port", enclave, "enclave-1.toml", `^imaps = .*`, `imaps = "127.0.0.1"`,
			[]string{"enclave-1.toml", `imaps = "127.0.0.1"`, "want host:port"}},
		{"replica too high", enclave, "enclave-1.toml", `^replica = 1`, `replica = 3`,
			[]string{"enclave-1.toml", "replica = 3", "0 to 2"}},
		{"not TOML", host, "host-1.toml", `^replica = 1`, `replica is 1`, []string{"host-1.toml", "not TOML"}},
		{"no genesis", host, "host-1.toml", `^genesis = .*`, `genesis = "nowhere.toml"`, []string{"nowhere.toml does not exist"}},
		{"short link key", host, "host-1.toml", `^link_key = .*`, `link_key = "abcdef"`,
			[]string{"host-1.toml", "link_key", "64 hexadecimal digits", "not shown"}},
	} {
		t.Run(w.name, func(t *testing.T) {
			c.edit(t, w.file, w.pattern, w.with)
			c.refused(t, w.program, w.says...)
		})
	}
	used.Close()
}

// refused starts replica 1's program, which must fail and say all words, and no secret.
func (c *Cluster) refused(t *testing.T, program string, words ...string) {
	t.Helper()
	args := []string{"--config", c.HostConfig(1)}
	if program == "troxymail-enclave" {
		args = []string{"--config", c.EnclaveConfig(1), "--insecure-simulated-tee"}
	}
	p := Launch(t, program, program, args...)
	p.Ends(t, false)
	if !p.Says(t, words...) {
		t.Errorf("does not say %q:\n%s", words, p.Output(t))
	}
	if p.Says(t, "abcdef") {
		t.Errorf("says a secret:\n%s", p.Output(t))
	}
}

func TestNeedsAcknowledgement(t *testing.T) {
	c := Make(t, 3)
	p := Launch(t, "enclave", "troxymail-enclave", "--config", c.EnclaveConfig(0))
	p.Ends(t, false)
	if !p.Says(t, "--insecure-simulated-tee", "protects nothing") {
		t.Error(p.Output(t))
	}
	if e := c.StartEnclave(t, 0); true {
		demo.Eventually(t, serveLimit, "it says what it is", func() bool { return e.Says(t, "SIMULATED") })
	}
}

// TestWrongLinkKey: neither side believes the other, both say what to compare, and the cluster goes on
// without that replica until the key is right.
func TestWrongLinkKey(t *testing.T) {
	c := Start(t, 3) // the first start takes all of them
	key := `link_key = "` + strings.Repeat("00", 32) + `"`
	right, err := os.ReadFile(c.EnclaveConfig(2))
	if err != nil {
		t.Fatal(err)
	}
	c.edit(t, "enclave-2.toml", `^link_key = "[0-9a-f]*"`, key)
	c.Enclaves[2].Stop(t)
	c.StartEnclave(t, 2)
	c.AwaitServing(t, 0)
	for _, p := range []*Process{c.Hosts[2], c.Enclaves[2]} {
		demo.Eventually(t, serveLimit, "says what to compare", func() bool { return p.Says(t, "link_key") })
	}
	if c.Open(2) {
		t.Error("an enclave without its host accepts clients")
	}
	if err := os.WriteFile(c.EnclaveConfig(2), right, 0o600); err != nil {
		t.Fatal(err)
	}
	c.Enclaves[2].Stop(t)
	c.StartEnclave(t, 2)
	c.AwaitServing(t, 2)
}

// TestDataFolders: a folder in use or of a newer version is refused, with what to do. A damaged log is set aside,
// at any replica, and made up for from the peers.
func TestDataFolders(t *testing.T) {
	c := Start(t, 3)
	again := Launch(t, "second host", "troxymail-host", "--config", c.HostConfig(2))
	again.Ends(t, false)
	if !again.Says(t, "in use") {
		t.Error(again.Output(t))
	}
	c.Hosts[2].Stop(t)
	c.edit(t, "host-2/owner", `^troxymail-host 2`, "troxymail-host 7")
	newer := Launch(t, "newer", "troxymail-host", "--config", c.HostConfig(2))
	newer.Ends(t, false)
	if !newer.Says(t, "format 7", "start the version") {
		t.Error(newer.Output(t))
	}
	c.edit(t, "host-2/owner", `^troxymail-host 7`, "troxymail-host 2")
	c.StartHost(t, 2)
	c.AwaitServing(t, 2)
	for i, d := range []struct{ name, file, pattern, with string }{
		{"log header", "LOG", `\A........`, "TRXHMETX"},
		{"log segment", "0000000000000001.seg", `(?s)\A(.{64})`, strings.Repeat("x", 64)},
	} {
		c.Hosts[i].Stop(t)
		c.edit(t, fmt.Sprintf("host-%d/log/%s", i, d.file), d.pattern, d.with)
		c.StartHost(t, i)
		c.AwaitServing(t, i)
		if !c.Hosts[i].Says(t, "log_lost", "moved_to") {
			t.Errorf("%s: not said:\n%s", d.name, c.Hosts[i].Output(t))
		}
		c.Hosts[i].Stop(t) // and what it began instead is sound
		c.StartHost(t, i)
		c.AwaitServing(t, i)
		if c.Hosts[i].Says(t, "log_lost") {
			t.Errorf("%s: the new log is lost too:\n%s", d.name, c.Hosts[i].Output(t))
		}
	}
}
