package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrFuseKey is returned for a key file that cannot be trusted even for a simulation.
var ErrFuseKey = errors.New("sim: bad fuse key file")

const (
	fuseKeyBytes = 32
	fuseKeyName  = "fuse-key"
	// fuseKeyHead is the first line of the file, for a person who finds it.
	fuseKeyHead = "troxymail SIMULATED fuse key, version 1: it protects nothing\n"
	// fuseSumBytes of SHA-256 follow the key: a damaged file must not quietly become another machine.
	fuseSumBytes = 8
	fuseFileSize = len(fuseKeyHead) + 2*(fuseKeyBytes+fuseSumBytes) + 1
)

// openFuseKey reads the fuse key in dir; if there is none it makes one, which is durable when it returns.
func openFuseKey(dir string, rand io.Reader) (key [fuseKeyBytes]byte, err error) {
	if dir == "" {
		return key, errors.New("sim: no folder given for the fuse key")
	}
	path := filepath.Join(dir, fuseKeyName)
	key, err = readFuseKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if rand == nil {
		return key, errors.New("sim: no randomness given for a new fuse key")
	}
	if _, err := io.ReadFull(rand, key[:]); err != nil {
		return key, fmt.Errorf("sim: make fuse key: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return key, fmt.Errorf("sim: make fuse key: %w", err)
	}
	return key, writeFuseKey(dir, path, key)
}

// readFuseKey returns an error that is fs.ErrNotExist only when there is no such file.
func readFuseKey(path string) (key [fuseKeyBytes]byte, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return key, fmt.Errorf("sim: read fuse key: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() != int64(fuseFileSize) {
		return key, fmt.Errorf("%w: %s is damaged; restore it, or remove the folder with all that was "+
			"sealed there", ErrFuseKey, path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key, fmt.Errorf("%w: others may read %s; chmod 600 it", ErrFuseKey, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return key, fmt.Errorf("sim: read fuse key: %w", err)
	}
	key, ok := parseFuseKey(text)
	if !ok {
		return key, fmt.Errorf("%w: %s is damaged; restore it, or remove the folder with all that was "+
			"sealed there", ErrFuseKey, path)
	}
	return key, nil
}

// parseFuseKey accepts exactly what formatFuseKey writes.
func parseFuseKey(text []byte) (key [fuseKeyBytes]byte, ok bool) {
	rest, found := bytes.CutPrefix(text, []byte(fuseKeyHead))
	if !found || len(text) != fuseFileSize {
		return key, false
	}
	raw, err := hex.DecodeString(string(rest[:len(rest)-1]))
	if err != nil {
		return key, false
	}
	copy(key[:], raw)
	if !bytes.Equal(text, formatFuseKey(key)) {
		return [fuseKeyBytes]byte{}, false
	}
	return key, true
}

func formatFuseKey(key [fuseKeyBytes]byte) []byte {
	sum := sha256.Sum256(key[:])
	line := hex.EncodeToString(append(key[:], sum[:fuseSumBytes]...))
	return []byte(fuseKeyHead + line + "\n")
}

// writeFuseKey puts the key in place by rename, and syncs file and folder before and after, so that a
// crash leaves either no key or the whole key. The temporary name is fixed: a crash leaves no litter.
func writeFuseKey(dir, path string, key [fuseKeyBytes]byte) error {
	err := writeSynced(path+".new", formatFuseKey(key))
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncFolder(dir)
	}
	if err != nil {
		return fmt.Errorf("sim: write fuse key: %w", err)
	}
	return nil
}

// writeSynced replaces the file at path, mode 0600, whatever mode an older one had.
func writeSynced(path string, text []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
