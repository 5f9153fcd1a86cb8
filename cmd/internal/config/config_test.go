package config

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"troxymail/enclave/genesis"
)

func sample() genesis.File {
	return genesis.File{
		Cluster: [16]byte{1, 2}, Domain: "example.org", Replicas: 3, CA: [32]byte{3}, Admin: bytes.Repeat([]byte{4}, ed25519.PublicKeySize),
		FirstMailbox: 1_700_000_000,
		Hosts:        []genesis.Host{{Address: "a:1", Key: [32]byte{1}}, {Address: "b:1", Key: [32]byte{2}}, {Address: "c:1", Key: [32]byte{3}}},
	}
}

func write(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := WriteFile(file, 0o600, text); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	dir := t.TempDir()
	g := sample()
	path := write(t, dir, "genesis.toml", GenesisText(&g))
	got, err := LoadGenesis(path)
	if err != nil || !reflect.DeepEqual(got, g) || got.Hash() != g.Hash() {
		t.Fatalf("%v: %+v", err, got)
	}
	h := Host{
		Replica: 2, GenesisFile: "genesis.toml", DataDir: "data \"x\"", KeyFile: "/abs/key", LinkKey: [32]byte{7}, Listen: ":1",
		Boundary: "127.0.0.1:2", Admin: "[::1]:3", Sync: SyncStrict, Log: Log{Format: "json", Level: "warn"},
	}
	h.File = write(t, dir, "host.toml", h.Text())
	gotHost, err := LoadHost(h.File)
	h.GenesisFile, h.DataDir, h.Genesis = path, filepath.Join(dir, h.DataDir), g
	if err != nil || !reflect.DeepEqual(gotHost, h) {
		t.Fatalf("%v: %+v", err, gotHost)
	}
	e := Enclave{
		Replica: 1, GenesisFile: path, DataDir: "enclave", Host: "127.0.0.1:2", LinkKey: [32]byte{8}, IMAP: ":1143", IMAPS: ":1993",
		Submission: ":1587", Submissions: ":1465", SMTP: ":1025", Autoconfig: ":1443",
		Admin: ":1843", Names: []string{"mx.example.org", "::1"}, Log: DefaultLog,
	}
	for _, reads := range []struct{ bounded, ordered bool }{{false, false}, {true, false}, {false, true}} {
		e.Bounded, e.Ordered, e.DataDir, e.Genesis = reads.bounded, reads.ordered, "enclave", genesis.File{}
		e.File = write(t, dir, "enclave.toml", e.Text())
		gotEnclave, err := LoadEnclave(e.File)
		e.DataDir, e.Genesis = filepath.Join(dir, e.DataDir), g
		if err != nil || !reflect.DeepEqual(gotEnclave, e) {
			t.Fatalf("%v: %+v", err, gotEnclave)
		}
	}
	if n, ip := e.DNSNames(), e.IPs(); len(n) != 1 || n[0] != "mx.example.org" || len(ip) != 1 || ip[0].String() != "::1" {
		t.Errorf("names %v, addresses %v", n, ip)
	}
}

// Every line of every file is needed, wherever it stands: without it the error names file and key; with a
// value of another kind it names the value too.
func TestEveryKeyIsNeededAndChecked(t *testing.T) {
	dir := t.TempDir()
	g := sample()
	genesisFile := write(t, dir, "genesis.toml", GenesisText(&g))
	h := Host{GenesisFile: genesisFile, DataDir: "d", KeyFile: "k", LinkKey: [32]byte{7}, Listen: ":1", Boundary: ":2", Admin: ":3", Sync: SyncQuorum, Log: DefaultLog}
	e := Enclave{GenesisFile: genesisFile, DataDir: "d", Host: "h:1", IMAP: ":1", IMAPS: ":2", Submission: ":4", Submissions: ":5", SMTP: ":6", Autoconfig: ":7", Admin: ":3", Names: []string{"a"}, Log: DefaultLog}
	for name, f := range map[string]struct {
		text []byte
		load func(string) error
	}{
		"g.toml": {GenesisText(&g), func(p string) error { _, err := LoadGenesis(p); return err }},
		"h.toml": {h.Text(), func(p string) error { _, err := LoadHost(p); return err }},
		"e.toml": {e.Text(), func(p string) error { _, err := LoadEnclave(p); return err }},
	} {
		lines := strings.Split(string(f.text), "\n")
		for i, line := range lines {
			key, _, isKey := strings.Cut(line, " = ")
			if !isKey {
				continue
			}
			with := func(replacement string) error {
				changed := append([]string(nil), lines...)
				changed[i] = replacement
				return f.load(write(t, dir, name, []byte(strings.Join(changed, "\n"))))
			}
			if err := with(""); !errors.Is(err, ErrConfig) || !says(err, name, key+" is missing", "want") {
				t.Errorf("%s without %s: %v", name, key, err)
			}
			if err := with(key + " = 1979-05-27"); !errors.Is(err, ErrConfig) || !says(err, name, key+" = ", "want") {
				t.Errorf("%s with a date for %s: %v", name, key, err)
			}
			if err := with(line + "\nno_such_key = 1"); !errors.Is(err, ErrConfig) || !says(err, name, "unknown key no_such_key") {
				t.Errorf("%s with a key too many: %v", name, err)
			}
		}
	}
}

func says(err error, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			return false
		}
	}
	return true
}

func TestLoadCluster(t *testing.T) {
	dir := t.TempDir()
	c := Cluster{CA: "/ca", Admin: "/admin", Accounts: []Account{}, Replicas: []Replica{{ID: 0, IMAP: "a:1", AdminAPI: "a:2"}}}
	text, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := LoadCluster(write(t, dir, "cluster.json", text))
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Fatalf("%v: %+v", err, got)
	}
	if _, err := LoadCluster(filepath.Join(dir, "none")); !errors.Is(err, ErrConfig) || !says(err, "troxymail init") {
		t.Error(err)
	}
	for _, bad := range []string{"", "{}", "[1]"} {
		if _, err := LoadCluster(write(t, dir, "bad.json", []byte(bad))); !errors.Is(err, ErrConfig) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWriteFileKeepsTheOldOneOnError(t *testing.T) {
	dir := t.TempDir()
	if err := WriteFile(filepath.Join(dir, "no", "folder"), 0o600, nil); err == nil {
		t.Error("wrote into a folder that is not there")
	}
	file := write(t, dir, "f", []byte("one"))
	write(t, dir, "f", []byte("two"))
	text, _ := os.ReadFile(file)
	entries, _ := os.ReadDir(dir)
	if string(text) != "two" || len(entries) != 1 {
		t.Errorf("%q, %d files", text, len(entries))
	}
}

// FuzzLoad: no text makes a program panic, and what is accepted is written back the same.
func FuzzLoad(f *testing.F) {
	g := sample()
	f.Add(GenesisText(&g))
	h, e := Host{DataDir: "d", Log: DefaultLog}, Enclave{Names: []string{"a"}, Log: DefaultLog}
	f.Add(h.Text())
	f.Add(e.Text())
	f.Add([]byte("replica = [[[1]]]\nnames = {a=1}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := parseTable("f", text)
		if err != nil {
			return
		}
		table.host()
		table.enclave()
		table.err, table.known = nil, nil
		got, err := table.genesis()
		if err != nil {
			return
		}
		if table, err = parseTable("f", GenesisText(&got)); err != nil {
			t.Fatalf("%v: %+v", err, got)
		}
		if again, err := table.genesis(); err != nil || again.Hash() != got.Hash() {
			t.Fatalf("%v: %+v", err, got)
		}
	})
}

// Pillars are one unless the genesis says otherwise, and then they are told from it to the last digit.
func TestPillars(t *testing.T) {
	dir := t.TempDir()
	one, four := sample(), sample()
	four.Pillars = 4
	got, err := LoadGenesis(write(t, dir, "four.toml", GenesisText(&four)))
	if err != nil || !reflect.DeepEqual(got, four) {
		t.Fatalf("%v: %+v", err, got)
	}
	with := func(line string) (genesis.File, error) {
		return LoadGenesis(write(t, dir, "g.toml", append([]byte(line+"\n"), GenesisText(&one)...)))
	}
	if got, err := with("pillars = 1"); err != nil || got.Hash() != one.Hash() {
		t.Errorf("one pillar: %v", err)
	}
	for _, line := range []string{"pillars = 0", "pillars = 9", `pillars = "2"`} {
		if _, err := with(line); !errors.Is(err, ErrConfig) || !says(err, line, "want a number from 1 to 8") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
