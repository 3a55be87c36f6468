package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var copyFlattens = &analysis.Rule{
	Name:       "copy-flattens",
	Doc:        "COPY that loses the folders of its sources, or makes a file where a folder is meant",
	Topic:      analysis.Context,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for a file that gets the name of a folder",
	Run: func(p *analysis.Pass) {
		known := foldersOf{}
		for _, in := range p.File.Instructions() {
			if in.Stage == nil || in.Name == "FROM" {
				continue
			}
			fs := known.at(in.Stage)
			if c := copyIn(in); c != nil && c.Flag("parents") == nil && c.Flag("from") == nil && !c.JSON {
				checkFlattens(p, in, c, fs)
			}
			fs.learn(in)
		}
	},
}

func checkFlattens(p *analysis.Pass, in, c *dockerfile.Instruction, fs *folders) {
	sources := buildcontext.Sources(c)
	if slices.ContainsFunc(sources, func(s buildcontext.Source) bool { return !s.Local || !s.Path.Known }) {
		return
	}
	switch {
	case len(sources) > 1:
		flattensFolders(p, in, c, sources)
	case wildcard(sources[0].Path.Text):
		collides(p, in, sources[0])
	default:
		becomesFile(p, in, c, sources[0], fs)
	}
}

// flattensFolders reports a COPY of several folders of a project, or of folders and files, into the folder in which the
// image works: there each is meant to be under its own name. In other places, several folders may well be merged.
func flattensFolders(p *analysis.Pass, in, c *dockerfile.Instruction, sources []buildcontext.Source) {
	to := c.Resolve(c.Workdir(), lastWord(c).Text)
	if !p.Context.Known() || to != c.Workdir() || to == "" || to == "/" {
		return
	}
	var lost []string
	for _, s := range sources {
		name := bare(s.Word)
		if s.Whole() || wildcard(name) || !p.Context.Folder(s.Path.Text) {
			continue
		}
		if strings.HasSuffix(name, "/") || strings.HasSuffix(name, "/.") {
			return // its contents are meant
		}
		lost = append(lost, s.Path.Text)
	}
	if len(lost) == 0 {
		return
	}
	format, args := "%s", []any{lost[0]}
	for i, name := range lost[1:] {
		joint := ", "
		if i == len(lost)-2 {
			joint = " and "
		}
		format += joint + "%s"
		args = append(args, name)
	}
	f := analysis.Finding{
		In: in, Span: in.Span, Because: in.WorkdirBy(), Extent: map[string]int{"folders": len(lost)},
		Message: analysis.Say("The contents of "+format+" are copied, but not the folders themselves", args...),
		Why: analysis.Say("A COPY takes what is in a folder, so all of it ends up side by side in %s. Give each "+
			"folder a COPY of its own, such as %s.", to, "COPY "+lost[0]+" ./"+lost[0]+"/"),
	}
	p.Report(f)
}

// collides reports a pattern that matches files of one name in several folders, which all get the same place.
func collides(p *analysis.Pass, in *dockerfile.Instruction, s buildcontext.Source) {
	last := path.Base(s.Path.Text)
	if !p.Context.Known() || wildcard(last) || !wildcard(path.Dir(s.Path.Text)) {
		return
	}
	matched := slices.DeleteFunc(slices.Clone(p.Context.Match(s.Path.Text)),
		func(f string) bool { return path.Base(f) != last })
	if len(matched) < 2 || p.Context.Folder(path.Join(path.Dir(matched[0]), last)) {
		return
	}
	p.Report(analysis.Finding{
		In: in, Span: s.Word.Span, Extent: map[string]int{"files": len(matched)},
		Message: analysis.Say("%s and %s are copied to the same place, so only the last one is left", matched[0],
			matched[1]),
		Why: analysis.Say("A COPY does not keep the folders of what a pattern matches. %s does.",
			"COPY --parents "+bare(s.Word)+" ./"),
	})
}

// becomesFile reports a file that is copied to a path which looks like a folder and is not one.
func becomesFile(p *analysis.Pass, in, c *dockerfile.Instruction, s buildcontext.Source, fs *folders) {
	to := lastWord(c)
	v := c.Expand(to.Text)
	if !v.Known || toFolder(c) || windowsPath(to) || strings.HasPrefix(s.Path.Text, ".") {
		return
	}
	at := c.Resolve(c.Workdir(), to.Text)
	if !strings.HasPrefix(at, "/") || fs.has(at) || path.Ext(at) != "" ||
		!p.Context.Known() || !p.Context.Has(s.Path.Text) ||
		!usedAsFolder(p.File, in, at) && !looksLikeFolder(s.Path.Text, at) {
		return
	}
	p.Report(analysis.Finding{
		In: in, Span: to.Span, AtMost: analysis.Notice, Because: in.WorkdirBy(),
		Message: analysis.Say("%s becomes a file called %s unless the image has a folder of that name", s.Path.Text,
			at),
		Why: analysis.Say("If a folder is meant, write %s.", v.Text+"/"),
	})
}

// looksLikeFolder reports whether a file would get a name that only folders have: one in the plural, for a file with an
// ending that none of its programs does without.
func looksLikeFolder(file, at string) bool {
	name := path.Base(at)
	return slices.Contains([]string{".jar", ".war", ".json", ".yml", ".yaml", ".xml", ".properties", ".conf", ".so",
		".dll", ".py", ".js", ".html", ".css", ".sql", ".txt"}, path.Ext(file)) && len(name) > len("as") &&
		strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && name == strings.ToLower(name) &&
		strings.TrimSuffix(path.Base(file), path.Ext(file)) != name && strings.HasPrefix(at, "/opt/")
}

// usedAsFolder reports whether a later instruction names a path below at.
func usedAsFolder(f *dockerfile.File, in *dockerfile.Instruction, at string) bool {
	for _, later := range f.Instructions() {
		if later.Span.Start <= in.Span.Start || later.Stage == nil || !later.Stage.BuiltOn(in.Stage) {
			continue
		}
		if later.Name != "CMD" && later.Name != "ENTRYPOINT" && later.Name != "ENV" {
			continue
		}
		text := f.Text(later.Span)
		f.Charge(len(text))
		if strings.Contains(text, at+"/") && !strings.Contains(text, "/"+strings.Trim(at, "/")+"/"+"..") {
			return true
		}
	}
	return false
}
