package render

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
)

// Text shows the report to a person: each finding with the words it speaks of, then the patch
// that fixes it. Everything from the repository is made visible first. The last line sums up.
func Text(w io.Writer, r *Report, colour bool) error {
	t := &text{w: bufio.NewWriter(w), palette: palette(colour)}
	for _, f := range r.Files {
		if f.Skipped != "" {
			fmt.Fprintf(t.w, "%s: %s\n\n", Visible(f.Name), t.dim("skipped: "+Visible(f.Skipped)))
			continue
		}
		t.file(f)
	}
	t.closing(r.Summary())
	return t.w.Flush()
}

// text writes to a terminal or a file.
type text struct {
	w *bufio.Writer
	palette
}

func (t *text) file(f *File) {
	s := newSource(f.Src)
	for _, g := range f.Groups {
		for _, d := range g.Diagnostics {
			t.diagnostic(f, s, d)
		}
		if g.Fix != nil {
			t.patch(f, g)
		}
	}
}

func (t *text) diagnostic(f *File, s *source, d analysis.Diagnostic) {
	span := s.span(d)
	at := s.position(span.Start)
	fmt.Fprintf(t.w, "%s: %s: %s %s\n", t.bold(fmt.Sprintf("%s:%d:%d", Visible(f.Name), at.Line, at.Column)),
		t.severity(d.Severity), t.bold(d.Message.Render(quoted)), t.dim("["+d.Rule.Name+"]"))
	from := 0
	if len(d.Related) > 0 {
		from = d.Related[0].Line
	}
	t.excerpt(s, span, from)
	if d.Why.Format != "" {
		fmt.Fprintf(t.w, "  %s\n", d.Why.Render(quoted))
	}
	t.snippet(d.Snippet)
	t.sketch(f, d)
	fmt.Fprintln(t.w)
}

// sketch shows a fix that is not proved.
func (t *text) sketch(f *File, d analysis.Diagnostic) {
	if !d.Sketched() {
		return
	}
	after, err := analysis.Apply(f.Src, d.Fix.Edits)
	if err != nil {
		return // its edits may be anywhere
	}
	fmt.Fprintf(t.w, "\n  %s %s\n", t.bold("sketch (not proved):"), Visible(d.Fix.Title))
	t.hunks(diff.Compare(f.Src, after, 1), "    ")
}

// snippet shows the lines for another file, where there are any.
func (t *text) snippet(b *analysis.Snippet) {
	if b == nil {
		return
	}
	fmt.Fprintf(t.w, "  %s\n", t.bold(intoFile(b)+":"))
	for _, l := range b.Lines {
		fmt.Fprintf(t.w, "    %s\n", t.green(Visible(l)))
	}
}

// intoFile begins the sentence that ends in the block's lines.
func intoFile(b *analysis.Snippet) string {
	if b.New {
		return "add a file " + quoted(b.Path)
	}
	return "add at the end of " + quoted(b.Path)
}

// patch shows the one patch of a group.
func (t *text) patch(f *File, g analysis.Group) {
	var titles, caveats, rules []string
	for _, d := range g.Fix.Fixed {
		titles = append(titles, Visible(d.Fix.Title))
		if c := Visible(d.Fix.Check().String()); c != "" && !slices.Contains(caveats, c) {
			caveats = append(caveats, c)
		}
		rules = append(rules, d.Rule.Name)
	}
	titles, rules = slices.Compact(titles), slices.Compact(rules)
	title := strings.Join(titles, "; ")
	if len(g.Diagnostics) > 1 {
		title += " " + t.dim("["+strings.Join(rules, ", ")+"]")
	}
	fmt.Fprintf(t.w, "  %s %s\n", t.bold(fmt.Sprintf("fix (%s):", g.Fix.Applicability)), title)
	for _, c := range caveats {
		fmt.Fprintf(t.w, "  %s %s\n", t.bold("check:"), c)
	}
	for _, d := range g.Fix.LeftOut {
		fmt.Fprintf(t.w, "  not in it: the fix of %s in line %d, which touches the same words\n", d.Rule.Name,
			d.Place.Line)
	}
	t.hunks(diff.Compare(f.Src, g.Fix.After, 1), "    ")
	fmt.Fprintln(t.w)
}

// hunks shows a patch for reading, not for applying.
func (t *text) hunks(p diff.Patch, indent string) {
	for _, h := range p.Hunks {
		fmt.Fprintf(t.w, "%s%s\n", indent,
			t.cyan(fmt.Sprintf("@@ -%d,%d +%d,%d @@", h.OldStart, h.OldLines, h.NewStart, h.NewLines)))
		for _, l := range h.Lines {
			fmt.Fprintf(t.w, "%s%s\n", indent, t.diffLine(l))
		}
	}
}

func (t *text) diffLine(l diff.Line) string {
	line, _, _ := window([]byte(strings.TrimSuffix(l.Text, "\r")), 0, 0)
	shown, _ := cells(line)
	shown = string(l.Op) + shown
	switch l.Op {
	case diff.Added:
		return t.green(shown)
	case diff.Deleted:
		return t.red(shown)
	}
	return shown
}

// closing sums up in one line.
func (t *text) closing(s Summary) {
	if s.Dockerfiles == 0 {
		return
	}
	var b strings.Builder
	switch {
	case s.Findings == 0:
		b.WriteString("No findings in " + count(s.Dockerfiles, "Dockerfile"))
	case s.Affected == 0:
		fmt.Fprintf(&b, "%s (%s) in %s", count(s.Findings, "finding"), severities(s), definitions(s))
	case s.Dockerfiles == 1:
		fmt.Fprintf(&b, "%s (%s) in 1 Dockerfile", count(s.Findings, "finding"), severities(s))
	default:
		fmt.Fprintf(&b, "%s (%s) in %d of %d Dockerfiles", count(s.Findings, "finding"), severities(s), s.Affected,
			s.Dockerfiles)
	}
	if s.Affected > 0 && s.Definitions > 0 {
		b.WriteString(" and " + definitions(s))
	}
	if s.Fixable > 0 {
		fmt.Fprintf(&b, ", %d with a proved fix: run with --fix to apply", s.Fixable)
	}
	if s.Unsafe > 0 {
		fmt.Fprintf(&b, ", %d with a proved fix to check first: --fix=unsafe", s.Unsafe)
	}
	fmt.Fprintln(t.w, b.String()+".")
	if s.Hidden > 0 {
		fmt.Fprintln(t.w, t.dim(fmt.Sprintf("%s below the least severity: see --min-severity.",
			count(s.Hidden, "more finding"))))
	}
}

// definitions counts the files with findings that are no Dockerfiles.
func definitions(s Summary) string { return count(s.Definitions, "build definition") }

func severities(s Summary) string {
	var parts []string
	for _, p := range []struct {
		n    int
		name string
	}{{s.Errors, "error"}, {s.Warnings, "warning"}, {s.Notices, "notice"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.name))
		}
	}
	return strings.Join(parts, ", ")
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// palette colours text, or leaves it where it is false.
type palette bool

func (p palette) paint(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p palette) bold(s string) string  { return p.paint("1", s) }
func (p palette) dim(s string) string   { return p.paint("2", s) }
func (p palette) red(s string) string   { return p.paint("31", s) }
func (p palette) green(s string) string { return p.paint("32", s) }
func (p palette) cyan(s string) string  { return p.paint("36", s) }

func (p palette) severity(s analysis.Severity) string {
	code := map[analysis.Severity]string{analysis.Error: "1;31", analysis.Warning: "1;33", analysis.Notice: "1;34"}[s]
	return p.paint(code, s.String())
}
