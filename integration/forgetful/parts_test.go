package forgetful

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/blob"
	"troxymail/mailstore/kv"
)

// What a writer says that it made durable: a kind and a number.
const (
	saidLog   = "log"   // records up to this LSN
	saidCut   = "cut"   // records below this order may be gone
	saidStore = "store" // the store up to this order
	saidBody  = "body"  // the body of this number
	saidFile  = "file"  // the text of this number
)

// parts are what a host keeps in its folder, with contents that follow from their numbers.
type parts struct {
	log    *hostlog.Log
	store  *kv.Store
	bodies *blob.Store
	dir    string
	said   map[string][]uint64
	file   *os.File // where said is kept, on another disk
	flaw   string
}

// openParts opens the parts as a host does after a power loss, and holds them against what was said.
func openParts(dir, said, flaw string) (*parts, error) {
	p := &parts{dir: dir, said: map[string][]uint64{}, flaw: flaw}
	var err error
	if p.file, err = os.OpenFile(said, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	for in := bufio.NewScanner(p.file); in.Scan(); {
		var kind string
		var n uint64
		if _, err := fmt.Sscan(in.Text(), &kind, &n); err != nil {
			return nil, err
		}
		p.said[kind] = append(p.said[kind], n)
	}
	p.log, err = hostlog.Open(filepath.Join(dir, "log"), hostlog.Options{SegmentBytes: 64 << 10, MaxRecordBytes: 4096})
	if err != nil {
		return nil, err
	}
	p.store, err = kv.Open(kv.Options{Path: filepath.Join(dir, "store.db"), Cluster: wire.Digest{1}, Verify: true})
	if err != nil {
		return nil, err
	}
	p.bodies, err = blob.Open(p.store, blob.Options{Dir: dir, SmallKey: func(d wire.Digest) []byte { return d[:] }})
	if err != nil {
		return nil, err
	}
	return p, errors.Join(p.checkLog(), p.checkStore(), p.checkBodies(), p.checkFile())
}

func (p *parts) say(kind string, n uint64) error {
	p.said[kind] = append(p.said[kind], n)
	_, err := fmt.Fprintln(p.file, kind, n)
	return err
}

// newest is the last number said of a kind, 0 for none.
func (p *parts) newest(kind string) uint64 {
	if s := p.said[kind]; len(s) > 0 {
		return s[len(s)-1]
	}
	return 0
}

func record(lsn uint64) hostlog.Record {
	text := strings.Repeat(fmt.Sprintf("record %d ", lsn), int(lsn*7919%300))
	return hostlog.Record{Kind: 1, Order: lsn/3 + 1, Body: []byte(text)}
}

func (p *parts) checkLog() error {
	var last uint64
	err := p.log.Replay(0, func(lsn uint64, r hostlog.Record) error {
		want := record(lsn)
		switch {
		case r.Order != want.Order || string(r.Body) != string(want.Body):
			return fmt.Errorf("the log has another record %d", lsn)
		case last > 0 && lsn != last+1, last == 0 && lsn > 1 && r.Order > p.newest(saidCut):
			return fmt.Errorf("the log goes on with record %d of order %d after %d", lsn, r.Order, last)
		}
		last = lsn
		return nil
	})
	if err == nil && last < p.newest(saidLog) {
		err = fmt.Errorf("the log lost records: it ends at %d, %d was durable", last, p.newest(saidLog))
	}
	return err
}

const storeKeys = 300

// batch is what order n changes.
func batch(n uint64, put func(key, value []byte), remove func(key []byte)) {
	put(fmt.Appendf(nil, "key %d", n*31%storeKeys), []byte(strings.Repeat(fmt.Sprintf("value %d ", n), int(1+n*577%200))))
	if n%3 == 0 {
		remove(fmt.Appendf(nil, "key %d", n*17%storeKeys))
	}
}

func (p *parts) checkStore() error {
	order := p.store.FlushedOrder()
	if order < p.newest(saidStore) {
		return fmt.Errorf("the store lost orders: it is at %d, %d was durable", order, p.newest(saidStore))
	}
	want := map[string]string{}
	for n := uint64(1); n <= order; n++ {
		batch(n, func(k, v []byte) { want[string(k)] = string(v) }, func(k []byte) { delete(want, string(k)) })
	}
	for i := range storeKeys {
		key := fmt.Sprintf("key %d", i)
		v, ok, err := p.store.Get([]byte(key))
		if w, there := want[key]; err != nil || ok != there || string(v) != w {
			return fmt.Errorf("the store at order %d has another %s: %v", order, key, err)
		}
	}
	return nil
}

func body(n uint64) []byte {
	return []byte(strings.Repeat(fmt.Sprintf("body %d ", n), int(1+n*331%2000)))
}

func (p *parts) checkBodies() error {
	for _, n := range p.said[saidBody] {
		if _, err := p.bodies.ReadBack(wire.Sum(body(n)), nil); err != nil {
			return fmt.Errorf("body %d was durable: %w", n, err)
		}
	}
	return nil
}

// The flaws that a writer may have.
const (
	flawLog    = "log acknowledged before its sync"
	flawStore  = "store acknowledged before its flush"
	flawFile   = "file renamed without a sync of its folder"
	flawUnsync = "file renamed before its own sync"
)

// work makes round n of changes and says what is durable.
func (p *parts) work(n uint64) error {
	next := p.log.Stats().LastLSN + 1
	var records []hostlog.Record
	for range 1 + n%5 {
		records = append(records, record(next+uint64(len(records))))
	}
	last, err := p.log.Append(records)
	if err == nil && p.flaw != flawLog {
		_, err = p.log.Sync()
	}
	err = errors.Join(err, p.say(saidLog, last))
	if n%40 == 0 {
		order := max(record(last).Order, 60) - 50
		err = errors.Join(err, p.say(saidCut, order), p.log.TruncateBelow(order, last))
	}
	return errors.Join(err, p.workStore(), p.workBody(n), p.replace())
}

func (p *parts) workStore() error {
	order := p.store.Order() + 1
	b, err := p.store.Begin(order)
	if err != nil {
		return err
	}
	batch(order, b.Put, b.Delete)
	if err := b.Commit(); err != nil {
		return err
	}
	p.store.SetDurable(order)
	if order%4 != 0 {
		return nil
	}
	if p.flaw != flawStore {
		err = p.store.Flush()
	}
	return errors.Join(err, p.say(saidStore, order))
}

func (p *parts) workBody(n uint64) error {
	if n%3 != 0 {
		return nil
	}
	next := p.newest(saidBody) + 1
	return errors.Join(p.bodies.PutBody(wire.Sum(body(next)), body(next)), p.say(saidBody, next))
}

// replace is a little writer as there are many: it keeps a number in a file that it replaces as a whole.
func (p *parts) replace() error {
	next := p.newest(saidFile) + 1
	path := filepath.Join(p.dir, "number")
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%d.", next)
	if p.flaw != flawUnsync {
		err = errors.Join(err, f.Sync())
	}
	err = errors.Join(err, f.Close(), os.Rename(path+".new", path))
	if p.flaw != flawFile {
		err = errors.Join(err, syncPath(p.dir))
	}
	return errors.Join(err, p.say(saidFile, next))
}

func (p *parts) checkFile() error {
	last := p.newest(saidFile)
	if last == 0 {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "number"))
	if err != nil {
		return err
	}
	for _, n := range []uint64{last, last + 1} {
		if string(text) == fmt.Sprintf("%d.", n) {
			return nil
		}
	}
	return fmt.Errorf("the file says %q, %d was durable", text, last)
}
