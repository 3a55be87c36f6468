package rules

import (
	"path"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var missingDockerignore = &analysis.Rule{
	Name:     "missing-dockerignore",
	Doc:      "COPY of the whole build context without a .dockerignore",
	Topic:    analysis.Context,
	Since:    "0.1",
	Severity: analysis.Off,
	Aliases:  []string{"DF033"},
	Run: func(p *analysis.Pass) {
		if !p.Context.Known() || p.Context.IgnoreFile() != "" {
			return
		}
		for _, in := range p.File.Instructions() {
			if takesAll(in) {
				reportNoIgnoreFile(p, in)
				return
			}
		}
	},
}

// takesAll reports whether the COPY or ADD takes the whole context.
func takesAll(in *dockerfile.Instruction) bool {
	c := copyIn(in)
	if c == nil || c.Flag("exclude") != nil {
		return false
	}
	for _, s := range buildcontext.Sources(c) {
		if s.Local && s.Path.Known && s.Whole() {
			return true
		}
	}
	return false
}

func reportNoIgnoreFile(p *analysis.Pass, in *dockerfile.Instruction) {
	found := leaks(p, copyIn(in))
	if len(found) == 0 {
		return // nothing is known that it would keep out
	}
	f := analysis.Finding{
		In: in, Span: in.Span, Lacks: ".dockerignore", Extent: map[string]int{"files": len(found)},
		Message: analysis.Say("%s copies the whole build context, because there is no %s",
			in.OneLine(), ignoreFileOf(p)),
		Snippet: ignoreSnippet(p, found),
	}
	list, args := leaked(found)
	f.Why = analysis.Say("The layer also contains "+list+", and is rebuilt whenever one of them changes.", args...)
	if onlyHistory(found) {
		f.Why = analysis.Say("The layer contains %s, so every commit rebuilds it, whatever the commit changes.", ".git")
		if !in.Stage.Ships() {
			f.AtMost = analysis.Notice
		}
	}
	f.Why = sayUnoffered(f.Why, found)
	p.Report(f)
}

// ignoreFileOf is the path of the context's ignore file, or the one that it would have.
func ignoreFileOf(p *analysis.Pass) string {
	if at := p.Context.IgnoreFile(); at != "" {
		return at
	}
	return path.Join(p.Context.Dir, ".dockerignore")
}

// onlyHistory reports whether all that is found is the repository's history.
func onlyHistory(found []leak) bool { return len(found) == 1 && found[0].unwanted == history }

// leaked enumerates the files.
func leaked(found []leak) (format string, args []any) {
	for i, l := range found {
		switch {
		case i == 0:
		case i == len(found)-1:
			format += " and "
		default:
			format += ", "
		}
		format += "%s"
		args = append(args, l.file)
	}
	return format, args
}
