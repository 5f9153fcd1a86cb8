package demo

import (
	"os"
	"path/filepath"
	"testing"

	"troxymail/cmd/internal/config"
	"troxymail/integration/forgetful"
)

func TestMain(m *testing.M) {
	code := m.Run()
	forgetful.RemoveProgram()
	os.Exit(code)
}

// TestFolderSurvivesPowerLoss opens a new folder, puts a cluster there durably and loses the power: the next start must
// take it for its own. So must one whose first start was killed in the middle.
func TestFolderSurvivesPowerLoss(t *testing.T) {
	server := forgetful.Start(t)
	d := server.Mount(t, filepath.Join(t.TempDir(), "disk"))
	dir := filepath.Join(d.Dir, "new", "demo")
	open := func(what string) {
		t.Helper()
		f, err := openFolder(dir)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err := config.MakeDir(f.cluster()); err != nil {
			t.Fatal(err)
		}
		f.close()
	}
	for i := range 3 {
		open("start " + string(rune('1'+i)))
		server.Cut(t, d)
		server.Fail(t, d)
		server.Restore(t, forgetful.Loss{}, 1, d)
		if _, err := os.Stat(filepath.Join(dir, "cluster")); err != nil {
			t.Fatalf("the cluster is gone: %v", err)
		}
	}
	open("after power losses")
	dir = filepath.Join(t.TempDir(), "killed")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, config.UnfinishedPrefix+"1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open("after a start that was killed")
}
