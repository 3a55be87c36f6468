package main

import (
	"fmt"
	"os"
	"strings"
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

// progress shows on a terminal how far long work is, without control sequences, so on any terminal. It is not safe for
// concurrent use.
type progress struct {
	to          *os.File // nil: no terminal
	begun, last time.Time
	width       int // of the line as it is now
}

func newProgress(f *os.File) *progress {
	p := &progress{begun: time.Now()}
	if terminal(f) {
		p.to = f
	}
	return p
}

// show shows a line in place of the one before.
func (p *progress) show(line string) {
	now := time.Now()
	if p.to == nil || now.Sub(p.begun) < quiet || now.Sub(p.last) < pause {
		return
	}
	p.last = now
	fmt.Fprint(p.to, "\r", line, strings.Repeat(" ", max(0, p.width-len(line))))
	p.width = max(p.width, len(line))
}

// clear removes the line.
func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprint(p.to, "\r", strings.Repeat(" ", p.width), "\r")
	}
}
