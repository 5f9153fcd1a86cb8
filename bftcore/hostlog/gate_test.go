package hostlog

import "sync/atomic"

// gatedFS holds a sync, while on, between started and proceed.
type gatedFS struct {
	*memFS
	on               atomic.Bool
	started, proceed chan struct{}
}

type gatedFile struct {
	File
	gate *gatedFS
}

func (g *gatedFS) Open(name string, create bool) (File, error) {
	f, err := g.memFS.Open(name, create)
	return gatedFile{f, g}, err
}

func (f gatedFile) Sync() error {
	if f.gate.on.Load() {
		f.gate.started <- struct{}{}
		<-f.gate.proceed
	}
	return f.File.Sync()
}
