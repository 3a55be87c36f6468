package rules

import (
	"path"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var archiveCopiedThenUnpacked = &analysis.Rule{
	Name:     "archive-copied-then-unpacked",
	Doc:      "COPY of an archive that a later RUN unpacks, so the image holds it twice",
	Topic:    analysis.Size,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3010"},
	Run: func(p *analysis.Pass) {
		for _, s := range p.File.Stages() {
			var copied []copiedArchive
			for _, in := range s.Instructions() {
				if c := copyIn(in); c != nil && in.Name == "COPY" && in.Flag("from") == nil {
					copied = append(copied, archivesOf(c)...)
				}
				if len(copied) > 0 {
					copied = reportUnpacked(p, in, copied)
				}
			}
		}
	},
}

// copiedArchive is an archive that a COPY puts into the image.
type copiedArchive struct {
	in     *dockerfile.Instruction
	source string // as written
	name   string // its last element in the image
}

func archivesOf(in *dockerfile.Instruction) []copiedArchive {
	var all []copiedArchive
	to := shown(in, lastWord(in))
	for _, w := range in.Words[:len(in.Words)-1] {
		source := shown(in, w)
		name := baseName(source)
		if archiveName(to) {
			name = baseName(to)
		}
		if archiveName(name) {
			all = append(all, copiedArchive{in, source, name})
		}
	}
	return all
}

// shown is the word without its quotes, with the values of its variables where they are known.
func shown(in *dockerfile.Instruction, w dockerfile.Word) string {
	if v := in.Expand(w.Text); v.Known && !strings.Contains(w.Text, `\`) {
		return v.Text
	}
	return bare(w)
}

// reportUnpacked reports the archives that the RUN unpacks, and returns the others.
func reportUnpacked(p *analysis.Pass, in *dockerfile.Instruction, copied []copiedArchive) []copiedArchive {
	if in.Name != "RUN" || in.Script == nil {
		return copied
	}
	for _, c := range in.Script.Commands() {
		if !unpacks(in, c) {
			continue
		}
		kept := copied[:0:0]
		for _, a := range copied {
			if !takesFile(in, c, a.name) {
				kept = append(kept, a)
				continue
			}
			p.Report(analysis.Finding{
				In: a.in, Span: a.in.Span, With: []*dockerfile.Instruction{in}, Values: shell.Values(in, c.Args()...),
				Message: analysis.Say("%s is copied in one layer and unpacked in another", a.source),
				Why:     a.instead(c),
			})
		}
		copied = kept
	}
	return copied
}

// instead says how to do without the copy.
func (a copiedArchive) instead(c *dockerfile.Command) analysis.Message {
	source := a.source
	if wildcard(source) || strings.Contains(source, "$") {
		source = "..."
	}
	mount := "RUN --mount=type=bind,source=" + source + ",target=/tmp/" + a.name
	if strings.HasSuffix(c.Name, "tar") {
		return analysis.Say("The image keeps both the archive and its contents, even if a later step deletes the "+
			"archive. %s unpacks a local archive directly; %s lets %s read it without copying it.",
			"ADD", mount, c.Name)
	}
	return analysis.Say("The image keeps both the archive and its contents, even if a later step deletes the archive. "+
		"%s lets %s read it without copying it.", mount, c.Name)
}

// unpacks reports whether the command unpacks an archive.
func unpacks(in *dockerfile.Instruction, c *dockerfile.Command) bool {
	switch c.Name {
	case "gunzip", "bunzip2", "unlzma", "unxz", "unzstd", "zgz", "uncompress", "zcat", "gzcat", "bzcat", "xzcat",
		"unzip":
		return true
	case "tar", "bsdtar", "gtar":
	default:
		return false
	}
	call := shell.ReadAs(in, c, ecosystem.SpecOf("tar"))
	if args := c.Args(); len(args) > 0 && isTarMode(args[0].Text) && strings.Contains(args[0].Text, "x") {
		return true
	}
	return call.Has("-x", "--extract", "--get")
}

// isTarMode reports whether the word is tar's old bundle of letters, such as xzf.
func isTarMode(w string) bool { return strings.Trim(w, "xvzjJfpoakmhPSw") == "" }

// takesFile reports whether a word of the command is a file of that name, or may match it.
func takesFile(in *dockerfile.Instruction, c *dockerfile.Command, name string) bool {
	for _, w := range c.Args() {
		text := w.Text
		if !w.Literal {
			v := in.Expand(in.File().Text(w.Span))
			if text = v.Text; !v.Known {
				continue
			}
		}
		if text = baseName(text[strings.Index(text, "=")+1:]); text == name {
			return true
		}
		if ok, err := path.Match(text, name); ok && err == nil && archiveName(text) {
			return true
		}
	}
	return false
}

// baseName is the last element of a path, of Windows' too.
func baseName(p string) string { return path.Base(strings.ReplaceAll(p, `\`, "/")) }
