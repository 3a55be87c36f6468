package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// Summary lists what is on the pull request, a line for each thing: comments that are open,
// annotations, and the check run of the head with the number of patches in its summary.
func (w *World) Summary() ([]string, error) {
	state, err := w.pull.State()
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, t := range w.pull.Threads() {
		if c := conversationOf(t); c.Open() {
			lines = append(lines, commentLine(c))
		}
	}
	run := w.latestRun(state.Head)
	if run == nil {
		return lines, nil
	}
	for _, a := range run.Annotations {
		lines = append(lines, fmt.Sprintf("annotation %s:%d %s", a.Path, a.StartLine, a.Title))
	}
	return append(lines, runLine(run)), nil
}

func commentLine(c conversation) string {
	line := fmt.Sprintf("comment %s %s", c.place(), c.Said.Rules())
	if c.Said.Suggestion != nil {
		line += ", with suggestion"
	}
	return line
}

// place is the file and the lines of a thread.
func (c conversation) place() string {
	first, last := c.lines()
	if first == last {
		return fmt.Sprintf("%s:%d", c.Path, last)
	}
	return fmt.Sprintf("%s:%d-%d", c.Path, first, last)
}

func runLine(run *githubtest.CheckRun) string {
	line := fmt.Sprintf("check run %s: %s, %s", run.Name, run.Conclusion, run.Title)
	if n := len(patchesIn(run.Summary)); n > 0 {
		line += ", " + count(n, "patch", "patches")
	}
	return line
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Trouble lists in what the pull request differs from what it should be; nil when all is well. The sample
// says itself what must be on it. For the user's own repository no one knows what should be
// found: there the bot must have ended its job well and left a check run.
func (w *World) Trouble() ([]string, error) {
	summary, err := w.Summary()
	if err != nil {
		return nil, err
	}
	var trouble []string
	for _, e := range w.Events() {
		if e.Kind == Ended && e.Err != nil {
			trouble = append(trouble, "the review failed: "+e.Err.Error())
		}
	}
	if w.Own != nil {
		if len(summary) == 0 || !strings.HasPrefix(summary[len(summary)-1], "check run ") {
			trouble = append(trouble, "missing: a check run on the head")
		}
		return trouble, nil
	}
	want := sampleExpectation()
	for _, line := range want {
		if !slices.Contains(summary, line) {
			trouble = append(trouble, "missing: "+line)
		}
	}
	for _, line := range summary {
		if !slices.Contains(want, line) {
			trouble = append(trouble, "unexpected: "+line)
		}
	}
	return trouble, nil
}
