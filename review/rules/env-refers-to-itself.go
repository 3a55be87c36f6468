package rules

import (
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var envRefersToItself = &analysis.Rule{
	Name:       "env-refers-to-itself",
	Doc:        "ENV that uses a variable set by the same ENV, which still has its earlier value",
	Topic:      analysis.Runtime,
	Severity:   analysis.Error,
	Severities: "error, warning where the base image may set the variable",
	Aliases:    []string{"DL3044"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if env := in.Inner(); env.Name == "ENV" && len(env.Pairs) > 1 {
				checkEnv(p, in, env)
			}
		}
	},
}

// checkEnv reports the first pair that uses a variable which a pair before it sets for the first
// time in the Dockerfile.
func checkEnv(p *analysis.Pass, in, env *dockerfile.Instruction) {
	set := map[string]bool{}
	for _, pair := range env.Pairs {
		for _, name := range uses(pair.Value, in.File().Escape) {
			if !set[name] || in.Defined(name) {
				continue
			}
			f := analysis.Finding{
				In: in, Span: pair.Span,
				Message: analysis.Say("%s cannot use %s from the same ENV", pair.Key, "$"+name),
				Why: analysis.Say("An ENV expands all its values before it sets any of them, so %s is empty here.",
					"$"+name),
				Fix: divided(in),
			}
			if ref, ok := baseOf(in.Stage); ok {
				if yes, known := ref.Sets(name); yes || !known {
					f.AtMost = analysis.Warning
					f.Why = analysis.Say("An ENV expands all its values before it sets any of them, so %s is what "+
						"the base image sets, or empty.", "$"+name)
				}
			}
			p.Report(f)
			return
		}
		set[pair.Key] = true
	}
}

// uses returns the names of the variables that a value uses.
func uses(value string, escape byte) []string {
	var names []string
	single, double := false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == escape && !single:
			i++
		case c == '\'' && !double:
			single = !single
		case c == '"' && !single:
			double = !double
		case c == '$' && !single:
			rest := strings.TrimPrefix(value[i+1:], "{")
			n := 0
			for n < len(rest) &&
				(rest[n] == '_' || 'a' <= rest[n]|0x20 && rest[n]|0x20 <= 'z' || n > 0 && '0' <= rest[n] &&
					rest[n] <= '9') {
				n++
			}
			if n > 0 {
				names = append(names, rest[:n])
			}
		}
	}
	return names
}

// divided cuts the ENV before each pair that uses what a pair before it sets. There is no such fix
// where that would give a pair the new value of a variable that had another one before.
func divided(in *dockerfile.Instruction) *analysis.Fix {
	if in.Trigger != nil || in.Stage == nil {
		return nil
	}
	fix := &analysis.Fix{Title: "Set it in a separate ENV", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Values change to what they appear to say: check that nothing relies on the old ones.")}
	args, at := in.Args.String(), 0
	var starts []int                                 // of the added instructions, in args
	set, all := map[string]bool{}, map[string]bool{} // by the pairs since the last cut; by any so far
	for i, pair := range in.Pairs {
		at += strings.Index(args[at:], pair.Key)
		cutHere := false
		for _, name := range uses(pair.Value, in.File().Escape) {
			if all[name] && in.Defined(name) {
				return nil
			}
			cutHere = cutHere || set[name]
		}
		if cutHere {
			c := edit.Delete(in.File(), in.Pairs[i-1].Span.End, pair.Span.Start)
			if c == nil {
				return nil
			}
			c.Edits[0].New = in.File().EOL() + in.File().Text(in.Keyword) + " "
			fix.Edits = append(fix.Edits, c.Edits...)
			starts = append(starts, at)
			set = map[string]bool{}
		}
		set[pair.Key], all[pair.Key] = true, true
		at += len(pair.Key) + 1 + len(pair.Value)
	}
	for i, start := range starts {
		end := len(args)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		fix.Adds = append(fix.Adds,
			analysis.Addition{Stage: in.Stage.Index, Text: "ENV " + strings.TrimSpace(args[start:end])})
	}
	return fix
}
