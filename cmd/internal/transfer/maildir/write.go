package maildir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"troxymail/cmd/internal/transfer"
)

// ownSuffix ends the constant part of the names that a Sink gives.
const ownSuffix = ".troxymail"

// Sink writes a Maildir++ tree: INBOX is the root, A/B is the folder ".A.B". Used by one goroutine.
type Sink struct {
	root    string
	Dropped int // keywords for which a folder had no letter left
}

// NewSink writes below root, which is there.
func NewSink(root string) *Sink { return &Sink{root: root} }

// path returns the folder of a mailbox.
func (s *Sink) path(mailbox string) string {
	if mailbox == "INBOX" {
		return s.root
	}
	var name strings.Builder
	for c := range strings.SplitSeq(mailbox, transfer.Delimiter) {
		// A dot would begin a level; modified UTF-7 can spell it another way.
		name.WriteString("." + strings.ReplaceAll(transfer.EncodeUTF7(c), ".", "&AC4-"))
	}
	return filepath.Join(s.root, name.String())
}

// shelf is a folder being written.
type shelf struct {
	sink   *Sink
	folder string
	table  *keywordTable
	there  map[string]file // by constant part
}

// Open makes the folder if need be, and looks what it has.
func (s *Sink) Open(mailbox string, all []transfer.Item) (transfer.Shelf, error) {
	x := &shelf{sink: s, folder: s.path(mailbox), there: map[string]file{}}
	for _, sub := range []string{"", "tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(x.folder, sub), 0o700); err != nil {
			return nil, err
		}
	}
	if x.folder != s.root { // by this file Maildir++ knows a folder (Courier)
		if err := os.WriteFile(filepath.Join(x.folder, "maildirfolder"), nil, 0o600); err != nil {
			return nil, err
		}
	}
	left, err := filepath.Glob(filepath.Join(globQuote(x.folder), "tmp", "*"+ownSuffix))
	if err != nil {
		return nil, err
	}
	for _, path := range left { // of a run that was killed
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	k, err := readKeywords(x.folder)
	if err != nil {
		return nil, err
	}
	x.table = tableOf(k)
	changed := false
	for i := range all {
		changed = x.table.add(all[i].Flags) || changed
	}
	s.Dropped += x.table.Dropped
	if changed {
		if err := x.table.save(x.folder); err != nil {
			return nil, err
		}
	}
	files, err := list(x.folder)
	for _, f := range files {
		if key, _ := splitName(f.name); strings.HasSuffix(key, ownSuffix) {
			x.there[key] = f
		}
	}
	return x, err
}

// globQuote makes a path match itself alone.
func globQuote(path string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "*", `\*`, "?", `\?`).Replace(path)
}

// constant returns the part of a letter's name that stays.
func constant(key string, date int64) string { return fmt.Sprintf("%d.%s%s", date, key, ownSuffix) }

// Has looks for the letter's name; other flags make it another.
func (x *shelf) Has(i transfer.Item) (bool, error) {
	key := constant(i.Key, i.Date.Unix())
	f, ok := x.there[key]
	if !ok {
		return false, nil
	}
	name := key + infoOf(i.Flags, x.table)
	if f.sub == "cur" && f.name == name {
		return true, nil
	}
	return true, os.Rename(filepath.Join(x.folder, f.sub, f.name), filepath.Join(x.folder, "cur", name))
}

// Put writes the letter with the line ends of files.
func (x *shelf) Put(l transfer.Letter) error {
	key := constant(l.Key, l.Date.Unix())
	tmp := filepath.Join(x.folder, "tmp", key)
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(transfer.LF(l.Body)); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chtimes(tmp, l.Date, l.Date)
	}
	if err == nil {
		err = os.Rename(tmp, filepath.Join(x.folder, "cur", key+infoOf(l.Flags, x.table)))
	}
	return err
}

// Close makes the names durable.
func (x *shelf) Close() error { return transfer.SyncFolder(filepath.Join(x.folder, "cur")) }

// Abort keeps what was put.
func (x *shelf) Abort() {}
