package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"troxymail/cmd/internal/transfer/importer"
)

// maxListed bounds the refused letters that a result in JSON lists.
const maxListed = 1000

// screen shows on standard error how an import or export goes: a bar where that is a terminal, and a line for
// each letter that cannot be taken. Safe for concurrent use.
type screen struct {
	mu      sync.Mutex
	verb    string // "importing"
	bar     *progressbar.ProgressBar
	refused []importer.Refused // the first maxListed
}

// Total begins the bar.
func (s *screen) Total(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return
	}
	if bytes <= 0 {
		bytes = -1 // a spinner with a count
	}
	s.bar = progressbar.NewOptions64(bytes, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription(s.verb), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetRenderBlankState(true))
}

// Folder names the folder in the bar.
func (s *screen) Folder(name, into string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		if into != "" && into != name {
			name += " -> " + into
		}
		s.bar.Describe(s.verb + " " + name)
	}
}

// Add moves the bar.
func (s *screen) Add(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		_ = s.bar.Add64(bytes) // a bar past its end, as the source grew meanwhile, is no failure
	}
}

// Refused prints why a letter is not taken.
func (s *screen) Refused(r importer.Refused) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) < maxListed {
		s.refused = append(s.refused, r)
	}
	s.line(fmt.Sprintf("not taken: %s, %s: %s", r.Folder, r.Where, r.Why))
}

// Notice prints a line.
func (s *screen) Notice(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line(text)
}

func (s *screen) line(text string) {
	if s.bar != nil {
		_ = s.bar.Clear() // the next Add draws it again
	}
	notice(text)
}

// end removes the bar.
func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		_ = s.bar.Clear()
		s.bar = nil
	}
}
