package host

import (
	"os"
	"path/filepath"
	"testing"

	"troxymail/integration/forgetful"
)

// TestPreparedFolderSurvivesPowerLoss: the mark says whose a folder is, and a folder without it is refused with all the
// mail in it.
func TestPreparedFolderSurvivesPowerLoss(t *testing.T) {
	t.Cleanup(forgetful.RemoveProgram)
	server := forgetful.Start(t)
	d := server.Mount(t, filepath.Join(t.TempDir(), "disk"))
	dir := filepath.Join(d.Dir, "data", "host")
	if err := Prepare(dir, [32]byte{1}, 2); err != nil {
		t.Fatal(err)
	}
	server.Cut(t, d)
	server.Fail(t, d)
	server.Restore(t, forgetful.Loss{}, 1, d)
	if err := checkMark(dir, [32]byte{1}, 2); err != nil {
		t.Error(err)
	}
	if err := Prepare(dir, [32]byte{1}, 2); err == nil {
		t.Error("a folder with a mark was prepared again")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
