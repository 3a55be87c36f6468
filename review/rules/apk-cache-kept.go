package rules

import (
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/edit"
)

var apkCacheKept = &analysis.Rule{
	Name:     "apk-cache-kept",
	Doc:      "apk add without --no-cache, which leaves the package index in the image",
	Topic:    analysis.Packages,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL3019", "DS-0025"},
	Run: func(p *analysis.Pass) {
		for _, s := range supplies(p.File, ecosystem.Apk) {
			if !s.kept() {
				continue
			}
			p.Report(analysis.Finding{
				In: s.run, Span: s.made[0].cmd.Span, Because: shippedBy(p.File, s.run.Stage), Fix: withoutIndex(s),
				Values:  s.values,
				Message: analysis.Say("%s leaves the package index in the image", s.made[0].name()),
				Why: analysis.Say("It adds 2 MB or more; with %s, apk fetches the index, uses it and does not keep it.",
					"apk add --no-cache"),
			})
		}
	},
}

// indexFlags make apk fetch a new index, which --no-cache does as well.
var indexFlags = []string{"-U", "--update", "--update-cache"}

// withoutIndex adds --no-cache to every apk call of the RUN and removes `apk update`; nil where
// something else needs the index that the RUN leaves.
func withoutIndex(s *supply) *analysis.Fix {
	if len(s.later) > 0 {
		return nil // the later calls have to be fixed first
	}
	fix := &analysis.Fix{Title: "Use --no-cache", Applicability: analysis.Safe}
	var updates []*packageCall
	for _, call := range s.made {
		if call.does(ecosystem.Apk.Refresh) {
			updates = append(updates, call)
			continue
		}
		fix.Edits = append(fix.Edits, noCache(call))
	}
	if len(updates) > 0 && !dropUpdates(s, updates, fix) {
		return nil
	}
	s.assume(fix)
	return fix
}

// noCache adds --no-cache to an apk call, in place of a flag that asks for a new index.
func noCache(call *packageCall) analysis.Edit {
	for _, f := range call.Flags {
		if f.Word.Literal && slices.Contains(indexFlags, f.Word.Text) {
			return analysis.Edit{Span: f.Word.Span, New: "--no-cache"}
		}
	}
	at := call.Sub.Span.End
	return analysis.Insert(at, " --no-cache")
}

// dropUpdates removes `apk update` from the RUN, or the RUN from the file where it does nothing
// else. It reports whether that could be done.
func dropUpdates(s *supply, updates []*packageCall, fix *analysis.Fix) bool {
	if s.open || len(updates) > 1 || readsIndex(s) {
		return false
	}
	part := edit.DropCommand(s.run, updates[0].cmd)
	if part != nil {
		edit.Add(fix, part)
	}
	return part != nil
}

// readsIndex reports whether a call of the RUN reads the index without fetching it.
func readsIndex(s *supply) bool {
	for _, call := range s.used {
		if call.does(ecosystem.Apk.Reads) {
			return true
		}
	}
	return false
}
