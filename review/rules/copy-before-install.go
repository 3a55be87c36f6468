package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
)

var copyBeforeInstall = &analysis.Rule{
	Name:       "copy-before-install",
	Doc:        "COPY of the sources before the dependency install, so every source change reinstalls everything",
	Topic:      analysis.Cache,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice where the install seems to read the sources or a manifest is missing",
	Aliases:    []string{"DF007"},
	Run: func(p *analysis.Pass) {
		for _, o := range reorder.Find(p.Context, p.File, meantSources) {
			reportOrder(p, o)
		}
	},
}

// reportOrder says what is wrong and offers the patch, or says why it cannot.
func reportOrder(p *analysis.Pass, o *reorder.Order) {
	lead, call := o.Lead(), o.Installs[0]
	f := analysis.Finding{In: lead, Span: lead.Span, Because: call.By(p.Context),
		Values: shell.Values(call.In, call.Step.Cmd.Words...)}
	for _, c := range o.Copies {
		if c != lead {
			f.With = append(f.With, c)
		}
	}
	plan, no := o.Plan()
	if no != nil && (!o.Whole() || no.NeedsSources || o.Fetches()) {
		return // without a certain patch there is nothing to report
	}
	f.With = append(f.With, call.In)
	again := "reinstalls"
	if o.Fetches() {
		again = "downloads"
	}
	f.Message = analysis.Say("%s comes before %s, so every source change "+again+" all dependencies",
		lead.OneLine(), call.Text())
	if no != nil {
		f.Why = analysis.Say("Copy what the install reads, run it, then copy the rest. No patch is offered, because "+
			no.Because.Format+".", no.Because.Args...)
		f.AtMost = no.AtMost
		p.Report(f)
		return
	}
	f.Why = plan.Why()
	f.Fix = plan.Fix()
	p.Report(f)
}
