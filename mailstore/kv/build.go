package kv

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// buildBytes is how much a Builder gathers before it writes.
const buildBytes = 16 << 20

// Builder makes a new store from entries that come in any order. Until Finish its file is no store: it lies
// under another name, nothing in it is synced, and Salvage is the one way to read it. Not safe for concurrent
// use.
type Builder struct {
	store *Store
	layer *layer
}

// Build begins a file at o.Path, which must not exist.
func Build(o Options) (*Builder, error) {
	if _, err := os.Lstat(o.Path); err == nil {
		return nil, fmt.Errorf("kv: a file to be built is there already: %s", o.Path)
	}
	o.noSync, o.Verify = true, false
	s, err := Open(o)
	if err != nil {
		return nil, err
	}
	return &Builder{store: s, layer: newLayer()}, nil
}

// Get returns the value of key, not to be changed; nil without one.
func (b *Builder) Get(key []byte) ([]byte, error) {
	if v, ok := b.layer.entries.Get(string(key)); ok {
		return v, nil
	}
	v, _, err := b.store.Get(key)
	return v, err
}

// Put sets key to a copy of value.
func (b *Builder) Put(key, value []byte) error {
	b.layer.set(string(key), append(make([]byte, 0, len(value)), value...))
	if b.layer.bytes < buildBytes {
		return nil
	}
	return b.write()
}

func (b *Builder) write() error {
	l := b.layer
	b.layer = newLayer()
	return guard(func() error { return b.store.write(l) })
}

// Finish makes the file a store at order, durably, and closes it.
func (b *Builder) Finish(order uint64) error {
	b.layer.last = order
	err := b.write()
	if err == nil {
		err = guard(b.store.db.Sync)
	}
	return errors.Join(err, b.store.Close())
}

// Abort closes the file and leaves it for Salvage.
func (b *Builder) Abort() error { return errors.Join(b.write(), b.store.Close()) }

// Salvage opens what is sound of an unfinished or former store for reading. Nothing is promised of its
// contents: the caller checks each by its digest. It reads the whole file.
func Salvage(path string) (*Snapshot, error) {
	if _, err := checkFile(path, func([]byte) bool { return true }); err != nil {
		return nil, err
	}
	x := &Snapshot{}
	err := guard(func() (err error) {
		x.db, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: DefaultLockTimeout})
		if err != nil {
			return err
		}
		if x.tx, err = x.db.Begin(false); err != nil {
			return err
		}
		if x.data = x.tx.Bucket(bucketData); x.data == nil {
			return ErrDamaged
		}
		return nil
	})
	if err != nil {
		x.end()
		return nil, err
	}
	return x, nil
}
