package demo

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/app/github/githubtest"
)

var update = flag.Bool("update", false, "rewrite the expected texts in testdata and the screenshots in docs")

// opened is a World whose pull request is reviewed.
func opened(t *testing.T, o Options) *World {
	t.Helper()
	w, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Open(); err != nil {
		t.Fatal(err)
	}
	show(t, w)
	return w
}

// settle waits for the bot.
func show(t *testing.T, w *World) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := w.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// varying is what differs from run to run.
var varying = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b[0-9a-f]{7}\b`), "SHA"},
	{regexp.MustCompile(`(?m)^ *\d+\.\d\ds`), "TIME"},
	{regexp.MustCompile(`\d+(\.\d)? m?s\b`), "DURATION"},
	{regexp.MustCompile(`\d+\.\d KB`), "SIZE"},
}

// golden compares with a file of testdata, or rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, v := range varying {
		got = v.pattern.ReplaceAllString(got, v.with)
	}
	file := filepath.Join("testdata", name)
	if *update && !t.Failed() {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-want +got, `go test ./cmd/dfbot/internal/demo -update` rewrites it\n%s", diff)
	}
}

// TestSample is the demo from the webhook to a pull request on which nothing is left to say: what the terminal shows
// of it, and that it is as the sample says.
func TestSample(t *testing.T) {
	w := opened(t, Options{})
	var out bytes.Buffer
	printer := NewPrinter(w, &out, false)
	must(t, printer.Print())
	golden(t, "once.txt", out.String())
	if *update {
		expectSummary(t, w)
	} else if trouble, err := w.Trouble(); err != nil || len(trouble) > 0 {
		t.Errorf("the sample is not as it should be: %v\n%s", err, strings.Join(trouble, "\n"))
	}
	suggestions := len(w.pull.Comments())

	must(t, w.ApplyAll())
	must(t, w.ApplyAll()) // what is applied and not yet answered is not applied again
	show(t, w)
	must(t, w.ApplyPatches())
	show(t, w)
	summary, err := w.Summary()
	must(t, err)
	if want := []string{"check run dfbot: success, No findings"}; !cmp.Equal(summary, want) {
		t.Errorf("with everything applied the check run says %q, want %q", summary, want)
	}
	for _, th := range w.pull.Threads() {
		if c := conversationOf(th); c.Said.Fixed == "" {
			t.Errorf("the comment on %s is not marked as fixed", c.place())
		}
	}
	out.Reset()
	must(t, printer.Print())
	if told := out.String(); strings.Count(told, "  fixed ") != suggestions ||
		!strings.Contains(told, "check run dfbot: success, No findings") {
		t.Errorf("the terminal does not say that all is fixed:\n%s", told)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("colours where none were asked for")
	}
}

// expectSummary writes into the sample how it is now, for review as prose.
func expectSummary(t *testing.T, w *World) {
	t.Helper()
	summary, err := w.Summary()
	must(t, err)
	archive := txtar.Parse(sampleText)
	for i := range archive.Files {
		if archive.Files[i].Name == "expect" {
			archive.Files[i].Data = []byte(strings.Join(summary, "\n") + "\n")
		}
	}
	must(t, os.WriteFile("sample.txtar", txtar.Format(archive), 0o644))
}

// TestSampleShows holds the sample to what it is there to show, whatever other rules find in it.
func TestSampleShows(t *testing.T) {
	expectation := "\n" + strings.Join(sampleExpectation(), "\n") + "\n"
	for _, want := range []string{
		`comment api-python/Dockerfile:2 .*apt-recommends.*, with suggestion`,
		`comment api-python/Dockerfile:4-6 .*copy-before-install.*, with suggestion`,
		`comment api-python/Dockerfile:10 .*shell-form-command.*, with suggestion`,
		`comment server-go/Dockerfile:3-4 .*copy-before-install.*, with suggestion`,
		`comment web-node/Dockerfile:4-6 .*copy-before-install.*, with suggestion`,
		`check run dfbot: success, .*, \d+ patch(es)?`,
	} {
		if !regexp.MustCompile("\n" + want + "\n").MatchString(expectation) {
			t.Errorf("the sample does not show %s:%s", want, expectation)
		}
	}
}

// TestTrouble takes something away from the pull request, and puts something there that is not expected.
func TestTrouble(t *testing.T) {
	w := opened(t, Options{})
	threads := w.pull.Threads()
	first := conversationOf(threads[0])
	expectation := sampleExpectation()
	must(t, w.Apply(first.ID))
	show(t, w)
	trouble, err := w.Trouble()
	must(t, err)
	want := []string{"missing: " + commentLine(first), "missing: " + expectation[len(expectation)-1],
		"unexpected: check run dfbot: success, "}
	if len(trouble) != 3 || !cmp.Equal(trouble[:2], want[:2]) || !strings.HasPrefix(trouble[2], want[2]) {
		t.Errorf("trouble %q, want %q", trouble, want)
	}
}

// TestLife plays the life of the sample: what is on the pull request after each push.
func TestLife(t *testing.T) {
	w := opened(t, Options{})
	var out strings.Builder
	for {
		title, number, of := w.NextPush()
		if title == "" {
			break
		}
		must(t, w.Push())
		show(t, w)
		summary, err := w.Summary()
		must(t, err)
		fmt.Fprintf(&out, "== push %d of %d: %s\n%s\n", number, of, title, strings.Join(summary, "\n"))
		for _, th := range w.pull.Threads() {
			if c := conversationOf(th); !c.Open() {
				fmt.Fprintf(&out, "%s %s\n", stateOf(c), commentLine(c))
			}
		}
	}
	golden(t, "life.txt", out.String())
	if err := w.Push(); err == nil {
		t.Error("a push after the last")
	}
}

// TestPress presses the button that commits all fixes: one commit of the bot's, and nothing is left that it could fix.
func TestPress(t *testing.T) {
	w := opened(t, Options{})
	state, err := w.pull.State()
	must(t, err)
	if err := w.Press("no-such-button"); err == nil {
		t.Error("pressed a button that is not there")
	}
	buttons := w.latestRun(state.Head).Actions
	i := slices.IndexFunc(buttons, func(a githubtest.Action) bool { return a.Label == "Apply all" })
	if i < 0 {
		t.Fatalf("buttons %+v", buttons)
	}
	must(t, w.Press(buttons[i].Identifier))
	show(t, w)
	parent, err := w.repo.Resolve(sampleHead + "^")
	must(t, err)
	if parent != state.Head {
		t.Errorf("the head is on %s, not one commit on %s", parent, state.Head)
	}
	summary, err := w.Summary()
	must(t, err)
	if want := []string{"check run dfbot: success, No findings"}; !cmp.Equal(summary, want) {
		t.Errorf("with everything applied the check run says %q, want %q", summary, want)
	}
	page, err := w.look("")
	must(t, err)
	if by := page.Timeline[len(page.Timeline)-2].Commits[0].Author; page.Commits != 2 || by != "dfbot" {
		t.Errorf("the page shows %d commits, the last by %s; want 2, by dfbot", page.Commits, by)
	}
}

// TestTalk resolves a thread and replies to it, and both are still there after the next push.
func TestTalk(t *testing.T) {
	w := opened(t, Options{})
	first := w.pull.Threads()[0].Comments[0].ID
	must(t, w.Resolve(first))
	must(t, w.Reply(first, " we want the recommended packages "))
	if err := w.Reply(first, " "); err == nil {
		t.Error("a reply without words")
	}
	comments := len(w.pull.Comments())
	must(t, w.Push())
	show(t, w)
	th := w.pull.Threads()[0]
	if !th.Resolved || len(th.Comments) != 2 || th.Comments[1].Body != "we want the recommended packages" {
		t.Errorf("thread %+v", th)
	}
	if n := len(w.pull.Comments()); n != comments {
		t.Errorf("%d comments after a push, want the same %d", n, comments)
	}
	must(t, w.Resolve(first))
	if w.pull.Threads()[0].Resolved {
		t.Error("resolved after it was unresolved")
	}
}

// TestRerun asks for another run of the check: the same commit gets a second one.
func TestRerun(t *testing.T) {
	w := opened(t, Options{})
	comments := len(w.pull.Comments())
	must(t, w.Rerun())
	show(t, w)
	state, err := w.pull.State()
	must(t, err)
	if runs := w.repo.CheckRuns(state.Head); len(runs) != 2 {
		t.Errorf("%d check runs, want 2", len(runs))
	}
	if n := len(w.pull.Comments()); n != comments {
		t.Errorf("%d comments after another run, want the same %d", n, comments)
	}
}

func TestRead(t *testing.T) {
	s := read("<!-- dfbot:v1 y_Yh64IGQTWsgiXn sha=0123456789012345678901234567890123456789 -->\n" +
		"- **[a-rule](https://x.example/a)** · warning: Runs `x. y` first. Why.\n- **[b-rule](https://x.example/b)** " +
		"· notice: Second\n\n" +
		"````suggestion\n```\nRUN x\n````\n")
	want := []Finding{{"a-rule", "Runs `x. y` first"}, {"b-rule", "Second"}}
	if diff := cmp.Diff(want, s.Findings); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if s.Suggestion == nil || *s.Suggestion != "```\nRUN x\n" {
		t.Errorf("suggestion %v", s.Suggestion)
	}
}
