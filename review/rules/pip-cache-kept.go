package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var pipCacheKept = &analysis.Rule{
	Name:       "pip-cache-kept",
	Doc:        "pip cache that is left in the image",
	Topic:      analysis.Size,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice where nothing is known of the base image",
	Aliases:    []string{"DL3042"},
	Run: func(p *analysis.Pass) {
		settings := settingsIn(p, "pip.conf")
		roots := map[*dockerfile.Instruction]bool{} // those that certainly run as root
		eachUser(p.File, func(in *dockerfile.Instruction, who account) { roots[in] = who.root() })
		for _, in := range p.File.Instructions() {
			var kept []cacheCall
			for _, c := range cacheCalls(in, "pip") {
				if c.keeps(in) && !onlyTools(c) {
					kept = append(kept, c)
				}
			}
			if len(kept) == 0 || endOf(in) == inCache || settings.before(in) {
				continue
			}
			fix := &analysis.Fix{Title: "Add --no-cache-dir", Applicability: analysis.Safe}
			for _, c := range kept {
				at := c.cmd.Words[c.last()].Span.End
				fix.Edits = append(fix.Edits,
					analysis.Insert(at, " --no-cache-dir"))
			}
			why := analysis.Say("It holds every package a second time; to share downloads between builds, mount a " +
				"cache there instead.")
			if roots[in] {
				why = analysis.Say("It holds every package a second time; to share downloads between builds, mount a "+
					"cache at %s instead.", "/root/.cache/pip")
			}
			reportKept(p, in, kept, fix, why)
		}
	},
}

// onlyTools reports whether the call installs nothing but pip and its own helpers, whose cache is
// small.
func onlyTools(c cacheCall) bool {
	for _, w := range c.Operands {
		name, _, _ := strings.Cut(w.Text, "=")
		name = strings.TrimRight(name, "<>!~")
		if !w.Known || !slices.Contains([]string{"pip", "setuptools", "wheel", "virtualenv"}, name) {
			return false
		}
	}
	return len(c.Operands) > 0
}
