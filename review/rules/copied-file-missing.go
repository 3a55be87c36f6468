package rules

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/spelling"
)

var copiedFileMissing = &analysis.Rule{
	Name:     "copied-file-missing",
	Doc:      "COPY of a file that does not exist: the pull request takes it away, or the path is wrong",
	Topic:    analysis.Context,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error for a file that the pull request takes away, warning in a stage that the final image does not " +
		"need, for a pattern, for the default of an ARG, for another folder and for a misspelled name, " +
		"notice for a file that git ignores",
	Run: func(p *analysis.Pass) {
		all := takenFrom(p.File)
		copied := map[string]bool{}
		for _, t := range all {
			if t.from == "" {
				copied[t.plain()] = true
			}
		}
		ctx := p.Context.Guess()
		for _, t := range all {
			if was := t.lost(p); len(was) > 0 && !t.there(p) {
				reportGone(p, t, was)
			} else if place := t.outside(p); place != "" {
				reportOutside(p, t, place)
			} else if near := t.misspelled(p, ctx); near != "" && !copied[near] {
				reportNearName(p, t, near)
			}
		}
	},
}

// there reports whether the path exists on the head, hidden or not.
func (t taken) there(p *analysis.Pass) bool {
	_, now := t.contexts(p)
	return now.Exists(t.path.Text)
}

// outside returns the path from the repository's root of what is meant by a path that the stated context does not have:
// the same below the root, or beside the Dockerfile. It is "" where nothing is there, and where it may be made first.
func (t taken) outside(p *analysis.Pass) string {
	ctx, plain := p.Context, t.plain()
	if t.from != "" || t.path.Default || plain == "" || !ctx.Stated() || ctx.Several() || wildcard(t.path.Text) ||
		ctx.Exists(t.path.Text) || elsewhere(ctx, plain) || ctx.Untracked(plain) {
		return ""
	}
	if made, _ := ctx.Makes(t.in.Stage); !made {
		return "" // no build in this context comes to the COPY
	}
	up := ""
	if ctx.Dir != "" {
		up = strings.Repeat("../", strings.Count(ctx.Dir, "/")+1)
	}
	for _, dir := range []string{"", path.Dir(p.File.Path)} {
		if place := path.Join(dir, plain); path.Join(ctx.Dir, plain) != place && ctx.Beside(up+place) {
			return place
		}
	}
	return ""
}

// reportOutside reports a path that the context does not have, while something of the name is in another place.
func reportOutside(p *analysis.Pass, t taken, place string) {
	f := analysis.Finding{
		In: t.in, Span: t.span, AtMost: analysis.Warning, Subject: t.path.Text,
		Message: analysis.Say("%s is not in the build context, which is %s: the repository has it as %s", t.path.Text,
			cmp.Or(p.Context.Dir, "."), place),
		Why: analysis.Say("Paths start at the build context. Unless something creates the file there first, " +
			"the build fails here."),
	}
	within := strings.TrimPrefix("/"+place, strings.TrimSuffix("/"+p.Context.Dir, "/")+"/")
	if p.Context.Has(within) {
		if f.Fix = t.rename(p.File, within); f.Fix != nil {
			f.Fix.Title = "Name it from the build context"
			f.Fix.Assume("nothing creates %s before the build", t.plain())
		}
	}
	p.Report(f)
}

// misspelled returns the file that is meant by a path of an unknown context that does not exist; "" without one.
func (t taken) misspelled(p *analysis.Pass, ctx *buildcontext.Context) string {
	if ctx == nil || ctx == p.Context && !ctx.Stated() || t.mount || t.from != "" || t.path.Default ||
		wildcard(t.path.Text) || strings.Contains(t.path.Text, `\`) || ctx.Exists(t.path.Text) {
		return "" // nothing is known, or all is there
	}
	if windows, known := t.in.Stage.Windows(); windows || !known {
		return "" // names are not case-sensitive there
	}
	return nearPath(ctx, t.path.Text)
}

// reportGone reports what was there on the base, as those files.
func reportGone(p *analysis.Pass, t taken, was []string) {
	f := analysis.Finding{In: t.in, Span: t.span, AtMost: t.certainty(p), Why: t.fails(p), Subject: t.path.Text}
	short, now := t.in.Short(), t.renamed(p, was)
	before, head := t.contexts(p)
	moved, _ := before.Renamed(was[0])
	switch {
	case wildcard(t.path.Text) && t.optional(was):
		return
	case wildcard(t.path.Text):
		f.AtMost = analysis.Warning // the builder copies nothing and goes on
		f.Message = analysis.Say("%s copies nothing: this pull request takes away all that %s matched", short,
			t.path.Text)
		f.Why = analysis.Say("The build does not stop there, so the image is without files such as %s.", was[0])
	case before.Dir != head.Dir && t.from != "":
		f.Message = analysis.Say("%s is not in %s, which this pull request makes the context %s, but %s needs it",
			t.path.Text, cmp.Or(head.Dir, "."), t.from, short)
	case before.Dir != head.Dir:
		makes := "%s is not in %s, which this pull request makes the build context, but %s needs it"
		if head.Several() {
			makes = "%s is not in %s, which this pull request makes a build context, but %s needs it"
		}
		f.Message = analysis.Say(makes, t.path.Text, cmp.Or(head.Dir, "."), short)
	case now != "":
		f.Elsewhere = analysis.Location{Path: head.FromRoot(now), Line: 1}
		f.Message = analysis.Say("%s is renamed to %s by this pull request, but %s needs it", t.path.Text, now, short)
		if path.Ext(now) == path.Ext(t.plain()) { // another kind of file can hardly take its place
			f.Fix = t.rename(p.File, now)
		}
	case moved != "":
		f.Message = analysis.Say("%s is moved away by this pull request, but %s needs it", t.path.Text, short)
	default:
		f.Message = analysis.Say("%s is deleted by this pull request, but %s needs it", t.path.Text, short)
	}
	if head.Untracked(t.plain()) || head.Untracked(was[0]) {
		f.AtMost = analysis.Notice
		f.Why = analysis.Say("Git ignores it, so it may be made before each build; if nothing does so, the build " +
			"fails.")
	}
	p.Report(f)
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

func reportNearName(p *analysis.Pass, t taken, near string) {
	f := analysis.Finding{
		In: t.in, Span: t.span, AtMost: analysis.Warning, Subject: t.path.Text,
		Message: analysis.Say("%s is not in the repository, but %s is", t.path.Text, near),
		Why:     analysis.Say("Unless something creates the file first, the build fails here."),
	}
	if f.Fix = t.rename(p.File, near); f.Fix != nil {
		f.Fix.Title = "Use the name of the existing file"
		f.Fix.Assumes = []analysis.Message{analysis.Say("nothing creates %s before the build", t.plain())}
		f.Why = analysis.Say("The build fails here.")
		if strings.EqualFold(t.plain(), near) {
			f.Why = analysis.Say("File names are case-sensitive on Linux, so the build fails here.")
		}
	}
	p.Report(f)
}
