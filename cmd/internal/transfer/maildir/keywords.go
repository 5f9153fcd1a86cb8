package maildir

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/cmd/internal/transfer"
)

const (
	// keywordFile is where Dovecot names the letters a to z of a folder: a line "0 $Label1" for a, and so on.
	keywordFile = "dovecot-keywords"
	// keywordLetters is how many there are.
	keywordLetters = 26
	// maxKeywordFile bounds what is read of it, in bytes.
	maxKeywordFile = 64 << 10
)

// keywords are a folder's keywords by letter.
type keywords map[byte]string

// readKeywords reads a folder's keyword file; a folder without one has none.
func readKeywords(folder string) (keywords, error) {
	f, err := os.Open(filepath.Join(folder, keywordFile))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	k := keywords{}
	lines := bufio.NewScanner(io.LimitReader(f, maxKeywordFile))
	for lines.Scan() {
		number, name, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		i, err := strconv.Atoi(number)
		if ok && err == nil && i >= 0 && i < keywordLetters && transfer.ValidKeyword(name) {
			k['a'+byte(i)] = name
		}
	}
	return k, lines.Err()
}

// keywordTable gives letters to the keywords of a folder that is written.
type keywordTable struct {
	names   []string // of a, b, ...
	Dropped int      // how often a keyword found no letter
}

// tableOf continues a folder's table, so that letters keep their meaning from run to run.
func tableOf(k keywords) *keywordTable {
	t := &keywordTable{}
	for i := range byte(keywordLetters) {
		if name, ok := k['a'+i]; ok {
			for len(t.names) < int(i) {
				t.names = append(t.names, "") // a letter that was free stays free
			}
			t.names = append(t.names, name)
		}
	}
	return t
}

// add gives every keyword of flags a letter and reports whether the table changed.
func (t *keywordTable) add(flags []imap.Flag) bool {
	changed := false
	for _, f := range flags {
		if transfer.IsSystem(f) || strings.EqualFold(string(f), forwarded) {
			continue
		}
		if _, ok := t.letter(f); ok {
			continue
		}
		if len(t.names) == keywordLetters {
			t.Dropped++
			continue
		}
		t.names = append(t.names, string(f))
		changed = true
	}
	return changed
}

func (t *keywordTable) letter(f imap.Flag) (byte, bool) {
	for i, name := range t.names {
		if strings.EqualFold(name, string(f)) {
			return 'a' + byte(i), true
		}
	}
	return 0, false
}

// save writes the table, whole or not at all.
func (t *keywordTable) save(folder string) error {
	var text strings.Builder
	for i, name := range t.names {
		if name != "" {
			fmt.Fprintf(&text, "%d %s\n", i, name)
		}
	}
	return transfer.ReplaceFile(filepath.Join(folder, keywordFile), []byte(text.String()))
}
