package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
)

var copyBeforeInstall = &analysis.Rule{
	Name:     "copy-before-install",
	Doc:      "COPY of the sources before the dependency install, so every source change reinstalls everything",
	Topic:    analysis.Cache,
	Since:    "0.1",
	Severity: analysis.Warning,
	Severities: "warning, notice where the install seems to read the sources, a manifest is missing, what comes " +
		"first is the output of another stage, or a build that downloads the dependencies has no certain patch",
	Aliases:    []string{"DF007"},
	Reinstalls: true,
	Run: func(p *analysis.Pass) {
		for _, stage := range reorder.Find(p.Context, p.File, meantSources) {
			reportOrder(p, stage)
		}
	},
}

// reportOrder says what is wrong in a stage and offers the patch, or says why it cannot.
func reportOrder(p *analysis.Pass, stage []*reorder.Order) {
	var wrong *reorder.Order // without a patch
	var because *reorder.Obstacle
	for _, o := range stage {
		plan, no := o.Plan()
		if no == nil {
			f := disordered(p, o)
			f.Why, f.Fix = plan.Why(), plan.Fix()
			if o.OfStages() {
				f.AtMost = analysis.Notice
			}
			p.Report(f)
			if o.System() == "" {
				return // after that, no packages of the system come later
			}
			break
		}
		if wrong == nil && o.Certain(no) {
			wrong, because = o, no
		}
	}
	if wrong == nil {
		return // without a certain patch there is nothing to report
	}
	f, first := disordered(p, wrong), "Copy what the install reads, run it, then copy the rest."
	if wrong.Fetches() {
		first = "Copy what the download reads, run it alone, then copy the rest."
	}
	f.Why = analysis.Say(first+" No patch is offered, because "+
		because.Because.Format+".", because.Because.Args...)
	if !because.Advice.Empty() {
		f.Why = because.Advice
	}
	f.AtMost = because.AtMost
	if wrong.Fetches() {
		f.AtMost = analysis.Notice
	}
	p.Report(f)
}

// disordered says what is wrong.
func disordered(p *analysis.Pass, o *reorder.Order) analysis.Finding {
	lead, call := o.Lead(), o.Installs[0]
	f := analysis.Finding{In: lead, Span: lead.Span, Because: call.By(p.Context),
		Values: shell.Values(call.In, call.Step.Cmd.Words...)}
	for _, c := range o.Copies {
		if c != lead {
			f.With = append(f.With, c)
		}
	}
	f.With = append(f.With, call.In)
	again := "reinstalls"
	if o.Fetches() {
		again = "downloads"
	}
	f.Message = analysis.Say("%s comes before %s, so every source change "+again+" all dependencies",
		lead.OneLine(), call.Text())
	if system := o.System(); system != "" {
		f.Message = analysis.Say("%s comes before %s, so every source change installs the system packages again",
			lead.OneLine(), system)
	}
	return f
}
