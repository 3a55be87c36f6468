package demo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

// Standing lists what stands on the pull request, a line for each thing: comments that are open,
// annotations, and the check run of the head with the number of patches in its summary.
func (w *World) Standing() ([]string, error) {
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

// Trouble says in what the pull request does not stand as it should; nil when all is well. The sample
// must stand exactly as it says itself. Of the user's own repository nobody knows what is to be
// found: there the bot must have ended its job well and left a check run.
func (w *World) Trouble() ([]string, error) {
	standing, err := w.Standing()
	if err != nil {
		return nil, err
	}
	var trouble []string
	for _, e := range w.Events() {
		if e.Kind == Ended && e.Err != nil {
			trouble = append(trouble, "a job failed: "+e.Err.Error())
		}
	}
	if w.Own != nil {
		if len(standing) == 0 || !strings.HasPrefix(standing[len(standing)-1], "check run ") {
			trouble = append(trouble, "missing: a check run on the head")
		}
		return trouble, nil
	}
	want := sampleExpectation()
	for _, line := range want {
		if !slices.Contains(standing, line) {
			trouble = append(trouble, "missing: "+line)
		}
	}
	for _, line := range standing {
		if !slices.Contains(want, line) {
			trouble = append(trouble, "not expected: "+line)
		}
	}
	return trouble, nil
}
