package review

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/diff"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/google/go-cmp/cmp"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

// word makes a rule that dislikes a word in the arguments of a RUN and would put another there.
func word(name, bad string, severity analysis.Severity, fix analysis.Fix, good string) *analysis.Rule {
	return &analysis.Rule{Name: name, Doc: "the word is bad", Severity: severity, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, w := range in.Words {
				if w.Text != bad {
					continue
				}
				f := analysis.Finding{In: in, Span: w.Span, Message: analysis.Say("%s is bad", w.Text)}
				if fix.Title != "" {
					fix := fix
					fix.Edits = []analysis.Edit{{Span: w.Span, New: good}}
					f.Fix = &fix
				}
				p.Report(f)
			}
		}
	}}
}

var (
	safeRule = word("safe-rule", "bad", analysis.Warning,
		analysis.Fix{Title: "Be good", Applicability: analysis.Safe}, "good")
	unsafeRule = word("unsafe-rule", "risky", analysis.Warning,
		analysis.Fix{Title: "Be careful", Applicability: analysis.Unsafe, Caveat: analysis.Say("It may break.")},
		"careful")
	sketchRule = word("sketch-rule", "vague", analysis.Warning, analysis.Fix{Title: "Be clear"}, "clear")
	errorRule  = word("error-rule", "wrong", analysis.Error, analysis.Fix{}, "")
	noticeRule = word("notice-rule", "odd", analysis.Notice,
		analysis.Fix{Title: "Be even", Applicability: analysis.Safe}, "even")
	multiRule = word("multi-rule", "split", analysis.Warning,
		analysis.Fix{Title: "Split it", Applicability: analysis.Safe}, "first \\\n    second")
	hiddenRule = word("hidden-rule", "hide", analysis.Warning,
		analysis.Fix{Title: "Hide it", Applicability: analysis.Safe}, "a\u202eb")
	crashRule = &analysis.Rule{Name: "crash-rule", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		if strings.Contains(string(p.File.Src), "crash") {
			panic("crash")
		}
	}}
	// notedRule wants a comment above a RUN noted.
	notedRule = &analysis.Rule{Name: "noted-rule", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Args.String() == "noted" && len(p.File.Comments()) == 0 {
				above := dockerfile.Span{Start: in.Span.Start, End: in.Span.Start}
				p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("not noted"), Fix: &analysis.Fix{
					Title: "Note it", Applicability: analysis.Safe,
					Edits: []analysis.Edit{{Span: above, New: "# noted\n"}}}})
			}
		}
	}}
	calmRule = word("calm-rule", "clash", analysis.Warning,
		analysis.Fix{Title: "Be calm", Applicability: analysis.Safe}, "calm")
	quietRule = word("quiet-rule", "clash", analysis.Notice,
		analysis.Fix{Title: "Be quiet", Applicability: analysis.Safe}, "quiet")
	closedRule = insertRule("closed", 0)
	farRule    = insertRule("far", 1)
	// halfRule dislikes a word where the same RUN ends in another.
	halfRule = &analysis.Rule{Name: "half-rule", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, w := range in.Words {
				if w.Text == "half" && in.Words[len(in.Words)-1].Text == "whole" {
					p.Report(analysis.Finding{In: in, Span: w.Span, Message: analysis.Say("half")})
				}
			}
		}
	}}
	// lacksRule wants a USER where there is an EXPOSE.
	lacksRule = &analysis.Rule{Name: "lacks-rule", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		has := map[string]bool{}
		for _, in := range p.File.Instructions() {
			has[in.Name] = true
		}
		if from := p.File.Final().From; has["EXPOSE"] && !has["USER"] {
			p.Report(analysis.Finding{In: from, Span: from.Span, Message: analysis.Say("no user"), Lacks: "USER"})
		}
	}}
	// endsRule says something of two instructions that belong together: USER dear and the last one, unless it is calm.
	endsRule = &analysis.Rule{Name: "ends-rule", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		all := p.File.Instructions()
		for _, in := range all {
			calm := strings.HasSuffix(all[len(all)-1].Args.String(), "calm")
			if in.Name == "USER" && in.Args.String() == "dear" && !calm {
				p.Report(analysis.Finding{In: in, With: []*dockerfile.Instruction{all[len(all)-1]}, Span: in.Span,
					Message: analysis.Say("far apart")})
			}
		}
	}}
)

// insertRule wants a comment so many instructions below a RUN of the word.
func insertRule(word string, below int) *analysis.Rule {
	return &analysis.Rule{Name: word + "-rule", Severity: analysis.Warning, Run: func(p *analysis.Pass) {
		all := p.File.Instructions()
		for i, in := range all {
			if in.Args.String() == word && len(p.File.Comments()) == 0 && i+below < len(all) {
				end := all[i+below].Span.End + 1
				p.Report(analysis.Finding{In: in, Span: in.Span, Message: analysis.Say("no comment"),
					Fix: &analysis.Fix{Title: "Say it", Applicability: analysis.Safe,
						Edits: []analysis.Edit{{Span: dockerfile.Span{Start: end, End: end}, New: "# " + word +
							"\n"}}}})
			}
		}
	}}
}

// results is the file analysed.
func results(head string) []analysis.Result {
	return []analysis.Result{analyse("Dockerfile", head)}
}

func analyse(path, src string) analysis.Result {
	u := analysis.Unit{Path: path, Src: []byte(src)}
	for _, r := range []*analysis.Rule{safeRule, unsafeRule, sketchRule, errorRule, noticeRule, multiRule, hiddenRule,
		crashRule, notedRule, halfRule, lacksRule, endsRule, closedRule, farRule, calmRule, quietRule} {
		u.Rules = append(u.Rules, analysis.Active{Rule: r, Severity: r.Severity})
	}
	return judged(u)
}

// change is the pull request that turns base into head, as GitHub would show it.
func change(base, head string) Change {
	before := analyse("Dockerfile", base)
	return Change{Patch: diff.Compare([]byte(base), []byte(head), 3), Base: &before}
}

// one reviews a pull request that changes one Dockerfile.
func one(base, head string, prior Prior, policy Policy) *Review {
	return New([]analysis.Result{analyse("Dockerfile", head)},
		Pull{Changes: map[string]Change{"Dockerfile": change(base, head)}}, prior, policy)
}

// lines makes a Dockerfile of FROM and so many RUN steps, with some lines replaced.
func lines(n int, at map[int]string) string {
	var b strings.Builder
	b.WriteString("FROM scratch\n")
	for i := 2; i <= n; i++ {
		if l, ok := at[i]; ok {
			b.WriteString(l + "\n")
		} else {
			fmt.Fprintf(&b, "RUN step %d\n", i)
		}
	}
	return b.String()
}

// dump writes down what a review decides.
func dump(r *Review) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Conclusion)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "finding %s:%d %s %s%s\n", f.Diagnostic.Path, f.Diagnostic.Place.Line, f.Diagnostic.Rule.Name,
			[]string{"annotation", "comment", "open", "dismissed"}[f.Where], since(f.Because))
	}
	for _, c := range r.Comments {
		fmt.Fprintf(&b, "comment %s:%d-%d", c.Path, c.Start, c.End)
		for _, d := range c.Diagnostics {
			b.WriteString(" " + d.Rule.Name)
		}
		if c.Suggestion != nil {
			fmt.Fprintf(&b, " suggests %q", c.Suggestion.Lines)
		}
		if c.Sketch != nil {
			b.WriteString(" sketches")
		}
		b.WriteByte('\n')
	}
	for _, p := range r.Diffs {
		for _, part := range p.Parts {
			fmt.Fprintf(&b, "patch %s:%d%s\n", p.Path, part.Line, since(part.Because))
		}
		if p.Text == "" {
			fmt.Fprintf(&b, "no diff%s\n", since(p.Missing))
		}
	}
	for _, c := range r.Older {
		fmt.Fprintf(&b, "older %s %d\n", c.Rule.Name, c.N)
	}
	for _, c := range r.Unknown {
		fmt.Fprintf(&b, "unknown %s %d\n", c.Rule.Name, c.N)
	}
	for _, d := range r.Fixed {
		fmt.Fprintf(&b, "fixed %s:%d %s\n", d.Path, d.Place.Line, d.Rule.Name)
	}
	for _, d := range r.Done {
		fmt.Fprintf(&b, "done %d %s\n", d.ID, endings[d.How])
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note %v %s\n", n.Incomplete, n.Text)
	}
	return b.String()
}

var endings = []string{"mended", "changed", "silenced in file", "ignored by config", "turned off", "no longer changed",
	"not found", "deleted or renamed", "excluded by config", "was there before", "ignored by command"}

// since names a reason, as in " since OverLimit".
func since(r Reason) string {
	names := []string{"", "MayNotComment", "InDraft", "Refused", "OverLimit", "CommentsOff", "NotSevere", "NotError",
		"NoDiff", "NotChanged",
		"OutsideDiff", "OtherSuggestion",
		"OtherPatch", "NotTogether", "LineEnds", "Unshowable", "FinalNewline", "TooLong", "Earlier", "OtherLines",
		"OutdatedComment", "NoLine"}
	if r == NoReason {
		return ""
	}
	return " since " + names[r]
}

func check(t *testing.T, r *Review, want string) {
	t.Helper()
	want = strings.TrimSpace(strings.ReplaceAll(want, "\t", "")) + "\n"
	if d := cmp.Diff(want, dump(r)); d != "" {
		t.Errorf("review (-want +got):\n%s", d)
	}
}

func TestOnlyWhatThePullRequestBrings(t *testing.T) {
	base := lines(20, map[int]string{3: "RUN bad", 9: "RUN risky \\\n  more"})
	tests := []struct{ name, base, head, want string }{
		{"an old finding is counted", base,
			lines(20, map[int]string{3: "RUN bad", 9: "RUN risky \\\n  more", 15: "RUN new"}),
			"success\nolder safe-rule 1\nolder unsafe-rule 1"},
		{"also where its instruction is changed elsewhere", base,
			lines(20, map[int]string{3: "RUN bad", 9: "RUN risky \\\n  other"}),
			"success\nolder safe-rule 1\nolder unsafe-rule 1"},
		{"or a line deleted from it", lines(9, map[int]string{5: "RUN bad \\\n  x \\\n  more"}),
			lines(9, map[int]string{5: "RUN bad \\\n  more"}), "success\nolder safe-rule 1"},
		{"or the other instruction that takes part is another", lines(20, map[int]string{3: "USER dear"}),
			lines(20, map[int]string{3: "USER dear", 20: "RUN last"}), "success\nolder ends-rule 1"},
		{"a further word brings its own", base,
			lines(20, map[int]string{3: "RUN bad", 9: "RUN risky \\\n  risky"}), `
			success
			finding Dockerfile:10 unsafe-rule comment
			comment Dockerfile:10-10 unsafe-rule suggests ["  careful"]
			older safe-rule 1
			older unsafe-rule 1`},
		{"a file that no longer parses", lines(20, nil), lines(20, map[int]string{3: "RUN <<EOF"}), `
			failure
			finding Dockerfile:3 does-not-parse comment
			comment Dockerfile:3-3 does-not-parse`},
		{"one that did not parse before", lines(20, map[int]string{18: "RAN"}),
			lines(20, map[int]string{3: "RUN x", 18: "RAN"}), `
			neutral
			older does-not-parse 1
			note true ` + "`Dockerfile`" + ` was not reviewed: Docker cannot build it, with or without this pull request`},
		{"one that did not parse before for another reason", lines(20, map[int]string{18: "RAN"}),
			lines(20, map[int]string{18: "RON"}), `
			failure
			finding Dockerfile:18 does-not-parse comment
			comment Dockerfile:18-18 does-not-parse`},
		{"one that parses again", lines(20, map[int]string{3: "RUN bad", 18: "RAN"}),
			lines(20, map[int]string{3: "RUN bad", 18: "RUN bad"}), `
			success
			finding Dockerfile:18 safe-rule comment
			comment Dockerfile:18-18 safe-rule suggests ["RUN good"]
			unknown safe-rule 1
			fixed Dockerfile:18 does-not-parse`},
		{"nothing", base, base, "success\nolder safe-rule 1\nolder unsafe-rule 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, one(tt.base, tt.head, Prior{}, Policy{}), tt.want) })
	}
}

// TestScope: with another scope, older findings are raised too.
func TestScope(t *testing.T) {
	base := lines(20, map[int]string{3: "RUN bad", 9: "RUN risky \\\n  more"})
	head := lines(20, map[int]string{3: "RUN bad", 9: "RUN risky \\\n  other", 15: "RUN wrong"})
	for scope, want := range map[config.Scope]string{
		config.ScopeIntroduced: `
			success
			finding Dockerfile:16 error-rule comment
			comment Dockerfile:16-16 error-rule
			older safe-rule 1
			older unsafe-rule 1`,
		config.ScopeChangedLines: `
			success
			finding Dockerfile:9 unsafe-rule comment
			finding Dockerfile:16 error-rule comment
			comment Dockerfile:9-9 unsafe-rule suggests ["RUN careful \\"]
			comment Dockerfile:16-16 error-rule
			older safe-rule 1`,
		config.ScopeAll: `
			success
			finding Dockerfile:3 safe-rule annotation since OutsideDiff
			finding Dockerfile:9 unsafe-rule comment
			finding Dockerfile:16 error-rule comment
			comment Dockerfile:9-9 unsafe-rule suggests ["RUN careful \\"]
			comment Dockerfile:16-16 error-rule
			patch Dockerfile:3 since OutsideDiff`,
	} {
		t.Run(string(scope), func(t *testing.T) {
			policy := Policy{Repo: config.Repo{Scope: scope, Check: config.Check{FailOn: analysis.Never}}}
			check(t, one(base, head, Prior{}, policy), want)
		})
	}
}

func TestNewFile(t *testing.T) {
	head := lines(4, map[int]string{3: "RUN bad"})
	r := New([]analysis.Result{analyse("a/Dockerfile", head)}, Pull{Changes: map[string]Change{
		"a/Dockerfile": {Added: true, Patch: diff.Compare(nil, []byte(head), 3)},
	}}, Prior{}, Policy{})
	check(t, r, `
		success
		finding a/Dockerfile:3 safe-rule comment
		comment a/Dockerfile:3-3 safe-rule suggests ["RUN good"]`)
}

func TestAnchor(t *testing.T) {
	long := func(first, last string) string {
		return lines(20, map[int]string{8: "RUN " + first + " \\\n a \\\n b \\\n c \\\n d \\\n e \\\n f \\\n " + last})
	}
	exposed := lines(20, map[int]string{15: "EXPOSE 1"})
	wide := lines(5, map[int]string{3: "RUN bad \\\n a \\\n b \\\n c \\\n d \\\n e \\\n f \\\n g \\\n h \\\n bad"})
	tests := []struct{ name, base, head, want string }{
		{"a suggestion of several lines replaces one", lines(9, nil), lines(9, map[int]string{5: "RUN split"}), `
			success
			finding Dockerfile:5 multi-rule comment
			comment Dockerfile:5-5 multi-rule suggests ["RUN first \\" "    second"]`},
		{"the word is outside of the hunk: the changed line of its instruction", long("half", "x"),
			long("half", "whole"), `
			success
			finding Dockerfile:8 half-rule comment
			comment Dockerfile:15-15 half-rule`},
		{"two words, of which one is older", strings.Replace(wide, " h \\\n bad", " h \\\n new", 1), wide, `
			success
			finding Dockerfile:12 safe-rule comment
			comment Dockerfile:12-12 safe-rule suggests [" good"]
			older safe-rule 1`},
		{"the other instruction that takes part, as a whole",
			lines(20, map[int]string{3: "USER dear", 20: "RUN a \\\n calm"}),
			lines(20, map[int]string{3: "USER dear", 20: "RUN a \\\n c"}), `
			success
			finding Dockerfile:3 ends-rule comment
			comment Dockerfile:20-21 ends-rule`},
		{"the line after one that is deleted",
			strings.Replace(exposed, "RUN step 10\n", "RUN step 10\nUSER x\n", 1), exposed, `
			success
			finding Dockerfile:1 lacks-rule comment
			comment Dockerfile:11-11 lacks-rule`},
		{"the line before it, at the end", exposed + "USER x\n", exposed, `
			success
			finding Dockerfile:1 lacks-rule comment
			comment Dockerfile:20-20 lacks-rule`},
		{"two suggestions for one line", lines(9, nil), lines(9, map[int]string{5: "RUN bad", 6: "RUN noted"}), `
			success
			finding Dockerfile:5 safe-rule comment
			finding Dockerfile:6 noted-rule comment
			comment Dockerfile:5-5 safe-rule suggests ["RUN good"]
			comment Dockerfile:6-6 noted-rule suggests ["# noted" "RUN noted"]`},
		{"too long", lines(5, nil), lines(5, map[int]string{3: "RUN bad " + strings.Repeat("x", 40_000)}), `
			success
			finding Dockerfile:3 safe-rule comment
			comment Dockerfile:3-3 safe-rule
			patch Dockerfile:3 since TooLong`},
		{"CRLF", strings.ReplaceAll(lines(5, nil), "\n", "\r\n"),
			strings.ReplaceAll(lines(5, map[int]string{3: "RUN bad"}), "\n", "\r\n"), `
			success
			finding Dockerfile:3 safe-rule comment
			comment Dockerfile:3-3 safe-rule
			patch Dockerfile:3 since LineEnds
			no diff since LineEnds`},
		{"no line feed at the end", lines(5, nil), strings.TrimSuffix(lines(5, map[int]string{5: "RUN bad"}), "\n"), `
			success
			finding Dockerfile:5 safe-rule comment
			comment Dockerfile:5-5 safe-rule suggests ["RUN good"]`},
		{"a patch that cannot be seen", lines(5, nil), lines(5, map[int]string{3: "RUN hide"}), `
			success
			finding Dockerfile:3 hidden-rule comment
			comment Dockerfile:3-3 hidden-rule
			patch Dockerfile:3 since Unshowable`},
		{"a character that looks like a blank", lines(5, nil), lines(5, map[int]string{3: "RUN bad \u3164"}), `
			success
			finding Dockerfile:3 safe-rule comment
			comment Dockerfile:3-3 safe-rule
			patch Dockerfile:3 since Unshowable`},
		{"a sketch", lines(5, nil), lines(5, map[int]string{3: "RUN vague"}), `
			success
			finding Dockerfile:3 sketch-rule comment
			comment Dockerfile:3-3 sketch-rule sketches`},
		{"two in one instruction", lines(5, nil), lines(5, map[int]string{3: "RUN bad risky"}), `
			success
			finding Dockerfile:3 safe-rule comment
			finding Dockerfile:3 unsafe-rule comment
			comment Dockerfile:3-3 safe-rule unsafe-rule suggests ["RUN good careful"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, one(tt.base, tt.head, Prior{}, Policy{}), tt.want) })
	}
}

// Of a new file too large for a patch, all is new.
func TestNewFileWithoutPatch(t *testing.T) {
	r := New([]analysis.Result{analyse("Dockerfile", lines(4, map[int]string{3: "RUN wrong"}))},
		Pull{Changes: map[string]Change{"Dockerfile": {Added: true}}}, Prior{}, Policy{})
	check(t, r, `
		failure
		finding Dockerfile:3 error-rule annotation since NoDiff`)
}

// A file for which GitHub gives no patch takes no comment, yet what it changes is known.
func TestNoPatchFromGitHub(t *testing.T) {
	base, head := lines(9, map[int]string{2: "RUN bad"}), lines(9, map[int]string{2: "RUN bad", 7: "RUN bad"})
	before := analyse("Dockerfile", base)
	r := New([]analysis.Result{analyse("Dockerfile", head)}, Pull{Changes: map[string]Change{
		"Dockerfile": {Base: &before},
	}}, Prior{}, Policy{})
	check(t, r, `
		success
		finding Dockerfile:7 safe-rule annotation since NoDiff
		patch Dockerfile:7 since NoDiff
		older safe-rule 1`)
}

func TestPolicy(t *testing.T) {
	head := lines(20, map[int]string{3: "RUN odd", 6: "RUN risky", 9: "RUN bad", 12: "RUN wrong"})
	tests := []struct {
		name   string
		policy config.Repo
		want   string
	}{
		{"a notice is an annotation, an error fails", config.Repo{}, `
			failure
			finding Dockerfile:3 notice-rule annotation since NotSevere
			finding Dockerfile:6 unsafe-rule comment
			finding Dockerfile:9 safe-rule comment
			finding Dockerfile:12 error-rule comment
			comment Dockerfile:6-6 unsafe-rule suggests ["RUN careful"]
			comment Dockerfile:9-9 safe-rule suggests ["RUN good"]
			comment Dockerfile:12-12 error-rule
			patch Dockerfile:3 since NotSevere`},
		{"the severe ones, then those with a safe patch, come first",
			config.Repo{Comments: config.Comments{Max: 2, MinSeverity: analysis.Notice}}, `
			failure
			finding Dockerfile:3 notice-rule annotation since OverLimit
			finding Dockerfile:6 unsafe-rule annotation since OverLimit
			finding Dockerfile:9 safe-rule comment
			finding Dockerfile:12 error-rule comment
			comment Dockerfile:9-9 safe-rule suggests ["RUN good"]
			comment Dockerfile:12-12 error-rule
			patch Dockerfile:3 since OverLimit
			patch Dockerfile:6 since OverLimit`},
		{"no comments at all, and nothing that fails",
			config.Repo{Comments: config.Comments{Max: config.NoComments}, Check: config.Check{FailOn: analysis.Never}},
			`
			success
			finding Dockerfile:3 notice-rule annotation since NotSevere
			finding Dockerfile:6 unsafe-rule annotation since CommentsOff
			finding Dockerfile:9 safe-rule annotation since CommentsOff
			finding Dockerfile:12 error-rule annotation since CommentsOff
			patch Dockerfile:3 since NotSevere
			patch Dockerfile:6 since CommentsOff
			patch Dockerfile:9 since CommentsOff`},
		{"ignored by the configuration",
			config.Repo{Ignore: []config.Ignore{{Rules: []string{"error-rule", "notice-rule"}},
				{Paths: []string{"Docker*"}, Rules: []string{"safe-rule"}}}}, `
			success
			finding Dockerfile:6 unsafe-rule comment
			comment Dockerfile:6-6 unsafe-rule suggests ["RUN careful"]
			note false 3 findings ignored by the configuration`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, one(lines(20, nil), head, Prior{}, Policy{Repo: tt.policy}),
				tt.want)
		})
	}
}

// fingerprints are those of the rule's diagnostics, in the order of the file.
func fingerprints(src string, rules ...*analysis.Rule) []string {
	var all []string
	for _, d := range analyse("Dockerfile", src).Diagnostics {
		if slices.Contains(rules, d.Rule) {
			all = append(all, d.Fingerprint)
		}
	}
	return all
}

// bare are findings of which only the fingerprint is known.
func bare(fingerprints ...string) []Trace {
	var all []Trace
	for _, f := range fingerprints {
		all = append(all, Trace{Fingerprint: f})
	}
	return all
}

// said is an earlier comment about the fingerprints.
func said(state State, fingerprints ...string) Said {
	return Said{ID: 7, Path: "Dockerfile", State: state,
		Body: Marker{Findings: bare(fingerprints...), Head: "abcdef1"}.String() +
			"\n**[safe-rule](https://a.test/docs/rules/safe-rule.md)**: words\n\n```suggestion\nRUN x\n```\n"}
}

// onLine is the comment on a line of the head.
func (s Said) onLine(n int) Said {
	s.Start, s.End = n, n
	return s
}

func TestSaidOnce(t *testing.T) {
	base := lines(9, nil)
	head := lines(9, map[int]string{5: "RUN bad risky"})
	both := fingerprints(head, safeRule, unsafeRule)
	dismissed, forged, marked := said(Dismissed, both...), said(Open, both...), said(Open, both...)
	forged.Body = "> " + forged.Body
	marked.Body = Marker{Findings: bare(both...), Head: "abcdef1", Fixed: "abcdef2"}.String()
	tests := []struct {
		name  string
		prior []Said
		want  string
	}{
		{"open: silence", []Said{said(Open, both...).onLine(5)}, `
			success
			finding Dockerfile:5 safe-rule open
			finding Dockerfile:5 unsafe-rule open`},
		{"dismissed: never again", []Said{dismissed}, `
			success
			finding Dockerfile:5 safe-rule dismissed
			finding Dockerfile:5 unsafe-rule dismissed`},
		{"dismissed counts more than open", []Said{said(Open, both...), dismissed}, `
			success
			finding Dockerfile:5 safe-rule dismissed
			finding Dockerfile:5 unsafe-rule dismissed`},
		{"only the unsaid is said, with its own patch", []Said{said(Open, both[0]).onLine(5)}, `
			success
			finding Dockerfile:5 safe-rule open
			finding Dockerfile:5 unsafe-rule comment
			comment Dockerfile:5-5 unsafe-rule suggests ["RUN bad careful"]`},
		{"closed by dfbot, and back again", []Said{said(Closed, both...)}, `
			success
			finding Dockerfile:5 safe-rule comment
			finding Dockerfile:5 unsafe-rule comment
			comment Dockerfile:5-5 safe-rule unsafe-rule suggests ["RUN good careful"]`},
		{"marked as fixed is closed", []Said{marked}, `
			success
			finding Dockerfile:5 safe-rule comment
			finding Dockerfile:5 unsafe-rule comment
			comment Dockerfile:5-5 safe-rule unsafe-rule suggests ["RUN good careful"]`},
		{"a marker that is not at the beginning", []Said{forged}, `
			success
			finding Dockerfile:5 safe-rule comment
			finding Dockerfile:5 unsafe-rule comment
			comment Dockerfile:5-5 safe-rule unsafe-rule suggests ["RUN good careful"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, one(base, head, Prior{Comments: tt.prior}, Policy{}), tt.want) })
	}
}

// A comment that was marked as fixed is in force again where its lines are in the diff; else there is a new one, and
// what was said of the same head is taken back.
func TestBackInForce(t *testing.T) {
	base, head := lines(9, nil), lines(9, map[int]string{5: "RUN bad risky"})
	both := fingerprints(head, safeRule, unsafeRule)
	marked := said(Open, both...)
	marked = marked.onLine(5)
	marked.Body = Marker{Findings: bare(both...), Head: "abcdef1", Fixed: "abcdef2"}.String()
	moved, outdated, resolved, folded, person := marked, marked, marked, marked, marked
	folded.State, folded.Resolved = Closed, true
	moved.Start, moved.End = 3, 3
	outdated.Outdated, outdated.Start, outdated.End = true, 0, 0
	resolved.Body, resolved.State = said(Closed, both...).Body, Closed
	person.State = Dismissed
	for _, tt := range []struct {
		name                    string
		said                    Said
		comments, revived, back int
		suggests                bool
	}{
		{"on its lines", marked, 0, 1, 0, true},
		{"on other lines", moved, 0, 1, 0, false},
		{"on no lines", outdated, 1, 0, 1, true},
		{"in a resolved thread", folded, 1, 0, 1, true},
		{"not marked", resolved, 1, 0, 0, true},
		{"dismissed", person, 0, 0, 0, false},
	} {
		pull := Pull{Head: "abcdef2", Changes: map[string]Change{"Dockerfile": change(base, head)}}
		r := New([]analysis.Result{analyse("Dockerfile", head)}, pull, Prior{Comments: []Said{tt.said}}, Policy{})
		suggests := false
		for _, c := range append(r.Comments, revived(r)...) {
			suggests = suggests || c.Suggestion != nil
		}
		if len(r.Comments) != tt.comments || len(revived(r)) != tt.revived || len(r.Back) != tt.back ||
			suggests != tt.suggests {
			t.Errorf("%s: %d comments, %d in force again, %d taken back, suggests %t", tt.name, len(r.Comments),
				len(revived(r)), len(r.Back), suggests)
		}
	}
}

func revived(r *Review) (all []Comment) {
	for _, u := range r.Updates {
		if u.Said.State == Closed {
			all = append(all, *u.Comment)
		}
	}
	return all
}

// An answer alone is no dismissal: what is edited stays in its thread; what was fixed and comes back into a thread that
// GitHub has folded is said again, once.
func TestAnsweredThread(t *testing.T) {
	base, head := lines(9, nil), lines(9, map[int]string{5: "RUN bad"})
	answered := said(Open, fingerprints(head, safeRule)...)
	answered.Answered = true
	folded := answered
	folded.Outdated = true
	fixed := folded
	fixed.Body = Marker{Findings: bare(fingerprints(head, safeRule)...), Head: "abcdef1", Fixed: "abcdef2"}.String()
	again := said(Open, fingerprints(head, safeRule)...)
	for _, tt := range []struct {
		name  string
		prior []Said
		want  int
	}{
		{"answered", []Said{answered}, 0},
		{"answered and folded", []Said{folded}, 0},
		{"answered, and marked as fixed", []Said{fixed}, 1},
		{"said again", []Said{fixed, again}, 0},
	} {
		if r := one(base, head, Prior{Comments: tt.prior}, Policy{}); len(r.Comments) != tt.want {
			t.Errorf("%s: %d comments, want %d", tt.name, len(r.Comments), tt.want)
		}
	}
}

// What there was no room for does not come up as soon as there is, unless the configuration gives more; what is new
// does.
func TestHeld(t *testing.T) {
	base, head := lines(9, nil), lines(9, map[int]string{3: "RUN bad", 6: "RUN risky"})
	first, second := fingerprints(head, safeRule)[0], fingerprints(head, unsafeRule)[0]
	marked := func(held ...string) Said {
		s := said(Open, "gone")
		s.Body = Marker{Findings: bare("gone"), Head: "abcdef1", Fixed: "abcdef2", Held: bare(held...)}.String()
		return s
	}
	for _, tt := range []struct {
		name     string
		max      int
		prior    []Said
		comments int
		held     []string
		keeper   bool
	}{
		{"nothing said yet", 1, nil, 1, []string{second}, false},
		{"room for one, both held", 1, []Said{marked(first, second)}, 0, nil, false},
		{"room for one, one held", 1, []Said{marked(first)}, 1, nil, false},
		{"more room than before", 2, []Said{marked(first, second)}, 1, nil, false},
		{"no room, none held", 1, []Said{said(Open, first)}, 0, []string{second}, true},
	} {
		policy := Policy{Repo: config.Repo{Comments: config.Comments{Max: tt.max}}}
		r := one(base, head, Prior{Comments: tt.prior}, policy)
		held := Marker{Findings: r.Held}.Fingerprints()
		if len(r.Comments) != tt.comments || !slices.Equal(held, tt.held) || (r.Keeper != nil) != tt.keeper {
			t.Errorf("%s: %d comments, held %q, keeper %v\n%s", tt.name, len(r.Comments), r.Held, r.Keeper, dump(r))
		}
	}
}

// What a comment without a suggestion points at has to be on each new check run.
func TestPatchOfAnOpenCommentIsShownAgain(t *testing.T) {
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	head := crlf(lines(9, map[int]string{5: "RUN bad"}))
	prior := Prior{Comments: []Said{said(Open, fingerprints(head, safeRule)...)}}
	check(t, one(crlf(lines(9, nil)), head, prior, Policy{}), `
		success
		finding Dockerfile:5 safe-rule open
		patch Dockerfile:5 since LineEnds
		no diff since LineEnds`)
}

// The limit is for the pull request: a push does not bring out the next few.
func TestOpenCommentsTakeRoom(t *testing.T) {
	head := lines(9, map[int]string{3: "RUN bad", 6: "RUN risky"})
	policy := Policy{Repo: config.Repo{Comments: config.Comments{Max: 1}}}
	prior := Prior{Comments: []Said{said(Open, fingerprints(head, safeRule)...).onLine(3)}}
	check(t, one(lines(9, nil), head, prior, policy), `
		success
		finding Dockerfile:3 safe-rule open
		finding Dockerfile:6 unsafe-rule annotation since OverLimit
		patch Dockerfile:6 since OverLimit`)
}

// A comment is done when what it is about is not found any more; what is said of why is no more than what is known.
func TestDone(t *testing.T) {
	had := lines(9, map[int]string{3: "RUN bad", 6: "RUN risky"})
	gone := fingerprints(had, safeRule)
	both := fingerprints(had, safeRule, unsafeRule)
	head := lines(9, map[int]string{6: "RUN risky"})
	answered, elsewhere := said(Open, gone...), said(Open, gone...)
	answered.Answered = true
	elsewhere.Path = "other/Dockerfile"
	resolved, marked := said(Closed, gone...), said(Closed, gone...)
	resolved.Resolved, marked.Resolved = true, true
	marked.Body = Marker{Findings: bare(gone...), Head: "abcdef1", Fixed: "abcdef2"}.String()
	new := Pull{Changes: map[string]Change{"Dockerfile": {Added: true}}}
	older := Pull{Changes: map[string]Change{"Dockerfile": change(head, head)}}
	off := Policy{Repo: config.Repo{Ignore: []config.Ignore{{Rules: []string{"safe-rule"}}}}}
	tests := []struct {
		name   string
		head   string
		said   Said
		pull   Pull
		policy Policy
		want   string // "" where it stays
	}{
		{"its only finding is gone", head, said(Open, gone...), Pull{}, Policy{}, "mended"},
		{"one of two is gone", head, said(Open, both...), new, Policy{}, ""},
		{"one of two is gone, the other is older", head, said(Open, both...), older, Policy{}, "was there before"},
		{"someone has answered", head, answered, Pull{}, Policy{}, "mended"},
		{"already dismissed", head, said(Dismissed, gone...), Pull{}, Policy{}, ""},
		{"already closed", head, said(Closed, gone...), Pull{}, Policy{}, ""},
		{"resolved by dfbot, which died before it edited the comment", head, resolved, Pull{}, Policy{}, "mended"},
		{"resolved by dfbot and edited", head, marked, Pull{}, Policy{}, ""},
		{"its file was not judged", head, elsewhere, Pull{}, Policy{}, ""},
		{"its file is deleted", head, elsewhere, Pull{Removed: []string{"other/Dockerfile"}}, Policy{},
			"deleted or renamed"},
		{"the change is taken back", head, elsewhere, Pull{Left: []string{"other/Dockerfile"}}, Policy{},
			"no longer changed"},
		{"the file does not parse now", "FROM scratch\nRUN <<EOF\n", said(Open, gone...), Pull{}, Policy{}, ""},
		{"the file is not read now", head + "# \x00\n", said(Open, gone...), Pull{}, Policy{}, ""},
		{"a rule crashed", head + "RUN crash\n", said(Open, gone...), Pull{}, Policy{}, ""},
		{"the file is foreign now", "# syntax=example/other\n" + head, said(Open, gone...), Pull{}, Policy{}, ""},
		{"silenced by a comment", lines(9, map[int]string{3: "# dfbot ignore=safe-rule so\nRUN bad"}),
			said(Open, gone...), Pull{}, Policy{}, "silenced in file"},
		{"ignored by the configuration", had, said(Open, gone...), Pull{}, off, "ignored by config"},
		{"ignored, and the code is another", lines(9, map[int]string{3: "RUN bad more"}), said(Open, gone...), Pull{},
			off, "ignored by config"},
		{"its rule does not run", head, about(said(Open, gone...), "retired-rule"), Pull{}, Policy{}, "turned off"},
		{"the instruction has another word", lines(9, map[int]string{3: "RUN bad more"}), said(Open, gone...), new,
			Policy{}, ""},
		{"either of two may be the same", lines(9, map[int]string{3: "RUN bad more", 5: "RUN bad less"}),
			said(Open, gone...), new, Policy{}, "changed"},
		{"the same mistake was there before", lines(9, map[int]string{5: "RUN bad more"}), said(Open, gone...), Pull{},
			Policy{}, "mended"},
		{"the same commit", head, said(Open, gone...), Pull{Head: "abcdef1"}, Policy{}, "not found"},
		{"it did not parse", head, about(said(Open, "print"), "does-not-parse"), Pull{}, Policy{}, "mended"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			prior := Prior{Comments: []Said{tt.said}}
			r := New([]analysis.Result{analyse("Dockerfile", tt.head)}, tt.pull, prior, tt.policy)
			got := ""
			if len(r.Done) == 1 {
				got = endings[r.Done[0].How]
			}
			if got != tt.want {
				t.Errorf("%q, want %q:\n%s", got, tt.want, dump(r))
			}
		})
	}
}

// about is the comment with another rule.
func about(s Said, rule string) Said {
	s.Body = strings.ReplaceAll(s.Body, "safe-rule", rule)
	return s
}

func TestConclusion(t *testing.T) {
	clean, warns, fails := lines(5, nil), lines(5, map[int]string{3: "RUN bad"}),
		lines(5, map[int]string{3: "RUN wrong"})
	tests := []struct {
		name   string
		head   string
		pull   Pull
		policy Policy
		want   Conclusion
	}{
		{"clean", clean, Pull{}, Policy{}, Success},
		{"a warning", warns, Pull{}, Policy{}, Success},
		{"a warning, and warnings fail", warns, Pull{},
			Policy{Repo: config.Repo{Check: config.Check{FailOn: analysis.Warning}}}, Failure},
		{"an error", fails, Pull{}, Policy{}, Failure},
		{"an error, and not all was seen", fails, Pull{FilesTruncated: true}, Policy{}, Failure},
		{"an error, and nothing fails", fails, Pull{},
			Policy{Repo: config.Repo{Check: config.Check{FailOn: analysis.Never}}}, Success},
		{"no Dockerfile", "", Pull{}, Policy{}, Skipped},
		{"no Dockerfile that is listed", "", Pull{FilesTruncated: true}, Policy{}, Neutral},
		{"a Dockerfile that was not read", "", Pull{Unread: []Unread{{"Dockerfile", "a Git LFS pointer"}}}, Policy{},
			Neutral},
		{"files missing", clean, Pull{FilesTruncated: true}, Policy{}, Neutral},
		{"paths missing", clean, Pull{TreeTruncated: true}, Policy{}, Neutral},
		{"another gap", clean, Pull{Gaps: []string{"The build graph took too long"}}, Policy{}, Neutral},
		{"a rule crashed", clean + "RUN crash\n", Pull{}, Policy{}, Neutral},
		{"another frontend", "# syntax=example/other\n" + clean, Pull{}, Policy{}, Neutral},
		{"a configuration that was not understood", clean, Pull{},
			Policy{Problems: []config.Problem{{Line: 2, Format: "unknown key %s", Args: []string{"x"}}}}, Neutral},
		{"the next configuration will not be understood", clean,
			Pull{ConfigChanged: ".dfbot.yml", ConfigProblems: []config.Problem{{Line: 2, Format: "unknown key"}}},
			Policy{}, Neutral},
		{"only the next configuration, which will not be understood", "",
			Pull{ConfigChanged: ".dfbot.yml", ConfigProblems: []config.Problem{{Line: 2, Format: "unknown key"}}},
			Policy{}, Neutral},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var results []analysis.Result
			if tt.head != "" {
				results = append(results, analyse("Dockerfile", tt.head))
			}
			tt.pull.Changes = map[string]Change{"Dockerfile": change(clean, tt.head)}
			if r := New(results, tt.pull, Prior{}, tt.policy); r.Conclusion != tt.want || r.FailsUnreviewed {
				t.Errorf("concludes %s, want %s:\n%s", r.Conclusion, tt.want, dump(r))
			}
			tt.policy.Check.OnUnreviewed = config.UnreviewedFailure
			strict := tt.want
			if strict == Neutral {
				strict = Failure
			}
			if r := New(results, tt.pull, Prior{}, tt.policy); r.Conclusion != strict ||
				r.FailsUnreviewed != (tt.want == Neutral) {
				t.Errorf("on-unreviewed fails: concludes %s, want %s:\n%s", r.Conclusion, strict, dump(r))
			}
		})
	}
}

// One who fixes the configuration must be able to merge the fix, though everything else fails as long as it is broken.
func TestMendedConfigurationDoesNotFail(t *testing.T) {
	policy := Policy{Problems: []config.Problem{{Line: 2, Format: "unknown key"}}}
	policy.Check.OnUnreviewed = config.UnreviewedFailure
	for _, tt := range []struct {
		pull Pull
		want Conclusion
	}{
		{Pull{}, Failure},
		{Pull{ConfigChanged: ".dfbot.yml"}, Neutral},
		{Pull{ConfigChanged: ".dfbot.yml", FilesTruncated: true}, Failure},
		{Pull{ConfigChanged: ".dfbot.yml", ConfigProblems: []config.Problem{{Line: 3}}}, Failure},
	} {
		if r := New(nil, tt.pull, Prior{}, policy); r.Conclusion != tt.want {
			t.Errorf("%+v concludes %s, want %s", tt.pull, r.Conclusion, tt.want)
		}
	}
}

// TestNoteOfHadolint: people who do not know that hadolint's file is read learn it from the check run.
func TestNoteOfHadolint(t *testing.T) {
	results := []analysis.Result{analyse("Dockerfile", "FROM scratch\n")}
	check(t, New(results, Pull{}, Prior{}, Policy{Path: ".hadolint.yaml"}), "success\n"+
		"note false The configuration is `.hadolint.yaml`, since there is no `.dfbot.yml`")
	check(t, New(results, Pull{}, Prior{}, Policy{Path: ".github/dfbot.yml"}), "success")
}

func TestNotes(t *testing.T) {
	head := "FROM scratch\n# dfbot ignore=safe-rule it has to be\nRUN bad\n# dfbot ignore=safe-rule\nRUN bad x\nRUN " +
		"crash\n"
	results := []analysis.Result{analyse("z/Dockerfile", "# syntax=example/other\nX\n"), analyse("a/Dockerfile", head)}
	results[1].Unproved = []analysis.Unproved{{Rule: safeRule, Line: 3}}
	pull := Pull{
		FilesTruncated: true, TreeTruncated: true, Gaps: []string{"Only 90% was read"},
		Unread:        []Unread{{"b/Dockerfile", "a symbolic link"}},
		ConfigChanged: ".github/dfbot.yml", ConfigProblems: []config.Problem{{Line: 4, Format: "twice"}},
	}
	policy := Policy{Problems: []config.Problem{{Line: 3, Format: "no rule is called %s", Args: []string{"sage-rule"},
		Nearest: "safe-rule"}}}
	check(t, New(results, pull, Prior{}, policy), "neutral\n"+
		"note true GitHub truncated the list of changed files; image builds that the others affect "+
		"may not have been reviewed\n"+
		"note true GitHub truncated the list of files in the repository; findings that depend on the build context "+
		"may be missing\n"+
		"note true Only 90% was read\n"+
		"note true `b/Dockerfile` was not reviewed: a symbolic link\n"+
		"note true The rule crash-rule crashed on `a/Dockerfile`; its findings there are missing\n"+
		"note true `z/Dockerfile` was not reviewed: written for the frontend `example/other`, which is neither "+
		"Docker's own nor named in `files.frontends`\n"+
		"note false The configuration was not understood in full: `.dfbot.yml`, line 3: no rule is called "+
		"`sage-rule`; did you mean `safe-rule`?\n"+
		"note false This pull request changes `.github/dfbot.yml`; the change takes effect after the merge\n"+
		"note false This pull request's `.github/dfbot.yml`, line 4: twice\n"+
		"note false `a/Dockerfile:3`: a comment silences safe-rule: `it has to be`\n"+
		"note false `a/Dockerfile:5`: a comment silences safe-rule without a reason\n"+
		"note false Not shown: 1 fix that could not be verified")
}

func TestMarker(t *testing.T) {
	for _, m := range []Marker{
		{Findings: bare("AbC_-123"), Head: "0123456789abcdef0123456789abcdef01234567"},
		{Findings: bare("a", "b--", "-"), Head: "0123456", Fixed: "fedcba9"},
		{Findings: []Trace{{Fingerprint: "a", Rule: "shell", Code: "SC2086", Keyword: "RUN", Stage: 1, Subject: 4095,
			Before: 64, After: 63, Words: []hash12{7, 70, 700}}, {Fingerprint: "b", Rule: "no-words", Keyword: "USER",
			Gone: "0123456", Ended: WasThereBefore}}, Posted: "c", Head: "0123456", Held: bare("d", "e")},
	} {
		got, ok := ParseMarker(m.String() + "\nwords")
		if d := cmp.Diff(m, got); !ok || d != "" {
			t.Errorf("marker %s (-want +got):\n%s", m, d)
		}
	}
	for _, body := range []string{
		"",
		"words <!-- dfbot:v1 a sha=0123456 -->",
		"\n<!-- dfbot:v1 a sha=0123456 -->",
		"<!-- dfbot:v3 a sha=0123456 -->",
		"<!-- dfbot:v1  sha=0123456 -->",
		"<!-- dfbot:v1 a,, sha=0123456 -->",
		"<!-- dfbot:v1 a<b sha=0123456 -->",
		"<!-- dfbot:v1 a sha=XYZ4567 -->",
		"<!-- dfbot:v1 a sha=0123456 more -->",
	} {
		if m, ok := ParseMarker(body); ok {
			t.Errorf("ParseMarker(%q) = %v", body, m)
		}
	}
}

// TestCommandsIgnore: of a rule that a command ignores, no more is said, wherever the finding is and whatever becomes
// of its line; in a thread, a command is about that thread's findings. The check counts them as before, and says who it
// was.
func TestCommandsIgnore(t *testing.T) {
	base := lines(9, nil)
	head := lines(9, map[int]string{3: "RUN bad", 5: "RUN bad risky", 7: "RUN wrong"})
	at5 := said(Open, fingerprints(lines(9, map[int]string{5: "RUN bad risky"}), safeRule)...)
	safe := Ignore{Rule: "Safe-Rule", By: "@mona", Reason: "a `demo`"}
	failing := Ignore{Rule: "error-rule", By: "mona"}
	inThread := safe
	inThread.Said = at5.ID
	for _, test := range []struct {
		name     string
		said     []Said
		commands []Ignore
		comments int
		ignored  []int // lines
		note     string
	}{
		{"none", nil, nil, 3, nil, ""},
		{"a rule", nil, []Ignore{safe}, 2, []int{3, 5}, "%s silences 2 findings of %s by a command: %s"},
		{"one that finds nothing", nil, []Ignore{{Rule: "multi-rule", By: "mona"}}, 3, nil, ""},
		{"in a thread", []Said{at5}, []Ignore{inThread}, 3, []int{5}, "%s silences 1 finding of %s by a command: %s"},
		{"in the thread of another comment", nil, []Ignore{inThread}, 3, nil, ""},
		{"an error, which fails the check all the same", nil, []Ignore{failing}, 2, []int{7},
			"%s silences 1 finding of %s by a command without a reason"},
	} {
		r := one(base, head, Prior{Comments: test.said, Ignored: test.commands},
			Policy{Repo: config.Repo{Check: config.Check{FailOn: analysis.Error}}})
		var ignored []int
		for _, f := range r.Findings {
			if f.Where == InCommand {
				ignored = append(ignored, f.Diagnostic.Place.Line)
			}
		}
		note := ""
		for _, n := range r.Notes {
			note += n.Text.Format
		}
		if len(r.Comments) != test.comments || !slices.Equal(ignored, test.ignored) || note != test.note ||
			r.Conclusion != Failure {
			t.Errorf("%s: %d comments, ignored on lines %v, %q, %s", test.name, len(r.Comments), ignored, note,
				r.Conclusion)
		}
	}
}
