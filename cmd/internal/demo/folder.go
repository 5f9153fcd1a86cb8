package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"troxymail/cmd/internal/config"
)

// format is the layout of the folder; a folder of another one is refused.
const format = "troxymail-demo 2"

// folder is an open, locked demo folder.
type folder struct {
	dir  string
	lock *os.File
}

// openFolder makes or opens dir for this process alone.
func openFolder(dir string) (*folder, error) {
	if err := config.MakeDir(dir); err != nil {
		return nil, fmt.Errorf("cannot make the demo's folder: %w: choose another with --dir", err)
	}
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the demo's folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid, _ := os.ReadFile(lock.Name())
		_ = lock.Close()
		return nil, fmt.Errorf("the folder %s is in use by a running demo (process %s): stop that one, or choose another folder with --dir",
			dir, strings.TrimSpace(string(pid)))
	}
	f := &folder{dir: dir, lock: lock}
	if err := errors.Join(lock.Truncate(0), f.note(lock)); err != nil {
		return nil, fmt.Errorf("cannot write the lock of the demo's folder: %w", err)
	}
	// Whole and durable: a folder with mail in it and half a format would be refused.
	if _, err := os.Stat(f.path("format")); errors.Is(err, fs.ErrNotExist) {
		if err := config.WriteFile(f.path("format"), 0o600, []byte(format+"\n")); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(f.path("demo.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return f, nil
}

func (f *folder) note(lock *os.File) error {
	_, err := lock.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

// checkFormat refuses a folder that is not a demo's, or of another layout.
func checkFormat(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "format"))
	if err == nil {
		if got := strings.TrimSpace(string(text)); got != format {
			return fmt.Errorf("the folder %s is of another version (%q, this program writes %q): start the program that made it, or choose another folder with --dir",
				dir, got, format)
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "lock" && !strings.HasPrefix(e.Name(), config.UnfinishedPrefix) {
			return fmt.Errorf("the folder %s holds other files (%s) and no demo: choose an empty or a new folder with --dir", dir, e.Name())
		}
	}
	return nil
}

func (f *folder) path(parts ...string) string {
	return filepath.Join(append([]string{f.dir}, parts...)...)
}

// cluster returns the path of something in the cluster's own folder.
func (f *folder) cluster(parts ...string) string {
	return f.path(append([]string{"cluster"}, parts...)...)
}

func (f *folder) close() { _ = f.lock.Close() }
