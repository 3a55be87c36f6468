package ruleset

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/builds"
)

// Inline is a Dockerfile that a definition of a build holds. It goes by a path that no file has.
type Inline struct {
	Path  string
	Src   []byte // with as many empty lines above it as make its lines those of the definition, if that is possible
	Build builds.Build
}

// Inlines are the Dockerfiles that definitions hold.
func Inlines(all []builds.Build) (found []Inline) {
	for _, b := range all {
		if b.Inline == "" {
			continue
		}
		in := Inline{inlinePath(b), []byte(b.Inline), b}
		if in.exact() {
			in.Src = slices.Concat(bytes.Repeat([]byte("\n"), b.Lines.Inline-1), in.Src)
		}
		if !slices.ContainsFunc(found, func(o Inline) bool { return o.Path == in.Path }) {
			found = append(found, in)
		}
	}
	return found
}

func inlinePath(b builds.Build) string { return b.Origin.Path + "#" + b.Name }

// escape matches the directive that would not count below empty lines.
var escape = regexp.MustCompile(`(?i)^(#.*\n)*#\s*escape\s*=`)

// exact reports whether the lines of Src are those of the definition.
func (in Inline) exact() bool { return in.Build.Lines.Literal && !escape.MatchString(in.Build.Inline) }

// WithInlines gives each build of a Dockerfile that its definition holds the path that Inline has.
func WithInlines(all []builds.Build) []builds.Build {
	all = slices.Clone(all)
	for i, b := range all {
		if b.Inline != "" {
			all[i].Dockerfile = inlinePath(b)
		}
	}
	return all
}

// Before finds the same Dockerfile among those of the base, where its definition has the path: of the same name, or
// else with the same text.
func (in Inline) Before(base []Inline, definition string) (Inline, bool) {
	for _, same := range []func(Inline) bool{
		func(o Inline) bool { return o.Build.Name == in.Build.Name },
		func(o Inline) bool { return o.Build.Inline == in.Build.Inline },
	} {
		i := slices.IndexFunc(base, func(o Inline) bool { return o.Build.Origin.Path == definition && same(o) })
		if i >= 0 {
			return base[i], true
		}
	}
	return Inline{}, false
}

// At is a diagnostic of the Dockerfile as one of the definition, whose text is src; it has no fix there. What has the
// same subject on the base is the same; the subject is nothing else.
func (in Inline) At(d analysis.Diagnostic, subject string, src []byte) analysis.Diagnostic {
	place := analysis.Place{Line: max(1, in.Build.Lines.Inline), Column: 1, EndColumn: 1}
	place.EndLine = place.Line
	if in.exact() {
		place.Line, place.EndLine = d.Place.Line, d.Place.EndLine
	}
	d.Span = analysis.Lines(src, place.Line, place.EndLine)
	d.Path, d.Place, d.Related, d.Causes = in.Build.Origin.Path, place, []analysis.Place{place}, nil
	d.Fix, d.Subject = nil, strings.Join([]string{in.Build.Name, subject}, "\x00")
	return d
}
