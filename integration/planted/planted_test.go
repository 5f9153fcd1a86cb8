package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// root is the module's folder, seen from this one.
const root = "../.."

// TestBugs plants every bug of the table and runs the test that has to catch it.
func TestBugs(t *testing.T) {
	all := every()
	w := weaveAll(t, all)
	for i, b := range all {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			out, err := w.run(t, numbered{b, i + 1})
			switch {
			case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
				t.Fatalf("does not compile:\n%s", out)
			case err == nil:
				t.Fatalf("NOT CAUGHT by %s %s: %s", b.pkg, b.test, b.breaks)
			case !strings.Contains(out, "--- FAIL"):
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("caught in %.1f s by %s %s: %s", time.Since(began).Seconds(), b.pkg, b.test, b.breaks)
		})
	}
}

// TestNamesAreUnique: a name picks one bug.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range every() {
		if seen[b.name] {
			t.Errorf("%q stands twice in the table", b.name)
		}
		seen[b.name] = true
	}
}

// woven is the program with every bug in it, dormant.
type woven struct {
	binaries map[string]string // by package of a test
	alone    map[int]bool      // numbers of bugs that are planted alone
}

// weaveAll compiles a test binary for each package that has to catch something.
func weaveAll(t *testing.T, all []bug) woven {
	t.Helper()
	w := woven{binaries: map[string]string{}, alone: map[int]bool{}}
	dir := t.TempDir()
	byFile := map[string][]numbered{}
	for i, b := range all {
		byFile[b.file] = append(byFile[b.file], numbered{b, i + 1})
	}
	replace := map[string]string{}
	put := func(file, text string) {
		changed := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		write(t, changed, []byte(text))
		replace[absolute(t, file)] = changed
	}
	for file, list := range byFile {
		source := read(t, file)
		text, left, err := weave(file, source, list)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range left {
			w.alone[b.number] = true
		}
		if len(left) == len(list) {
			continue
		}
		name, err := packageName(file, source)
		if err != nil {
			t.Fatal(err)
		}
		put(file, text)
		if _, done := replace[absolute(t, switchFile(file))]; !done {
			put(switchFile(file), switches(name))
		}
	}
	overlay := overlayOf(t, dir, replace)
	for i, b := range all {
		if _, done := w.binaries[b.pkg]; done || w.alone[i+1] {
			continue
		}
		binary := filepath.Join(dir, fmt.Sprintf("%d.test", len(w.binaries)))
		c := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, "./"+b.pkg)
		c.Dir = root
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s does not compile: %v\n%s", b.pkg, err, out)
		}
		w.binaries[b.pkg] = binary
	}
	return w
}

// run runs the test of b with the bug in the program.
func (w woven) run(t *testing.T, b numbered) (string, error) {
	t.Helper()
	if w.alone[b.number] {
		return alone(t, b.bug)
	}
	args := []string{"-test.timeout", "3m", "-test.failfast", "-test.run", b.test}
	if b.states > 0 {
		args = append(args, fmt.Sprintf("-states=%d", b.states))
	}
	c := exec.Command(w.binaries[b.pkg], args...)
	c.Dir = filepath.Join(root, b.pkg)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", variable, b.number))
	out, err := c.CombinedOutput()
	return string(out), err
}

// alone compiles the program with the one bug in it, awake, and runs its test.
func alone(t *testing.T, b bug) (string, error) {
	t.Helper()
	dir := t.TempDir()
	changed := filepath.Join(dir, "changed.go")
	write(t, changed, []byte(strings.Replace(read(t, b.file), b.line, b.instead, 1)))
	overlay := overlayOf(t, dir, map[string]string{absolute(t, b.file): changed})
	c := exec.Command("go", "test", "-count=1", "-timeout", "3m", "-overlay", overlay, "-run", b.test, "./"+b.pkg)
	c.Dir = root
	out, err := c.CombinedOutput()
	return string(out), err
}

func overlayOf(t *testing.T, dir string, replace map[string]string) string {
	t.Helper()
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	write(t, name, overlay)
	return name
}

func absolute(t *testing.T, file string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(absolute(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
