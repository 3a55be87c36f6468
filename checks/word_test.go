package checks

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/contract"
	"github.com/dfbot/dfbot/review/diff"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

var update = flag.Bool("update", false, "rewrite what the tests expect in testdata")

// prefixRule makes a rule that dislikes the words of a RUN that begin with bad, and would have
// them begin with good.
func prefixRule(name, bad, good string, severity analysis.Severity, a analysis.Applicability,
	caveat analysis.Message) *analysis.Rule {
	return &analysis.Rule{Name: name, Doc: "the word is bad", Severity: severity, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, w := range in.Words {
				rest, found := strings.CutPrefix(w.Text, bad)
				if in.Name != "RUN" || !found {
					continue
				}
				f := analysis.Finding{In: in, Span: w.Span, Message: analysis.Say("This step says %s", w.Text),
					Why: analysis.Say("It is said in each of %d builds", 3)}
				if good != "" {
					f.Fix = &analysis.Fix{Title: "Say it better", Applicability: a, Caveat: caveat,
						Edits: []analysis.Edit{{Span: w.Span, New: good + rest}}}
				}
				p.Report(f)
			}
		}
	}}
}

// blockRule makes a rule that would have the words of a RUN that begin with bad be in another file,
// together with the Dockerfile's name.
func blockRule(name, bad string, severity analysis.Severity) *analysis.Rule {
	return &analysis.Rule{Name: name, Doc: "the word leaks", Severity: severity, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, w := range in.Words {
				if in.Name == "RUN" && strings.HasPrefix(w.Text, bad) {
					p.Report(analysis.Finding{In: in, Span: w.Span, Message: analysis.Say("This step says %s", w.Text),
						Snippet: &analysis.Snippet{Path: p.File.Path + ".ignore", New: strings.HasSuffix(w.Text, "new"),
							Lines: []string{w.Text, p.File.Path}}})
				}
			}
		}
	}}
}

var testRules = []*analysis.Rule{
	prefixRule("no-bad", "bad", "good", analysis.Warning, analysis.Safe, analysis.Message{}),
	prefixRule("no-risk", "risky", "careful", analysis.Warning, analysis.Unsafe,
		analysis.Say("See that %s is installed.", "careful")),
	prefixRule("no-vague", "vague", "clear", analysis.Warning, analysis.DisplayOnly, analysis.Message{}),
	prefixRule("no-wrong", "wrong", "", analysis.Error, analysis.Safe, analysis.Message{}),
	prefixRule("no-odd", "odd", "even", analysis.Notice, analysis.Safe, analysis.Message{}),
	prefixRule("no-meh", "meh", "", analysis.Notice, analysis.Safe, analysis.Message{}),
	blockRule("no-leak", "leak", analysis.Warning),
	blockRule("no-drip", "drip", analysis.Notice),
	prefixRule("no-long", "long", "short \\\n    er", analysis.Warning, analysis.Safe, analysis.Message{}),
}

var known = []*analysis.Rule{{Name: "no-bad"}, {Name: "no-risk"}, {Name: "no-wrong"}, {Name: "no-odd"}}

const head = "0123456789abcdef0123456789abcdef01234567"

var meta = Meta{CheckName: "dfbot", Head: head, ExternalID: "v1:pr=12", URL: "https://github.test/octo/shop/pull/12"}

// reviewOf reviews the pull request that turns the files under base/ into those under head/.
func reviewOf(files map[string]string) *review.Review {
	pull := review.Pull{Changes: map[string]review.Change{}}
	var results []analysis.Result
	for name, src := range files {
		path, found := strings.CutPrefix(name, "head/")
		if !found {
			continue
		}
		u := analysis.Unit{Path: path, Src: []byte(src)}
		for _, r := range testRules {
			u.Rules = append(u.Rules, analysis.Active{Rule: r, Severity: r.Severity})
		}
		results = append(results, judged(u))
		base, existed := files["base/"+path]
		pull.Changes[path] = changed(u, base, !existed)
	}
	var policy review.Policy
	policy.Repo, policy.Problems = config.Parse([]byte(files[".dfbot.yml"]), known)
	return review.New(results, pull, review.Prior{}, policy)
}

// changed is what a pull request does that puts the unit's text in the place of base.
func changed(u analysis.Unit, base string, added bool) review.Change {
	c := review.Change{Added: added, Patch: diff.Compare([]byte(base), u.Src, 3)}
	if !added {
		was := judged(u.With([]byte(base)))
		c.Base = &was
	}
	return c
}

// show writes a post down as it will be read.
func show(p Post) string {
	var b strings.Builder
	fmt.Fprintf(&b, "=== check run %s: %s, %s (%s)\n%s", p.Run.Name, p.Run.Conclusion, p.Run.Title, p.Run.ExternalID,
		p.Run.Summary)
	for _, a := range p.Run.Annotations {
		fmt.Fprintf(&b, "=== annotation %s:%d-%d columns %d-%d %s %s\n%s\n", a.Path, a.StartLine, a.EndLine,
			a.StartColumn, a.EndColumn, a.Level, a.Title, a.Message)
	}
	if p.ReviewBody != "" {
		fmt.Fprintf(&b, "=== review\n%s\n", p.ReviewBody)
	}
	for _, c := range p.Comments {
		fmt.Fprintf(&b, "=== comment %s:%d-%d %s\n%s", c.Path, c.StartLine, c.Line, c.Side, c.Body)
	}
	return b.String()
}

func TestWord(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range ar.Files {
				files[f.Name] = string(f.Data)
			}
			got := show(Word(reviewOf(files), meta))
			if *update && !t.Failed() {
				rewrite(t, name, ar, got)
				return
			}
			if d := cmp.Diff(files["want"], got); d != "" {
				t.Errorf("posts (-want +got; -update takes them):\n%s", d)
			}
		})
	}
}

func rewrite(t *testing.T, name string, ar *txtar.Archive, want string) {
	t.Helper()
	kept := ar.Files[:0]
	for _, f := range ar.Files {
		if f.Name != "want" {
			kept = append(kept, f)
		}
	}
	ar.Files = append(kept, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dockerfile is FROM and so many RUN steps, each of which says s.
func dockerfile(n int, s string) string {
	return "FROM scratch\n" + strings.Repeat("RUN "+s+"\n", n)
}

func TestLimits(t *testing.T) {
	patches := map[string]string{".dfbot.yml": "version: 1\ncomments: {max: 0}\n"}
	for i := range 40 {
		patches[fmt.Sprintf("head/%d/Dockerfile", i)] = dockerfile(4, "bad"+strings.Repeat("é", 900))
	}
	files := map[string]map[string]string{
		"many findings": {"head/Dockerfile": dockerfile(500, "wrong`|@a")},
		"many patches":  patches,
		"a long line":   {"head/Dockerfile": dockerfile(1, "bad"+strings.Repeat("x", 31_000))},
		"a longer line": {"head/Dockerfile": dockerfile(1, "bad"+strings.Repeat("x", 60_000))},
		"a long sketch": {"head/Dockerfile": dockerfile(1, "vague"+strings.Repeat("x", 60_000))},
		"many of one":   {"head/Dockerfile": dockerfile(1, strings.Repeat("wrong ", 4000))},
		"many lines": {"head/Dockerfile": dockerfile(1,
			strings.Repeat("leak", 200)+strings.Repeat(" leak drip"+strings.Repeat("x", 200), 400))},
		"long lines": {"head/Dockerfile": dockerfile(1,
			"leak"+strings.Repeat("x", 30_000)+" drip"+strings.Repeat("x", 30_000))},
		"many notes": {"head/Dockerfile": dockerfile(1, "x") +
			strings.Repeat("# dfbot ignore=no-bad "+strings.Repeat("é", 500)+"\nRUN bad\n", 100)},
	}
	for name, files := range files {
		t.Run(name, func(t *testing.T) {
			p := Word(reviewOf(files), meta)
			if n := len(p.Run.Summary); n > MaxSummary || !utf8.ValidString(p.Run.Summary) {
				t.Errorf("the summary has %d bytes", n)
			}
			if strings.Count(p.Run.Summary, "```")%2 == 1 {
				t.Error("the summary ends inside a fence")
			}
			for _, c := range p.Comments {
				if n := utf8.RuneCountInString(c.Body); n > MaxBody || !utf8.ValidString(c.Body) {
					t.Errorf("a comment has %d characters", n)
				}
				if _, ok := review.ParseMarker(c.Body); !ok {
					t.Errorf("a comment has no marker: %.100s", c.Body)
				}
				if n := strings.Count(c.Body, "\n- "); n > mostSaid+1 {
					t.Errorf("a comment lists %d findings", n)
				}
				if strings.Count(c.Body, "```")%2 == 1 {
					t.Error("a comment ends inside a fence")
				}
			}
			if len(p.Run.Annotations) > MaxAnnotations {
				t.Errorf("%d annotations", len(p.Run.Annotations))
			}
		})
	}
}

// The severe ones are kept where there are more annotations than a check run should have.
func TestSevereAnnotationsFirst(t *testing.T) {
	p := Word(reviewOf(map[string]string{
		"head/Dockerfile": dockerfile(250, "meh") + "RUN wrong\n",
		".dfbot.yml":      "version: 1\ncomments: {max: 0}\n",
	}), meta)
	if a := p.Run.Annotations[0]; len(p.Run.Annotations) != MaxAnnotations || a.Title != "no-wrong" ||
		a.Level != "failure" {
		t.Errorf("%d annotations, of which the first is %+v", len(p.Run.Annotations), a)
	}
}

// Where comments in the Dockerfile silence nothing, none is proposed.
func TestNoIgnoreComments(t *testing.T) {
	r := reviewOf(map[string]string{"head/Dockerfile": dockerfile(1, "wrong")})
	deaf := meta
	deaf.NoIgnoreComments = true
	for _, c := range []struct {
		meta Meta
		want bool
	}{{meta, true}, {deaf, false}} {
		if body := Word(r, c.meta).Comments[0].Body; strings.Contains(body, "dfbot ignore=") != c.want {
			t.Errorf("proposes a comment: %t\n%s", !c.want, body)
		}
	}
}

func TestAnnotationColumns(t *testing.T) {
	p := Word(reviewOf(map[string]string{
		"head/Dockerfile": "FROM scratch\nRUN odd\nRUN odd1 \\\n  odd2\n",
	}), meta)
	var got []string
	for _, a := range p.Run.Annotations {
		got = append(got, fmt.Sprint(a.StartLine, a.EndLine, a.StartColumn, a.EndColumn))
	}
	if want := []string{"2 2 5 7", "3 3 5 8", "4 4 3 6"}; !cmp.Equal(got, want) {
		t.Errorf("annotations at %q, want %q", got, want)
	}
	d := analysis.Diagnostic{Rule: testRules[0], Path: "Dockerfile",
		Place: analysis.Place{Line: 3, Column: 5, EndLine: 4, EndColumn: 7}}
	if a := annotation(d); a.StartColumn != 0 || a.EndColumn != 0 {
		t.Errorf("columns over two lines: %+v", a)
	}
}

// bare are findings of which only the fingerprint is known.
func bare(fingerprints ...string) []review.Trace {
	var all []review.Trace
	for _, f := range fingerprints {
		all = append(all, review.Trace{Fingerprint: f})
	}
	return all
}

func TestFixed(t *testing.T) {
	r := &review.Review{Done: []review.Done{{Said: review.Said{ID: 5, Thread: "T", Path: "Dockerfile",
		Body: review.Marker{Findings: bare("abc"), Head: "1111111"}.String() +
			"\r\n**no-bad**: words.\r\n\r\n````suggestion\r\nRUN good\r\n````\r\n"}}}}
	got := Word(r, meta).Fixed
	want := []Fixed{{ID: 5, Thread: "T", Body: "<!-- dfbot:v1 abc sha=1111111 fixed=" + head + " -->\n" +
		"**Fixed** in `0123456`.\n\n<details><summary>What this comment said</summary>\n\n**no-bad**: " +
		"words.\n\n````dockerfile\nRUN good\n````\n\n</details>\n", Resolve: true}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("fixed (-want +got):\n%s", d)
	}
	if m, ok := review.ParseMarker(got[0].Body); !ok || m.Fixed != head {
		t.Errorf("the marker reads as %+v", m)
	}
}

// A comment that was marked as fixed says what a new one would say when it is in force again; one on lines that are
// gone says that it is not fixed.
func TestBackInForce(t *testing.T) {
	old := review.Said{ID: 5,
		Body: review.Marker{Findings: bare("abc"), Head: "1111111", Fixed: head}.String() +
			"\n**Fixed** as of `0123456`.\n\nwords\n"}
	c := reviewOf(map[string]string{"head/Dockerfile": dockerfile(1, "bad")}).Comments[0]
	want, _ := body(c, meta, nil)
	again := review.Update{Said: old, Marker: c.Marker, Comment: &c}
	got := Word(&review.Review{Updates: []review.Update{again}, Back: []review.Said{old}}, meta).Edited
	if len(got) != 2 || got[0].ID != 5 || got[0].Body != want {
		t.Errorf("in force again: %+v", got)
	}
	if m, ok := review.ParseMarker(got[1].Body); !ok || m.Fixed != head || strings.Contains(got[1].Body, "**Fixed**") ||
		!strings.Contains(got[1].Body, "**Not fixed**") {
		t.Errorf("not fixed: %s", got[1].Body)
	}
}

// What is in no comment is remembered by the first new one, else by one that gets another text anyway, else by the
// keeper, and never makes it too long.
func TestHeld(t *testing.T) {
	said := func(id int64, rest string) review.Said {
		return review.Said{ID: id,
			Body: review.Marker{Findings: bare("abc"), Head: "1111111", Held: bare("old")}.String() + "\n" +
				rest}
	}
	keeper := said(5, "words\n")
	held := func(body string) string {
		m, _ := review.ParseMarker(body)
		return strings.Join(review.Marker{Findings: m.Held}.Fingerprints(), " ")
	}
	comments := reviewOf(map[string]string{"head/Dockerfile": dockerfile(1, "bad")}).Comments
	if p := Word(&review.Review{Comments: comments, Held: bare("x", "y"), Keeper: &keeper},
		meta); held(p.Comments[0].Body) != "x y" || len(p.Edited) != 0 {
		t.Errorf("a new comment: %+v", p)
	}
	if p := Word(&review.Review{Done: []review.Done{{Said: keeper}}, Held: bare("x"), Keeper: &keeper},
		meta); held(p.Fixed[0].Body) != "old x" || len(p.Edited) != 0 {
		t.Errorf("one that is done: %+v", p)
	}
	if p := Word(&review.Review{Held: bare("x"), Keeper: &keeper}, meta); len(p.Edited) != 1 ||
		held(p.Edited[0].Body) != "old x" {
		t.Errorf("the keeper: %+v", p)
	}
	long := said(5, strings.Repeat("x", MaxBody-len(said(5, "").Body)))
	if p := Word(&review.Review{Held: bare("x"), Keeper: &long}, meta); len(p.Edited) != 0 {
		t.Error("a keeper that would be too long is edited")
	}
}

// TestRunning: what changes at run time is listed in a fold, as much as there is room for, and not at all where nothing
// does.
func TestRunning(t *testing.T) {
	all := []contract.Change{{Setting: "USER", Before: contract.Value{Text: "node"}, After: contract.Value{Base: true}},
		{Stage: "dev", Setting: "CMD", Before: contract.Value{Text: `["a"]`}, After: contract.Value{Text: "a | b"}},
		{Setting: "EXPOSE", Before: contract.Value{Text: "80"}}}
	text := running([]review.Running{{Path: "api/Dockerfile", Changes: all}})
	want := "\n<details><summary>What changes at run time</summary>\n\n| Image | Setting | Before | After |\n" +
		"| --- | --- | --- | --- |\n| `api/Dockerfile` | `USER` | `node` | as in the base image |\n" +
		"| `api/Dockerfile, target dev` | `CMD` | `[\"a\"]` | `a \\| b` |\n" +
		"| `api/Dockerfile` | `EXPOSE` | `80` | not set |\n\n</details>\n"
	if d := cmp.Diff(want, text); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	var many []contract.Change
	for range 1000 {
		many = append(many, all...)
	}
	text = running([]review.Running{{Path: "Dockerfile", Changes: many}})
	if len(text) > runsShare+300 || !strings.Contains(text, " more changes are not listed.\n") {
		t.Errorf("3000 changes take %d bytes", len(text))
	}
	if text := running(nil); text != "" {
		t.Errorf("nothing changes: %q", text)
	}
}

// TestReportedAs links a finding to the comment about it: an earlier one by its number, a new one by its lines. Nothing
// is linked where the page of the pull request is not known.
func TestReportedAs(t *testing.T) {
	r := reviewOf(map[string]string{"base/Dockerfile": "FROM scratch\n",
		"head/Dockerfile": "FROM scratch\nRUN bad\nRUN wrong\n"})
	r.Findings[1].Where, r.Findings[1].Earlier = review.InOpenComment, 42
	lines := fmt.Sprintf("[comment](%s/files#diff-%xR2)", meta.URL, sha256.Sum256([]byte("Dockerfile")))
	for _, want := range []string{lines, "[earlier comment](" + meta.URL + "#discussion_r42)"} {
		if text := Word(r, meta).Run.Summary; !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if text := Word(r, Meta{CheckName: "dfbot", Head: head}).Run.Summary; !strings.Contains(text, "| comment |") {
		t.Errorf("the page is not known, but linked:\n%s", text)
	}
}

// TestFrame: a comment about several findings has the order of one about a single finding: each with rule and severity,
// what to check, the suggestion, what it leaves out, how to keep the code.
func TestFrame(t *testing.T) {
	for src, want := range map[string][]string{
		"FROM scratch\nRUN risky\n": {"no-risk.md)** · warning: This", "Check before applying", "```suggestion",
			"Intentional?"},
		"FROM scratch\nRUN long && \\\n    risky && \\\n    wrong\n": {"no-wrong.md)** · error: This",
			"no-long.md)** · warning: This",
			"no-risk.md)** · warning: This", "Check before applying", "```suggestion", "The suggestion fixes only",
			"Intentional?"},
	} {
		body := Word(reviewOf(map[string]string{"head/Dockerfile": src}), meta).Comments[0].Body
		at := 0
		for _, part := range want {
			i := strings.Index(body[at:], part)
			if i < 0 {
				t.Fatalf("no %q after byte %d of\n%s", part, at, body)
			}
			at += i
		}
	}
}

func TestPostIsJSON(t *testing.T) {
	data, err := json.Marshal(Word(&review.Review{Conclusion: review.Skipped}, meta))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"run":{"name":"dfbot","external_id":"v1:pr=12","conclusion":"skipped","title":"No image build affected",` +
		`"summary":"This pull request affects no image build.\n","annotations":[]},"comments":[],"review_body":"","fixed":[],"edited":[]}`
	if d := cmp.Diff(want, string(data)); d != "" {
		t.Errorf("JSON (-want +got):\n%s", d)
	}
}

// What a comment says of how to silence it is true.
func TestSilence(t *testing.T) {
	const step = "RUN bad && wrong\n"
	p := Word(reviewOf(map[string]string{"head/Dockerfile": "FROM scratch\n" + step}), meta)
	hint := regexp.MustCompile("`(# dfbot ignore=.*)`").FindStringSubmatch(p.Comments[0].Body)
	if hint == nil {
		t.Fatalf("no hint in\n%s", p.Comments[0].Body)
	}
	r := reviewOf(map[string]string{"head/Dockerfile": "FROM scratch\n" + hint[1] + "\n" + step})
	if len(r.Findings) > 0 || len(r.Notes) != 2 {
		t.Errorf("%q leaves %d findings and gives %d notes", hint[1], len(r.Findings), len(r.Notes))
	}
}

func TestOwn(t *testing.T) {
	for in, want := range map[string]string{
		"Add `ca-certificates` if the image talks https.": "Add `ca-certificates` if the image talks https.",
		"See @octocat":       "`See @octocat`",
		"See #1":             "`See #1`",
		"<b>":                "`<b>`",
		"See https://a.test": "`See https://a.test`",
		"See www.a.test":     "`See www.a.test`",
		"one ` tick":         "``one ` tick``",
		"two\nlines":         "`two<U+000A>lines`",
	} {
		if got := own(in); got != want {
			t.Errorf("own(%q) = %s, want %s", in, got, want)
		}
	}
}

// Each cause has its sentence, and no two the same.
func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for r := review.NoReason + 1; r <= review.NoLine; r++ {
		if s := reasons[r]; s == "" || seen[s] || own(s) != s {
			t.Errorf("reason %d: %q", r, s)
		}
		seen[reasons[r]] = true
	}
}

// What several findings of a comment would say alike is said once, with their lines; what a mistake costs is said once,
// too, where that is all they share.
func TestSaidOnceInAComment(t *testing.T) {
	say := func(line int, message, why string) analysis.Diagnostic {
		return analysis.Diagnostic{Rule: testRules[0], Severity: analysis.Warning, Message: analysis.Say("%s", message),
			Why: analysis.Say(why), Place: analysis.Place{Line: line, EndLine: line}}
	}
	got := wrong(review.Comment{Start: 3, End: 9, Diagnostics: []analysis.Diagnostic{
		say(3, "a", "It costs"), say(5, "b", "It costs"), say(4, "a", "It costs"), say(7, "c", "It costs more"),
		say(7, "c", "It costs more"), say(9, "d", "It costs"),
	}})
	name := "**" + link(testRules[0]) + "** · warning: "
	want := "- " + name + "`a`. It costs. Found in lines 3 and 4.\n- " + name + "`b`.\n- " + name +
		"`c`. It costs more. Found 2 times in line 7.\n- " + name + "`d`.\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Every way in which a comment ends has its own sentence. The thread is resolved where nothing is left to look at.
func TestEndings(t *testing.T) {
	seen := map[string]bool{}
	resolved := []review.Ending{review.Mended, review.NoLongerChanged, review.DeletedOrRenamed, review.WasThereBefore,
		review.IgnoredByCommand}
	for how := review.Mended; how <= review.IgnoredByCommand; how++ {
		s := ending(how, meta)
		if seen[s] || strings.HasPrefix(s, "**Fixed**") != (how == review.Mended) {
			t.Errorf("ending %d: %s", how, s)
		}
		if resolve := fixed(review.Done{How: how}, meta).Resolve; resolve != slices.Contains(resolved, how) {
			t.Errorf("ending %d: the thread is resolved: %t", how, resolve)
		}
		seen[s] = true
	}
}
