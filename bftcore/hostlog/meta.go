package hostlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"

	"troxymail/bftcore/wire/canon"
)

const (
	metaName  = "LOG"
	metaTemp  = "LOG.tmp"
	lockName  = "LOCK"
	metaMagic = "TRXHMETA"
	metaBytes = len(metaMagic) + 4 + 16 + 8 + 4
)

// meta is the content of the file LOG.
type meta struct {
	id    [16]byte
	floor uint64 // number of the oldest segment that must exist
}

func (m meta) encode() []byte {
	b := append(make([]byte, 0, metaBytes), metaMagic...)
	b = canon.AppendUint32(b, formatVersion)
	b = canon.AppendFixed(b, m.id[:])
	b = canon.AppendUint64(b, m.floor)
	return canon.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func decodeMeta(b []byte) (m meta, err error) {
	if len(b) < len(metaMagic)+4 || string(b[:len(metaMagic)]) != metaMagic {
		return m, ErrForeign
	}
	r := canon.NewReader(b[len(metaMagic):])
	if v := r.Uint32(); v > formatVersion {
		return m, fmt.Errorf("%w (%d, this program knows %d)", ErrVersion, v, formatVersion)
	}
	if len(b) != metaBytes ||
		crc32.Checksum(b[:metaBytes-4], castagnoli) != binary.BigEndian.Uint32(b[metaBytes-4:]) {
		return m, ErrBadFrame
	}
	copy(m.id[:], r.Fixed(16))
	m.floor = r.Uint64()
	if m.floor == 0 {
		return m, ErrBadFrame
	}
	return m, nil
}

func readMeta(fsys FS, dir string) (meta, error) {
	name := filepath.Join(dir, metaName)
	f, err := fsys.Open(name, false)
	if err != nil {
		return meta{}, err
	}
	defer f.Close()
	b := make([]byte, metaBytes+1) // one more shows a file that is too long
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return meta{}, damage(name, 0, err)
	}
	m, err := decodeMeta(b[:n])
	if err != nil {
		return meta{}, damage(name, 0, err)
	}
	return m, nil
}

// writeMeta replaces LOG, durably.
func writeMeta(fsys FS, dir string, m meta) error {
	temp := filepath.Join(dir, metaTemp)
	f, err := fsys.Open(temp, true)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(m.encode(), 0)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = fsys.Rename(temp, filepath.Join(dir, metaName))
	}
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("hostlog: write %s: %w", filepath.Join(dir, metaName), err)
	}
	return nil
}
