package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// taken is a path in the build context that an instruction copies or mounts.
type taken struct {
	in    *dockerfile.Instruction
	path  dockerfile.Value
	span  dockerfile.Span
	mount bool
	from  string // the stage, image or named context that it is in; "" for the build context
}

// takenFromContext lists the known paths that the file copies or mounts from the context, without those of an ONBUILD,
// which takes them from the context of another build.
func takenFromContext(f *dockerfile.File) []taken {
	return slices.DeleteFunc(takenFrom(f), func(t taken) bool { return t.from != "" })
}

// takenFrom is takenFromContext with what is taken from stages, images and named contexts.
func takenFrom(f *dockerfile.File) []taken {
	var all []taken
	for _, in := range f.Instructions() {
		if in.Stage == nil || in.Trigger != nil {
			continue
		}
		from := ""
		if flag := in.Flag("from"); flag != nil {
			from = flag.Value
		}
		for _, s := range meantSources(in) {
			if (s.Local || from != "") && s.Path.Known && !s.Whole() {
				all = append(all, taken{in, s.Path, s.Word.Span, false, from})
			}
		}
		for _, m := range in.Mounts() {
			if v := in.Expand(m.Source); m.Type == "bind" && m.Source != "" && v.Known {
				all = append(all, taken{in, v, m.Flag.Span, true, m.From.Name})
			}
		}
	}
	return all
}

// named reports whether the Dockerfile copies or mounts the file, or what is below it, by its name.
func named(f *dockerfile.File, file string) bool {
	above := f.Final().From.Keep(namedKey{}, func() any {
		all := map[string]bool{}
		for _, t := range takenFromContext(f) {
			for p := t.plain(); p != "." && !all[p]; p = path.Dir(p) {
				all[p] = true
			}
		}
		return all
	}).(map[string]bool)
	return above[path.Clean(file)]
}

// namedKey is what a file keeps its paths under.
type namedKey struct{}

// plain is the path from the context's root.
func (t taken) plain() string { return strings.TrimPrefix(path.Clean("/"+t.path.Text), "/") }

// lost returns the files of the base that the path takes there, where it takes none on the head; nil in any other case,
// and where the context is not certain.
func (t taken) lost(p *analysis.Pass) []string {
	before, now := t.contexts(p)
	if before == nil || !now.Known() || t.plain() == "" || len(now.Match(t.path.Text)) > 0 ||
		!now.Stated() && now.Above().Known() || // where all is there, and perhaps the build starts
		elsewhere(now, t.plain()) || now != p.Context && t.from == "" && wildcard(t.path.Text) {
		return nil
	}
	return before.Match(t.path.Text)
}

// elsewhere reports whether the path leads through a symlink or into a submodule, so that what is there is unknown.
func elsewhere(ctx *buildcontext.Context, p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if mode, _ := ctx.Stat(dir); mode == buildcontext.Symlink || mode == buildcontext.Submodule {
			return true
		}
	}
	return false
}

// contexts are those of the base and of the head that the path is in; nil on the base where that is unknown.
func (t taken) contexts(p *analysis.Pass) (before, now *buildcontext.Context) {
	likely, there := p.Context.Likely()
	switch {
	case t.from == "" && likely != nil:
		return likely, there
	case t.from == "":
		return p.Before, p.Context
	case p.Before == nil:
		return nil, p.Context.Named(t.from)
	}
	return p.Before.Named(t.from), p.Context.Named(t.from)
}

// optional reports whether a pattern is one only so that the build goes on without the file: it matched that one.
func (t taken) optional(was []string) bool {
	name := strings.NewReplacer("*", "", "?", "", "[", "", "]", "").Replace(t.plain())
	return len(was) == 1 && was[0] == name
}

// needed reports whether a build is known to get to the instruction: one without a target, or one that the repository
// has in this context.
func (t taken) needed(p *analysis.Pass) bool {
	_, made := p.Context.Makes(t.in.Stage)
	return made || t.in.Stage.Needed()
}

// certainty is the most severe that a finding of a failing build may be: a build of another target or with another
// argument may never get to the instruction.
func (t taken) certainty(p *analysis.Pass) analysis.Severity {
	if !t.needed(p) || t.path.Default {
		return analysis.Warning
	}
	return analysis.Off
}

// fails says what becomes of a build that cannot find the path.
func (t taken) fails(p *analysis.Pass) analysis.Message {
	switch {
	case !t.needed(p):
		return analysis.Say("A build that needs this stage fails here.")
	case t.path.Default:
		return analysis.Say("The build fails here, unless it is given another argument.")
	}
	return analysis.Say("The build fails here.")
}

// renamed returns what the path is called on the head, if all files that it took on the base are below that name now.
func (t taken) renamed(p *analysis.Pass, was []string) string {
	before, head := t.contexts(p)
	head.Charge(len(was))
	old, now := t.plain(), ""
	for i, f := range was {
		name, below := before.Renamed(f)
		root, same := strings.CutSuffix(name, strings.TrimPrefix(f, old))
		if !below || !same || i > 0 && root != now || !head.Has(name) {
			return ""
		}
		now = root
	}
	return now
}

// rename is the fix that names what a path is called now; nil where it cannot be written in its place.
func (t taken) rename(f *dockerfile.File, now string) *analysis.Fix {
	written, old := f.Text(t.span), t.plain()
	i := strings.Index(written, old)
	if i < 0 || strings.Count(written, old) != 1 || strings.ContainsAny(now, " \t\n\r\"'\\$`,*?[]#<") {
		return nil
	}
	start := t.span.Start + i
	return &analysis.Fix{
		Title:         "Use the new name",
		Applicability: analysis.Unsafe,
		Assumes:       []analysis.Message{analysis.Say("%s is still what the image needs", now)},
		Edits:         []analysis.Edit{{Span: dockerfile.Span{Start: start, End: start + len(old)}, New: now}},
	}
}
