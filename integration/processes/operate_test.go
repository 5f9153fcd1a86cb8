package processes

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"troxymail/integration/demo"
)

// get asks a host's HTTP listener.
func (c *Cluster) get(t *testing.T, i int, path string) (status int, body string) {
	t.Helper()
	r, err := http.Get("http://" + c.HostAdmin(i) + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// TestHostsAreWatched reads metrics and health while an enclave is there and while it is not.
func TestHostsAreWatched(t *testing.T) {
	c := Start(t, 3)
	client := c.Dial(t, 1, demo.TLS, nil)
	if _, _, err := client.Put("INBOX", []byte("Subject: x\r\n\r\ny\r\n")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/nothing": 404} {
		if got, body := c.get(t, 2, path); got != want {
			t.Errorf("%s: %d %s", path, got, body)
		}
	}
	_, metrics := c.get(t, 2, "/metrics")
	for _, want := range []string{
		"troxymail_host_enclave_connected 1", "troxymail_host_enclave_ready 1", `troxymail_host_order{stage="executed"} `,
		`troxymail_host_order{stage="synced"} `, `troxymail_host_peer_connected{peer="0"} 1`,
		`troxymail_host_peer_lag_orders{peer="1"} `, `troxymail_host_peer_frames_total{fate="dropped",peer="0"} 0`,
		`troxymail_host_refused_total{cause="malformed"} 0`, "troxymail_host_log_bytes ",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %q in\n%s", want, metrics)
		}
	}
	if _, _, err := client.All("INBOX"); err != nil {
		t.Fatal(err)
	}
	counted := regexp.MustCompile(`troxymail_host_enclave_reads_total\{how="(current|checked)"\} [1-9]`)
	held := regexp.MustCompile(`troxymail_host_enclave_cache_bytes\{cache="parts"\} [1-9]`)
	demo.Eventually(t, serveLimit, "the host shows what its enclave counted", func() bool {
		_, metrics = c.get(t, 1, "/metrics")
		return counted.MatchString(metrics) && held.MatchString(metrics)
	})
	if strings.Contains(metrics, "alice") {
		t.Error("metrics name a person")
	}
	c.Enclaves[2].Kill()
	demo.Eventually(t, serveLimit, "the host is not ready without its enclave", func() bool {
		ready, why := c.get(t, 2, "/readyz")
		return ready == 503 && strings.Contains(why, "no enclave")
	})
	if live, _ := c.get(t, 2, "/livez"); live != 200 {
		t.Errorf("/livez %d", live)
	}
	for i, p := range append(c.Hosts, c.Enclaves...) {
		if p.Says(t, "alice") || p.Says(t, "Subject") {
			t.Errorf("process %d logs what is a person's:\n%s", i, p.Output(t))
		}
	}
}

// TestInitRefuses: an existing folder stays as it is, and bad values are named.
func TestInitRefuses(t *testing.T) {
	c := Make(t, 3)
	before, err := os.ReadFile(c.File("genesis.toml"))
	if err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "new")
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{"--dir", c.Dir, "--domain", "example.org", "--loopback", "3"}, "never overwritten"},
		{[]string{"--dir", fresh, "--domain", "example.org", "--loopback", "4"}, "3, 5"},
		{[]string{"--dir", fresh, "--domain", "Example_org", "--loopback", "3"}, "domain"},
		{[]string{"--dir", fresh, "--domain", "example.org", "--replicas", "a,b"}, "3, 5"},
		{[]string{"--dir", fresh, "--domain", "example.org", "--replicas", "a,b,a"}, "named twice"},
		{[]string{"--dir", fresh, "--domain", "example.org", "--replicas", "a,b,c:1"}, "without a port"},
		{[]string{"--dir", fresh, "--domain", "example.org", "--loopback", "3", "--base-port", "65530"}, "port"},
		{[]string{"--dir", fresh, "--domain", "example.org", "--loopback", "3", "--replicas", "a,b,c"}, "loopback"},
	} {
		out, err := exec.Command(Binary(t, "troxymail"), append([]string{"init"}, x.args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), x.says) {
			t.Errorf("%v: %v, does not say %q:\n%s", x.args, err, x.says, out)
		}
		if _, err := os.Stat(fresh); err == nil {
			t.Fatalf("%v: left a folder", x.args)
		}
	}
	if after, _ := os.ReadFile(c.File("genesis.toml")); string(after) != string(before) {
		t.Error("the refused init changed the genesis")
	}
}

// TestEnrolment goes the operator's way for machines of their own, as far as one enclave can: keys drawn in
// the enclave, a signing request out, a certificate in.
func TestEnrolment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	steps := Command(t, "init", "--dir", dir, "--domain", "example.org", "--replicas", "mx1.example.org,mx2.example.org,192.0.2.3")
	for _, want := range []string{"mx1.example.org: genesis.toml", "found", "enrol mx1.example.org:1843", "troxymail sign", "certificate"} {
		if !strings.Contains(steps, want) {
			t.Errorf("the steps do not say %q:\n%s", want, steps)
		}
	}
	machine := filepath.Join(t.TempDir(), "moved") // paths in the configurations are relative
	if err := os.Rename(dir, machine); err != nil {
		t.Fatal(err)
	}
	enclave := func(success bool, i string, args ...string) string {
		t.Helper()
		config := filepath.Join(machine, "enclave-"+i+".toml")
		p := Launch(t, "enclave "+i, "troxymail-enclave", append([]string{"--config", config, "--insecure-simulated-tee"}, args...)...)
		p.Ends(t, success)
		return p.Output(t)
	}
	said := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	said(enclave(false, "0"), "no keys yet")
	said(enclave(false, "1", "found"), "only the enclave of replica 0")
	said(enclave(true, "0", "found"), "request.pem")
	said(enclave(false, "0", "found"), "never overwritten")
	said(enclave(false, "0"), "server.pem does not exist")
	said(enclave(true, "0", "enrol"), "request.pem")
	request, signed := filepath.Join(machine, "enclave-0", "request.pem"), filepath.Join(t.TempDir(), "server.pem")
	said(Command(t, "sign", request, "--dir", machine, "--out", signed), "mx1.example.org")
	said(enclave(false, "0", "certificate", filepath.Join(machine, "ca.pem")), "another key")
	said(enclave(true, "0", "certificate", signed), "can serve")

	other := filepath.Join(t.TempDir(), "other")
	Command(t, "init", "--dir", other, "--domain", "example.org", "--loopback", "3")
	foreign := filepath.Join(t.TempDir(), "foreign.pem")
	Command(t, "sign", request, "--dir", other, "--out", foreign)
	said(enclave(false, "0", "certificate", foreign), "authority that genesis pins")

	ports := freePorts(t, 1)
	c := &Cluster{Demo: &demo.Demo{Dir: machine}}
	for i, key := range []string{"imap", "imaps", "admin", "host", "submission", "submissions", "smtp", "autoconfig"} { // other tests' demos have the usual ports
		c.edit(t, "enclave-0.toml", "^"+key+" = .*", fmt.Sprintf("%s = \"127.0.0.1:%d\"", key, ports+i))
	}
	p := Launch(t, "enclave 0", "troxymail-enclave", "--config", c.EnclaveConfig(0), "--insecure-simulated-tee")
	demo.Eventually(t, serveLimit, "the enrolled enclave looks for its host", func() bool { return p.Says(t, "host.unreachable") })
	said(enclave(false, "1", "enrol"), "enrol ADDRESS")
	said(enclave(true, "1", "enrol", fmt.Sprintf("127.0.0.1:%d", ports+2)), "request.pem")
	said(enclave(false, "1", "certificate", signed), "another key")
	p.Stop(t)
}
