package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var startedFileMissing = &analysis.Rule{
	Name:       "started-file-missing",
	Doc:        "ENTRYPOINT, CMD or RUN that starts a file which the pull request takes away",
	Topic:      analysis.Runtime,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: startSeverities,
	Run: func(p *analysis.Pass) {
		if p.Before == nil {
			return
		}
		for _, l := range launches(p) {
			was, at := l.find(p.Before)
			if was.file == "" || p.Context.Has(was.file) || p.Context.Untracked(was.file) {
				continue
			}
			if now, _ := l.find(p.Context); now.file == "" && was.copied(p) && !was.perhapsMade(p, at) {
				was.reportMissing(p)
			}
		}
	},
}

// copied reports whether what brought the file on the base still brings others, so that the build gets as far as to
// miss this one. Otherwise copied-file-missing reports it.
func (s started) copied(p *analysis.Pass) bool {
	if s.by == nil {
		return true
	}
	return slices.ContainsFunc(meantSources(s.by), func(source buildcontext.Source) bool {
		return source.Local && source.Path.Known && buildcontext.Covers(source.Path.Text, s.file) &&
			len(p.Context.Match(source.Path.Text)) > 0
	})
}

// perhapsMade reports whether the base image or a step may bring a file to the place.
func (s started) perhapsMade(p *analysis.Pass, at string) bool {
	base := path.Base(s.file)
	if strings.HasPrefix(base, "docker-") && (slices.Contains(searched, path.Dir(at)) || path.Dir(at) == "/") {
		return true // official images have one of that name
	}
	compiled := !slices.Contains([]string{"", ".sh", ".bash", ".py"}, path.Ext(base))
	if strings.Contains(s.before(), base) {
		return true
	}
	for _, in := range s.around() {
		text := p.File.Text(in.Span)
		p.File.Charge(len(text))
		switch in.Name {
		case "RUN":
			if strings.Contains(text, base) || compiled && containsAny(text, makers...) {
				return true
			}
		case "COPY", "ADD":
			_, within := dockerfile.Below(p.Context.Copy(in).Dest(), at)
			if within && (in.Name == "ADD" || in.Flag("from") != nil) {
				return true
			}
		}
	}
	return false
}

// makers are parts of commands that make files of others.
var makers = []string{"build", "make", "tsc", "compile", "generate", "webpack", "gulp", "grunt", "rollup"}

func (s started) reportMissing(p *analysis.Pass) {
	why := analysis.Say("The container cannot start.")
	if s.in.Name == "RUN" {
		why = analysis.Say("The build fails here.")
	}
	short := s.in.Short()
	f := s.finding(p, analysis.Say("%s is deleted by this pull request, but %s starts it", s.file, short), why)
	now, below := p.Before.Renamed(s.file)
	switch {
	case p.Context.Exists(s.file):
		f.Elsewhere.Path, f.Elsewhere.Line = p.Context.IgnoreFile(), p.Context.IgnoredBy(s.file)
		f.Message = analysis.Say("%s is excluded by %s, but %s starts it", s.file, p.Context.IgnoreFile(), short)
	case now != "" && below:
		f.Elsewhere.Path = p.Context.FromRoot(now)
		f.Message = analysis.Say("%s is renamed to %s by this pull request, but %s starts it", s.file, now, short)
		f.Fix = s.renamed(p, now)
	case now != "":
		f.Elsewhere.Path = now
		f.Message = analysis.Say("%s is moved away by this pull request, but %s starts it", s.file, short)
	default:
		f.Elsewhere = analysis.Location{}
	}
	p.Report(f)
}

// renamed is the fix that starts the file by its new name in the same folder; nil for any other, and where the name
// cannot be written in place.
func (s started) renamed(p *analysis.Pass, now string) *analysis.Fix {
	old, written := path.Base(s.file), p.File.Text(s.word.Span)
	if path.Dir(now) != path.Dir(s.file) || path.Ext(now) != path.Ext(old) || path.Base(s.word.Text) != old ||
		strings.Count(written, old) != 1 || !unquoted(path.Base(now)) {
		return nil
	}
	start, name := s.word.Span.Start+strings.Index(written, old), path.Base(now)
	return &analysis.Fix{
		Title:         "Use the new name",
		Applicability: analysis.Unsafe,
		Assumes:       []analysis.Message{analysis.Say("%s is still what is to be started", now)},
		Edits:         []analysis.Edit{{Span: dockerfile.Span{Start: start, End: start + len(old)}, New: name}},
	}
}
