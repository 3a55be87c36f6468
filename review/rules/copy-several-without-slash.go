package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var copySeveralWithoutSlash = &analysis.Rule{
	Name:     "copy-several-without-slash",
	Doc:      "COPY of several files to a destination without a trailing slash",
	Topic:    analysis.Context,
	Severity: analysis.Warning,
	Aliases:  []string{"DL3021", "DS-0011"},
	Run: func(p *analysis.Pass) {
		known := foldersOf{}
		for _, in := range p.File.Instructions() {
			if in.Stage == nil || in.Name == "FROM" {
				continue
			}
			fs := known.at(in.Stage)
			if c := copyIn(in); c != nil && severalFiles(p.Context, c) && !toFolder(c) {
				reportWithoutSlash(p, in, c, fs)
			}
			fs.learn(in)
		}
	},
}

// severalFiles reports whether the COPY or ADD certainly copies more than one thing, and the first
// of them may be a file: a directory would make the destination one.
func severalFiles(ctx *buildcontext.Context, in *dockerfile.Instruction) bool {
	sources := buildcontext.Sources(in)
	if in.Flag("parents") != nil {
		return false
	}
	if len(sources) > 1 {
		first := sources[0]
		return !(first.Local && first.Path.Known && ctx.Known() && ctx.Folder(first.Path.Text))
	}
	if s := sources[0]; s.Local && s.Path.Known && ctx.Known() && wildcard(s.Path.Text) {
		matched := ctx.Match(s.Path.Text)
		return len(matched) > 1 && sameDepth(matched, s.Path.Text)
	}
	return false
}

func reportWithoutSlash(p *analysis.Pass, in, c *dockerfile.Instruction, fs *folders) {
	to := lastWord(c)
	v := c.Expand(to.Text)
	at := c.Resolve(c.Workdir(), to.Text)
	if !v.Known || at == "" || fs.has(at) || windowsPath(to) {
		return
	}
	because := c.GivenBy(dockerfile.Span{}) // the sources count as well
	if in.Stage.Root().Image.Text == "scratch" {
		because = append(because, setBy(in.Stage, nil)...)
	}
	p.Report(analysis.Finding{
		In: in, Span: to.Span, Because: because,
		Message: analysis.Say("Several files are copied to %s, which does not end in a slash", v.Text),
		Why: analysis.Say("Unless it is a directory already, BuildKit writes each file over the previous one and " +
			"only the last remains; other builders stop."),
		Fix: &analysis.Fix{
			Title:         "Add the trailing slash",
			Applicability: analysis.Unsafe,
			Caveat: analysis.Say("If %s is not a directory yet, it becomes one with all the files in "+
				"it; today it is one file.",
				v.Text),
			Edits: edit.AppendTo(c.File(), to, "/").Edits,
		},
	})
}
