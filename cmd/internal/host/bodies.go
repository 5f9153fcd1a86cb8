package host

import (
	"errors"
	"fmt"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/blob"
)

// bodyStore gives the node the store of sealed records in its own terms.
type bodyStore struct{ store *blob.Store }

var _ node.Bodies = bodyStore{}

func (b bodyStore) Get(digest wire.Digest) ([]byte, error) {
	record, err := b.store.Get(digest, wire.MaxBodyBytes)
	if errors.Is(err, blob.ErrDamaged) {
		err = fmt.Errorf("%w: %w", node.ErrRecordDamaged, err)
	}
	return record, err
}

func (b bodyStore) Remove(digest wire.Digest) error { return b.store.Remove(digest) }

func (b bodyStore) Has(digest wire.Digest) bool { return b.store.Has(digest) }

// Put stores a large body, or puts a small record back that was missing or damaged here.
func (b bodyStore) Put(digest wire.Digest, record []byte) error {
	if len(record) > wire.InlineBodyBytes {
		return b.store.PutBody(digest, record)
	}
	return b.store.RestoreSmall(digest, record)
}
