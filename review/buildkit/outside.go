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
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/turns"
)

// Look runs Docker's build checks on the unit's bytes. It adds what they find to u.Outside, under the
// rules of rules.DockerCheckNamed, and what they could not judge to u.Gaps. Directives that ask for silence
// are not heeded: analysis does that. A file that does not parse is left to analysis.Run, too.
//
// The turns of the children go round between askers, none of which may have all of their time. The error is that of ctx. A nil
// Checks looks at nothing.
func (c *Checks) Look(ctx context.Context, u *analysis.Unit, who *turns.Asker) error {
	if c == nil || !slices.ContainsFunc(u.Rules, speaks) || u.Parse() != nil {
		return nil
	}
	if gap, ok := oversize(u.File); !ok {
		u.Gaps = append(u.Gaps, gap)
		return nil
	}
	req := requestFor(u)
	a, err := c.run(ctx, who, req)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		u.Gaps = append(u.Gaps, c.gap(err))
		return nil
	}
	a.tell(u, len(req.Args) > 0)
	return nil
}

// speaks reports whether a rule is switched on under which Docker's checks are said.
func speaks(a analysis.Active) bool {
	return a.Severity != analysis.Off && rules.SpeaksForDocker(a.Rule)
}

// oversize refuses what would take BuildKit too long.
func oversize(f *dockerfile.File) (gap analysis.Message, ok bool) {
	switch {
	case len(f.Src) > MaxSize:
		return analysis.Say("Docker's build checks were not run: the file has more than %d KB", MaxSize>>10), false
	case f.InstructionCount() > MaxInstructions:
		return analysis.Say("Docker's build checks were not run: the file has more than %d instructions", MaxInstructions), false
	}
	return analysis.Message{}, true
}

// gap says why there is no answer.
func (c *Checks) gap(err error) analysis.Message {
	switch {
	case errors.Is(err, turns.ErrUsedUp):
		return analysis.Say("Docker's build checks were not run: the other Dockerfiles of this pull request have taken all the time for them")
	case errors.Is(err, errOverran):
		return analysis.Say("Docker's build checks were not run: they take more than %d s", int(c.deadline.Seconds()))
	case errors.Is(err, errMemory):
		return analysis.Say("Docker's build checks were not run: they take more than %d MB of memory", childMemory>>20)
	}
	return analysis.Say("Docker's build checks were not run: %s", err.Error())
}

// requestFor is what the child is told of the unit.
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

// Values for global ARGs that have none of their own and that a FROM needs. They stand in whatever a
// check says because of them; see without.
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
			unset[p.Key] = strings.Trim(p.Value, `"'`) == ""
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

// tell adds the answer to the unit. Where BuildKit has stopped although nothing depends on build arguments
// or on the base image, the Dockerfile cannot be built; otherwise nobody knows.
func (a answer) tell(u *analysis.Unit, open bool) {
	type place struct {
		check string
		span  dockerfile.Span
	}
	told := map[place]bool{} // BuildKit speaks of each use of a variable, and of all by one line
	for _, w := range a.Warnings {
		o, ok := w.outside(u.File)
		if ok && !told[place{o.Code, o.Span}] {
			told[place{o.Code, o.Span}] = true
			u.Outside = append(u.Outside, o)
		}
	}
	in := at(u.File, a.StoppedLine)
	open = open || in != nil && hangs(in) && !strings.Contains(a.Stopped, "unsupported modifier")
	switch {
	case a.Crashed != "":
		u.Gaps = append(u.Gaps, analysis.Say("Docker's build checks were not run: BuildKit crashes on the file: %s", a.Crashed))
	case a.Stopped == "":
	case open || in == nil || u.File.NewFlags || strings.Contains(a.Stopped, errOffline.Error()):
		u.Gaps = append(u.Gaps, analysis.Say("Docker's build checks have judged only a part of it: %s", a.Stopped))
	default:
		u.Outside = append(u.Outside, analysis.Outside{Rule: rules.DoesNotBuild, Finding: analysis.Finding{
			Span: in.Head(), In: in, Message: analysis.Say("BuildKit refuses to build this: %s", a.Stopped)}})
	}
}

// hangs reports whether the instruction uses a variable whose value is not known here: that of an ARG
// without a default, or one that the base image may set. Those of a FROM have their placeholders.
func hangs(in *dockerfile.Instruction) bool {
	for _, m := range variable.FindAllStringSubmatch(in.File().Text(in.Span), -1) {
		if in.Name != "FROM" && !in.Var(m[1]).Known && (in.Stage != nil || in.Defined(m[1])) {
			return true
		}
	}
	return false
}

// outside is the warning as a finding; false where a rule of ours says it better, or nobody.
func (w Warning) outside(f *dockerfile.File) (analysis.Outside, bool) {
	check, in := rules.DockerCheckNamed(w.Check), at(f, w.Line)
	if check == nil || check.Rule == nil || in == nil {
		return analysis.Outside{}, false
	}
	found, ok := check.Finding(in, w.Detail)
	return analysis.Outside{Rule: check.Rule, Code: w.Check, Finding: found}, ok
}

// at is the instruction that stands on the line.
func at(f *dockerfile.File, line int) *dockerfile.Instruction {
	for _, in := range f.Instructions() {
		if first, last := in.Lines(); first <= line && line <= last {
			return in
		}
	}
	return nil
}
