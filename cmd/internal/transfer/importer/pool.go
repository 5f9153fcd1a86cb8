package importer

import (
	"context"
	"errors"
	"sync"

	"troxymail/cmd/internal/transfer"
)

// budgetBytes bounds the letters that wait or are being filed, in bytes, beside one of any size.
const budgetBytes = 64 << 20

// job is a letter to file.
type job struct {
	letter transfer.Letter
	digest digest
	entry  entry
	folder *transfer.Folder
	box    *mailbox
}

// pool files letters over some connections. put and wait are for one goroutine.
type pool struct {
	r       *run
	ctx     context.Context // ends when the import fails
	fail    context.CancelCauseFunc
	jobs    chan *job
	workers sync.WaitGroup

	mu     sync.Mutex
	moved  *sync.Cond // when bytes or jobs went down
	bytes  int64      // of letters that wait or are being filed
	active int        // how many they are
}

func newPool(ctx context.Context, r *run) *pool {
	p := &pool{r: r, jobs: make(chan *job)}
	p.ctx, p.fail = context.WithCancelCause(ctx)
	p.moved = sync.NewCond(&p.mu)
	for i := range max(1, r.o.Connections) {
		p.workers.Go(func() {
			w := &worker{r: r, first: i}
			defer w.close()
			for j := range p.jobs {
				if p.ctx.Err() == nil {
					if err := w.file(p.ctx, j); err != nil {
						p.fail(err)
					}
				}
				p.done(j)
			}
		})
	}
	return p
}

// put hands a letter to a worker, when there is room for it.
func (p *pool) put(j *job) error {
	size := int64(len(j.letter.Body))
	p.mu.Lock()
	for p.active > 0 && p.bytes+size > budgetBytes {
		p.moved.Wait()
	}
	p.bytes += size
	p.active++
	p.mu.Unlock()
	select {
	case p.jobs <- j:
		return nil
	case <-p.ctx.Done():
		p.done(j)
		return context.Cause(p.ctx)
	}
}

func (p *pool) done(j *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes -= int64(len(j.letter.Body))
	p.active--
	p.moved.Broadcast()
}

// wait waits until all that was put is filed, and returns why not.
func (p *pool) wait() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.active > 0 {
		p.moved.Wait()
	}
	return context.Cause(p.ctx)
}

// cause returns why the pool failed, when that is why err happened.
func (p *pool) cause(err error) error {
	if c := context.Cause(p.ctx); c != nil && errors.Is(err, context.Canceled) {
		return c
	}
	return err
}

func (p *pool) close() {
	close(p.jobs)
	p.workers.Wait()
	p.fail(nil)
}
