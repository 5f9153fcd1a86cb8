package forgetful

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// request is what a Server asks its process for, one line of JSON each; an answer follows each.
type request struct {
	Do    string        // mount, unmount, settle, arm, cut, fail, restore, fail-sync, ignore-syncs, sync-time, tell
	Dir   string        `json:",omitempty"` // mount
	Disks []int         `json:",omitempty"` // which; mount numbers them from 0
	After uint64        `json:",omitempty"` // arm, fail-sync
	Time  time.Duration `json:",omitempty"` // sync-time
	Loss  Loss          // restore
	Seed  uint64        `json:",omitempty"` // restore
}

// answer is to the request before it, or, with Gone, tells that the power of the disks named last went.
type answer struct {
	Error   string `json:",omitempty"`
	Gone    bool   `json:",omitempty"`
	Lost    Lost   // restore
	Changes uint64 // since the disks were mounted first
	Failed  int    // syncs that were made to fail since then
}

// process is what serves disks.
type process struct {
	disks []*disk
	power *power
	mu    sync.Mutex // of out
	out   *json.Encoder
	err   error // of out
}

// Serve is the program forgetdisk: it mounts disks and does what requests on in ask for. When in ends it unmounts
// all of them.
func Serve(in io.Reader, out io.Writer) error {
	p := &process{out: json.NewEncoder(out)}
	p.power = &power{gone: func() { p.say(answer{Gone: true}) }}
	for decoder := json.NewDecoder(in); ; {
		var r request
		if err := decoder.Decode(&r); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return errors.Join(err, p.end(), p.err)
		}
		a, err := p.do(r)
		if err != nil {
			a.Error = fmt.Sprintf("%s: %v", r.Do, err)
		}
		p.say(a)
	}
}

func (p *process) say(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = errors.Join(p.err, p.out.Encode(a))
}

// end unmounts what a test that was killed left.
func (p *process) end() (err error) {
	for _, d := range p.disks {
		err = errors.Join(err, d.unmount())
	}
	return err
}

func (p *process) do(r request) (a answer, err error) {
	if r.Do == "mount" {
		d := newDisk(p.power, r.Dir)
		if err := d.mount(); err != nil {
			return a, err
		}
		p.disks = append(p.disks, d)
		return a, nil
	}
	var disks []*disk
	for _, i := range r.Disks {
		disks = append(disks, p.disks[i])
	}
	switch r.Do {
	case "unmount":
		for _, d := range disks {
			err = errors.Join(err, d.unmount())
		}
		return a, err
	case "fail":
		for _, d := range disks {
			d.fail()
		}
		return a, nil
	case "restore":
		for i, d := range disks {
			lost, err := d.restore(r.Loss, r.Seed+uint64(i))
			if err != nil {
				return a, err
			}
			a.Lost = a.Lost.Plus(lost)
		}
		return a, nil
	}
	p.power.mu.Lock()
	defer p.power.mu.Unlock()
	switch r.Do {
	case "settle":
		for _, d := range disks {
			settleAll(d.root)
		}
	case "arm":
		p.power.after, p.power.victims = r.After, disks
	case "cut":
		p.power.cut(disks)
	case "fail-sync":
		for _, d := range disks {
			d.failSync = r.After
		}
	case "ignore-syncs":
		for _, d := range disks {
			d.ignores = true
		}
	case "sync-time":
		for _, d := range disks {
			d.syncTime = r.Time
			close(d.hurry)
			d.hurry = make(chan struct{})
		}
	case "tell":
		for _, d := range disks {
			a.Changes += d.changes
			a.Failed += d.failedSyncs
		}
	default:
		err = errors.New("unknown")
	}
	return a, err
}
