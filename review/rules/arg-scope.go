package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var argScope = &analysis.Rule{
	Name:       "arg-scope",
	Doc:        "ARG used where it has no value: in a stage without it, before it, or when the container starts",
	Topic:      analysis.Images,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice where the base image or a script may set the variable",
	Run: func(p *analysis.Pass) {
		sc := p.File.Scopes()
		for _, s := range p.File.Stages() {
			said := map[string]bool{}
			for _, in := range s.Instructions() {
				var out []outOfScope
				for _, u := range variableUses(in) {
					if o, ok := outOfScopeIn(sc, in, u); ok && !said[u.name] {
						said[u.name] = true
						out = append(out, o)
					}
				}
				if len(out) > 0 {
					reportScope(p, s, in, out)
				}
			}
			usedBefore(p, s, said)
			usedAtStart(p, sc, s)
		}
	},
}

// outOfScope is the use of an argument where it is not declared.
type outOfScope struct {
	use      variableUse
	declared *dockerfile.Instruction // nil for one that the builder itself declares
	line     string                  // the ARG that the stage lacks
	certain  bool                    // the base image certainly sets no variable of that name
}

// outOfScopeIn reports whether the use is that of an argument of another scope.
func outOfScopeIn(sc *dockerfile.Scopes, in *dockerfile.Instruction, u variableUse) (outOfScope, bool) {
	arg, ok := sc.Elsewhere(in, u.name)
	if !ok {
		return outOfScope{}, false
	}
	o := outOfScope{use: u, declared: arg, line: "ARG " + u.name, certain: true}
	if arg == nil {
		return o, true
	}
	sets, certain := baseSets(in.Stage, u.name)
	o.certain = certain
	if arg.Stage == nil {
		return o, !sets && (certain || !in.Stage.InImageName(u.name))
	}
	for _, pair := range arg.Pairs {
		if pair.Key == u.name && pair.HasValue {
			o.line += "=" + pair.Value
		}
	}
	return o, certain && !sets
}

// baseSets reports whether the stage's base image sets the variable. Official images are known for certain.
func baseSets(s *dockerfile.Stage, name string) (sets, certain bool) {
	ref, ok := baseOf(s)
	if !ok {
		return false, false
	}
	sets, known := ref.Sets(name)
	return sets, known || ref.VariablesListed()
}

func reportScope(p *analysis.Pass, s *dockerfile.Stage, in *dockerfile.Instruction, out []outOfScope) {
	f := analysis.Finding{In: in, Span: out[0].use.span}
	certain := true
	for _, o := range out {
		certain = certain && o.certain
		if o.declared != nil && !slices.Contains(f.With, o.declared) {
			f.With = append(f.With, o.declared)
		}
	}
	list, args := listNames(out)
	empty := ", so its value is empty here"
	if len(out) > 1 {
		empty = ", so their values are empty here"
	}
	if !certain {
		f.AtMost = analysis.Notice
		empty += ", unless the base image sets it"
	}
	f.Message = analysis.Say("No %s in this stage declares "+list+empty, append([]any{"ARG"}, args...)...)
	switch first := out[0].declared; {
	case first == nil:
		f.Why = analysis.Say("The builder sets platform arguments for %s only; a stage has to declare them with %s.",
			"FROM", "ARG")
	case first.Stage == nil:
		f.Why = analysis.Say("An %s above the first %s is for %s only; a stage has to declare it again.",
			"ARG", "FROM", "FROM")
	default:
		f.Why = analysis.Say("The declaration in another stage ends with that stage.")
	}
	f.Fix = declare(p.File, s, in, out)
	p.Report(f)
}

// listNames puts the names into words, the first three of many.
func listNames(out []outOfScope) (format string, args []any) {
	for i, o := range out {
		switch {
		case i == 3:
			return format + " and more", args
		case i > 0:
			format += ", "
		}
		format += "%s"
		args = append(args, o.use.name)
	}
	return format, args
}

// declare puts the ARGs above the first instruction that uses them: further up they would spoil the
// cache of more steps.
func declare(f *dockerfile.File, s *dockerfile.Stage, in *dockerfile.Instruction, out []outOfScope) *analysis.Fix {
	fix := &analysis.Fix{Title: "Declare it in the stage", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("%s is empty here today: check that the step works with the value.", out[0].use.name)}
	if !out[0].certain {
		fix.Caveat = analysis.Say("Check that the step works with the value of %s.", out[0].use.name)
	}
	var lines []string
	for _, o := range out {
		if strings.ContainsAny(o.line, "\r\n") {
			return nil
		}
		fix.Adds = append(fix.Adds, analysis.Addition{Stage: s.Index, Text: o.line})
		line := o.line
		if f.Text(in.Keyword) == strings.ToLower(in.Name) {
			line = "arg" + line[len("ARG"):]
		}
		lines = append(lines, line)
	}
	edit.Add(fix, edit.InsertAbove(in, strings.Join(lines, "\n")))
	return fix
}
