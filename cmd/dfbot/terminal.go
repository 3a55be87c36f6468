package main

import (
	"fmt"
	"os"
	"time"

	"github.com/mattn/go-isatty"
)

// terminal reports whether a person looks at what is written to f.
func terminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// colours decides on colours for f: mode is auto, always or never. NO_COLOR is a convention of
// many programs (https://no-color.org).
func colours(mode string, f *os.File) bool {
	if mode != "auto" {
		return mode == "always"
	}
	return terminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// Times of the progress line.
const (
	quiet = 500 * time.Millisecond // work that is done by then shows none
	pause = 100 * time.Millisecond // between two
)

// progress tells on a terminal how far long work has come. It is not safe for concurrent use.
type progress struct {
	to          *os.File // nil: nobody looks
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

// clear takes the line away.
func (p *progress) clear() {
	if p.to != nil && !p.last.IsZero() {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}
