package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var missingLabel = &analysis.Rule{
	Name:     "missing-label",
	Doc:      "Image without a label that the configuration requires",
	Topic:    analysis.Labels,
	Since:    "0.1",
	Severity: analysis.Warning,
	Aliases:  []string{"DL3049"},
	Options: []analysis.Option{
		{Name: "required", Doc: "Keys of the labels that every image must have", Default: []string(nil)},
	},
	Run: func(p *analysis.Pass) {
		var keys []string
		for _, entry := range p.Option("required").([]string) {
			key, _, _ := strings.Cut(entry, ":") // as label-schema has it, with the type
			keys = append(keys, key)
		}
		slices.Sort(keys)
		if len(keys) > 0 {
			reportMissing(p, slices.Compact(keys))
		}
	},
}

// reportMissing reports the images without a required label. A stage is an image unless another copies
// files from it or is built from it.
func reportMissing(p *analysis.Pass, keys []string) {
	inner := map[*dockerfile.Stage]bool{}
	for _, in := range p.File.Instructions() {
		if in.Name == "FROM" && in.Stage.Parent != nil {
			inner[in.Stage.Parent] = true
		}
		for _, from := range stagesUsed(in) {
			inner[from] = true
		}
	}
	for _, stage := range p.File.Stages() {
		if inner[stage] && !stage.Final() {
			continue
		}
		set, unclear := labels(stage)
		for _, key := range keys {
			if !set[key] && !unclear {
				p.Report(analysis.Finding{
					In: stage.From, Span: stage.From.Span, Lacks: "LABEL", Subject: key,
					Message: analysis.Say("This image does not have the label %s", key),
					Why:     analysis.Say("The configuration requires it of every image."),
				})
			}
		}
	}
}

// stagesUsed lists the stages from which the instruction copies files.
func stagesUsed(in *dockerfile.Instruction) []*dockerfile.Stage {
	if in.Stage == nil || in.Trigger != nil {
		return nil // a trigger's are stages of another file
	}
	var all []*dockerfile.Stage
	for _, ref := range in.Refs() {
		if s := ref.Stage(); s != nil && s.Index < in.Stage.Index {
			all = append(all, s)
		}
	}
	return all
}

// labels lists the labels that the stage or one it is built from sets; unclear reports whether there may
// be others.
func labels(stage *dockerfile.Stage) (set map[string]bool, unclear bool) {
	set = map[string]bool{}
	for in := range stage.All() {
		if in.Name != "LABEL" {
			continue
		}
		for _, pair := range in.Pairs {
			v := in.Expand(pair.Key)
			set[v.Text] = true
			unclear = unclear || !v.Known
		}
	}
	return set, unclear
}
