package rules

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var argScope = &analysis.Rule{
	Name:       "arg-scope",
	Doc:        "ARG used in a stage that does not declare it, where its value is empty",
	Topic:      analysis.Images,
	Severity:   analysis.Warning,
	Severities: "warning, notice where the base image may set the variable",
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

// variableUse is a place where the value of a variable is used without a default for one that is
// not set.
type variableUse struct {
	name string
	span dockerfile.Span
}

// variableUses lists the variables that the instruction uses while the image is built.
func variableUses(in *dockerfile.Instruction) []variableUse {
	switch in.Name {
	case "RUN":
		return scriptUses(in)
	case "COPY", "ADD", "ENV", "LABEL", "EXPOSE", "USER", "WORKDIR", "VOLUME", "STOPSIGNAL", "ARG":
		uses := textUses(in)
		own := map[string]bool{} // as in lengthens
		for _, pair := range in.Pairs {
			own[pair.Key] = true
		}
		return slices.DeleteFunc(uses, func(u variableUse) bool { return own[u.name] })
	}
	return nil
}

// textUses finds the plain variables in what the builder expands: $NAME and ${NAME}.
func textUses(in *dockerfile.Instruction) []variableUse {
	if in.JSON && in.Name != "COPY" && in.Name != "ADD" && in.Name != "VOLUME" {
		return nil
	}
	var uses []variableUse
	text, escape := in.Args.String(), in.File().Escape
	single := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == escape:
			i++
		case c == '\'' && !strings.Contains(text[:i], `"`):
			single = !single
		case c == '$' && !single:
			name, n := variableName(text[i+1:])
			if name != "" {
				uses = append(uses, variableUse{name, in.Args.Span(i, i+1+n)})
			}
			i += n
		}
	}
	return uses
}

// variableName reads NAME or {NAME}, and returns how many bytes it takes.
func variableName(s string) (string, int) {
	braced := strings.HasPrefix(s, "{")
	start := 0
	if braced {
		start = 1
	}
	end := start
	for end < len(s) &&
		(s[end] == '_' || s[end] >= 'A' && s[end] <= 'Z' || s[end] >= 'a' && s[end] <= 'z' || end > start &&
			s[end] >= '0' && s[end] <= '9') {
		end++
	}
	switch {
	case end == start:
		return "", 0
	case !braced:
		return s[start:end], end
	case strings.HasPrefix(s[end:], "}"):
		return s[start:end], end + 1
	}
	return "", 0
}

// scriptUses finds the plain variables in the shell code of a RUN: those that it does not set
// itself, and none where it reads in code that may set any.
func scriptUses(in *dockerfile.Instruction) []variableUse {
	if in.Script == nil || in.Script.File == nil || !strings.Contains(in.Script.Text.String(), "$") {
		return nil
	}
	var uses []variableUse
	own := map[string]bool{}
	foreign := false
	in.Script.Walk(func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				own[n.Name.Value] = true
			}
		case *syntax.WordIter:
			own[n.Name.Value] = true
		case *syntax.CallExpr:
			foreign = foreign || readsCode(n, own)
		case *syntax.ParamExp:
			if n.Param != nil && n.Exp == nil && n.Repl == nil && n.Slice == nil && n.Index == nil && !n.Excl {
				uses = append(uses, variableUse{n.Param.Value, in.Script.Span(n)})
			}
		}
		return true
	})
	if foreign {
		return nil
	}
	return slices.DeleteFunc(uses, func(u variableUse) bool { return own[u.name] })
}

// readsCode reports whether the command brings in variables of which nothing is known, and notes
// those that it sets by name.
func readsCode(call *syntax.CallExpr, own map[string]bool) bool {
	if len(call.Args) == 0 {
		return false
	}
	switch call.Args[0].Lit() {
	case ".", "source", "eval":
		return true
	case "read", "getopts", "printf", "mapfile", "readarray":
		for _, w := range call.Args[1:] {
			own[w.Lit()] = true
		}
	}
	return false
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
