package rules_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// addBlocks adds the blocks of the diagnostics to their files and says what that keeps out of the context and
// lets into it. What the diagnostics with a block say must be true no longer then, and no rule may find a mistake where
// it found none before.
func addBlocks(t *testing.T, res *analysis.Result, mine []analysis.Diagnostic) string {
	t.Helper()
	tree, mended := withBlocks(res.Unit.Tree, mine)
	if len(mended) == 0 {
		return ""
	}
	u := res.Unit
	u.Tree, u.Context, u.File = tree, nil, nil
	after := judged(u)
	for _, d := range after.Diagnostics {
		there := func(x analysis.Diagnostic) bool { return x.Rule == d.Rule && x.Place == d.Place }
		same := func(x analysis.Diagnostic) bool { return there(x) && x.Message.String() == d.Message.String() }
		if slices.ContainsFunc(mended, same) || !slices.ContainsFunc(res.Diagnostics, there) {
			t.Errorf("with the block added, %s finds on line %d: %s", d.Rule.Name, d.Place.Line, d.Message)
		}
	}
	return moved("keeps out", res.Unit.Context, after.Unit.Context) +
		moved("lets in", after.Unit.Context, res.Unit.Context)
}

// withBlocks is the tree with the blocks added, and the diagnostics that have one.
func withBlocks(tree *buildcontext.Tree, ds []analysis.Diagnostic) (*buildcontext.Tree, []analysis.Diagnostic) {
	next := &buildcontext.Tree{Paths: slices.Clone(tree.Paths), Contents: maps.Clone(tree.Contents), Stat: tree.Stat,
		NoClone: tree.NoClone}
	var with []analysis.Diagnostic
	for _, d := range ds {
		if d.Snippet == nil {
			continue
		}
		with = append(with, d)
		if !slices.Contains(next.Paths, d.Snippet.Path) {
			next.Paths = append(next.Paths, d.Snippet.Path)
		}
		next.Contents[d.Snippet.Path] = fmt.Appendf(slices.Clone(next.Contents[d.Snippet.Path]), "%s\n",
			strings.Join(d.Snippet.Lines, "\n"))
	}
	return next, with
}

// moved lists the files that only the first context holds, the repository's history among them.
func moved(how string, from, to *buildcontext.Context) string {
	var b strings.Builder
	for _, f := range append(from.Match("."), ".git/HEAD") {
		if !from.Ignored(f) && to.Ignored(f) {
			fmt.Fprintf(&b, "%s %s\n", how, f)
		}
	}
	return b.String()
}
