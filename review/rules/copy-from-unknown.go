package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/spelling"
)

var copyFromUnknown = &analysis.Rule{
	Name:       "copy-from-unknown",
	Doc:        "COPY --from or a mount that names a stage which does not exist or cannot be used",
	Topic:      analysis.Images,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning for a name that is nearly that of a stage, notice for a stage further down",
	Aliases:    []string{"DL3022"},
	Run: func(p *analysis.Pass) {
		var names []string // of the stages before
		for _, s := range p.File.Stages() {
			for _, in := range s.Instructions() {
				for _, ref := range in.Refs() {
					reportUnknownStage(p, in, ref, names)
				}
			}
			if s.Name != "" {
				names = append(names, s.Name)
			}
		}
	},
}

func reportUnknownStage(p *analysis.Pass, in *dockerfile.Instruction, ref dockerfile.Ref, names []string) {
	f := analysis.Finding{In: in, Span: ref.Flag.Span}
	stage := ref.Stage()
	n, number := ref.Number()
	switch {
	case strings.Contains(ref.Name, "$"):
		f.Message = analysis.Say("BuildKit does not expand variables in %s", refText(ref))
		f.Why = analysis.Say("The build stops here. Give the image a stage of its own, such as %s, "+
			"and name that stage.",
			"FROM $IMAGE AS files")
	case number && n >= p.File.StageCount():
		f.Message = analysis.Say("%s names a stage by number, but the last one is number %d",
			refText(ref), p.File.StageCount()-1)
		f.Why = analysis.Say("The build stops here. Stages are numbered from 0; a name stays right " +
			"when a stage is added.")
	case number && n == in.Stage.Index:
		f.Message = analysis.Say("%s names the stage that it is in, which is not built yet", refText(ref))
		f.Why = analysis.Say("The build stops here. Stages are numbered from 0; a name stays right " +
			"when a stage is added.")
	case stage != nil && stage.Index > in.Stage.Index:
		f.AtMost = analysis.Notice
		f.With = []*dockerfile.Instruction{stage.From}
		f.Message = analysis.Say("%s names a stage that comes later in the file", refText(ref))
		f.Why = analysis.Say("A build of this stage stops here; the other stage has to come first.")
	case stage != nil || in.Trigger != nil || p.Context.Named(ref.Name).Guess() != nil:
		return // builds give the folder of a named context
	case ref.Mount && isNumber(ref.Name):
		f.Message = analysis.Say("%s does not name a stage: a mount takes only the name of a stage, not its number",
			refText(ref))
		f.Why = analysis.Say("The build treats %s as an image, and stops because no registry has it.", ref.Name)
	default:
		if !misspelt(&f, ref, names) {
			return
		}
	}
	p.Report(f)
}

// misspelt fills in the finding where the reference looks like a typo of a stage's name. A name that is not a
// stage may well be an image or a context that the build gets.
func misspelt(f *analysis.Finding, ref dockerfile.Ref, names []string) bool {
	if strings.ContainsAny(ref.Name, ":/@.") || slices.Contains(imagesToCopyFrom, ref.Name) {
		return false
	}
	f.In.File().Charge(spelling.Cost * min(len(names), spelling.MaxCandidates))
	near := spelling.Slip(ref.Name, names)
	if near == "" || strings.EqualFold(near, f.In.Stage.Name) {
		return false
	}
	f.AtMost = analysis.Warning
	f.Message = analysis.Say("No stage is named %s; did you mean %s?", ref.Name, near)
	f.Why = analysis.Say("The build treats %s as an image and asks the registry for it.", ref.Name)
	f.Fix = useStage(ref, near)
	return true
}

// useStage is the fix that names the stage; nil where it cannot be written in place.
func useStage(ref dockerfile.Ref, name string) *analysis.Fix {
	if ref.Span.Len() == 0 {
		return nil
	}
	return &analysis.Fix{
		Title:         "Use the name of the stage",
		Applicability: analysis.Unsafe,
		Assumes: []analysis.Message{
			analysis.Say("%s is not meant to be an image, or a context that the build gets", ref.Name)},
		Edits: []analysis.Edit{{Span: ref.Span, New: name}},
	}
}

// imagesToCopyFrom are official images of which a stage's name may be a variation.
var imagesToCopyFrom = strings.Fields(`alpine bash busybox caddy composer debian docker golang gradle httpd
	maven nginx node openjdk php postgres python redis ruby rust swift traefik ubuntu`)
