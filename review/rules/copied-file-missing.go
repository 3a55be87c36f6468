package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/spelling"
)

var copiedFileMissing = &analysis.Rule{
	Name:     "copied-file-missing",
	Doc:      "COPY of a file that does not exist, while one with almost the same name does",
	Topic:    analysis.Context,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		ctx := p.Context.Guess()
		if ctx == nil || ctx == p.Context {
			return // unknown, or all is there
		}
		copied := map[string]bool{}
		for _, in := range p.File.Instructions() {
			for _, s := range meantSources(in) {
				if s.Path.Known {
					copied[strings.TrimPrefix(path.Clean("/"+s.Path.Text), "/")] = true
				}
			}
		}
		for _, in := range p.File.Instructions() {
			if in.Stage == nil {
				continue
			}
			if windows, known := in.Stage.Windows(); windows || !known {
				continue // names are not case-sensitive there
			}
			for _, s := range meantSources(in) {
				if !s.Local || !s.Path.Known || s.Path.Default || wildcard(s.Path.Text) || ctx.Exists(s.Path.Text) ||
					strings.Contains(s.Path.Text, `\`) {
					continue
				}
				if near := nearPath(ctx, s.Path.Text); near != "" && !copied[near] {
					reportNearName(p, in, s, near)
				}
			}
		}
	},
}

// nearPath returns the path of the tree that differs from the missing one in a single name, and in
// that by a typo; "" without one.
func nearPath(ctx *buildcontext.Context, missing string) string {
	parts := strings.Split(strings.TrimPrefix(path.Clean("/"+missing), "/"), "/")
	for i, part := range parts {
		dir := strings.Join(parts[:i], "/")
		if ctx.Exists(path.Join(dir, part)) {
			continue
		}
		names := ctx.Names(dir)
		ctx.Charge(10*len(names) + spelling.Cost*min(len(names), spelling.MaxCandidates))
		name := slipOf(part, names)
		if name == "" {
			return ""
		}
		if near := path.Join(dir, name, strings.Join(parts[i+1:], "/")); ctx.Exists(near) {
			return near
		}
		return ""
	}
	return ""
}

// slipOf returns the name of which the word is a typo: it differs in case, or by one edit that
// changes neither a digit nor the ending.
func slipOf(word string, names []string) string {
	var near []string
	for _, n := range names {
		if strings.EqualFold(n, word) {
			return n
		}
		if path.Ext(n) == path.Ext(word) && digits(n) == digits(word) {
			near = append(near, n)
		}
	}
	if stem := strings.TrimSuffix(word, path.Ext(word)); len(stem) < 5 {
		return ""
	}
	if n := spelling.Slip(word, near); n != "" && spelling.Distance(word, n) == 1 {
		return n
	}
	return ""
}

// digits are the digits of a name, which distinguish versions.
func digits(s string) string {
	return string(slices.DeleteFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' }))
}

func reportNearName(p *analysis.Pass, in *dockerfile.Instruction, s buildcontext.Source, near string) {
	f := analysis.Finding{
		In: in, Span: s.Word.Span,
		Message: analysis.Say("%s is not in the repository, but %s is", s.Path.Text, near),
		Why:     analysis.Say("Unless something creates the file first, the build fails here."),
	}
	missing := strings.TrimPrefix(path.Clean("/"+s.Path.Text), "/")
	written := p.File.Text(s.Word.Span)
	if i := strings.Index(written, missing); i >= 0 && strings.Count(written, missing) == 1 {
		start := s.Word.Span.Start + i
		f.Fix = &analysis.Fix{
			Title:         "Use the name of the existing file",
			Applicability: analysis.Unsafe,
			Caveat:        analysis.Say("This assumes that nothing creates %s before the build.", missing),
			Edits:         []analysis.Edit{{Span: dockerfile.Span{Start: start, End: start + len(missing)}, New: near}},
		}
	}
	if f.Fix != nil {
		f.Why = analysis.Say("The build fails here.")
		if strings.EqualFold(missing, near) {
			f.Why = analysis.Say("File names are case-sensitive on Linux, so the build fails here.")
		}
	}
	p.Report(f)
}
