package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"troxymail/bftcore/wire"
)

// FormatVersion is the version of the store's layout, kept in its file.
const FormatVersion = 5

const (
	// mapBytes of address space are set aside for the file: bbolt can map more only while nobody reads, and a
	// snapshot reads for long.
	mapBytes = 64 << 30
	// growBytes is by how much the file grows at a time.
	growBytes = 256 << 10
)

// Defaults of Options.
const (
	DefaultFlushBytes      = 16 << 20
	DefaultFlushOrders     = 4096
	DefaultFlushEvery      = 5 * time.Second
	DefaultMaxOverlayBytes = 64 << 20
	DefaultLockTimeout     = 2 * time.Second
)

// Options say where a store lies and when it flushes. Zero values mean the defaults.
type Options struct {
	Path    string
	Cluster wire.Digest // hash of the genesis: a store belongs to one cluster
	// PageSize is bbolt's page size for a new file; 0 means the operating system's.
	PageSize int
	// FlushBytes and FlushOrders freeze the overlay for a flush when it holds as much; so does Tick when
	// its oldest batch is older than FlushEvery.
	FlushBytes  int
	FlushOrders int
	FlushEvery  time.Duration
	// MaxOverlayBytes bounds the overlay that is not being flushed; memory may reach twice that plus one
	// batch.
	MaxOverlayBytes int
	LockTimeout     time.Duration
	// Verify makes Open read the whole file and compare it with its own sum: any damage is ErrDamaged.
	Verify bool
	// Loose tells keys whose values carry their own digest: Verify passes over damage to such a value, which
	// its reader finds and repairs. Nil: none.
	Loose func(key []byte) bool

	noSync bool // of a Builder
}

func (o *Options) setDefaults() {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.FlushBytes, DefaultFlushBytes)
	def(&o.FlushOrders, DefaultFlushOrders)
	def(&o.MaxOverlayBytes, DefaultMaxOverlayBytes)
	if o.FlushEvery <= 0 {
		o.FlushEvery = DefaultFlushEvery
	}
	if o.LockTimeout <= 0 {
		o.LockTimeout = DefaultLockTimeout
	}
}

var (
	bucketMeta = []byte("meta")
	bucketData = []byte("data")
	metaFormat = []byte("format")
	metaOwner  = []byte("cluster")
	metaOrder  = []byte("order")
	metaSum    = []byte("sum")
	metaCheck  = []byte("check")
)

// Open opens the store, or creates it, and starts its flusher. Errors: ErrInUse, ErrForeign, ErrVersion,
// ErrDamaged, or the operating system's.
func Open(o Options) (*Store, error) {
	o.setDefaults()
	if fi, err := os.Stat(o.Path); o.Verify && err == nil && fi.Size() > 0 {
		if err := o.verify(); err != nil {
			return nil, openError(o.Path, err)
		}
	}
	var db *bbolt.DB
	err := guard(func() (err error) {
		db, err = bbolt.Open(o.Path, 0o600, &bbolt.Options{
			Timeout: o.LockTimeout, PageSize: o.PageSize, FreelistType: bbolt.FreelistMapType,
			InitialMmapSize: mapBytes, NoSync: o.noSync,
		})
		if err == nil {
			db.AllocSize = growBytes
		}
		return err
	})
	if err != nil {
		return nil, openError(o.Path, err)
	}
	s := &Store{db: db, opts: o, active: newLayer(), snapshots: map[*Snapshot]struct{}{}}
	s.changed = sync.NewCond(&s.mu)
	if err := guard(s.checkOwner); err != nil {
		_ = guard(db.Close)
		return nil, openError(o.Path, err)
	}
	s.order, s.durable = s.flushed, s.flushed
	s.done = make(chan struct{})
	go s.flusher()
	return s, nil
}

// openError makes what bbolt says about a file into what a person can act on.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		err = ErrInUse
	case errors.Is(err, bolterrors.ErrVersionMismatch):
		err = ErrVersion
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum):
		err = fmt.Errorf("%w (%w)", ErrDamaged, err)
	}
	return fmt.Errorf("%w: %s", err, path)
}

// checkOwner reads (in a new file: writes) format, cluster and order.
func (s *Store) checkOwner() error {
	if err := s.checkSize(); err != nil {
		return err
	}
	fresh := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			fresh = true
			return nil
		}
		format, owner := meta.Get(metaFormat), meta.Get(metaOwner)
		order, sum := meta.Get(metaOrder), meta.Get(metaSum)
		switch {
		case len(format) != 4:
			return fmt.Errorf("%w (no format version)", ErrDamaged)
		case binary.BigEndian.Uint32(format) != FormatVersion:
			return fmt.Errorf("%w (%d; this program: %d)", ErrVersion, binary.BigEndian.Uint32(format), FormatVersion)
		case len(order) != 8 || len(sum) != 8 || tx.Bucket(bucketData) == nil ||
			!bytes.Equal(meta.Get(metaCheck), headerCheck(format, owner, order, sum)):
			return fmt.Errorf("%w (header)", ErrDamaged)
		case !bytes.Equal(owner, s.opts.Cluster[:]):
			return ErrForeign
		}
		s.flushed, s.sum = binary.BigEndian.Uint64(order), binary.BigEndian.Uint64(sum)
		return nil
	})
	if err != nil || !fresh {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket(bucketMeta)
		if err != nil {
			return err
		}
		if _, err := tx.CreateBucket(bucketData); err != nil {
			return err
		}
		return errors.Join(
			meta.Put(metaFormat, binary.BigEndian.AppendUint32(nil, FormatVersion)),
			meta.Put(metaOwner, s.opts.Cluster[:]),
			s.putHeader(meta, 0, 0),
		)
	})
}

// checkSize refuses a file that ends before its last page: reading there would be a fault.
func (s *Store) checkSize() error {
	fi, err := os.Stat(s.opts.Path)
	if err != nil {
		return err
	}
	return s.db.View(func(tx *bbolt.Tx) error {
		if fi.Size() < tx.Size() {
			return fmt.Errorf("%w (%d bytes of %d)", ErrDamaged, fi.Size(), tx.Size())
		}
		return nil
	})
}
