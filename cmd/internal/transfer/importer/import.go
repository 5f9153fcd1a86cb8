package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/imaplink"
)

// Options say what to import where to.
type Options struct {
	Source  transfer.Source
	Account *imaplink.Account
	Journal *Journal
	// Into is a mailbox below which all folders go by their own names; empty: to the mailboxes of the same
	// name or special use.
	Into string
	// Only are the names of the folders to import; none: all but the special uses \All and \Flagged.
	Only []string
	// Connections is how many letters are filed at a time; 1 keeps their order.
	Connections int
	// Progress hears how it goes. Safe for concurrent use; never nil.
	Progress Progress
}

// Progress is told how an import goes.
type Progress interface {
	Total(bytes int64)        // of the source; 0 when it is not known
	Folder(name, into string) // the next folder
	Add(bytes int64)          // so much more of the source is done
	Refused(Refused)          // a letter cannot be filed
	Notice(text string)       // what a person should know
}

// Refused is a letter that was not filed.
type Refused struct {
	Folder string `json:"folder"`
	Where  string `json:"where"`
	Why    string `json:"why"`
}

// Result counts letters.
type Result struct {
	Imported int   `json:"imported"`
	Bytes    int64 `json:"imported_bytes"`
	Present  int   `json:"already_there"`
	Refused  int   `json:"refused"`
	// Keywords counts letters that were filed without keywords: the mailbox has as many as it can.
	Keywords int `json:"without_keywords"`
}

// Errors of an import; run again, it goes on where it ended.
var (
	// ErrQuota is wrapped when the account is full.
	ErrQuota = errors.New("the account's quota is used up")
	// ErrNoFolder is wrapped when the source has no folder that was asked for.
	ErrNoFolder = errors.New("the source has no such folder")
)

// Run imports. The result counts what was done, also when it ends with an error.
func Run(ctx context.Context, o Options) (Result, error) {
	r := &run{o: o, limit: unlimited}
	err := r.all(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.result, err
}

// unlimited stands for a server that names no APPENDLIMIT; bytes.
const unlimited = 256 << 20

// run is an import going on.
type run struct {
	o     Options
	link  *imaplink.Steady // for looking; letters have connections of their own
	limit int64            // the largest letter that the server takes, bytes
	names *naming

	mu     sync.Mutex // guards result
	result Result
}

func (r *run) all(ctx context.Context) error {
	folders, err := r.o.Source.Folders(ctx)
	if err != nil {
		return err
	}
	if folders, err = r.wanted(folders); err != nil {
		return err
	}
	r.o.Progress.Total(total(folders))
	if r.link, err = imaplink.NewSteady(ctx, r.o.Account); err != nil {
		return err
	}
	defer r.link.Close()
	if err := r.greet(ctx); err != nil {
		return err
	}
	p := newPool(ctx, r)
	defer p.close()
	for _, f := range folders {
		into := r.names.of(&f)
		r.o.Progress.Folder(f.Name, into)
		if err := r.folder(p.ctx, p, &f, into); err != nil {
			return p.cause(fmt.Errorf("folder %s: %w", f.Name, err))
		}
	}
	return nil
}

// total returns the bytes of all folders, 0 when those of one are not known.
func total(folders []transfer.Folder) int64 {
	var sum int64
	for _, f := range folders {
		if f.Bytes == 0 && f.Messages > 0 {
			return 0
		}
		sum += f.Bytes
	}
	return sum
}

// wanted returns the folders to import.
func (r *run) wanted(all []transfer.Folder) ([]transfer.Folder, error) {
	for _, name := range r.o.Only {
		if !slices.ContainsFunc(all, func(f transfer.Folder) bool { return f.Name == name }) {
			return nil, fmt.Errorf("%w: %s", ErrNoFolder, name)
		}
	}
	return slices.DeleteFunc(all, func(f transfer.Folder) bool {
		if len(r.o.Only) > 0 {
			return !slices.Contains(r.o.Only, f.Name)
		}
		if virtual(f.Use) {
			r.o.Progress.Notice(fmt.Sprintf("folder %s is left out: its letters are in other folders too (%s); name it with --folder to have it", f.Name, f.Use))
			return true
		}
		return false
	}), nil
}

// folder imports one folder.
func (r *run) folder(ctx context.Context, p *pool, f *transfer.Folder, into string) error {
	keys, err := r.o.Source.Keys(ctx, *f)
	if err != nil {
		return err
	}
	box, err := r.open(ctx, into)
	if said := imaplink.Said(err); said != nil {
		r.count(func(c *Result) { c.Refused++ })
		r.o.Progress.Refused(Refused{f.Name, "the whole folder", fmt.Sprintf("mailbox %s: %s", into, said.Text)})
		r.o.Progress.Add(f.Bytes)
		return nil
	}
	if err != nil {
		return fmt.Errorf("mailbox %s: %w", into, err)
	}
	x := newIndex(box.list, box.uidNext, box.validity, r.o.Journal.entries[into], f.Name, keys)
	box.list = nil
	err = r.o.Source.Read(ctx, *f, transfer.Reading{
		Limit: r.limit,
		Skip: func(key string, bytes int64) bool {
			done := key == "" || x.keys[key] // an empty key: not to be imported at all
			if done {
				r.o.Progress.Add(bytes)
			}
			if done && key != "" {
				r.count(func(c *Result) { c.Present++ })
			}
			return done
		},
		Yield: func(l transfer.Letter) error { return r.letter(ctx, p, f, box, x, l) },
	})
	if e := p.wait(); err == nil {
		err = e
	}
	return err
}

// letter files one letter, unless it is there or cannot be filed.
func (r *run) letter(ctx context.Context, p *pool, f *transfer.Folder, box *mailbox, x *index, l transfer.Letter) error {
	size := int64(len(l.Body))
	switch {
	case l.Err == nil && size == 0:
		l.Err = errors.New("it is empty")
	case l.Err == nil && size > r.limit:
		l.Err = transfer.ErrTooBig
	}
	if l.Err != nil {
		r.refuse(f, &l, l.Err)
		return nil
	}
	d := digest(sha256.Sum256(l.Body))
	if uids := x.candidates(size, d); len(uids) > 0 {
		if err := r.read(ctx, box, uids, size, x.learn); err != nil {
			return err
		}
	}
	e := entry{Mailbox: box.name, Validity: box.validity, Size: size, Digest: hex.EncodeToString(d[:]), Folder: f.Name, Key: l.Key}
	if there, ok := x.match(d); ok {
		r.o.Progress.Add(l.Bytes)
		r.count(func(c *Result) { c.Present++ })
		if there.noted && there.keyless && e.Key == "" {
			return nil
		}
		e.UID = there.uid
		return r.o.Journal.add(e)
	}
	return p.put(&job{letter: l, digest: d, entry: e, folder: f, box: box})
}

func (r *run) refuse(f *transfer.Folder, l *transfer.Letter, why error) {
	r.count(func(c *Result) { c.Refused++ })
	r.o.Progress.Refused(Refused{f.Name, l.Where, why.Error()})
	r.o.Progress.Add(l.Bytes)
}

func (r *run) count(change func(*Result)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.result)
}
