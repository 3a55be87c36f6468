package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/review/diff"
)

// Printer writes what happens in a World to a terminal, as it happens.
type Printer struct {
	world   *World
	out     *bufio.Writer
	colour  bool
	begun   time.Time
	printed int // events
	known   map[int64]string
}

// NewPrinter makes a Printer of a World. All it writes of the repository is made visible first.
func NewPrinter(w *World, out io.Writer, colour bool) *Printer {
	return &Printer{world: w, out: bufio.NewWriter(out), colour: colour, begun: w.begun, known: map[int64]string{}}
}

// Follow writes what happens, as it happens, until ctx ends.
func (t *Printer) Follow(ctx context.Context) error {
	for {
		changed := t.world.log.changed()
		if err := t.Print(); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// Print writes what has happened since the last time.
func (t *Printer) Print() error {
	for _, e := range t.world.log.since(t.printed) {
		t.printed++
		t.event(e)
	}
	return t.out.Flush()
}

func (t *Printer) event(e Event) {
	switch e.Kind {
	case Opened:
		t.opened()
	case Pushed:
		t.line(e, "push", fmt.Sprintf("%s %s", short(e.Head), render.Visible(e.Commits[0].Title)))
	case Pressed:
		t.line(e, "button", fmt.Sprintf("%s, on the check run of %s", e.Name, short(e.Head)))
	case Rerequested:
		t.line(e, "re-run", "the check run on "+short(e.Head))
	case Delivered:
		t.line(e, "webhook", fmt.Sprintf("%s, %s, signed: answered 202 in %s", e.Name, size(e.Size), round(e.Took)))
	case Began:
		t.line(e, "job", fmt.Sprintf("review of #%d at %s: %s", t.world.pull.Number, short(e.Head), e.Name))
	case Ended:
		t.ended(e)
	}
}

// line is one event in one line.
func (t *Printer) line(e Event, what, text string) {
	fmt.Fprintf(t.out, "%s  %s  %s\n", t.paint(dim, fmt.Sprintf("%6.2fs", e.At.Sub(t.begun).Seconds())),
		t.paint(bold, fmt.Sprintf("%-8s", what)), text)
}

func (t *Printer) opened() {
	state, err := t.world.pull.State()
	if err != nil {
		return
	}
	where := t.world.repo.FullName()
	if t.world.Own != nil {
		where = t.world.Own.Path + " (only read)"
	}
	fmt.Fprintf(t.out, "\n%s  %s\n", t.paint(bold, fmt.Sprintf("#%d", state.Number)),
		t.paint(bold, render.Visible(state.Title)))
	fmt.Fprintf(t.out, "%s\n\n", t.paint(dim, render.Visible(fmt.Sprintf("%s: %s into %s, %s by %s",
		where, state.HeadRef, state.BaseRef, count(len(state.Files), "file", "files"), state.Author))))
}

func (t *Printer) ended(e Event) {
	switch {
	case e.Err != nil:
		t.line(e, "job", t.paint(red, "failed: "+render.Visible(e.Err.Error())))
		return
	case e.Stale:
		t.line(e, "job", "dropped, because there is a newer commit")
		return
	}
	took := fmt.Sprintf("%s in %s", count(e.Calls, "call to GitHub", "calls to GitHub"), round(e.Took))
	if e.Apply {
		t.line(e, "apply", took)
		return
	}
	t.line(e, "review", took)
	fmt.Fprintln(t.out)
	for _, th := range t.world.pull.Threads() {
		t.conversation(conversationOf(th))
	}
	if e.Run != nil {
		t.check(e.Run)
	}
}

// conversation prints a comment when it is new, and when it is done.
func (t *Printer) conversation(c conversation) {
	now := "open"
	if c.Said.Fixed != "" || c.Resolved {
		now = "done"
	}
	if len(c.Said.Findings) == 0 || t.known[c.ID] == now {
		return
	}
	was := t.known[c.ID]
	t.known[c.ID] = now
	at := t.paint(bold, render.Visible(c.place()))
	if now == "done" {
		if was != "" {
			fmt.Fprintf(t.out, "  %s %s  %s\n", t.paint(green, "fixed"), at, c.Said.Rules())
		}
		return
	}
	for _, f := range c.Said.Findings {
		fmt.Fprintf(t.out, "  %s  %s\n    %s\n", at, t.paint(yellow, f.Rule), render.Visible(f.Text))
	}
	t.suggestion(c)
	fmt.Fprintln(t.out)
}

// suggestion shows what "Apply suggestion" would do.
func (t *Printer) suggestion(c conversation) {
	for _, l := range t.world.change(c) {
		switch shown := string(l.Op) + " " + render.Visible(l.Text); l.Op {
		case diff.Added:
			fmt.Fprintf(t.out, "      %s\n", t.paint(green, shown))
		case diff.Deleted:
			fmt.Fprintf(t.out, "      %s\n", t.paint(red, shown))
		default:
			fmt.Fprintf(t.out, "      %s\n", shown)
		}
	}
}

// change is the difference that the suggestion of a comment makes to its lines, as they were when it was written.
func (w *World) change(c conversation) []diff.Line {
	if c.Said.Suggestion == nil {
		return nil
	}
	src, err := w.repo.ReadFile(c.Anchor.OriginalCommitID, c.Path)
	if err != nil {
		return nil
	}
	first, last := c.Anchor.OriginalStartLine, c.Anchor.OriginalLine
	if first == 0 {
		first = last
	}
	lines := strings.SplitAfter(string(src), "\n")
	if first < 1 || last < first || last > len(lines) {
		return nil
	}
	old := strings.TrimSuffix(strings.Join(lines[first-1:last], ""), "\n") + "\n"
	var all []diff.Line
	for _, h := range diff.Compare([]byte(old), []byte(*c.Said.Suggestion), last-first+1).Hunks {
		all = append(all, h.Lines...)
	}
	return all
}

// check prints a check run.
func (t *Printer) check(run *githubtest.CheckRun) {
	colour := yellow
	if run.Conclusion == "success" {
		colour = green
	} else if run.Conclusion == "failure" {
		colour = red
	}
	fmt.Fprintf(t.out, "  check run %s: %s, %s\n", t.paint(bold, render.Visible(run.Name)),
		t.paint(colour, run.Conclusion), render.Visible(run.Title))
	for _, a := range run.Annotations {
		place := render.Visible(fmt.Sprintf("%s:%d", a.Path, a.StartLine))
		fmt.Fprintf(t.out, "    %s  %s\n      %s\n", t.paint(bold, place), t.paint(yellow, render.Visible(a.Title)),
			render.Visible(firstSentence(a.Message)))
	}
	for _, p := range patchesIn(run.Summary) {
		fmt.Fprintf(t.out, "    a patch for git apply:\n")
		for line := range strings.SplitSeq(strings.TrimSuffix(p, "\n"), "\n") {
			t.patchLine(line)
		}
	}
	fmt.Fprintln(t.out)
}

// patchLine prints a line of a patch, but for its headers, which say nothing new.
func (t *Printer) patchLine(line string) {
	colour := ""
	switch {
	case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "@@"):
		return
	case strings.HasPrefix(line, "+"):
		colour = green
	case strings.HasPrefix(line, "-"):
		colour = red
	}
	fmt.Fprintf(t.out, "      %s\n", t.paint(colour, strings.TrimRight(render.Visible(line[:min(1,
		len(line))]+" "+line[min(1, len(line)):]), " ")))
}

// Colours of a terminal.
const (
	bold, dim, red, green, yellow = "1", "2", "31", "32", "33"
)

func (t *Printer) paint(code, text string) string {
	if !t.colour || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// size is a number of bytes for people.
func size(bytes int) string {
	if bytes < 1000 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.1f KB", float64(bytes)/1000)
}

// round is a duration for people.
func round(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 1))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
