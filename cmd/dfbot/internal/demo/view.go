package demo

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/review/diff"
)

// view is what one page shows, as plain data for the template.
type view struct {
	Tab         string // conversation, files, checks
	Token       string
	Version     int
	Repo, Own   string
	Title       string
	Number      int
	Author      string
	Base, Head  string
	HeadSHA     string
	Commits     int
	Added, Cut  int
	Files       []fileView
	Timeline    []entry
	Run         *runView
	Earlier     []runView
	Busy        bool
	Status      string
	Next        *nextPush
	Suggestions int // open
	Patches     int
}

// nextPush is what the author of the sample pushes next.
type nextPush struct {
	Title      string
	Number, Of int
}

// entry is one thing in the conversation.
type entry struct {
	Kind    string // opened, commits, review, check, rerun, trouble
	Author  string
	Time    time.Time
	Text    template.HTML
	Plain   string
	Commits []commitView
	LeftOut int // commits before these
	Threads []threadView
	Run     *runView
}

type commitView struct{ SHA, Title, Author string }

// threadView is one thread of review comments.
type threadView struct {
	ID       int64 // of its first comment
	State    string
	Path     string
	Place    string // "lines 4 to 6"
	Lines    []lineView
	Comments []commentView
	Apply    bool // its suggestion can be applied
	Resolved bool

	path        string
	review      int64
	first, last int  // lines of the head
	gone        bool // its lines are not in the diff any more: first and last are those of its time
}

type commentView struct {
	Author string
	Bot    bool
	Time   time.Time
	Text   template.HTML
}

// fileView is one changed file.
type fileView struct {
	ID         int
	Path, From string
	Status     string
	Added, Cut int
	Hunks      []hunkView
	Note       string       // why there are no hunks
	Outdated   []threadView // whose lines are not in the diff any more
}

type hunkView struct {
	Header string
	Lines  []lineView
}

// lineView is one line of a diff with the threads below it.
type lineView struct {
	Class    string // same, add, del
	Mark     string
	Old, New string
	Text     string
	About    bool // a comment is about it
	Threads  []threadView
}

// runView is one check run.
type runView struct {
	ID          int64
	Name        string
	Conclusion  string
	Title       string
	SHA         string
	Summary     template.HTML
	Annotations []annotationView
	Patches     int
	Actions     []actionView
	Time        time.Time
}

// actionView is a button of a check run.
type actionView struct{ Identifier, Label, Description string }

type annotationView struct{ Level, Place, Title, Message string }

// look gathers what a page shows.
func (w *World) look(tab string) (*view, error) {
	version, busy, events := w.log.version(), w.log.busy(), w.Events()
	state, err := w.pull.State()
	if err != nil {
		return nil, err
	}
	v := &view{
		Tab: tab, Version: version, Repo: w.repo.FullName(), Title: shown(state.Title), Number: state.Number,
		Author: shown(state.Author),
		Base:   shown(state.BaseRef), Head: shown(state.HeadRef), HeadSHA: state.Head, Busy: busy,
	}
	if w.Own != nil {
		v.Own = shown(w.Own.Path)
	}
	if title, number, of := w.NextPush(); title != "" {
		v.Next = &nextPush{title, number, of}
	}
	threads := w.threads()
	for _, t := range threads {
		if t.Apply {
			v.Suggestions++
		}
	}
	v.runs(w, events, state.Head)
	v.timeline(events, w.pull.Reviews(), state.Body, threads)
	v.files(state.Files, threads)
	v.Status = status(v, events)
	return v, nil
}

// status is one line about what the bot is doing or has done.
func status(v *view, events []Event) string {
	switch {
	case v.Busy:
		return "dfbot is reviewing " + short(v.HeadSHA) + "…"
	case v.Run == nil:
		return "dfbot has not reviewed " + short(v.HeadSHA) + "."
	}
	for _, e := range slices.Backward(events) {
		if e.Kind == Ended && e.Run != nil {
			return fmt.Sprintf("dfbot reviewed %s: %s.", short(e.Run.HeadSHA), lowerFirst(v.Run.Title))
		}
	}
	return v.Run.Title
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// runs takes the check run of the head and those of the commits before it.
func (v *view) runs(w *World, events []Event, head string) {
	seen := map[string]bool{}
	for _, e := range slices.Backward(events) {
		if e.Head == "" || seen[e.Head] {
			continue
		}
		seen[e.Head] = true
		for i, run := range slices.Backward(w.repo.CheckRuns(e.Head)) {
			shown := viewRun(run)
			if e.Head == head && v.Run == nil && i >= 0 {
				v.Run = &shown
				v.Patches = shown.Patches
				continue
			}
			v.Earlier = append(v.Earlier, shown)
		}
	}
}

func viewRun(run githubtest.CheckRun) runView {
	r := runView{
		ID: run.ID, Name: shown(run.Name), Conclusion: run.Conclusion, Title: shown(run.Title), SHA: run.HeadSHA,
		Summary: prose{}.render(run.Summary), Patches: len(patchesIn(run.Summary)), Time: run.CompletedAt,
	}
	for _, a := range run.Actions {
		r.Actions = append(r.Actions, actionView{a.Identifier, shown(a.Label), shown(a.Description)})
	}
	for _, a := range run.Annotations {
		place := fmt.Sprintf("%s:%d", shown(a.Path), a.StartLine)
		if a.EndLine != a.StartLine {
			place += fmt.Sprintf("-%d", a.EndLine)
		}
		r.Annotations = append(r.Annotations, annotationView{a.Level, place, shown(a.Title), shown(a.Message)})
	}
	return r
}

// threads are all threads of the pull request, oldest first.
func (w *World) threads() []threadView {
	var all []threadView
	for _, t := range w.pull.Threads() {
		c := conversationOf(t)
		v := threadView{ID: c.ID, Path: shown(c.Path), Place: placeOf(c), State: stateOf(c), Lines: excerpt(c)}
		v.Apply, v.Resolved = c.Open() && c.Said.Suggestion != nil, c.Resolved
		v.path, v.review, v.gone = c.Path, c.Comments[0].ReviewID, c.Anchor.Line == 0
		v.first, v.last = c.lines()
		p := prose{suggestion: w.change(c)}
		for _, said := range c.Comments {
			v.Comments = append(v.Comments, commentView{
				Author: strings.TrimSuffix(shown(said.Author), "[bot]"), Bot: said.Author == botLogin,
				Time: said.CreatedAt, Text: p.render(said.Body),
			})
		}
		all = append(all, v)
	}
	return all
}

func stateOf(c conversation) string {
	switch {
	case c.Said.Fixed != "":
		return "fixed"
	case c.Resolved:
		return "resolved"
	case c.Outdated:
		return "outdated"
	}
	return "open"
}

func placeOf(c conversation) string {
	first, last := c.lines()
	if first == last {
		return fmt.Sprintf("line %d", last)
	}
	return fmt.Sprintf("lines %d to %d", first, last)
}

// mostExcerpt is the most lines of a diff that are shown above a comment in the conversation.
const mostExcerpt = 8

// excerpt is the end of the diff that a thread was written on.
func excerpt(c conversation) []lineView {
	header, rest, _ := strings.Cut(c.Anchor.DiffHunk, "\n")
	oldStart, newStart := 0, 0
	if _, err := fmt.Sscanf(header, "@@ -%d", &oldStart); err != nil {
		return nil
	}
	if _, plus, ok := strings.Cut(header, " +"); ok {
		fmt.Sscanf(plus, "%d", &newStart)
	}
	oldLine, newLine := max(oldStart, 1), max(newStart, 1)
	var lines []lineView
	for line := range strings.SplitSeq(rest, "\n") {
		if line == "" || line[0] == '\\' {
			continue
		}
		l := diff.Line{Op: diff.Op(line[0]), Text: line[1:]}
		if l.Op != diff.Added {
			l.Old, oldLine = oldLine, oldLine+1
		}
		if l.Op != diff.Deleted {
			l.New, newLine = newLine, newLine+1
		}
		lines = append(lines, viewLine(l))
	}
	first, last := c.Anchor.OriginalStartLine, c.Anchor.OriginalLine
	if first == 0 {
		first = last
	}
	return lines[max(0, len(lines)-max(last-first+1, 4), len(lines)-mostExcerpt):]
}

func viewLine(l diff.Line) lineView {
	v := lineView{Class: "same", Mark: string(l.Op), Text: shown(strings.TrimSuffix(l.Text, "\r"))}
	switch l.Op {
	case diff.Added:
		v.Class = "add"
	case diff.Deleted:
		v.Class, v.Mark = "del", "−"
	}
	if l.Old > 0 {
		v.Old = fmt.Sprint(l.Old)
	}
	if l.New > 0 {
		v.New = fmt.Sprint(l.New)
	}
	return v
}

// Bounds of what a page shows of the diff: a pull request of the user's own may be of any size.
const (
	mostLines = 600  // of one file without comments; more are not shown
	mostTotal = 6000 // of all of them
	mostFiles = 300
)

// files lays the diff out with the threads in place.
func (v *view) files(changes []githubtest.FileChange, threads []threadView) {
	total := 0
	for i, f := range changes {
		v.Added += f.Additions
		v.Cut += f.Deletions
		if i >= mostFiles {
			continue
		}
		out := fileView{ID: i + 1, Path: shown(f.Path), From: shown(f.PreviousPath), Status: f.Status,
			Added: f.Additions, Cut: f.Deletions}
		patch, _ := diff.ParsePatch(f.Patch)
		lines := 0
		for _, h := range patch.Hunks {
			lines += len(h.Lines)
		}
		var mine []threadView
		for _, t := range threads {
			switch {
			case t.path != f.Path:
			case t.gone:
				out.Outdated = append(out.Outdated, t)
			default:
				mine = append(mine, t)
			}
		}
		switch {
		case lines == 0:
			out.Note = "No text to show: the file is binary or too large, or only its name or mode changed."
		case len(mine) == 0 && (lines > mostLines || total+lines > mostTotal):
			out.Note = fmt.Sprintf("The demo does not show diffs this large: %d lines.", lines)
		default:
			total += lines
			out.Hunks = hunks(patch, mine)
		}
		v.Files = append(v.Files, out)
	}
}

// hunks are the hunks of a patch with the threads under their last lines.
func hunks(patch diff.Patch, threads []threadView) []hunkView {
	var all []hunkView
	for _, h := range patch.Hunks {
		out := hunkView{Header: fmt.Sprintf("@@ -%d,%d +%d,%d @@", h.OldStart, h.OldLines, h.NewStart, h.NewLines)}
		if h.Section != "" {
			out.Header += " " + shown(h.Section)
		}
		for _, l := range h.Lines {
			line := viewLine(l)
			for _, t := range threads {
				if l.New == 0 || l.New < t.first || l.New > t.last {
					continue
				}
				line.About = line.About || t.State == "open"
				if l.New == t.last {
					line.Threads = append(line.Threads, t)
				}
			}
			out.Lines = append(out.Lines, line)
		}
		all = append(all, out)
	}
	return all
}

// timeline lists what happened to the pull request, in the order of the events.
func (v *view) timeline(events []Event, reviews []githubtest.Review, body string, threads []threadView) {
	written := 0
	for _, e := range events {
		switch e.Kind {
		case Opened:
			v.Timeline = append(v.Timeline, entry{Kind: "opened", Author: v.Author, Time: e.At,
				Text: prose{}.render(body)})
			v.commits(e)
		case Pushed:
			v.commits(e)
		case Rerequested:
			v.Timeline = append(v.Timeline, entry{Kind: "rerun", Author: v.Author, Time: e.At})
		case Pressed:
			v.Timeline = append(v.Timeline, entry{Kind: "pressed", Author: v.Author, Time: e.At, Plain: shown(e.Name)})
		case Ended:
			for ; written < min(e.Reviews, len(reviews)); written++ {
				v.review(reviews[written], threads)
			}
			if e.Run != nil {
				run := viewRun(*e.Run)
				v.Timeline = append(v.Timeline, entry{Kind: "check", Time: e.At, Run: &run})
			}
			if e.Err != nil {
				v.Timeline = append(v.Timeline, entry{Kind: "trouble", Time: e.At, Plain: shown(e.Err.Error())})
			}
		}
	}
}

func (v *view) commits(e Event) {
	out := entry{Kind: "commits", Author: v.Author, Time: e.At, LeftOut: e.LeftOut}
	for _, c := range e.Commits {
		out.Commits = append(out.Commits, commitView{short(c.SHA), shown(c.Title), shown(c.Author)})
	}
	v.Commits += len(e.Commits) + out.LeftOut
	v.Timeline = append(v.Timeline, out)
}

func (v *view) review(r githubtest.Review, threads []threadView) {
	out := entry{Kind: "review", Author: strings.TrimSuffix(shown(r.Author), "[bot]"), Time: r.SubmittedAt,
		Text: prose{}.render(r.Body)}
	for _, t := range threads {
		if t.review == r.ID {
			out.Threads = append(out.Threads, t)
		}
	}
	v.Timeline = append(v.Timeline, out)
}

// shown makes text from the repository fit to be looked at: what is invisible or would reorder the line becomes
// visible; tabs stay.
func shown(text string) string {
	parts := strings.Split(text, "\t")
	for i := range parts {
		parts[i] = render.Visible(parts[i])
	}
	return strings.Join(parts, "\t")
}
