package canary

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var marked = Canary{"test", "Grüße=an Zq7Xw_Kestrel&Co"}

// TestEveryFormIsFound plants the canary in every form, amid other bytes, made by libraries where there
// are some rather than by the searcher's own encoders.
func TestEveryFormIsFound(t *testing.T) {
	s := New(marked)
	for name, leak := range leaks(t) {
		for before := range 4 {
			data := append(bytes.Repeat([]byte{0xa7}, before), leak...)
			if len(s.Bytes(name, append(data, 0xa7, 0xa7))) == 0 {
				t.Errorf("not found as %s, after %d bytes: %q", name, before, leak)
			}
		}
	}
}

func leaks(t *testing.T) map[string][]byte {
	t.Helper()
	text := marked.Text
	all := map[string][]byte{
		"raw":            []byte(text),
		"hexadecimal":    []byte(hex.EncodeToString([]byte(text))),
		"HEXADECIMAL":    []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))),
		"URL query":      []byte(url.QueryEscape(text)),
		"URL path":       []byte(url.PathEscape(text)),
		"Go quoted":      fmt.Appendf(nil, "%+q", text),
		"decimal bytes":  fmt.Append(nil, []byte(text)),
		"encoded word Q": []byte(mime.QEncoding.Encode("utf-8", text)),
		"encoded word B": []byte(mime.BEncoding.Encode("utf-8", text)),
		"UTF-16LE":       utf16Bytes(text, "LE"),
		"UTF-16BE":       utf16Bytes(text, "BE"),
		"UTF-7":          []byte("Gr&APwA3w-e=an Zq7Xw_Kestrel&-Co"),
		"JSON":           []byte(`{"x":"Grüße=an Zq7Xw_Kestrel\u0026Co"}`),
	}
	for shift := range 3 {
		padded := strings.Repeat("p", shift) + text + "tail"
		all[fmt.Sprint("base64 ", shift)] = []byte(base64.StdEncoding.EncodeToString([]byte(padded)))
		all[fmt.Sprint("base64url ", shift)] = []byte(base64.URLEncoding.EncodeToString([]byte(padded)))
		encoded := base64.StdEncoding.EncodeToString([]byte(padded))
		all[fmt.Sprint("base64 in lines ", shift)] = []byte(encoded[:20] + "\r\n" + encoded[20:])
	}
	all["quoted-printable"] = through(t, func(b *bytes.Buffer) writer { return quotedprintable.NewWriter(b) },
		strings.Repeat("x", 60)+text)
	all["zlib"] = through(t, func(b *bytes.Buffer) writer { return zlib.NewWriter(b) }, "head"+text)
	all["gzip"] = through(t, func(b *bytes.Buffer) writer { return gzip.NewWriter(b) }, "head"+text)
	return all
}

type writer interface {
	Write([]byte) (int, error)
	Close() error
}

func through(t *testing.T, open func(*bytes.Buffer) writer, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestInnocentBytes finds nothing where there is nothing.
func TestInnocentBytes(t *testing.T) {
	s := New(marked)
	if got := s.Bytes("x", bytes.Repeat([]byte("Zq7Xw Kestrel x\x9cx\xda\x1f\x8b\x08"), 1000)); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}

// TestFolderAndFrames finds leaks in a nested file, a file's name, a frame, and across two frames.
func TestFolderAndFrames(t *testing.T) {
	s := New(Canary{"a", "Zq7XwKestrel"}, Canary{"b", "Hoopoe9911Yk"})
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "x", "zq7xwkestrel"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"allowed", "x/zq7xwkestrel/f"} {
		text := append(make([]byte, 1<<20), "..Hoopoe9911Yk.."...) // behind room that nothing was written to
		if err := os.WriteFile(filepath.Join(dir, name), append(text, make([]byte, 1<<20)...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	finds, err := s.Folder(dir, map[string]bool{"allowed": true})
	if err != nil || len(finds) != 3 { // the folder's name, the file's path, its content
		t.Errorf("found %v: %v", finds, err)
	}
	if got := s.Frames("f", [][]byte{[]byte("Zq7Xw"), []byte("Kestrel")}); len(got) != 1 {
		t.Errorf("cut by the end of a frame: %v", got)
	}
	if got := s.Frames("f", [][]byte{nil, []byte("hoopoe9911yk")}); len(got) != 2 {
		t.Errorf("in a frame: %v", got)
	}
	if strings.Contains(fmt.Sprint(finds), "Hoopoe") {
		t.Error("a report repeats the secret")
	}
}
