package config

import (
	"errors"
	"os"
	"path/filepath"
)

// UnfinishedPrefix begins the names of files that WriteFile did not finish before the program was killed.
const UnfinishedPrefix = ".new-"

// WriteFile replaces a file whole and durably: temporary file, sync, rename, sync of the folder.
func WriteFile(path string, mode os.FileMode, content []byte) error {
	t, err := os.CreateTemp(filepath.Dir(path), UnfinishedPrefix+"*")
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	_, err = t.Write(content)
	if err = errors.Join(err, t.Chmod(mode), t.Sync(), t.Close()); err != nil {
		return err
	}
	if err := os.Rename(t.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// MakeDir makes a folder and its parents durably (0700), unless they are there.
func MakeDir(dir string) error {
	dir = filepath.Clean(dir)
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := MakeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return SyncDir(parent)
}

// SyncTree makes a folder and everything in it durable, however it was written; links and devices excepted.
func SyncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() && !e.Type().IsRegular() {
			return err
		}
		return SyncDir(path)
	})
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
