package processes

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/integration/demo"
)

// refounding is what `troxymail refound --json` prints.
type refounding struct {
	Members []struct {
		Replica    int
		Runs       bool
		Generation int
		Last       int
	}
	LeftOut    []int `json:"left_out"`
	Generation int
	Bundle     string
	Loss       string
	Ordered    bool
}

// refound runs `troxymail refound --json` with args, which must succeed.
func (c *Cluster) refound(t *testing.T, args ...string) refounding {
	t.Helper()
	out, err := exec.Command(Binary(t, "troxymail"), append([]string{"refound", "--admin", c.File("cluster.json"), "--json"}, args...)...).Output()
	if err != nil {
		t.Fatalf("refound %v: %v\n%s%s", args, err, out, stderrOf(err))
	}
	var r refounding
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return r
}

func stderrOf(err error) string {
	if e, ok := err.(*exec.ExitError); ok {
		return string(e.Stderr)
	}
	return ""
}

// refoundRefuses runs `troxymail refound` with args, which must fail and say words.
func (c *Cluster) refoundRefuses(t *testing.T, words string, args ...string) {
	t.Helper()
	out, err := exec.Command(Binary(t, "troxymail"), append([]string{"refound", "--admin", c.File("cluster.json")}, args...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), words) {
		t.Fatalf("refound %v: %v, does not say %q:\n%s", args, err, words, out)
	}
}

// mailbox is what a client sees of INBOX at a replica.
func (c *Cluster) mailbox(t *testing.T, i int) string {
	t.Helper()
	client := c.Dial(t, i, demo.TLS, nil)
	defer client.Close()
	all, validity, err := client.All("INBOX")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(validity, ":")
	for _, m := range all {
		text += fmt.Sprintf(" %d %v %.24q", m.UID, m.Flags, m.Body)
	}
	return text
}

// put stores letters through a replica.
func (c *Cluster) put(t *testing.T, i, letters int) {
	t.Helper()
	client := c.Dial(t, i, demo.TLS, nil)
	defer client.Close()
	for k := range letters {
		if _, _, err := client.Put("INBOX", fmt.Appendf(nil, "Subject: %d of replica %d\r\n\r\nhello\r\n", k, i), imap.FlagSeen); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *Cluster) stop(t *testing.T, i int) {
	t.Helper()
	c.Enclaves[i].Stop(t)
	c.Hosts[i].Stop(t)
}

// TestOneMachineIsGone destroys a replica while all are down: the others wait and say for whom, nothing serves before
// the administrator orders it, and then all mail is there. The lost one comes back empty.
func TestOneMachineIsGone(t *testing.T) {
	c := Start(t, 3)
	for i := range 3 {
		c.put(t, i, 4)
	}
	before := c.mailbox(t, 0)
	c.refoundRefuses(t, "3 of 3 replicas serve")
	for i := range 3 {
		c.stop(t, i)
	}
	if err := os.RemoveAll(c.HostFolder(2)); err != nil {
		t.Fatal(err)
	}
	c.refoundRefuses(t, "none takes part")
	c.StartHost(t, 0)
	c.StartEnclave(t, 0)
	demo.Eventually(t, serveLimit, "one of three is told to be too few", func() bool {
		out, _ := exec.Command(Binary(t, "troxymail"), "refound", "--admin", c.File("cluster.json"), "--json").CombinedOutput()
		return strings.Contains(string(out), "only replica 0 takes part")
	})
	c.StartHost(t, 1)
	c.StartEnclave(t, 1)
	demo.Eventually(t, serveLimit, "both say whom they await", func() bool {
		out := Command(t, "status", "--admin", c.File("cluster.json"))
		return strings.Contains(out, "ALARM at replica 0: awaits (replica 2)") && strings.Contains(out, "ALARM at replica 1: awaits (replica 2)") &&
			!strings.Contains(out, "awaits (replica 0)") && !strings.Contains(out, "awaits (replica 1)")
	})

	plan := c.refound(t)
	if plan.Ordered || fmt.Sprint(plan.LeftOut) != "[2]" || len(plan.Members) != 2 || plan.Members[0].Runs ||
		plan.Generation != plan.Members[0].Generation+1 || plan.Members[1].Last == 0 ||
		!strings.Contains(plan.Loss, "without replica 2") || !strings.Contains(plan.Loss, "ACKNOWLEDGED") {
		t.Fatalf("%+v", plan)
	}
	c.refoundRefuses(t, "--yes --without 2") // nobody to ask
	c.refoundRefuses(t, "must name exactly", "--yes")
	c.refoundRefuses(t, "only replica 1 takes part", "--yes", "--without", "0,2")
	if c.Open(0) || c.Open(1) {
		t.Fatal("it serves without an order")
	}
	done := c.refound(t, "--yes", "--without", "2")
	if !done.Ordered || done.Generation != plan.Generation {
		t.Fatalf("%+v", done)
	}
	for i := range 2 {
		c.AwaitServing(t, i)
		if got := c.mailbox(t, i); got != before {
			t.Errorf("replica %d has %s, and there was %s", i, got, before)
		}
	}
	c.put(t, 0, 3)
	c.put(t, 1, 3)

	c.Hosts[2] = Launch(t, "host 2", "troxymail-host", "--config", c.HostConfig(2), "--new")
	c.StartEnclave(t, 2)
	c.AwaitServing(t, 2)
	want := c.mailbox(t, 0)
	demo.Eventually(t, serveLimit, "the replica that was lost shows all", func() bool { return c.mailbox(t, 2) == want })
	c.stop(t, 0) // it carries its share
	c.put(t, 2, 1)
	if out := Command(t, "status", "--admin", c.File("cluster.json"), "--json"); strings.Contains(out, "diverged") {
		t.Error(out)
	}
}

// TestTheLastOneThatRuns loses one machine for good and then restarts another: of the two that are left one never
// stopped, but cannot go on alone. It stops for a founding of both.
func TestTheLastOneThatRuns(t *testing.T) {
	c := Start(t, 3)
	c.put(t, 0, 3)
	before := c.mailbox(t, 1)
	c.Hosts[0].Kill()
	c.Enclaves[0].Kill()
	c.Enclaves[1].Kill()
	c.StartEnclave(t, 1)
	demo.Eventually(t, serveLimit, "the one that was restarted cannot return", func() bool {
		return strings.Contains(Command(t, "status", "--admin", c.File("cluster.json")), "ALARM at replica 1: awaits (replica 0)")
	})
	done := c.refound(t, "--yes", "--without", "0")
	if !done.Ordered || len(done.Members) != 2 || done.Members[0].Runs || !done.Members[1].Runs {
		t.Fatalf("%+v", done)
	}
	for i := 1; i < 3; i++ {
		c.AwaitServing(t, i)
		if got := c.mailbox(t, i); got != before {
			t.Errorf("replica %d has %s, and there was %s", i, got, before)
		}
	}
	c.put(t, 1, 2)
	c.StartHost(t, 0) // its folder is what it was in the generation before
	c.StartEnclave(t, 0)
	c.AwaitServing(t, 0)
	want := c.mailbox(t, 1)
	demo.Eventually(t, serveLimit, "the first shows all", func() bool { return c.mailbox(t, 0) == want })
}

// TestTwoMachinesOfFiveAreGone burns two machines of five while all are down, with the keys of their enclaves, and founds the
// other three. One comes back on a new machine: keys from a running enclave, a new certificate, an empty folder.
func TestTwoMachinesOfFiveAreGone(t *testing.T) {
	c := Start(t, 5)
	for i := range 5 {
		c.put(t, i, 2)
	}
	before := c.mailbox(t, 0)
	for i := range 5 {
		c.Enclaves[i].Kill()
		c.Hosts[i].Kill()
	}
	gone := []int{1, 4}
	for _, i := range gone {
		for _, folder := range []string{c.HostFolder(i), c.File(fmt.Sprintf("enclave-%d", i))} {
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, i := range []int{0, 2, 3} {
		c.StartHost(t, i)
		c.StartEnclave(t, i)
	}
	c.await(t, 1, 3)
	done := c.refound(t, "--yes", "--without", "1,4")
	if !done.Ordered || len(done.Members) != 3 || !strings.Contains(done.Loss, "without replicas 1 and 4") {
		t.Fatalf("%+v", done)
	}
	for _, i := range []int{0, 2, 3} {
		c.AwaitServing(t, i)
		if got := c.mailbox(t, i); got != before {
			t.Errorf("replica %d has %s, and there was %s", i, got, before)
		}
	}
	c.newEnclave(t, 4, 0)
	c.Hosts[4] = Launch(t, "host 4", "troxymail-host", "--config", c.HostConfig(4), "--new")
	c.StartEnclave(t, 4)
	c.AwaitServing(t, 4)
	c.put(t, 4, 1)
	want := c.mailbox(t, 0)
	demo.Eventually(t, serveLimit, "the new machine shows all", func() bool { return c.mailbox(t, 4) == want })
}

// await waits until so many replicas tell an administrator that a founding awaits the other one: before, they may not have
// heard of each other, and too few would be there to be ordered anything.
func (c *Cluster) await(t *testing.T, other, replicas int) {
	t.Helper()
	demo.Eventually(t, serveLimit, fmt.Sprintf("%d replicas await replica %d", replicas, other), func() bool {
		out, err := exec.Command(Binary(t, "troxymail"), "status", "--admin", c.File("cluster.json")).Output()
		return err == nil && strings.Count(string(out), fmt.Sprintf("awaits (replica %d)", other)) == replicas
	})
}

// newEnclave gives an enclave that lost its folder the keys of the group, from a running one, and a certificate.
func (c *Cluster) newEnclave(t *testing.T, i, from int) {
	t.Helper()
	folder, signed := c.File(fmt.Sprintf("enclave-%d", i)), filepath.Join(t.TempDir(), "server.pem")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	enclave := func(args ...string) {
		t.Helper()
		Launch(t, "new enclave", "troxymail-enclave", append([]string{"--config", c.EnclaveConfig(i), "--insecure-simulated-tee"}, args...)...).Ends(t, true)
	}
	enclave("enrol", c.Replicas[from].AdminAPI)
	Command(t, "sign", filepath.Join(folder, "request.pem"), "--dir", c.Dir, "--out", signed)
	enclave("certificate", signed)
}

// TestLeftOutAndNotStopped founds two replicas without the third, which was not gone but did not answer. It goes on in
// the generation before, alone, so that it can do no harm, and when it hears of the others it comes back to them.
func TestLeftOutAndNotStopped(t *testing.T) {
	c := Start(t, 3)
	c.put(t, 2, 3)
	for _, p := range []*Process{c.Hosts[2], c.Enclaves[2]} {
		p.Signal(t, syscall.SIGSTOP)
	}
	for i := range 2 {
		c.Enclaves[i].Kill()
		c.StartEnclave(t, i)
	}
	c.await(t, 2, 2)
	c.refound(t, "--yes", "--without", "2")
	for i := range 2 {
		c.AwaitServing(t, i)
	}
	for _, p := range []*Process{c.Hosts[2], c.Enclaves[2]} {
		p.Signal(t, syscall.SIGCONT)
	}
	demo.Eventually(t, serveLimit, "the third is in the generation of the others", func() bool {
		c.put(t, 0, 1) // what they order is how it hears of them
		return c.Enclaves[2].Says(t, "enclave.resigned", "msg=enclave.active replica=2 generation=2 incarnation=2")
	})
	c.AwaitServing(t, 2)
	want := c.mailbox(t, 0)
	demo.Eventually(t, serveLimit, "the third shows all", func() bool { return c.mailbox(t, 2) == want })
}
