package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

func TestMain(m *testing.M) { demo.Main(m) }

// commandLimit is when a command that does not end has failed; it waits for replicas itself.
const commandLimit = 90 * time.Second

func fresh(t *testing.T) *demo.Demo {
	t.Helper()
	return demo.Start(t, demo.Options{Dir: t.TempDir(), Ports: demo.FreePorts(t)})
}

// result is what a command did.
type result struct {
	stdout, stderr string
	code           int
}

func run(t *testing.T, input string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, demo.Binary(t), args...)
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return result{stdout: out.String(), stderr: errs.String(), code: cmd.ProcessState.ExitCode()}
}

// ok runs a command that must succeed and say nothing on standard error.
func ok(t *testing.T, input string, args ...string) string {
	t.Helper()
	r := run(t, input, args...)
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("troxymail %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// refused runs a command that must fail and say all of words.
func refused(t *testing.T, input string, words []string, args ...string) {
	t.Helper()
	r := run(t, input, args...)
	if r.code == 0 || r.stdout != "" && !strings.HasPrefix(r.stdout, "Usage: ") {
		t.Errorf("troxymail %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stdout)
	}
	for _, w := range words {
		if !strings.Contains(r.stderr, w) {
			t.Errorf("troxymail %s does not say %q:\n%s", strings.Join(args, " "), w, r.stderr)
		}
	}
}

// edited writes a changed copy of demo.json and returns its path.
func edited(t *testing.T, d *demo.Demo, change func(map[string]any)) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.Dir, demo.FactsFile))
	if err != nil {
		t.Fatal(err)
	}
	var facts map[string]any
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	change(facts)
	if text, err = json.Marshal(facts); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cluster.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// only returns a file that names replica i alone.
func only(t *testing.T, d *demo.Demo, i int) string {
	t.Helper()
	return edited(t, d, func(f map[string]any) { f["replicas"] = f["replicas"].([]any)[i : i+1] })
}

func file(d *demo.Demo) string { return filepath.Join(d.Dir, demo.FactsFile) }

// login tries to log in to a replica.
func login(t *testing.T, d *demo.Demo, replica int, address, password string) (demo.Client, error) {
	t.Helper()
	as := *d
	as.Accounts = []demo.Account{{Address: address, Password: password}}
	c, err := as.TryDial(replica, demo.TLS, nil, d.TLS(t))
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}
