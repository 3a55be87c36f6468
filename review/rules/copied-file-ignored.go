package rules

import (
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
)

var copiedFileIgnored = &analysis.Rule{
	Name:       "copied-file-ignored",
	Doc:        "COPY of a file that .dockerignore excludes, so the build cannot find it",
	Topic:      analysis.Context,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning in a build stage and for the default of an ARG",
	Aliases:    []string{"CopyIgnoredFile"},
	Run: func(p *analysis.Pass) {
		if !p.Context.Known() || p.Context.IgnoreFile() == "" || !p.Context.IgnoreFileRead() {
			return
		}
		for _, in := range p.File.Instructions() {
			c := copyIn(in)
			if c == nil {
				continue
			}
			for _, s := range buildcontext.Sources(c) {
				if s.Local && s.Path.Known && !wildcard(s.Path.Text) && !s.Whole() && hidden(p.Context, s.Path.Text) {
					reportIgnored(p, in, s)
				}
			}
		}
	},
}

// hidden reports whether the source is in the tree and no file of it reaches the builder.
func hidden(ctx *buildcontext.Context, source string) bool {
	return ctx.Exists(source) && len(ctx.Match(source)) == 0
}

func reportIgnored(p *analysis.Pass, in *dockerfile.Instruction, s buildcontext.Source) {
	f := analysis.Finding{
		In: in, Span: s.Word.Span,
		Message: analysis.Say("%s is excluded by %s, so the build cannot find it", s.Path.Text, p.Context.IgnoreFile()),
		Snippet: throughSnippet(p, strings.TrimPrefix(path.Clean("/"+s.Path.Text), "/")),
	}
	if in.Stage != nil && !in.Stage.Ships() || s.Path.Default {
		f.AtMost = analysis.Warning // a build of another target or with another argument may never get here
	}
	p.Report(f)
}

// throughSnippet is the line that lets the excluded file or directory through; nil where its name cannot be in an
// ignore file, or where the line would let credentials and other unwanted files through with it.
func throughSnippet(p *analysis.Pass, source string) *analysis.Snippet {
	if source != strings.TrimSpace(source) || strings.ContainsFunc(source, unicode.IsControl) ||
		strings.ContainsAny(source, `^\`) || !utf8.ValidString(source) {
		return nil
	}
	keptOut := func(f string) bool {
		return ecosystem.Credentials(f) ||
			slices.ContainsFunc(unwantedFiles, func(u unwanted) bool { return u.hides(f) })
	}
	if len(p.Context.Anywhere(source, "kept out", keptOut)) > 0 {
		return nil
	}
	return &analysis.Snippet{Path: p.Context.IgnoreFile(), Lines: []string{"!" + source}}
}
