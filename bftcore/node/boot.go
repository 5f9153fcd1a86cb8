package node

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"troxymail/bftcore/wire"
)

// bootEpoch is where boot numbers taken from the clock start (2025-01-01, Unix seconds): they fit
// wire.MaxIncarnation until 2093.
const bootEpoch = 1_735_689_600

// nextBoot returns a number that this host never gave before and makes it durable. It is larger than the
// last one and than the one that the replicated state knows, and not below the seconds since bootEpoch: so a
// folder that was set back does not repeat a number either, as long as the clock is about right. Nothing but this replica's own service depends on
// it.
func nextBoot(dir string, known uint32) (uint32, error) {
	path := filepath.Join(dir, "boot")
	var last uint64
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return 0, fmt.Errorf("node: reading the boot number: %w", err)
	default:
		last = decodeBoot(string(text)) // 0 when damaged: state and clock are enough
	}
	boot := max(last+1, uint64(known)+1, uint64(max(1, time.Now().Unix()-bootEpoch)))
	if boot > wire.MaxIncarnation {
		return 0, fmt.Errorf("node: boot number %d is out of range: check the clock, or remove %s", boot, path)
	}
	return uint32(boot), WriteDurably(path, []byte(encodeBoot(boot)))
}

// encodeBoot writes a number with its checksum: a damaged one that is larger would fence all later ones.
func encodeBoot(boot uint64) string {
	text := strconv.FormatUint(boot, 10)
	return fmt.Sprintf("%s %08x\n", text, crc32.ChecksumIEEE([]byte(text)))
}

// decodeBoot returns 0 for what encodeBoot did not write.
func decodeBoot(text string) uint64 {
	number, _, _ := strings.Cut(text, " ")
	boot, err := strconv.ParseUint(number, 10, 32)
	if err != nil || text != encodeBoot(boot) {
		return 0
	}
	return boot
}

// WriteDurably replaces a small file: temporary file, sync, rename, sync of the folder.
func WriteDurably(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
