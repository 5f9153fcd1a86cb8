package processes

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

const (
	networks    = 64              // names and address ranges to choose from
	networkName = "troxynet"      // with a number: the bridge; with another one: a machine and its link
	clusterName = "mail.test.org" // what clients of all machines ask for
)

// network is a cluster in which each replica has a machine of its own: a network namespace, linked to a bridge. Clients
// are on the bridge, with the test.
type network struct {
	*Cluster
	bridge string
	names  []string // of namespaces
	hosts  []string // addresses
}

// tool returns the path of a program that the tests of networks and disks need.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/sbin", "/sbin"} {
			if path = filepath.Join(dir, name); exists(path) {
				return path
			}
		}
		t.Fatalf("%v: deploy/dev/install-clients.sh installs it", err)
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// run runs a tool, which must succeed, and returns what it printed.
func run(t *testing.T, input, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// makeNetwork makes namespaces for n machines, until the test ends. It takes root.
func makeNetwork(t *testing.T, n int) *network {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("network namespaces take root: run the tests as root")
	}
	w := &network{Cluster: &Cluster{Demo: &demo.Demo{Dir: filepath.Join(t.TempDir(), "cluster"), Name: clusterName},
		Hosts: make([]*Process, n), Enclaves: make([]*Process, n)}}
	number := 0
	for ; w.bridge == ""; number++ {
		if number == networks {
			t.Fatalf("all %d networks are in use, or this is a container that may not make any (CAP_NET_ADMIN)", networks)
		}
		name := fmt.Sprintf("%s%d", networkName, number)
		if exec.Command(tool(t, "ip"), "link", "add", name, "type", "bridge").Run() == nil {
			w.bridge = name
			t.Cleanup(func() { run(t, "", "ip", "link", "del", name) })
			break
		}
	}
	address := func(i int) string { return fmt.Sprintf("198.18.%d.%d", number, i) } // RFC 2544: for tests of devices
	run(t, "", "ip", "address", "add", address(254)+"/24", "dev", w.bridge)
	run(t, "", "ip", "link", "set", w.bridge, "up")
	for i := range n {
		name := fmt.Sprintf("%s-%d", w.bridge, i)
		run(t, "", "ip", "netns", "add", name)
		t.Cleanup(func() { run(t, "", "ip", "netns", "del", name) })
		run(t, "", "ip", "link", "add", name, "master", w.bridge, "type", "veth", "peer", "name", "eth0", "netns", name)
		run(t, "", "ip", "link", "set", name, "up")
		for _, args := range []string{"address add " + address(i+1) + "/24 dev eth0", "link set eth0 up", "link set lo up"} {
			run(t, "", "ip", append([]string{"-n", name}, strings.Fields(args)...)...)
		}
		w.names, w.hosts = append(w.names, name), append(w.hosts, address(i+1))
		w.inside = append(w.inside, []string{tool(t, "ip"), "netns", "exec", name})
		w.admins = append(w.admins, address(i+1)+":1780")
	}
	return w
}

// onNetwork makes a cluster of n machines the operator's way, enrols each enclave there, and starts all.
func onNetwork(t *testing.T, n int) *network {
	t.Helper()
	w := makeNetwork(t, n)
	w.init(t, "--replicas", strings.Join(w.hosts, ","), "--name", clusterName)
	for i := range n {
		w.edit(t, fmt.Sprintf("host-%d.toml", i), `^admin = "[^"]*"`, fmt.Sprintf("admin = %q", w.admins[i]))
		if i == 0 {
			w.enclaveDoes(t, 0, "found")
		} else {
			w.enclaveDoes(t, i, "enrol", w.Replicas[0].AdminAPI)
		}
		request, signed := w.File(fmt.Sprintf("enclave-%d/request.pem", i)), filepath.Join(t.TempDir(), "server.pem")
		Command(t, "sign", request, "--dir", w.Dir, "--out", signed)
		w.enclaveDoes(t, i, "certificate", signed)
		w.StartHost(t, i)
		w.StartEnclave(t, i)
	}
	w.AddAccount(t, "alice@example.org")
	for i := range n {
		w.AwaitServing(t, i)
	}
	return w
}

func (w *network) enclaveDoes(t *testing.T, i int, args ...string) {
	t.Helper()
	p := w.launch(t, i, fmt.Sprintf("enclave %d", i), "troxymail-enclave",
		append([]string{"--config", w.EnclaveConfig(i), "--insecure-simulated-tee"}, args...)...)
	p.Ends(t, true)
}

// cut drops what a machine gets from the other machines, and what it sends to them. Clients still reach it.
func (w *network) cut(t *testing.T, i int, hears, speaks bool) {
	t.Helper()
	var others []string
	for k, h := range w.hosts {
		if k != i {
			others = append(others, h)
		}
	}
	set := "{" + strings.Join(others, ", ") + "}"
	rules := "table ip cut {\n"
	if !hears {
		rules += "chain in { type filter hook input priority 0; ip saddr " + set + " counter drop; }\n"
	}
	if !speaks {
		rules += "chain out { type filter hook output priority 0; ip daddr " + set + " counter drop; }\n"
	}
	run(t, rules+"}\n", "ip", "netns", "exec", w.names[i], tool(t, "nft"), "-f", "-")
}

// heal ends what cut began, and returns how many packets were dropped.
func (w *network) heal(t *testing.T, i int) (dropped int) {
	t.Helper()
	nft := func(args ...string) string {
		return run(t, "", "ip", append([]string{"netns", "exec", w.names[i], tool(t, "nft")}, args...)...)
	}
	var list struct {
		Nftables []struct {
			Rule *struct {
				Expr []struct{ Counter *struct{ Packets int } }
			}
		}
	}
	if err := json.Unmarshal([]byte(nft("-j", "list", "table", "ip", "cut")), &list); err != nil {
		t.Fatal(err)
	}
	nft("delete", "table", "ip", "cut")
	for _, x := range list.Nftables {
		if x.Rule == nil {
			continue
		}
		for _, e := range x.Rule.Expr {
			if e.Counter != nil {
				dropped += e.Counter.Packets
			}
		}
	}
	return dropped
}
