package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"troxymail/enclave/tee"
)

// rand is a reader of one repeated byte: fuse keys that a test can tell apart.
type rand byte

func (r rand) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r)
	}
	return len(b), nil
}

func open(t *testing.T, o Options) *Platform {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Rand == nil {
		o.Rand = rand(1)
	}
	o.Acknowledge = Insecure
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sealKey(t *testing.T, p *Platform, purpose string) [32]byte {
	t.Helper()
	key, err := p.SealKey(purpose)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestNewRefusesWithoutAcknowledgement(t *testing.T) {
	for _, a := range []Acknowledgement{"", "yes", "INSECURE"} {
		dir := filepath.Join(t.TempDir(), "platform")
		_, err := New(Options{Dir: dir, Acknowledge: a, Rand: rand(1)})
		if !errors.Is(err, ErrNotAcknowledged) {
			t.Errorf("acknowledgement %q: %v", a, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("acknowledgement %q: a refused platform left its folder", a)
		}
	}
}

func TestSealKeys(t *testing.T) {
	dir := t.TempDir()
	first := open(t, Options{Dir: dir})
	if !first.Simulated() || !strings.Contains(first.Name(), "SIMULATED") {
		t.Fatal("the platform hides that it is simulated")
	}
	key := sealKey(t, first, "group-key")
	if again := open(t, Options{Dir: dir, Rand: rand(2)}); sealKey(t, again, "group-key") != key {
		t.Error("a restart changed the key")
	}
	others := map[string][32]byte{
		"purpose": sealKey(t, first, "group-kez"),
		"machine": sealKey(t, open(t, Options{Rand: rand(2)}), "group-key"),
		"code":    sealKey(t, open(t, Options{Dir: dir, Code: "other"}), "group-key"),
	}
	for what, other := range others {
		if other == key {
			t.Errorf("another %s gives the same key", what)
		}
	}
	if _, err := first.SealKey(""); !errors.Is(err, tee.ErrPurpose) {
		t.Errorf("empty purpose: %v", err)
	}
}

func TestFuseKeyFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	p := open(t, Options{Dir: dir})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("folder holds %v (%v), want the key file alone", entries, err)
	}
	path := filepath.Join(dir, fuseKeyName)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("key file: %v, %v", info, err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(good, []byte("SIMULATED")) || len(good) != fuseFileSize {
		t.Errorf("key file is %q", good)
	}
	upper := func(b []byte) []byte {
		return append(b[:len(fuseKeyHead)], bytes.ToUpper(b[len(fuseKeyHead):])...)
	}
	for name, damage := range map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"short":     func(b []byte) []byte { return b[:len(b)-1] },
		"long":      func(b []byte) []byte { return append(b, '\n') },
		"head":      func(b []byte) []byte { b[0] ^= 1; return b },
		"key":       func(b []byte) []byte { b[len(fuseKeyHead)] ^= 1; return b },
		"upper":     upper,
		"line end":  func(b []byte) []byte { b[len(b)-1] = ' '; return b },
		"not hex":   func(b []byte) []byte { b[len(fuseKeyHead)+3] = 'z'; return b },
		"check sum": func(b []byte) []byte { b[len(b)-2] ^= 1; return b },
	} {
		if err := os.WriteFile(path, damage(bytes.Clone(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Options{Dir: dir, Acknowledge: Insecure, Rand: rand(2)})
		if !errors.Is(err, ErrFuseKey) {
			t.Errorf("%s: %v, want ErrFuseKey", name, err)
		}
		if err != nil && bytes.Contains([]byte(err.Error()), good[len(fuseKeyHead):len(fuseKeyHead)+16]) {
			t.Errorf("%s: the error tells the key", name)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Dir: dir, Acknowledge: Insecure}); !errors.Is(err, ErrFuseKey) {
		t.Errorf("readable by others: %v", err)
	}
	text := fmt.Sprintf("%v %+v %#v %s", p, p, p, p)
	if text != strings.TrimSpace(strings.Repeat(Name+" ", 4)) {
		t.Errorf("printing shows more than the name: %s", text)
	}
}

// A crash between the two steps of the first start leaves a temporary file; the next start replaces it.
func TestFuseKeyLeftover(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fuseKeyName+".new"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, Options{Dir: dir})
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("folder holds %v", entries)
	}
}

func TestFirstStartErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"no folder":     {Rand: rand(1)},
		"no randomness": {Dir: t.TempDir()},
		"short rand":    {Dir: t.TempDir(), Rand: io.LimitReader(rand(1), 31)},
		"folder a file": {Dir: filepath.Join(file, "x"), Rand: rand(1)},
	} {
		o.Acknowledge = Insecure
		if p, err := New(o); err == nil || p != nil {
			t.Errorf("%s: no error", name)
		}
	}
}
