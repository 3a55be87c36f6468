package rules

import (
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var dockerignoreGap = &analysis.Rule{
	Name:       "dockerignore-gap",
	Doc:        "COPY of files that .dockerignore should exclude",
	Topic:      analysis.Context,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice in a build stage unless a file holds secrets",
	Run: func(p *analysis.Pass) {
		if !p.Context.Known() {
			return
		}
		if at := p.Context.IgnoreFile(); at != "" && !p.Context.IgnoreFileRead() {
			return
		}
		said := map[string]bool{}
		for _, in := range p.File.Instructions() {
			c := copyIn(in)
			if c == nil {
				continue
			}
			// What always came with the whole context is missing-dockerignore's affair.
			onlyFresh := p.Context.IgnoreFile() == "" && takesAll(in)
			if onlyFresh && p.Before == nil {
				continue
			}
			found := slices.DeleteFunc(leaks(p, c),
				func(l leak) bool { return said[l.line] || onlyFresh && !l.fresh(p) })
			for _, l := range found {
				said[l.line] = true
			}
			if len(found) > 0 {
				reportGap(p, in, found)
			}
		}
	},
}

func reportGap(p *analysis.Pass, in *dockerfile.Instruction, found []leak) {
	format, args := "%s copies %s, which "+found[0].why, []any{in.OneLine(), found[0].file}
	for i, l := range found[1:] {
		joint := ", "
		if i == len(found)-2 {
			joint = ", and "
		}
		format += joint + "%s, which " + l.why
		args = append(args, l.file)
	}
	f := analysis.Finding{
		In: in, Span: in.Span, Message: analysis.Say(format, args...), Snippet: ignoreSnippet(p, found),
		Extent: map[string]int{"files": len(found)},
	}
	switch {
	case !slices.ContainsFunc(found, func(l leak) bool { return !l.fresh(p) }):
		f.Why = analysis.Say("They were not in the build context before this pull request.")
		if len(found) == 1 {
			f.Why = analysis.Say("It was not in the build context before this pull request.")
		}
	case slices.ContainsFunc(found, func(l leak) bool { return l.unwanted == history }):
		f.Why = analysis.Say("With %s in it, the layer is rebuilt after every commit and holds the whole history.",
			".git")
	}
	if first := found[0]; first.fresh(p) && first.unwanted != history {
		f.Elsewhere = analysis.Location{Path: p.Context.FromRoot(first.file), Line: 1}
	}
	f.Why = sayUnoffered(f.Why, found)
	if !found[0].secret && !in.Stage.Ships() {
		f.AtMost = analysis.Notice
	}
	p.Report(f)
}
