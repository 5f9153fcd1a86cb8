package admin

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/integration/demo"
)

const bob = "bob@example.org"

// What is changed at one replica holds at the others, for those who log in and for those who are.
func TestLifeOfAnAccount(t *testing.T) {
	d := fresh(t)
	ok(t, "first\n", "account", "add", "Bob@Example.org", "--admin", only(t, d, 2), "--password-stdin", "--quota", "1M")
	session, err := login(t, d, 0, bob, "first")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := session.Put("INBOX", []byte("Subject: x\r\n\r\ny\r\n")); err != nil {
		t.Fatal(err)
	}
	var list struct{ Accounts []map[string]any }
	if err := json.Unmarshal([]byte(ok(t, "", "account", "list", "--admin", file(d), "--json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Accounts) != 2 || list.Accounts[0]["address"] != demoAddress || list.Accounts[1]["address"] != bob ||
		list.Accounts[1]["enabled"] != true || list.Accounts[1]["quota_bytes"] != 1048576.0 || list.Accounts[1]["messages"] != 1.0 {
		t.Errorf("%v", list)
	}

	ok(t, "second", "account", "passwd", bob, "--admin", only(t, d, 1), "--password-stdin")
	if _, err := login(t, d, 2, bob, "first"); err == nil {
		t.Error("the old password is good still")
	}
	if _, err := session.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait(); err == nil {
		t.Error("a session lived on after the password was changed")
	}
	if session, err = login(t, d, 2, bob, "second"); err != nil {
		t.Fatal(err)
	}

	ok(t, "", "account", "disable", bob, "--admin", only(t, d, 0))
	if _, err := session.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait(); err == nil {
		t.Error("a session lived on after the account was disabled")
	}
	if _, err := login(t, d, 1, bob, "second"); err == nil {
		t.Error("a disabled account logged in")
	}
	ok(t, "", "account", "enable", bob, "--admin", file(d))
	if session, err = login(t, d, 1, bob, "second"); err != nil {
		t.Fatal(err)
	}
	if messages, _, err := session.All("INBOX"); err != nil || len(messages) != 1 {
		t.Errorf("%d messages, %v", len(messages), err)
	}

	if out := ok(t, "", "account", "remove", bob, "--admin", file(d), "--json"); out != `{"address":"bob@example.org","result":"removed"}`+"\n" {
		t.Error(out)
	}
	if _, err := login(t, d, 0, bob, "second"); err == nil {
		t.Error("a removed account logged in")
	}
	if out := ok(t, "", "account", "list", "--admin", file(d)); strings.Contains(out, "bob") || !strings.Contains(out, demoAddress) {
		t.Error(out)
	}
}

const demoAddress = "alice@example.org"

// Every refusal says what is wrong and what to do, and changes nothing.
func TestRefusals(t *testing.T) {
	d := fresh(t)
	a := []string{"--admin", file(d)}
	add := func(rest ...string) []string { return append([]string{"account", "add"}, append(rest, a...)...) }
	before := ok(t, "", "account", "list", "--admin", file(d))
	refused(t, "pw", []string{"has an account already"}, add(demoAddress, "--password-stdin")...)
	refused(t, "pw", []string{"write it whole"}, add("bob", "--password-stdin")...)
	refused(t, "pw", []string{"more than one @"}, add("a@b@c", "--password-stdin")...)
	refused(t, "", []string{"empty"}, add(bob, "--password-stdin")...)
	refused(t, "\n", []string{"empty"}, add(bob, "--password-stdin")...)
	refused(t, strings.Repeat("x", 1025), []string{"1024 bytes"}, add(bob, "--password-stdin")...)
	refused(t, "pw", []string{"--password-stdin"}, add(bob)...) // standard input is no terminal
	refused(t, "", []string{"unexpected argument secret"}, add(bob, "secret")...)
	refused(t, "", []string{"unknown flag --password"}, add(bob, "--password=secret")...)
	refused(t, "pw", []string{"no size", "10G"}, add(bob, "--password-stdin", "--quota", "lots")...)
	for _, command := range []string{"disable", "enable", "remove"} {
		refused(t, "", []string{"no account has that address"}, "account", command, "nobody@example.org", "--admin", file(d))
	}
	refused(t, "pw", []string{"no account has that address"}, "account", "passwd", "nobody@example.org", "--password-stdin", "--admin", file(d))
	refused(t, "", []string{"--admin"}, "account", "list")
	refused(t, "", []string{"does not exist", "troxymail init"}, "account", "list", "--admin", "/nowhere.json")
	refused(t, "", []string{"admin_api"}, "account", "list", "--admin", edited(t, d, func(f map[string]any) {
		for _, r := range f["replicas"].([]any) {
			delete(r.(map[string]any), "admin_api")
		}
	}))
	refused(t, "", []string{"/nowhere.key"}, "account", "list", "--admin", edited(t, d, func(f map[string]any) { f["admin"] = "/nowhere.key" }))
	refused(t, "", []string{"/nowhere.pem"}, "account", "list", "--admin", edited(t, d, func(f map[string]any) { f["ca"] = "/nowhere.pem" }))
	if after := ok(t, "", "account", "list", "--admin", file(d)); after != before {
		t.Errorf("the refusals changed the accounts:\n%s%s", before, after)
	}
}

// Whoever has another key is nobody, also on this machine.
func TestAnotherKey(t *testing.T) {
	d, stranger := fresh(t), fresh(t)
	other := edited(t, d, func(f map[string]any) { f["admin"] = stranger.Admin })
	words := []string{"does not accept this administrator's key"}
	refused(t, "pw", words, "account", "add", bob, "--admin", other, "--password-stdin")
	refused(t, "", words, "account", "remove", demoAddress, "--admin", other)
	refused(t, "", words, "account", "list", "--admin", other)
	refused(t, "", words, "status", "--admin", other)
	if out := ok(t, "", "account", "list", "--admin", file(d)); strings.Contains(out, "bob") || !strings.Contains(out, demoAddress) {
		t.Error(out)
	}

	// A server with a certificate of another authority is told nothing.
	mixed := edited(t, d, func(f map[string]any) { f["ca"] = stranger.CA })
	r := run(t, "", "status", "--admin", mixed)
	if r.code == 0 || !strings.Contains(r.stdout, "unreachable") || !strings.Contains(r.stderr, "no replica answers") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// A replica that is gone, or not there yet, is passed over.
func TestAsksTheNextReplica(t *testing.T) {
	d := fresh(t)
	gone := edited(t, d, func(f map[string]any) { f["replicas"].([]any)[0].(map[string]any)["admin_api"] = "127.0.0.1:1" })
	ok(t, "pw", "account", "add", bob, "--admin", gone, "--password-stdin")
	if _, err := login(t, d, 0, bob, "pw"); err != nil {
		t.Error(err)
	}
}

// The command may be given before the cluster is there.
func TestWaitsForTheCluster(t *testing.T) {
	dir, ports := t.TempDir(), demo.FreePorts(t)
	d := demo.Start(t, demo.Options{Dir: dir, Ports: ports})
	early := edited(t, d, func(map[string]any) {}) // the demo removes its own while it does not serve
	d.Stop(t)
	done := make(chan result, 1)
	go func() { done <- run(t, "pw", "account", "add", bob, "--admin", early, "--password-stdin") }()
	d = demo.Start(t, demo.Options{Dir: dir, Ports: ports})
	if r := <-done; r.code != 0 {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	if _, err := login(t, d, 1, bob, "pw"); err != nil {
		t.Error(err)
	}
}
