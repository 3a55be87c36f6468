package checks

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
)

// situation is a pull request with one Dockerfile, and what becomes of its comments.
type situation struct {
	name   string
	base   string // "" where the file is new
	head   string
	result analysis.Result
	policy review.Policy
	said   review.State // of earlier comments about the first half of the findings
	prior  bool         // there are such
	muted  bool
	refuse int // every so manieth finding's comment is refused; 0 for none
}

// situations makes pull requests of all examples of all rules: new files, and files of which only the last line is,
// with comments and without, refused and forbidden.
func situations(t *testing.T) []situation {
	t.Helper()
	files, err := filepath.Glob("../review/rules/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	var all []situation
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, res := range examplesOf(ar) {
			s := situation{name: filepath.Base(file) + "/" + name, head: string(res.Unit.Src), result: res}
			all = append(all, s.variants()...)
		}
	}
	return all
}

// examplesOf reviews the bad examples of a rule, by their names, with all rules.
func examplesOf(ar *txtar.Archive) map[string]analysis.Result {
	trees := map[string]*buildcontext.Tree{}
	for _, f := range ar.Files {
		parts := strings.SplitN(f.Name, "/", 3)
		if len(parts) < 3 || parts[0] != "bad" || parts[2] == "want" || parts[2] == "fixed" {
			continue
		}
		tree := trees[parts[1]]
		if tree == nil {
			tree = &buildcontext.Tree{Contents: map[string][]byte{}}
			trees[parts[1]] = tree
		}
		data := bytes.ReplaceAll(f.Data, []byte("␍"), []byte("\r"))
		if cut, ok := bytes.CutSuffix(data, []byte("␄\n")); ok {
			data = cut
		}
		tree.Paths, tree.Contents[parts[2]] = append(tree.Paths, parts[2]), data
	}
	results := map[string]analysis.Result{}
	for name, tree := range trees {
		slices.Sort(tree.Paths)
		for _, path := range tree.Paths {
			if filepath.Base(path) == "Dockerfile" {
				u := ruleset.Unit(config.Repo{}, rules.All, path, tree.Contents[path])
				u.Tree, u.Today = tree, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
				results[name] = judged(u)
			}
		}
	}
	return results
}

func (s situation) variants() []situation {
	var all []situation
	add := func(name string, change func(*situation)) {
		v := s
		v.name += "/" + name
		change(&v)
		all = append(all, v)
	}
	comments := func(c config.Comments) func(*situation) {
		return func(v *situation) { v.policy.Comments = c }
	}
	add("new", func(*situation) {})
	add("notices too", comments(config.Comments{MinSeverity: analysis.Notice, Max: config.MostComments}))
	add("one comment", comments(config.Comments{Max: 1}))
	add("no comments", comments(config.Comments{Max: config.NoComments}))
	add("muted", func(v *situation) { v.muted = true })
	add("refused", func(v *situation) { v.refuse = 2 })
	add("all refused", func(v *situation) { v.refuse = 1 })
	add("said", func(v *situation) { v.prior = true })
	add("dismissed", func(v *situation) { v.prior, v.said = true, review.Dismissed })
	lines := strings.SplitAfter(s.head, "\n")
	if n := len(lines) - 2; n > 0 {
		add("last line", func(v *situation) { v.base = strings.Join(lines[:n], "") })
		add("second line", func(v *situation) { v.base = lines[0] + strings.Join(lines[2:], "") })
	}
	return all
}

// review reviews the situation as app does: where comments are refused the others are worded again.
func (s situation) review() *review.Review {
	path := s.result.Unit.Path
	pull := review.Pull{Head: head, Muted: s.muted, Changes: map[string]review.Change{
		path: changed(s.result.Unit, s.base, s.base == ""),
	}}
	var prior review.Prior
	first := review.New([]analysis.Result{s.result}, pull, prior, s.policy)
	if s.prior {
		for i, c := range Word(first, meta).Comments {
			if i%2 == 0 {
				prior.Comments = append(prior.Comments,
					review.Said{ID: int64(i + 1), Path: c.Path, Body: c.Body, State: s.said})
			}
		}
	}
	for i, c := range first.Comments {
		if s.refuse > 0 && i%s.refuse == 0 {
			pull.Refused = append(pull.Refused, c.Diagnostics[0].Fingerprint)
		}
	}
	return review.New([]analysis.Result{s.result}, pull, prior, s.policy)
}

var (
	rowPattern    = regexp.MustCompile(`(?m)^\| .* \| (?:notice|warning|error)[a-z, ]* \| .*\| \[?([a-z ]+)(?:\]\([^)]*\))? \|$`)
	numberPattern = regexp.MustCompile(`\d+`)
)

// TestNumbersAgree holds the numbers of title, table, sentences, review and comments against each other, in every
// situation.
func TestNumbersAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, since it reviews every example of every rule: run without -short")
	}
	seen := map[string]int{}
	for _, s := range situations(t) {
		r := s.review()
		p := Word(r, meta)
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%s: %s\n%s\n%s\n%s", s.name, fmt.Sprintf(format, args...), p.Run.Title, p.ReviewBody,
				p.Run.Summary)
		}
		reported := map[string]int{}
		for _, row := range rowPattern.FindAllStringSubmatch(p.Run.Summary, -1) {
			reported[row[1]]++
		}
		rows, silent, inComments, offered := 0, 0, 0, 0
		for place, n := range reported {
			rows += n
			seen[place]++
		}
		uncommented := regexp.MustCompile(`(?m)^(\d+) findings? ha(?:s|ve) no comment, because`)
		for _, m := range uncommented.FindAllStringSubmatch(p.Run.Summary, -1) {
			silent += number(m[1])
		}
		for _, c := range p.Comments {
			m, _ := review.ParseMarker(c.Body)
			inComments += len(m.Findings)
			if len(fences(c.Body, "suggestion")) > 0 {
				offered++
			}
		}
		if n := counts(p.Run.Title); n != rows || rows != len(r.Findings) {
			fail("the title counts %d, the table %d, there are %d", n, rows, len(r.Findings))
		}
		if r.Muted { // one sentence above the table says why for all
			silent += strings.Count(p.Run.Summary, "so all findings are listed here") * reported["annotation"]
		}
		if silent != reported["annotation"] || silent != len(p.Run.Annotations) {
			fail("%d have a reason for no comment, %d are said to be annotations, %d are", silent,
				reported["annotation"], len(p.Run.Annotations))
		}
		if inComments != reported["comment"] {
			fail("the comments hold %d findings, the table says %d", inComments, reported["comment"])
		}
		said, more := bodyCounts(p.ReviewBody)
		if inComments > 0 && (said != inComments || said+more != rows) {
			fail("the review says %d and %d more, of %d in comments and %d in all", said, more, inComments, rows)
		}
		if strings.Contains(p.ReviewBody, "suggested fix") != (offered > 0) {
			fail("%d suggestions", offered)
		}
		if nothing := p.Run.Title == "Not reviewed"; !nothing &&
			strings.Contains(p.Run.Title, "not everything was reviewed") != incomplete(r) || nothing && !incomplete(r) {
			fail("the title says what was not reviewed, and nothing was not")
		}
	}
	for _, place := range []string{"annotation", "comment", "earlier comment", "dismissed comment"} {
		if seen[place] == 0 {
			t.Errorf("no situation has a finding in a place called %q", place)
		}
	}
}

// TestLength: a comment about one finding has at most three sentences before its suggestion, or at all where it has
// none.
func TestLength(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, since it reviews every example of every rule: run without -short")
	}
	seen := map[string]bool{}
	for _, s := range situations(t) {
		for _, c := range s.review().Comments {
			rule := c.Diagnostics[0].Rule.Name
			text := wrong(c)
			if c.Suggestion != nil {
				text += strings.TrimPrefix(caveats(c.Fix), "**Check before applying:**")
			}
			n := len(sentenceEnd.FindAllString(codeSpan.ReplaceAllString(text, "x"), -1))
			if len(c.Diagnostics) == 1 && n > mostSentences && !seen[rule] {
				seen[rule] = true
				t.Errorf("%s has %d sentences:\n%s", rule, n, text)
			}
		}
	}
}

const mostSentences = 3

var (
	codeSpan    = regexp.MustCompile("`[^`]*`")
	sentenceEnd = regexp.MustCompile(`[.!?](?:\s|$)`)
)

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// counts adds up what a title counts.
func counts(title string) int {
	found, _, _ := strings.Cut(title, " in ")
	found, _, _ = strings.Cut(found, ";")
	n := 0
	for _, s := range numberPattern.FindAllString(found, -1) {
		n += number(s)
	}
	return n
}

// bodyCounts reads how many findings a review says that it has, and how many more there are.
func bodyCounts(body string) (said, more int) {
	if m := regexp.MustCompile(`^dfbot: (\d+) finding`).FindStringSubmatch(body); m != nil {
		said = number(m[1])
	}
	if m := regexp.MustCompile(`(\d+) more in the check run`).FindStringSubmatch(body); m != nil {
		more = number(m[1])
	}
	return said, more
}

// fences are the blocks of code in the language that the Markdown shows.
func fences(markdown, language string) []string {
	src := []byte(markdown)
	var found []string
	ast.Walk(gfm.Parser().Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if f, ok := n.(*ast.FencedCodeBlock); ok && entering && string(f.Language(src)) == language {
			found = append(found, string(f.Lines().Value(src)))
		}
		return ast.WalkContinue, nil
	})
	return found
}

// TestPatchesApply clicks every suggestion and then applies the patches of the check run, each on its own and all
// together.
func TestPatchesApply(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, since it reviews every example of every rule: run without -short")
	}
	suggestions, patches := 0, 0
	for _, s := range situations(t) {
		r := s.review()
		p := Word(r, meta)
		src := s.head
		for _, c := range slices.Backward(p.Comments) {
			for _, block := range fences(c.Body, "suggestion") {
				src = suggested(src, c, block)
				suggestions++
			}
		}
		if s.prior && s.said == review.Open {
			continue // what earlier comments suggest is in the transcripts of package app
		}
		all := src
		diffs := fences(p.Run.Summary, "diff")
		for _, d := range slices.Backward(diffs) {
			patches++
			if _, err := patchedBy(src, d); err != nil {
				t.Errorf("%s: %v\n%s\nto\n%s", s.name, err, d, src)
			}
			var err error
			if all, err = patchedBy(all, d); err != nil {
				t.Errorf("%s, with the others: %v\n%s\nto\n%s", s.name, err, d, all)
			}
		}
		if all != s.head {
			res := judged(s.result.Unit.With([]byte(all)))
			if !res.Parsed() {
				t.Errorf("%s: what is left does not parse:\n%s", s.name, all)
			}
		}
	}
	if suggestions < 500 || patches < 500 {
		t.Errorf("only %d suggestions and %d patches were applied", suggestions, patches)
	}
}

// suggested does what GitHub does when someone applies the suggestion of a comment.
func suggested(src string, c ReviewComment, block string) string {
	lines := strings.SplitAfter(src, "\n")
	start := c.StartLine
	if start == 0 {
		start = c.Line
	}
	if !strings.HasSuffix(lines[c.Line-1], "\n") {
		block = strings.TrimSuffix(block, "\n")
	}
	return strings.Join(lines[:start-1], "") + block + strings.Join(lines[c.Line:], "")
}

func patchedBy(src, patch string) (string, error) {
	files, _, err := gitdiff.Parse(strings.NewReader(patch))
	if err != nil || len(files) != 1 {
		return "", fmt.Errorf("%d files: %w", len(files), err)
	}
	var out bytes.Buffer
	err = gitdiff.Apply(&out, strings.NewReader(src), files[0])
	return out.String(), err
}

// TestCommentsAreOnTheirLines holds each comment with a suggestion to a line of the instruction that it is about
// first. One that is on the change which makes the mistake elsewhere names the line.
func TestCommentsAreOnTheirLines(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, since it reviews every example of every rule: run without -short")
	}
	n := 0
	for _, s := range situations(t) {
		for _, c := range s.review().Comments {
			d := c.Diagnostics[0]
			places := append([]analysis.Place{d.Place}, d.Related...)
			if c.Suggestion != nil && len(d.Related) > 0 {
				places = d.Related[:1]
			}
			n++
			if strings.Contains(wrong(c), fmt.Sprintf(" in line %d", d.Place.Line)) && c.Suggestion == nil {
				continue
			}
			if !slices.ContainsFunc(places,
				func(p analysis.Place) bool { return p.Line <= c.End && c.Start <= p.EndLine }) {
				t.Errorf("%s: a comment on lines %d to %d is about %+v, by %s", s.name, c.Start, c.End, places,
					d.Rule.Name)
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d comments", n)
	}
}
