package rules

import (
	"bytes"
	"cmp"
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/reorder"
)

var installMissesFile = &analysis.Rule{
	Name:       "install-misses-file",
	Doc:        "install whose manifest names a file that no COPY brings",
	Topic:      analysis.Language,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning for patches that are then left out, and in a stage that the final image does not need",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Stage == nil || in.Trigger != nil {
				continue
			}
			installs, plain := reorder.Readers(in)
			for i := range installs {
				said := map[string]bool{}
				for _, m := range installs[i].Missing(p.Context) {
					if plain && !said[m.Source] {
						reportMissed(p, &installs[i], m)
					}
					said[m.Source] = true
				}
			}
		}
	},
}

func reportMissed(p *analysis.Pass, c *reorder.Install, m reorder.Missing) {
	f := analysis.Finding{
		In: c.In, Span: c.Step.Cmd.Span, Subject: m.Source,
		Because:   append(c.By(p.Context), c.In.Stage.Inherits(m.After)...),
		Message:   analysis.Say("%s needs %s, which is not copied before it", c.Text(), m.Source),
		Why:       analysis.Say("%s names it, so the build fails here.", m.Manifest),
		Fix:       copyMissing(p, c, m),
		Elsewhere: analysis.Location{Path: p.Context.FromRoot(m.Manifest), Line: lineNaming(p, m)},
	}
	if !c.In.Stage.Needed() {
		f.AtMost = analysis.Warning
	}
	switch m.Reach {
	case reorder.Excluded:
		f.Message = analysis.Say("%s needs %s, which %s excludes", c.Text(), m.Source, p.Context.IgnoreFile())
		f.Fix = nil
	case reorder.Beside:
		f.Subject = p.Context.FromRoot(m.Manifest) + " " + m.File
		f.Message = analysis.Say("%s needs %s, which is outside of the build context %s", c.Text(),
			path.Join(p.Context.Dir, m.Source), cmp.Or(p.Context.Dir, "."))
		f.Why = analysis.Say("%s names it, and no COPY can bring it, so the build fails here.", m.Manifest)
		f.Fix = nil
	}
	switch {
	case m.Skips:
		f.AtMost = analysis.Warning
		f.Why = analysis.Say("The install goes on without the patches in %s, and no later step applies them.", m.Source)
	case m.Unless != "":
		f.Why = analysis.Say("It builds the project itself, so the build fails here. With %s, it installs only the "+
			"dependencies; install the project after its sources are copied.", m.Unless)
		f.Fix = nil
	}
	p.Report(f)
}

// lineNaming is the 1-based line of the manifest that names the file or its folder, as far as one does.
func lineNaming(p *analysis.Pass, m reorder.Missing) int {
	data, _ := p.Context.Read(m.Manifest)
	for _, name := range []string{strings.TrimSuffix(m.File, "/"), path.Dir(m.File)} {
		if i := bytes.LastIndex(data, []byte(name)); i >= 0 && name != "." {
			return 1 + bytes.Count(data[:i], []byte("\n"))
		}
	}
	return 1
}

// copyMissing adds a COPY of the file below that of the manifest; nil where it cannot be written.
func copyMissing(p *analysis.Pass, c *reorder.Install, m reorder.Missing) *analysis.Fix {
	if m.After.Stage != c.In.Stage || !unquoted(m.Source) || !unquoted(m.Dest) {
		return nil
	}
	dest := m.Dest
	if !p.Context.Folder(m.Source) {
		dest = path.Dir(dest)
	}
	dest = strings.TrimSuffix(dest, "/") + "/"
	if below, ok := dockerfile.Below(m.After.Workdir(), dest); ok && !path.IsAbs(lastWord(m.After).Text) {
		dest = cmp.Or(below, "./")
	}
	fix := edit.InsertBelow(m.After, edit.Indent(m.After)+edit.Keyword(m.After, "COPY")+" "+m.Source+" "+dest)
	if fix == nil {
		return nil
	}
	fix.Title, fix.Applicability = "Copy what the install needs", analysis.Unsafe
	fix.Adds = []analysis.Addition{{Stage: m.After.Stage.Index, Text: "COPY " + m.Source + " " + dest}}
	fix.Assume("the install needs no further file besides %s", m.Source)
	return fix
}

// unquoted reports whether a path needs no quotes in a COPY.
func unquoted(p string) bool { return !strings.ContainsAny(p, " \t\r\n\"'\\$`*?[]#<") }
