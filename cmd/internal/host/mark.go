package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"troxymail/bftcore/wire"
)

const (
	// markName is the file that says whose a folder is.
	markName = "owner"
	// folderFormat is the layout of the folder.
	folderFormat = 2
)

// Errors of a host's folder. What wraps them says what to do.
var (
	// ErrNoFolder is returned for a folder that is missing or empty.
	ErrNoFolder = errors.New("host: no data folder")
	// ErrForeign is returned for a folder of another replica, cluster or program.
	ErrForeign = errors.New("host: foreign data folder")
	// ErrNewer is returned for a folder of a later version of the program.
	ErrNewer = errors.New("host: data folder of a newer version")
	// ErrOlder is returned for a folder of an earlier version of the program.
	ErrOlder = errors.New("host: data folder of an older version")
)

// Prepare makes the folder of a host that has never run, durably: without its mark a folder with mail in it is
// refused. It leaves a folder that holds anything as it is and returns an error.
func Prepare(dir string, genesis [32]byte, self wire.ReplicaID) error {
	if err := makeFolder(filepath.Clean(dir)); err != nil {
		return err
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		return errors.Join(err, fmt.Errorf("host: the folder %s is not empty", dir))
	}
	f, err := os.OpenFile(filepath.Join(dir, markName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(mark(folderFormat, genesis, self))
	return errors.Join(err, f.Sync(), f.Close(), syncFolder(dir))
}

// makeFolder makes a folder and its parents durably, unless they are there.
func makeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

func mark(format int, genesis [32]byte, self wire.ReplicaID) string {
	return fmt.Sprintf("troxymail-host %d\ngenesis %x\nreplica %d\n", format, genesis, self)
}

// checkMark refuses a folder that is not this host's.
func checkMark(dir string, genesis [32]byte, self wire.ReplicaID) error {
	text, err := os.ReadFile(filepath.Join(dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(dir)
		if len(entries) > 0 {
			return fmt.Errorf("%w: %s holds files (%s) but not the file %s: correct data_dir, or restore that file",
				ErrForeign, dir, entries[0].Name(), markName)
		}
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s is missing or empty: correct data_dir. If this replica has never run: "+
				"troxymail-host --new. The same if it has lost its disk for good: the state then "+
				"comes from the others", ErrNoFolder, dir)
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("host: reading the owner of the data folder: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	version, ours := strings.CutPrefix(first, "troxymail-host ")
	format, err := strconv.Atoi(version)
	switch {
	case !ours || err != nil:
		return fmt.Errorf("%w: %s is not troxymail-host's: correct data_dir", ErrForeign, dir)
	case format > folderFormat:
		return fmt.Errorf("%w: %s has format %d, this program knows %d: start the version that wrote it",
			ErrNewer, dir, format, folderFormat)
	case format < folderFormat:
		return fmt.Errorf("%w: %s has format %d, this program writes %d and reads no other: start the version that wrote it, "+
			"or set up a new cluster and import the mail", ErrOlder, dir, format, folderFormat)
	case string(text) != mark(folderFormat, genesis, self):
		return fmt.Errorf("%w: %s belongs to another replica or cluster, or genesis.toml was edited: "+
			"correct data_dir, or restore genesis.toml", ErrForeign, dir)
	}
	return nil
}
