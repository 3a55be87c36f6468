package diff

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

// Compare says what changed from old to new, with so many unchanged lines
// around each change. It serves where GitHub gives no patch for a file: note
// that GitHub refuses comments there, so Changed is worth asking, Commentable
// not.
//
// It is quick on any input. In return, where very much differs, lines that both
// have may count as deleted and added.
func Compare(old, new []byte, context int) Patch {
	before := string(old)
	u, err := udiff.ToUnifiedDiff("", "", before, udiff.Lines(before, string(new)), max(context, 0))
	if err != nil { // edits that udiff made itself do not fit its own text
		panic(fmt.Sprintf("diff.Compare: %v", err))
	}
	p := Patch{Hunks: make([]Hunk, 0, len(u.Hunks))}
	shift := 0 // by which lines move in the new text
	for _, u := range u.Hunks {
		h := newHunk(u, shift)
		shift += h.NewLines - h.OldLines
		p.Hunks = append(p.Hunks, h)
	}
	return p
}

var ops = map[udiff.OpKind]Op{udiff.Equal: Context, udiff.Insert: Added, udiff.Delete: Deleted}

// newHunk makes a Hunk of udiff's. Its own number for the new text is not taken: for some texts it is wrong.
func newHunk(u *udiff.Hunk, shift int) Hunk {
	h := Hunk{OldStart: u.FromLine, NewStart: u.FromLine + shift, Lines: make([]Line, 0, len(u.Lines))}
	for _, ul := range u.Lines {
		text, terminated := strings.CutSuffix(ul.Content, "\n")
		l := Line{Op: ops[ul.Kind], Text: text, NoNewline: !terminated}
		if l.Op != Added {
			l.Old = h.OldStart + h.OldLines
			h.OldLines++
		}
		if l.Op != Deleted {
			l.New = h.NewStart + h.NewLines
			h.NewLines++
		}
		h.Lines = append(h.Lines, l)
	}
	if h.OldLines == 0 {
		h.OldStart--
	}
	if h.NewLines == 0 {
		h.NewStart--
	}
	return h
}

// Unified is the difference of two versions of the file at path as git writes
// it, with so many unchanged lines around each change: `git apply` turns old
// into new. It is empty where the two are equal. Carriage returns are in it
// as they are, and a last line without a line feed is marked.
func Unified(path string, old, new []byte, context int) string {
	p := Compare(old, new, context)
	if len(p.Hunks) == 0 {
		return ""
	}
	return "--- " + fileName("a/"+path) + "\n+++ " + fileName("b/"+path) + "\n" + p.String()
}

// String is the patch in the form that [ParsePatch] reads, each line ended by
// a line feed.
func (p Patch) String() string {
	var b strings.Builder
	for _, h := range p.Hunks {
		h.write(&b)
	}
	return b.String()
}

func (h Hunk) write(b *strings.Builder) {
	fmt.Fprintf(b, "@@ -%s +%s @@", span(h.OldStart, h.OldLines), span(h.NewStart, h.NewLines))
	if h.Section != "" {
		b.WriteString(" " + h.Section)
	}
	b.WriteByte('\n')
	for _, l := range h.Lines {
		b.WriteByte(byte(l.Op))
		b.WriteString(l.Text)
		b.WriteByte('\n')
		if l.NoNewline {
			b.WriteString("\\ No newline at end of file\n")
		}
	}
}

func span(start, lines int) string {
	if lines == 1 {
		return fmt.Sprint(start)
	}
	return fmt.Sprintf("%d,%d", start, lines)
}

// fileName writes a name in the header of a file as git does: in quotes, with
// escapes, where it could be misread; with a tab after it where it has a space.
func fileName(name string) string {
	unsafe := func(r rune) bool { return unicode.IsControl(r) || r == '"' || r == '\\' }
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unsafe):
		return quote(name)
	case strings.Contains(name, " "):
		return name + "\t"
	}
	return name
}

func quote(name string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
