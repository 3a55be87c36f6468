package rules

import (
	"regexp"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var chmodLayer = &analysis.Rule{
	Name:     "chmod-layer",
	Doc:      "chmod -R after a COPY, which stores all the files a second time",
	Topic:    analysis.Size,
	Since:    "0.1",
	Severity: analysis.Warning,
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			for _, r := range relayers(in, "chmod") {
				if r.copies = withoutFlag(r.copies, "chmod"); bulky(p.Context, r.copies) && in.Stage.Ships() {
					reportChmod(p, r)
				}
			}
		}
	},
}

// octal is a mode that chmod and COPY --chmod both set as written.
var octal = regexp.MustCompile(`^0?[0-7]{3}$`)

func reportChmod(p *analysis.Pass, r relayer) {
	last := r.copies[len(r.copies)-1]
	cmd := r.steps[r.at].Cmd
	because, values := r.by()
	because = append(because, shippedBy(p.File, r.in.Stage)...)
	f := analysis.Finding{
		In: r.in, Span: cmd.Span, With: []*dockerfile.Instruction{last}, Because: because, Values: values,
		Message: analysis.Say("%s stores the files of %s a second time", shellText(r.in, cmd), last.OneLine()),
		Why: analysis.Say("Each push and pull transfers both copies; %s sets the mode while copying.",
			"COPY --chmod"),
	}
	if knownSince(p.File.Syntax, 2) && octal.MatchString(r.value) && len(cmd.Words) == 4 && recursiveAlone(cmd) &&
		r.onlyCopied() {
		if f.Fix = r.without(); f.Fix != nil {
			f.Fix.Title, f.Fix.Applicability = "Set the mode in the COPY", analysis.Unsafe
			f.Fix.Caveat = analysis.Say("The directory %s itself keeps its mode.", r.path)
			for _, c := range r.copies {
				at := c.Keyword.End
				f.Fix.Edits = append(f.Fix.Edits,
					analysis.Insert(at, " --chmod="+r.value))
			}
		}
	}
	p.Report(f)
}
