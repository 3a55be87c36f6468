package verify

import (
	"slices"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// Of is the contract of a fix: the instructions that it edits may become others, with all that these set, and nothing
// else may.
func Of(before, after *dockerfile.File, fix *analysis.CombinedFix) Contract {
	c := Contract{Kind: OtherSteps, Reorders: fix.Effect == analysis.Reorder || fix.Effect == analysis.Split}
	kept := map[int]bool{} // the offsets at which instructions of after begin that are as they were
	was, now := map[int]bool{}, map[int]bool{}
	var names []string
	for _, in := range before.Instructions() {
		if edited(in, fix.Edits) {
			first, _ := in.Lines()
			was[first] = true
			names = append(names, in.Name)
			c.Stages = c.Stages || in.Name == "FROM" || len(in.Refs()) > 0
			continue
		}
		kept[shifted(in.Span.Start, fix.Edits)] = true
	}
	for _, in := range after.Instructions() {
		if !kept[in.Span.Start] {
			first, _ := in.Lines()
			now[first] = true
			names = append(names, in.Name)
			c.Stages = c.Stages || in.Name == "FROM" || len(in.Refs()) > 0
		}
	}
	c.Before, c.After = func(n int) bool { return was[n] }, func(n int) bool { return now[n] }
	for _, name := range names {
		c.Parts = append(c.Parts, parts[name]...)
		c.Settings = append(c.Settings, settings[name]...)
	}
	return c
}

// edited reports whether an edit is in the instruction.
func edited(in *dockerfile.Instruction, edits []analysis.Edit) bool {
	return slices.ContainsFunc(edits, func(e analysis.Edit) bool {
		return e.Span.Overlaps(in.Span) || in.Span.Start < e.Span.Start && e.Span.Start <= in.Span.End
	})
}

// shifted is where an offset outside of all edits is when they are made.
func shifted(at int, edits []analysis.Edit) int {
	to := at
	for _, e := range edits {
		if e.Span.End <= at {
			to += len(e.New) - e.Span.Len()
		}
	}
	return to
}

// parts are what each instruction sets for the steps after it, and settings what it sets in the image.
var (
	parts = map[string][]string{
		"ARG": {"variables", "command", "files", "destination", "owner", "mode", "mounts", "user", "folder"},
		"ENV": {"variables", "files", "destination", "owner", "mode", "user", "folder"}, "USER": {"user", "owner"},
		"WORKDIR": {"folder", "destination"}, "SHELL": {"command"}, "FROM": {All},
	}
	settings = map[string][]string{
		"ARG": {All}, "FROM": {All}, "ENV": {All}, "CMD": {"Cmd", "ArgsEscaped"},
		"ENTRYPOINT": {"Entrypoint", "Cmd", "ArgsEscaped"}, "USER": {"User"}, "WORKDIR": {"WorkingDir"},
		"EXPOSE": {"ExposedPorts"}, "VOLUME": {"Volumes"}, "LABEL": {"Labels"}, "MAINTAINER": {"author", "Labels"},
		"STOPSIGNAL": {"StopSignal"}, "HEALTHCHECK": {"Healthcheck"}, "ONBUILD": {"OnBuild"},
		"SHELL": {"Shell", "Cmd", "Entrypoint", "Healthcheck"},
	}
)
