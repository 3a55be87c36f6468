package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/secrets"
)

// usedBefore reports the first use of each variable that only a later ARG or ENV of the stage sets. Those in said are
// reported already.
func usedBefore(p *analysis.Pass, s *dockerfile.Stage, said map[string]bool) {
	set := map[string]*dockerfile.Instruction{} // by name, the first that sets it
	for _, in := range s.Instructions() {
		for _, pair := range in.Pairs {
			if (in.Name == "ARG" || in.Name == "ENV") && set[pair.Key] == nil {
				set[pair.Key] = in
			}
		}
	}
	for _, in := range s.Instructions() {
		for _, u := range variableUses(in) {
			late := set[u.name]
			if late == nil || late.Index <= in.Index || said[u.name] || in.Defined(u.name) ||
				dockerfile.Predefined(u.name) {
				continue
			}
			sets, certain := baseSets(s, u.name)
			if sets || !certain {
				continue // a value of the base image may be meant, which is then set anew
			}
			said[u.name] = true
			p.Report(analysis.Finding{
				In: in, Span: u.span, With: []*dockerfile.Instruction{late}, Subject: u.name,
				Message: analysis.Say("%s is empty here, because its %s comes only after this step", u.name, late.Name),
				Why:     analysis.Say("An instruction gets the variables that are set above it."),
				Fix:     moveAbove(in, late, u.name),
			})
		}
	}
}

// moveAbove moves the instruction that sets the variable above its first use; nil where its value needs others, which
// may be set in between.
func moveAbove(in, late *dockerfile.Instruction, name string) *analysis.Fix {
	if len(late.Pairs) != 1 || strings.Contains(late.Pairs[0].Value, "$") {
		return nil
	}
	drop := edit.DropInstruction(late)
	text := strings.TrimRight(late.File().Text(late.WithComments()), "\r\n")
	if drop == nil || strings.Contains(text, "\n") { // with comments or in several lines
		return nil
	}
	fix := edit.All(edit.InsertAbove(in, text), drop)
	fix.Title, fix.Applicability = "Move it above its first use", analysis.Unsafe
	fix.Caveat = analysis.Say("%s is empty here today: check that the step works with the value.", name)
	fix.Adds = []analysis.Addition{{Stage: in.Stage.Index, Text: late.OneLine()}}
	return fix
}

// usedAtStart reports the first use of each variable in commands that run in the container, where no ARG has a value.
func usedAtStart(p *analysis.Pass, sc *dockerfile.Scopes, s *dockerfile.Stage) {
	said := map[string]bool{}
	for _, in := range s.Instructions() {
		if in.Name != "CMD" && in.Name != "ENTRYPOINT" && in.Name != "HEALTHCHECK" || s.Last(in.Name) != in {
			continue
		}
		start := s.Last("ENTRYPOINT")
		if in.Name == "CMD" && start != nil && !start.JSON {
			continue // it is not run
		}
		for _, u := range startUses(in) {
			if arg, ok := argOnly(sc, in, u.name); ok && !said[u.name] {
				said[u.name] = true
				reportAtStart(p, in, u, arg, in.Name == "CMD" && start != nil)
			}
		}
	}
}

// startUses lists the variables that a shell puts into the command when the container starts: that of the shell form,
// or the one that an array starts.
func startUses(in *dockerfile.Instruction) []variableUse {
	words := in.Words
	if in.Name == "HEALTHCHECK" && len(words) > 0 {
		words = words[1:]
	}
	if !in.JSON {
		return scriptUses(in)
	}
	if len(words) < 3 || !slices.Contains(posixShells, path.Base(words[0].Text)) ||
		!strings.HasPrefix(words[1].Text, "-") || !strings.HasSuffix(words[1].Text, "c") {
		return nil
	}
	return codeUses(words[2])
}

// codeUses finds the plain variables in code that is one word of an array: those that it does not set itself, and none
// where it reads in code that may set any.
func codeUses(code dockerfile.Word) []variableUse {
	var uses []variableUse
	text := code.Text
	if readsIn.MatchString(text) {
		return nil
	}
	for i, quote := range unescaped(text, '\\') {
		if text[i] != '$' || quote == '\'' {
			continue
		}
		if name, _ := variableName(text[i+1:]); name != "" && !strings.Contains(text, name+"=") {
			uses = append(uses, variableUse{name, code.Span})
		}
	}
	return uses
}

// readsIn finds commands that bring in variables of which nothing is known.
var readsIn = regexp.MustCompile(`(?:^|[\s;&|(])(?:\.|source|eval|read|for)\s`)

// argOnly reports whether nothing but an ARG sets the variable: one of the stage, or of another scope, nil for one that
// the builder itself declares.
func argOnly(sc *dockerfile.Scopes, in *dockerfile.Instruction, name string) (arg *dockerfile.Instruction, ok bool) {
	sets := func(p dockerfile.Pair) bool { return p.Key == name }
	for other := range in.Stage.All() {
		if other.Name == "ENV" && slices.ContainsFunc(other.Pairs, sets) {
			return nil, false
		}
	}
	if base, _ := baseSets(in.Stage, name); base || dockerfile.Predefined(name) {
		return nil, false
	}
	if arg = in.SetBy(name); arg != nil {
		return arg, true
	}
	return sc.Elsewhere(in, name)
}

func reportAtStart(p *analysis.Pass, in *dockerfile.Instruction, u variableUse, arg *dockerfile.Instruction,
	afterScript bool) {
	f := analysis.Finding{
		In: in, Span: u.span, Subject: u.name,
		Message: analysis.Say("%s has no value when the container starts, because only an ARG sets it", u.name),
		Why:     analysis.Say("An ARG ends with the build; an ENV keeps its value for the container."),
	}
	if arg != nil {
		f.With = []*dockerfile.Instruction{arg}
	}
	if _, certain := baseSets(in.Stage, u.name); !certain || afterScript {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("%s has no value when the container starts, unless something other than its ARG "+
			"sets it", u.name)
	}
	if !secrets.Name(u.name) {
		f.Fix = keepForStart(in, u.name, arg)
	}
	p.Report(f)
}

// keepForStart hands the value of the ARG on to the container.
func keepForStart(in *dockerfile.Instruction, name string, arg *dockerfile.Instruction) *analysis.Fix {
	lines := []string{edit.Keyword(in, "ENV") + " " + name + "=$" + name}
	if arg == nil || arg.Stage == nil || !in.Stage.BuiltOn(arg.Stage) {
		if arg != nil && arg.Stage != nil {
			return nil // the default is in another stage
		}
		lines = slices.Insert(lines, 0, edit.Keyword(in, "ARG")+" "+name)
	}
	fix := edit.InsertAbove(in, strings.Join(lines, "\n"))
	fix.Title, fix.Applicability = "Keep the value with ENV", analysis.Unsafe
	fix.Caveat = analysis.Say("%s is empty here today: check that the command works with the value.", name)
	for _, line := range lines {
		fix.Adds = append(fix.Adds, analysis.Addition{Stage: in.Stage.Index, Text: line})
	}
	return fix
}
