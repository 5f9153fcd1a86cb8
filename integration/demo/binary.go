package demo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// BinaryVariable names an environment variable: the path of a program to test instead of building
// ./cmd/troxymail, for instance one built with -race or by another toolchain.
const BinaryVariable = "TROXYMAIL_BINARY"

var built struct {
	once sync.Once
	path string
	err  error
}

// Binary returns the path of the program, built once for each test process. Safe for concurrent use.
func Binary(t testing.TB) string {
	t.Helper()
	built.once.Do(func() { built.path, built.err = build() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

func build() (string, error) {
	if path := os.Getenv(BinaryVariable); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "troxymail-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "troxymail")
	cmd := exec.Command("go", "build", "-o", path, "troxymail/cmd/troxymail")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/troxymail: %w\n%s", err, out)
	}
	return path, nil
}

// Main runs the tests of a package, then cleanups, and removes the program that Binary built. Call it from TestMain.
func Main(m *testing.M, cleanups ...func()) {
	code := m.Run()
	for _, f := range cleanups {
		f()
	}
	if built.path != "" && os.Getenv(BinaryVariable) == "" {
		os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}
