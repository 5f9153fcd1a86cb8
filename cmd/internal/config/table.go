package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxFileBytes bounds a configuration file.
const maxFileBytes = 1 << 20

// ErrConfig is wrapped by every error of this package about what a file says.
var ErrConfig = errors.New("configuration")

// table is a TOML table that is being read key by key. It keeps the first error; after one, all values
// are zero.
type table struct {
	file   string // path, for errors and relative paths
	prefix string // where in the file, for errors: "" or such as "replica 2: "
	values map[string]any
	known  []string
	err    error
}

// readTable reads and parses a file.
func readTable(file string) (*table, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s does not exist: name a file that `troxymail init` wrote", ErrConfig, file)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	case !info.Mode().IsRegular() || info.Size() > maxFileBytes:
		return nil, fmt.Errorf("%w: %s is no file of at most %d bytes", ErrConfig, file, maxFileBytes)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return parseTable(file, text)
}

func parseTable(file string, text []byte) (*table, error) {
	t := &table{file: file}
	if err := toml.Unmarshal(text, &t.values); err != nil {
		return nil, fmt.Errorf("%w: %s is not TOML: %w", ErrConfig, file, err)
	}
	return t, nil
}

func (t *table) fail(format string, args ...any) {
	if t.err == nil {
		t.err = fmt.Errorf("%w: %s: %s%s", ErrConfig, t.file, t.prefix, fmt.Sprintf(format, args...))
	}
}

// bad says that a key's value is wrong.
func (t *table) bad(key string, value any, want string) {
	t.fail("%s = %s: want %s", key, show(value), want)
}

// show writes a value as TOML does, cut short.
func show(value any) string {
	text := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		text = strconv.Quote(s)
	}
	if len(text) > 80 {
		text = text[:80] + "..."
	}
	return text
}

// value returns a key's value and notes the key as known. want says what belongs there.
func (t *table) value(key, want string) (any, bool) {
	t.known = append(t.known, key)
	v, ok := t.values[key]
	if !ok {
		t.fail("%s is missing: want %s", key, want)
	}
	return v, ok && t.err == nil
}

// text reads a string; ok says whether it will do.
func (t *table) text(key, want string, ok func(string) bool) string {
	v, found := t.value(key, want)
	if !found {
		return ""
	}
	s, isText := v.(string)
	if !isText || !ok(s) {
		t.bad(key, v, want)
		return ""
	}
	return s
}

// optional reads an integer from low to high, 0 when the key is missing.
func (t *table) optional(key string, low, high int64) int64 {
	if _, ok := t.values[key]; !ok {
		return 0
	}
	return t.number(key, low, high)
}

// number reads an integer from low to high.
func (t *table) number(key string, low, high int64) int64 {
	want := fmt.Sprintf("a number from %d to %d", low, high)
	v, found := t.value(key, want)
	if !found {
		return 0
	}
	n, isNumber := v.(int64)
	if !isNumber || n < low || n > high {
		t.bad(key, v, want)
		return 0
	}
	return n
}

// hex reads len(dst) bytes in hexadecimal. A secret is not shown.
func (t *table) hex(dst []byte, key, what string, secret bool) {
	want := fmt.Sprintf("%s: %d hexadecimal digits", what, 2*len(dst))
	v, found := t.value(key, want)
	if !found {
		return
	}
	s, isText := v.(string)
	b, err := hex.DecodeString(s)
	if !isText || err != nil || len(b) != len(dst) {
		if secret {
			v = fmt.Sprintf("(%d characters, not shown)", len(s))
		}
		t.bad(key, v, want)
		return
	}
	copy(dst, b)
}

// address reads host:port; an empty host means all addresses of the machine.
func (t *table) address(key string) string {
	return t.text(key, "host:port, such as \"127.0.0.1:1143\"", isAddress)
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	n, numeric := strconv.Atoi(port)
	return err == nil && numeric == nil && n >= 1 && n <= 65535
}

// path reads a path and makes it absolute.
func (t *table) path(key, what string) string {
	p := t.text(key, what, func(s string) bool { return s != "" })
	if p != "" && !filepath.IsAbs(p) {
		p = filepath.Join(filepath.Dir(t.file), p)
	}
	return p
}

// oneOf reads one of some words.
func (t *table) oneOf(key string, words ...string) string {
	return t.text(key, "one of "+strings.Join(words, ", "), func(s string) bool { return slices.Contains(words, s) })
}

// texts reads an array of strings that are not empty; at least one.
func (t *table) texts(key, what string) []string {
	want := "an array of " + what
	v, found := t.value(key, want)
	if !found {
		return nil
	}
	list, isList := v.([]any)
	var out []string
	for _, x := range list {
		s, isText := x.(string)
		isList = isList && isText && s != ""
		out = append(out, s)
	}
	if !isList || len(out) == 0 {
		t.bad(key, v, want)
		return nil
	}
	return out
}

// tables reads an array of tables.
func (t *table) tables(key, want string) []*table {
	v, found := t.value(key, want)
	if !found {
		return nil
	}
	list, isList := v.([]map[string]any)
	if !isList {
		t.bad(key, v, want)
	}
	var out []*table
	for i, values := range list {
		out = append(out, &table{file: t.file, prefix: fmt.Sprintf("%s %d: ", key, i), values: values})
	}
	return out
}

// done returns the first error, or one for a key that nobody asked for.
func (t *table) done() error {
	if t.err == nil {
		for _, key := range slices.Sorted(maps.Keys(t.values)) {
			if !slices.Contains(t.known, key) {
				t.fail("unknown key %s: remove it, or correct it to one of %s", key, strings.Join(t.known, ", "))
				break
			}
		}
	}
	return t.err
}
