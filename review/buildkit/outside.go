package buildkit

import (
	"bytes"
	"context"
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/guard"
	"github.com/dfbot/dfbot/review/turns"
)

// Program is the name by which rules say that their findings come from here.
const Program = "buildkit"

// doesNotBuild is the rule of a Dockerfile that parses, but that BuildKit refuses when it works out the steps of the
// build.
const doesNotBuild = "does-not-build"

// Check runs Docker's build checks on the unit's bytes, if one of the unit's rules has them as its Program. It ignores
// directives that ask for silence: analysis applies them. A file that does not parse has no answer.
//
// The turns of the children go round between the units' askers, none of which may have all of their time. The error is
// the cause of ctx. A nil Checks checks nothing.
func (c *Checks) Check(ctx context.Context, u analysis.Unit) (analysis.Answer, error) {
	var none analysis.Answer
	rules := u.RulesOf(Program)
	if c == nil || len(rules) == 0 || u.Parse() != nil {
		return none, nil
	}
	if gap, ok := oversize(u.File); !ok {
		return analysis.Answer{Gaps: []analysis.Message{gap}}, nil
	}
	req := requestFor(&u)
	a, err := c.run(ctx, u.Asker, req)
	switch {
	case ctx.Err() != nil:
		return none, context.Cause(ctx)
	case err != nil:
		return analysis.Answer{Gaps: []analysis.Message{c.gap(err)}}, nil
	}
	return a.of(u.File, rules, len(req.Args) > 0), nil
}

// ruleNamed returns the rule that goes by the name; nil where it is not among them.
func ruleNamed(name string, rules []*analysis.Rule) *analysis.Rule {
	if i := slices.IndexFunc(rules, func(r *analysis.Rule) bool { return r.Goes(name) }); i >= 0 {
		return rules[i]
	}
	return nil
}

// oversize refuses what would take BuildKit too long.
func oversize(f *dockerfile.File) (gap analysis.Message, ok bool) {
	switch {
	case len(f.Src) > MaxSize:
		return analysis.Say("Docker's build checks were not run: the file has more than %d KB", MaxSize>>10), false
	case f.InstructionCount() > MaxInstructions:
		return analysis.Say("Docker's build checks were not run: the file has more than %d instructions",
			MaxInstructions), false
	}
	return analysis.Message{}, true
}

// gap is why there is no answer.
func (c *Checks) gap(err error) analysis.Message {
	switch {
	case errors.Is(err, turns.ErrUsedUp):
		return analysis.Say("Docker's build checks were not run: the other Dockerfiles of this pull request used up " +
			"the time for them")
	case errors.Is(err, guard.ErrOverran):
		return analysis.Say("Docker's build checks were not run: they take longer than %d s",
			int(c.slots.Deadline.Seconds()))
	case errors.Is(err, guard.ErrMemory):
		return analysis.Say("Docker's build checks were not run: they need more than %d MB of memory", childMemory>>20)
	}
	return analysis.Say("Docker's build checks were not run: %s", err.Error())
}

// requestFor is what the child learns of the unit.
func requestFor(u *analysis.Unit) request {
	return request{Dockerfile: unsilenced(u.File), Ignore: ignoreFile(u), Args: placeholders(u.File)}
}

// unsilenced is the file with its check directives spelled so that BuildKit does not know them: it would
// keep to itself what they silence. Nothing else is different, and no byte elsewhere.
func unsilenced(f *dockerfile.File) []byte {
	src := f.Src
	for _, c := range f.Comments() {
		if !checkDirective.MatchString(c.Text) {
			continue
		}
		if &src[0] == &f.Src[0] {
			src = bytes.Clone(src)
		}
		value := src[c.Span.Start+bytes.IndexByte(src[c.Span.Start:], '=') : c.Span.End]
		copy(value, bytes.ReplaceAll(value, []byte("skip"), []byte("SKIP")))
	}
	return src
}

// checkDirective is a comment as BuildKit takes it for one about its checks.
var checkDirective = regexp.MustCompile(`(?i)^check\s*=`)

// ignoreFile is the .dockerignore that counts for the Dockerfile; nil where it is not known.
func ignoreFile(u *analysis.Unit) []byte {
	if u.Tree == nil || u.Context == nil || !u.Context.Known() {
		return nil
	}
	for _, p := range []string{u.Path + ".dockerignore", path.Join(u.Context.Dir, ".dockerignore")} {
		if data, ok := u.Tree.Contents[p]; ok && len(data) <= MaxSize {
			return data
		}
	}
	return nil
}

// Values for global ARGs that have none of their own, or a stand-in for one, and that a FROM needs. They are in
// whatever a check says because of them; see without.
const (
	placeholder         = "dfbot-placeholder"
	placeholderDigest   = "sha256:df00df00df00df00df00df00df00df00df00df00df00df00df00df00df00df00"
	placeholderPlatform = "linux/loong64"
)

// placeholders gives values to the global ARGs without which a FROM may not be made out.
func placeholders(f *dockerfile.File) map[string]string {
	unset := map[string]bool{}
	var needed []use
	for _, in := range f.Args {
		for _, p := range in.Pairs {
			value := strings.Trim(p.Value, `"'`)
			unset[p.Key] = value == "" || dockerfile.StandIn(value)
			needed = append(needed, uses(p.Value, placeholder)...)
		}
	}
	for _, s := range f.Stages() {
		if len(s.From.Words) > 0 {
			needed = append(needed, uses(s.From.Words[0].Text, placeholder)...)
		}
		for _, flag := range s.From.Flags {
			needed = append(needed, uses(flag.Value, placeholderPlatform)...)
		}
	}
	args := map[string]string{}
	for _, u := range needed {
		if unset[u.name] {
			args[u.name] = u.value
		}
	}
	return args
}

// use is a variable with a value that suits its place.
type use struct{ name, value string }

var variable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// uses lists the variables of a word.
func uses(word, value string) []use {
	var all []use
	for _, m := range variable.FindAllStringSubmatchIndex(word, -1) {
		u := use{word[m[2]:m[3]], value}
		if strings.HasSuffix(word[:m[0]], "@") {
			u.value = placeholderDigest
		}
		all = append(all, u)
	}
	return all
}

// of is the answer under the rules. Where BuildKit has stopped although nothing depends on build arguments (open is
// false) or on the base image, the Dockerfile cannot be built; otherwise that is not known.
func (a answer) of(f *dockerfile.File, rules []*analysis.Rule, open bool) analysis.Answer {
	out := analysis.Answer{Findings: a.findings(f, rules)}
	in := at(f, a.StoppedLine)
	open = open || in != nil && dependent(in) && !strings.Contains(a.Stopped, "unsupported modifier")
	switch {
	case a.Crashed != "":
		out.Gaps = append(out.Gaps,
			analysis.Say("Docker's build checks were not run: BuildKit crashes on this file: %s", a.Crashed))
	case a.Stopped == "":
	case open || in == nil || f.NewFlags || strings.Contains(a.Stopped, errOffline.Error()):
		out.Gaps = append(out.Gaps, analysis.Say("Docker's build checks covered only part of the file: %s", a.Stopped))
	default:
		if rule := ruleNamed(doesNotBuild, rules); rule != nil {
			out.Findings = append(out.Findings, analysis.Outside{Rule: rule, Finding: analysis.Finding{
				Span: in.Head(), In: in, Message: analysis.Say("Docker cannot build this: %s", a.Stopped)}})
		}
	}
	return out
}

// findings are the warnings for which there is a rule. BuildKit reports each use of a variable, and all by one line;
// the first is enough.
func (a answer) findings(f *dockerfile.File, rules []*analysis.Rule) []analysis.Outside {
	type place struct {
		check string
		span  dockerfile.Span
	}
	var all []analysis.Outside
	seen := map[place]bool{}
	for _, w := range a.Warnings {
		check, in, rule := checkNamed(w.Check), at(f, w.Line), ruleNamed(w.Check, rules)
		if check == nil || in == nil || rule == nil {
			continue
		}
		found, ok := check.finding(in, w.Detail)
		if !ok || seen[place{w.Check, found.Span}] {
			continue
		}
		seen[place{w.Check, found.Span}] = true
		all = append(all, analysis.Outside{Rule: rule, Code: w.Check, Finding: found})
	}
	return all
}

// dependent reports whether the instruction uses a variable whose value is not known here: that of an ARG
// without a default, or one that the base image may set. Those of a FROM have their placeholders.
func dependent(in *dockerfile.Instruction) bool {
	for _, m := range variable.FindAllStringSubmatch(in.File().Text(in.Span), -1) {
		if in.Name != "FROM" && !in.Var(m[1]).Known && (in.Stage != nil || in.Defined(m[1])) {
			return true
		}
	}
	return false
}

// at is the instruction on the line.
func at(f *dockerfile.File, line int) *dockerfile.Instruction {
	for _, in := range f.Instructions() {
		if first, last := in.Lines(); first <= line && line <= last {
			return in
		}
	}
	return nil
}
