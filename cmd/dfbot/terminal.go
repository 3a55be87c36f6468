package main

import (
	"fmt"
	"os"
	"time"

	"github.com/mattn/go-isatty"
)

// terminal reports whether f is a terminal.
func terminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// colours reports whether to write colours to f: mode is auto, always or never. NO_COLOR is a convention of many
// programs (https://no-color.org).
func colours(mode string, f *os.File) bool {
	if mode != "auto" {
		return mode == "always"
	}
	return terminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// Times of the progress line.
const (
	quiet = 500 * time.Millisecond // faster work shows no progress
	pause = 100 * time.Millisecond // between two updates
)

// progress shows on a terminal how far long work is. It is not safe for concurrent use.
type progress struct {
	to          *os.File // nil: no terminal
	begun, last time.Time
}

func newProgress(f *os.File) *progress {
	p := &progress{begun: time.Now()}
	if terminal(f) {
		p.to = f
	}
	return p
}

func (p *progress) show(done, total int) {
	now := time.Now()
	if p.to == nil || now.Sub(p.begun) < quiet || now.Sub(p.last) < pause {
		return
	}
	p.last = now
	fmt.Fprintf(p.to, "\r\x1b[Kreviewed %d of %d Dockerfiles", done, total)
}

// clear removes the line.
func (p *progress) clear() {
	if p.to != nil && !p.last.IsZero() {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}
