package processes

import (
	"os"
	"path/filepath"
	"testing"

	"troxymail/integration/demo"
)

// TestEnclaveLosesItsKeys wipes the disk of one enclave of a cluster that runs: it says what it needs, gets the
// group's key from a peer, and serves the mail that was there before, with a certificate that the operator signs.
func TestEnclaveLosesItsKeys(t *testing.T) {
	c := Start(t, 3)
	l := c.StartLoad(t, 1, seed(t))
	l.Progress(t, some, 0, 1, 2)
	c.Enclaves[2].Kill()
	folder := c.File("enclave-2")
	replace(t, t.TempDir(), folder)

	run := func(success bool, says string, args ...string) {
		t.Helper()
		p := Launch(t, "enclave 2", "troxymail-enclave", append([]string{"--config", c.EnclaveConfig(2), "--insecure-simulated-tee"}, args...)...)
		if p.Ends(t, success); !p.Says(t, says) {
			t.Errorf("%v does not say %q:\n%s", args, says, p.Output(t))
		}
	}
	run(false, "no keys yet")
	run(true, "request.pem", "enrol", c.Replicas[0].AdminAPI)
	run(false, "server.pem does not exist")
	signed := filepath.Join(t.TempDir(), "server.pem")
	Command(t, "sign", filepath.Join(folder, "request.pem"), "--dir", c.Dir, "--out", signed)
	run(true, "can serve", "certificate", signed)
	c.StartEnclave(t, 2)
	c.AwaitServing(t, 2)
	l.Progress(t, some, 0, 1, 2)
	c.carries(t, l, 2)
	l.Stop()
	l.Check(t)
	if _, err := os.Stat(filepath.Join(folder, "secrets.sealed")); err != nil {
		t.Error(err)
	}
	client := c.Dial(t, 2, demo.STARTTLS, nil)
	client.Close()
}
