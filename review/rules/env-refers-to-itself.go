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
	Since:      "0.1",
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
		for _, name := range references(pair.Value, in.File().Escape) {
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

// divided cuts the ENV before each pair that uses what a pair before it sets. There is no such fix
// where that would give a pair the new value of a variable that had another one before.
func divided(in *dockerfile.Instruction) *analysis.Fix {
	heads, ok := dividedAt(in)
	if !ok || in.Trigger != nil || in.Stage == nil {
		return nil
	}
	fix := &analysis.Fix{Title: "Set it in a separate ENV", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("Values change to what they appear to say: check that nothing relies on the old ones.")}
	args, starts := in.Args.String(), pairStarts(in)
	heads = append(heads, len(in.Pairs))
	for n, i := range heads[:len(heads)-1] {
		cut := edit.Delete(in.File(), in.Pairs[i-1].Span.End, in.Pairs[i].Span.Start)
		if cut == nil {
			return nil
		}
		cut.Edits[0].New = in.File().EOL() + in.File().Text(in.Keyword) + " "
		fix.Edits = append(fix.Edits, cut.Edits...)
		fix.Adds = append(fix.Adds, analysis.Addition{Stage: in.Stage.Index,
			Text: "ENV " + strings.TrimSpace(args[starts[i]:starts[heads[n+1]]])})
	}
	return fix
}

// dividedAt returns the pairs with which the further ENVs begin. It reports false where one uses a variable that had
// another value before.
func dividedAt(in *dockerfile.Instruction) (heads []int, ok bool) {
	set, all := map[string]bool{}, map[string]bool{} // by the pairs since the last head; by any so far
	for i, pair := range in.Pairs {
		begins := false
		for _, name := range references(pair.Value, in.File().Escape) {
			if all[name] && in.Defined(name) {
				return nil, false
			}
			begins = begins || set[name]
		}
		if begins {
			heads = append(heads, i)
			clear(set)
		}
		set[pair.Key], all[pair.Key] = true, true
	}
	return heads, true
}

// pairStarts returns where in the arguments each pair begins, and the end of the last.
func pairStarts(in *dockerfile.Instruction) []int {
	args, at := in.Args.String(), 0
	var all []int
	for _, pair := range in.Pairs {
		at += strings.Index(args[at:], pair.Key)
		all = append(all, at)
		at += len(pair.Key) + len("=") + len(pair.Value)
	}
	return append(all, len(args))
}
