package analysis_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// TestSeveralContexts: what a rule finds in all contexts that builds state is said once, and of the rest the message
// names the contexts; a stage counts where a build makes it.
func TestSeveralContexts(t *testing.T) {
	rule := &analysis.Rule{Name: "needs", Severity: analysis.Error, Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name == "COPY" && p.Context.Known() && !p.Context.Exists(in.Words[0].Text) {
				n := len(p.Context.Names(""))
				p.Report(analysis.Finding{In: in, Span: in.Words[0].Span, Subject: in.Words[0].Text,
					Message: analysis.Say("%s is not among %d", in.Words[0].Text, n)})
			}
		}
	}}
	paths := []string{"Dockerfile", "a/x", "b/x", "b/y", "c/x", "c/z", "d/1", "d/2"}
	for _, c := range []struct {
		name    string
		stated  []string
		targets map[string][]string
		src     string
		want    []string
	}{
		{name: "in all", stated: []string{"b", "c"}, src: "COPY q /", want: []string{"`q` is not among 2"}},
		{name: "in one", stated: []string{"b", "c"}, src: "COPY y /",
			want: []string{"`y` is not among 2 (build context: `c`)"}},
		{name: "in the root", stated: []string{"b", ""}, src: "COPY x /",
			want: []string{"`x` is not among 5 (build context: `.`)"}},
		{name: "in two of three", stated: []string{"b", "c", "d"}, src: "COPY y /",
			want: []string{"`y` is not among 2 (build contexts: `c` and `d`)"}},
		{name: "in other words", stated: []string{"b", "c", "a"}, src: "COPY q /",
			want: []string{"`q` is not among 2 (build contexts: `b` and `c`; similar in `a`)"}},
		{name: "in a stage that is made in another", stated: []string{"b", "c"}, src: "COPY y /\nFROM b AS s\nCOPY x /",
			targets: map[string][]string{"b": {"f"}, "c": {"s"}}},
		{name: "in a stage that a build makes", stated: []string{"b", "c"}, src: "COPY y /\nFROM b AS s\nCOPY x /",
			targets: map[string][]string{"b": {"s"}, "c": {"s", "f"}},
			want:    []string{"`y` is not among 2 (build context: `c`)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := analysis.Run(t.Context(), analysis.Unit{
				Path: "Dockerfile", Src: []byte("FROM a AS f\n" + c.src + "\n"),
				Rules: []analysis.Active{{Rule: rule, Severity: analysis.Error}},
				Tree: &buildcontext.Tree{Paths: paths, Stated: map[string][]string{"Dockerfile": c.stated},
					Targets: map[string]map[string][]string{"Dockerfile": c.targets}},
			})
			var got []string
			for _, d := range res.Diagnostics {
				got = append(got, d.Message.String())
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// TestTooManyContexts: a Dockerfile is looked at in a few contexts, and the rest is a gap.
func TestTooManyContexts(t *testing.T) {
	tree := &buildcontext.Tree{Stated: map[string][]string{}}
	for i := range buildcontext.MaxContexts + 2 {
		dir := fmt.Sprint("d", i)
		tree.Paths = append(tree.Paths, dir+"/x")
		tree.Stated["Dockerfile"] = append(tree.Stated["Dockerfile"], dir)
	}
	looked := 0
	rule := &analysis.Rule{Name: "looks", Severity: analysis.Error, Run: func(p *analysis.Pass) {
		p.Context.Exists("x")
		looked++
	}}
	res, err := analysis.Run(t.Context(), analysis.Unit{Path: "Dockerfile", Src: []byte("FROM a\n"), Tree: tree,
		Rules: []analysis.Active{{Rule: rule, Severity: analysis.Error}}})
	if err != nil || looked != buildcontext.MaxContexts || len(res.Gaps) != 1 ||
		!strings.Contains(res.Gaps[0].String(), "10 build contexts") {
		t.Errorf("looked at %d: %v, %v", looked, res.Gaps, err)
	}
}
