package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var copyWholeFilesystem = &analysis.Rule{
	Name:       "copy-whole-filesystem",
	Doc:        "COPY of a whole distribution over another one",
	Topic:      analysis.Images,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for an image that dfbot does not know",
	Aliases:    []string{"DL3067"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if c := copyIn(in); c != nil && in.Name == "COPY" && len(c.Words) == 2 &&
				bare(c.Words[0]) == "/" && bare(c.Words[1]) == "/" && in.Stage != nil {
				for _, ref := range in.Refs() {
					reportWholeFilesystem(p, in, ref)
				}
			}
		}
	},
}

func reportWholeFilesystem(p *analysis.Pass, in *dockerfile.Instruction, ref dockerfile.Ref) {
	from := ref.Name
	image, because := from, []*dockerfile.Instruction(nil)
	source := ref.Stage()
	if source != nil {
		image, because = source.Root().Image.Text, source.SetBy(nil)
	}
	f := analysis.Finding{
		In: in, Span: in.Span, Because: because,
		Message: analysis.Say("%s copies a whole file system over this one", in.OneLine()),
		Why: analysis.Say("Files that both have are stored twice, programs meet libraries of another release, and "+
			"the settings of %s (ENV, USER, ENTRYPOINT) are lost. Copy only the directories that you "+
			"need, or build the stage %s it.",
			from, "FROM"),
	}
	base := baseimage.Parse(image)
	switch {
	case in.Stage.Root().Image.Text == "scratch" && in.Stage.Parent == nil:
		return // the usual way to turn many layers into one
	case base.Official() && slices.Contains(distributions, base.Name):
	case source == nil && !strings.ContainsAny(image, "/:@."):
		f.AtMost = analysis.Notice // dfbot does not know that image
	default:
		return // an image made to be copied over others, such as tonistiigi/xx
	}
	p.Report(f)
}

// distributions are official images that hold a whole distribution.
var distributions = strings.Fields(`almalinux alpine amazoncorretto amazonlinux archlinux buildpack-deps centos
	composer debian eclipse-temurin fedora gcc golang gradle httpd maven mariadb mysql nginx node openjdk
	oraclelinux php postgres python rockylinux ruby rust swift tomcat ubuntu`)
