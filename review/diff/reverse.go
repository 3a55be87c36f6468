package diff

import (
	"bytes"
	"strings"
)

// Reverse takes the patch back: it returns the text of which the patch makes head. It reports false if the patch does
// not fit: each line that it keeps or adds must be in head as it says, the numbers of lines must agree, and only the
// last line of a text may lack its line feed. Lines that GitHub could not show as text, with U+FFFD for bytes that are
// not UTF-8, do not fit either, because the bytes of a deleted line are nowhere else.
//
// The zero Patch does not say that nothing changed, and does not fit any text.
func (p Patch) Reverse(head []byte) (base []byte, ok bool) {
	if len(p.Hunks) == 0 {
		return nil, false
	}
	r := reversal{head: splitLines(string(head)), ok: true}
	for _, h := range p.Hunks {
		r.hunk(h)
	}
	r.keep(len(r.head) - r.read)
	return r.base.Bytes(), r.ok
}

// reversal is a base text in the making.
type reversal struct {
	head    []string // with their line feeds
	read    int      // how many of those are done
	base    bytes.Buffer
	written int  // lines
	open    bool // the last of them has no line feed
	ok      bool
}

func (r *reversal) hunk(h Hunk) {
	r.keep(firstLine(h.NewStart, h.NewLines) - 1 - r.read)
	r.ok = r.ok && r.written == firstLine(h.OldStart, h.OldLines)-1
	for _, l := range h.Lines {
		if !r.ok {
			return
		}
		r.line(l)
	}
}

func (r *reversal) line(l Line) {
	text := l.Text
	if !l.NoNewline {
		text += "\n"
	}
	if l.Op != Deleted {
		if r.ok = r.read < len(r.head) && r.head[r.read] == text; !r.ok {
			return
		}
		r.read++
	}
	switch {
	case l.Op == Deleted && strings.ContainsRune(text, '\uFFFD'):
		r.ok = false
	case l.Op != Added:
		r.write(text)
	}
}

// keep takes the next n lines of the head over.
func (r *reversal) keep(n int) {
	if r.ok = r.ok && n >= 0 && n <= len(r.head)-r.read; !r.ok {
		return
	}
	for _, text := range r.head[r.read : r.read+n] {
		r.write(text)
	}
	r.read += n
}

func (r *reversal) write(text string) {
	r.ok = r.ok && !r.open
	r.open = !strings.HasSuffix(text, "\n")
	r.base.WriteString(text)
	r.written++
}
