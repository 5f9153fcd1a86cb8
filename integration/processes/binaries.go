package processes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// BinariesVariable names an environment variable: a folder with the three programs to test instead of
// building them, for instance built with -race.
const BinariesVariable = "TROXYMAIL_BINARIES"

var built struct {
	once sync.Once
	dir  string
	err  error
}

// Binary returns the path of a program by its name, built once for each test process; an absolute path is
// returned as it is. Safe for concurrent use.
func Binary(t testing.TB, name string) string {
	t.Helper()
	if filepath.IsAbs(name) {
		return name
	}
	built.once.Do(func() { built.dir, built.err = build() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, name)
}

func build() (string, error) {
	if dir := os.Getenv(BinariesVariable); dir != "" {
		return dir, nil
	}
	dir, err := os.MkdirTemp("", "troxymail-test-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", dir+"/", "troxymail/cmd/troxymail", "troxymail/cmd/troxymail-host",
		"troxymail/cmd/troxymail-enclave")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
}

// Main runs the tests of a package and removes the programs that Binary built. Call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	RemoveBinaries()
	os.Exit(code)
}

// RemoveBinaries removes the programs that Binary built, for a TestMain of another package's.
func RemoveBinaries() {
	if built.dir != "" && os.Getenv(BinariesVariable) == "" {
		os.RemoveAll(built.dir)
	}
}
