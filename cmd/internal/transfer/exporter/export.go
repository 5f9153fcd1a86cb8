package exporter

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"troxymail/cmd/internal/transfer"
)

// maxLetter bounds a letter, in bytes: more than a server takes.
const maxLetter = 256 << 20

// Source is the account: package remote's Mailboxes.
type Source interface {
	Folders(ctx context.Context) ([]transfer.Folder, error)
	List(ctx context.Context, f transfer.Folder) ([]transfer.Item, error)
	Fetch(ctx context.Context, f transfer.Folder, items []transfer.Item, limit int64, yield func(transfer.Letter) error) error
}

// Progress is told how an export goes.
type Progress interface {
	Total(bytes int64)        // of the account; 0 when it is not known
	Folder(name, into string) // the next mailbox
	Add(bytes int64)          // so much more is done
}

// Options say what to export where to.
type Options struct {
	Source   Source
	Sink     transfer.Sink
	Only     []string // mailboxes; none: all
	Progress Progress // never nil
}

// Result counts letters.
type Result struct {
	Exported  int   `json:"exported"`
	Bytes     int64 `json:"exported_bytes"`
	Present   int   `json:"already_there"`
	Gone      int   `json:"expunged_meanwhile"`
	Mailboxes int   `json:"mailboxes"`
}

// ErrNoMailbox is wrapped when the account has no mailbox that was asked for.
var ErrNoMailbox = errors.New("the account has no such mailbox")

// Run exports. The result counts what was done, also when it ends with an error.
func Run(ctx context.Context, o Options) (Result, error) {
	var r Result
	folders, err := o.Source.Folders(ctx)
	if err != nil {
		return r, err
	}
	for _, name := range o.Only {
		if !slices.ContainsFunc(folders, func(f transfer.Folder) bool { return f.Name == name }) {
			return r, fmt.Errorf("%w: %s", ErrNoMailbox, name)
		}
	}
	if len(o.Only) > 0 {
		folders = slices.DeleteFunc(folders, func(f transfer.Folder) bool { return !slices.Contains(o.Only, f.Name) })
	}
	var total int64
	for _, f := range folders {
		total += f.Bytes
	}
	o.Progress.Total(total)
	for _, f := range folders {
		o.Progress.Folder(f.Name, "")
		if err := r.folder(ctx, &o, f); err != nil {
			return r, fmt.Errorf("mailbox %s: %w", f.Name, err)
		}
		r.Mailboxes++
	}
	return r, nil
}

func (r *Result) folder(ctx context.Context, o *Options, f transfer.Folder) error {
	items, err := o.Source.List(ctx, f)
	if err != nil {
		return err
	}
	shelf, err := o.Sink.Open(f.Name, items)
	if err != nil {
		return err
	}
	if err := r.letters(ctx, o, f, items, shelf); err != nil {
		shelf.Abort()
		return err
	}
	return shelf.Close()
}

func (r *Result) letters(ctx context.Context, o *Options, f transfer.Folder, items []transfer.Item, shelf transfer.Shelf) error {
	var missing []transfer.Item
	for _, i := range items {
		there, err := shelf.Has(i)
		if err != nil {
			return err
		}
		if there {
			r.Present++
			o.Progress.Add(i.Bytes)
		} else {
			missing = append(missing, i)
		}
	}
	came := 0
	err := o.Source.Fetch(ctx, f, missing, maxLetter, func(l transfer.Letter) error {
		came++
		if l.Err != nil {
			return fmt.Errorf("%s: %w", l.Where, l.Err)
		}
		if err := shelf.Put(l); err != nil {
			return err
		}
		r.Exported++
		r.Bytes += int64(len(l.Body))
		o.Progress.Add(l.Bytes)
		return nil
	})
	if err == nil {
		r.Gone += len(missing) - came
	}
	return err
}
