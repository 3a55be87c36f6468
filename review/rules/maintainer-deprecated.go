package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var maintainerDeprecated = &analysis.Rule{
	Name:     "maintainer-deprecated",
	Doc:      "Deprecated MAINTAINER instead of a label that tools can read",
	Topic:    analysis.Labels,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL4000", "MaintainerDeprecated", "DS-0022", "CKV_DOCKER_6"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if in.Name != "MAINTAINER" {
				continue
			}
			p.Report(analysis.Finding{
				In: in, Span: in.Span,
				Message: analysis.Say("%s is deprecated in favor of the label %s", "MAINTAINER", authorsLabel),
				Why:     analysis.Say("Registries and scanners read labels, not this field."),
				Fix:     authors(in),
			})
		}
	},
}

// authorsLabel is the key for people to contact
// (https://github.com/opencontainers/image-spec/blob/main/annotations.md).
const authorsLabel = "org.opencontainers.image.authors"

// authors writes the maintainer as a label; nil where the stage has such a label or a second
// maintainer, or the text needs more than quotes.
func authors(in *dockerfile.Instruction) *analysis.Fix {
	f := in.File()
	if first, last := in.Lines(); first != last || in.Stage == nil || namesAuthors(in.Stage, in) {
		return nil
	}
	name := in.Args.String()
	if len(name) > 1 && (name[0] == '"' || name[0] == '\'') && name[len(name)-1] == name[0] {
		name = name[1 : len(name)-1]
	}
	if name == "" || f.Escape != '\\' && strings.ContainsAny(name, "\"\\$`") {
		return nil
	}
	value := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(name)
	keyword := "LABEL"
	if f.Text(in.Keyword) == "maintainer" {
		keyword = "label"
	}
	pair := authorsLabel + `="` + value + `"`
	return &analysis.Fix{
		Title: "Replace it with the label", Applicability: analysis.Safe,
		Drops: []dockerfile.Span{in.Span},
		Adds:  []analysis.Addition{{Stage: in.Stage.Index, Text: "LABEL " + pair}},
		Edits: []analysis.Edit{{Span: in.Span, New: keyword + " " + pair}},
	}
}

// namesAuthors reports whether another instruction of the stage is a MAINTAINER or sets the label.
func namesAuthors(s *dockerfile.Stage, but *dockerfile.Instruction) bool {
	for _, in := range s.Instructions() {
		if in != but && in.Name == "MAINTAINER" || in.Name == "LABEL" && slices.ContainsFunc(in.Pairs,
			func(p dockerfile.Pair) bool { return strings.Trim(p.Key, `"'`) == authorsLabel }) {
			return true
		}
	}
	return false
}
