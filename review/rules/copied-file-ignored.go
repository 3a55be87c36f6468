package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var copiedFileIgnored = &analysis.Rule{
	Name:       "copied-file-ignored",
	Doc:        "COPY of a file that .dockerignore excludes, so the build cannot find it",
	Topic:      analysis.Context,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning in a stage that the final image does not need, and for the default of an ARG",
	Aliases:    []string{"CopyIgnoredFile"},
	Run: func(p *analysis.Pass) {
		for _, t := range takenFrom(p.File) {
			before, ctx := t.contexts(p)
			newly := before != nil && before.Known() && len(before.Match(t.path.Text)) > 0
			if ctx.Known() && ctx.IgnoreFileRead() && !wildcard(t.path.Text) && hidden(ctx, t.path.Text) &&
				(newly || ctx == p.Context || t.from != "") {
				reportIgnored(p, ctx, t, newly)
			}
		}
	},
}

// hidden reports whether the source is in the tree and no file of it reaches the builder.
func hidden(ctx *buildcontext.Context, source string) bool {
	return ctx.Exists(source) && len(ctx.Match(source)) == 0
}

func reportIgnored(p *analysis.Pass, ctx *buildcontext.Context, t taken, newly bool) {
	f := analysis.Finding{
		In: t.in, Span: t.span, AtMost: t.certainty(p), Subject: t.path.Text,
		Message: analysis.Say("%s is excluded by %s, so the build cannot find it", t.path.Text, ctx.IgnoreFile()),
		Snippet: throughSnippet(ctx, t.plain()),
	}
	if hidden := ctx.Anywhere(t.plain(), "all", func(string) bool { return true }); len(hidden) > 0 {
		f.Elsewhere = analysis.Location{Path: ctx.IgnoreFile(), Line: ctx.IgnoredBy(hidden[0])}
	}
	if newly {
		f.Why = analysis.Say("The base branch does not exclude it, so the build fails with this pull request.")
	}
	p.Report(f)
}

// throughSnippet is the line that lets the excluded file or directory through; nil where its name cannot be in an
// ignore file, or where the line would let credentials and other unwanted files through with it.
func throughSnippet(ctx *buildcontext.Context, source string) *analysis.Snippet {
	if source != strings.TrimSpace(source) || strings.ContainsFunc(source, unicode.IsControl) ||
		strings.ContainsAny(source, `^\`) || !utf8.ValidString(source) {
		return nil
	}
	keptOut := func(f string) bool {
		return ecosystem.Credentials(f) ||
			slices.ContainsFunc(unwantedFiles, func(u unwanted) bool { return u.hides(f) })
	}
	if len(ctx.Anywhere(source, "kept out", keptOut)) > 0 {
		return nil
	}
	return &analysis.Snippet{Path: ctx.IgnoreFile(), Lines: []string{"!" + source}}
}
