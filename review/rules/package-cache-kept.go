package rules

import (
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var packageCacheKept = &analysis.Rule{
	Name:     "package-cache-kept",
	Doc:      "npm, Yarn or Composer cache that is left in the image",
	Topic:    analysis.Size,
	Since:    "0.1",
	Severity: analysis.Notice,
	Aliases:  []string{"DL3060"},
	Run: func(p *analysis.Pass) {
		settings := settingsIn(p, ".npmrc", ".yarnrc", ".yarnrc.yml")
		for _, in := range p.File.Instructions() {
			byProgram := map[string][]cacheCall{}
			var order []string
			for _, c := range cacheCalls(in, "npm", "yarn", "composer") {
				if !c.keeps(in) {
					continue
				}
				name := c.cache.Programs[0]
				if byProgram[name] == nil {
					order = append(order, name)
				}
				byProgram[name] = append(byProgram[name], c)
			}
			if len(order) == 0 || endOf(in) == inCache || settings.before(in) {
				continue
			}
			for _, name := range order {
				if name == "yarn" && berry(p) {
					continue // the program may run from its cache
				}
				calls := byProgram[name]
				reportKept(p, in, calls, cleanBehind(in, calls[len(calls)-1]), analysis.Say("It holds every "+
					"package a second time; to share downloads between builds, mount a cache there instead."))
			}
		}
	},
}

// berry reports whether the repository uses Yarn 2 or newer.
func berry(p *analysis.Pass) bool {
	return len(p.Context.Match(".yarnrc.yml")) > 0 || len(p.Context.Match(".pnp.cjs")) > 0
}

// cleanBehind empties the cache right after the call, where the RUN is a plain chain.
func cleanBehind(in *dockerfile.Instruction, call cacheCall) *analysis.Fix {
	if in.Trigger != nil {
		return nil
	}
	steps, plain := shell.Chain(in)
	if !plain {
		return nil
	}
	for _, st := range steps {
		if st.Cmd != call.cmd || len(st.Stmt.Redirs) > 0 || len(call.cmd.Wrapper) > 0 {
			continue
		}
		at := call.cmd.Span.End
		fix := &analysis.Fix{
			Title: "Empty the cache in the same RUN", Applicability: analysis.Safe,
			Edits: []analysis.Edit{analysis.Insert(at, joint(in, st)+call.cache.Clean)},
		}
		if call.cache.Programs[0] == "yarn" {
			fix.Assume("this is Yarn 1: Yarn 2 and newer may run the program from that cache")
		} else {
			fix.Assume("no later step needs the %s cache, such as an offline install", call.cmd.Name)
		}
		return fix
	}
	return nil
}

// joint goes between a step of a chain and a further command after it. A chain that goes on after a semicolon counts on
// `set -e`, which ignores a failure of anything in a && but the last command.
func joint(in *dockerfile.Instruction, step shell.Step) string {
	top := in.Script.Stmts()
	for i, st := range top {
		links := dockerfile.Links(st)
		if i < len(top)-1 && links[len(links)-1] == step.Stmt {
			return "; "
		}
	}
	return " && "
}
