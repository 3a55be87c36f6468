package rules

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

var copyBeforeInstall = &analysis.Rule{
	Name:       "copy-before-install",
	Doc:        "COPY of the sources before the dependency install, so every source change reinstalls everything",
	Topic:      analysis.Cache,
	Severity:   analysis.Warning,
	Severities: "warning, notice where the install seems to read the sources or a manifest is missing",
	Aliases:    []string{"DF007"},
	Run: func(p *analysis.Pass) {
		fetched := map[*dockerfile.Stage]map[string]bool{} // what the stage, or one it is built from, installs
		for _, s := range p.File.Stages() {
			if o := findOrder(p, s, fetched); o != nil {
				o.report()
			}
		}
	},
}

// order is the mistake in one stage: COPYs of sources, and after them installs of dependencies
// that do not need them.
type order struct {
	p      *analysis.Pass
	stage  *dockerfile.Stage
	ctx    *buildcontext.Context
	copies []*dockerfile.Instruction        // of sources, before the first install
	calls  []install                        // after the first of the copies
	moved  map[*dockerfile.Instruction]bool // the copies
}

// findOrder returns the stage's first install that comes after a COPY of sources, with all
// such COPYs before it and all installs after; nil where the stage has none.
func findOrder(p *analysis.Pass, s *dockerfile.Stage, fetched map[*dockerfile.Stage]map[string]bool) *order {
	o := &order{p: p, stage: s, ctx: p.Context}
	done := map[string]bool{}
	looked := sourceless{}
	fetched[s] = done
	if s.Parent != nil {
		maps.Copy(done, fetched[s.Parent])
	}
	for _, in := range s.Instructions() {
		found, _, _ := installs(in)
		for _, call := range found {
			again := done[call.key()]
			done[call.key()] = true
			if again && len(o.calls) == 0 {
				continue // the dependencies are there; this adds the project itself
			}
			if len(o.calls) == 0 {
				o.copies = looked.sourceCopies(p.Context, s, call)
			}
			if len(o.copies) > 0 {
				o.calls = append(o.calls, call)
			}
		}
		if call, ok := fetchingBuild(in); ok && len(done) == 0 {
			done[call.key()] = true
			if o.copies = looked.sourceCopies(p.Context, s, call); len(o.copies) > 0 {
				o.calls = []install{call}
			}
		}
	}
	if len(o.calls) == 0 {
		return nil
	}
	o.moved = map[*dockerfile.Instruction]bool{}
	for _, c := range o.copies {
		o.moved[c] = true
	}
	return o
}

// sourceless counts the instructions of a stage that are known to bring no sources of a manager's projects.
type sourceless map[*ecosystem.Manager]int

// sourceCopies lists the COPYs before the install that bring files which people edit and the
// install does not need: of the whole context, or of a folder with sources in it.
func (looked sourceless) sourceCopies(ctx *buildcontext.Context, s *dockerfile.Stage, call install) []*dockerfile.Instruction {
	var all []*dockerfile.Instruction
	for _, in := range s.Instructions()[looked[call.manager]:] {
		if in.Index >= call.in.Index {
			break
		}
		if len(all) == 0 {
			looked[call.manager]++
		}
		if (in.Name == "COPY" || in.Name == "ADD") && bringsSources(ctx, in, call.manager) {
			all = append(all, in)
		}
	}
	return all
}

func bringsSources(ctx *buildcontext.Context, in *dockerfile.Instruction, m *ecosystem.Manager) bool {
	for _, src := range meantSources(in) {
		if !src.Local || !src.Path.Known {
			continue
		}
		if src.Whole() {
			return true
		}
		if !ctx.Known() || strings.HasPrefix(strings.TrimPrefix(src.Path.Text, "./"), ".") {
			continue
		}
		itself := strings.TrimPrefix(src.Path.Text, "./")
		edited := func(f string) bool { return m.IsSource(f) && m.Manifest(path.Base(f)) == nil && f != itself }
		if len(ctx.Where(src.Path.Text, m, 1, edited)) > 0 {
			return true
		}
	}
	return false
}

// fetchingBuild reads a RUN as one that builds and, because no install came before, fetches the
// dependencies as well, such as a bare `go build`.
func fetchingBuild(in *dockerfile.Instruction) (install, bool) {
	if in.Name != "RUN" || in.JSON || in.HasMount("cache", "bind") {
		return install{}, false
	}
	steps, plain := shell.Chain(in)
	if !plain {
		return install{}, false
	}
	for _, st := range steps {
		for _, m := range ecosystem.Managers {
			if m.Fetch == "" || !m.Program(st.Cmd.Name) || vendored(st) {
				continue
			}
			for _, words := range m.Builds {
				if len(st.Cmd.Words) > len(words) && st.Cmd.Words[1].Text == words[0] {
					return install{manager: m, in: in, step: st, dir: st.Cwd}, true
				}
			}
		}
	}
	return install{}, false
}

// vendored reports whether the build takes its dependencies from a directory of the
// project, or installs a package by version (https://go.dev/ref/mod#build-commands).
func vendored(st shell.Step) bool {
	for _, w := range st.Cmd.Words {
		if strings.Contains(w.Text, "-mod=vendor") || strings.Contains(w.Text, "-mod=mod") || strings.Contains(w.Text, "@") {
			return true
		}
	}
	return false
}

// report says what is wrong and offers the patch, or says why it cannot.
func (o *order) report() {
	lead, call := o.lead(), o.calls[0]
	f := analysis.Finding{In: lead, Span: lead.Span, Because: call.by(o.ctx), Values: shell.Values(call.in, call.step.Cmd.Words...)}
	for _, c := range o.copies {
		if c != lead {
			f.With = append(f.With, c)
		}
	}
	plan, no := o.planAnywhere()
	if no != nil && (!o.whole() || no.needsSources || o.fetches()) {
		return // without a certain patch there is nothing to report
	}
	f.With = append(f.With, call.in)
	again := "reinstalls"
	if o.fetches() {
		again = "downloads"
	}
	f.Message = analysis.Say("%s comes before %s, so every source change "+again+" all dependencies",
		lead.OneLine(), call.text())
	if no != nil {
		f.Why = analysis.Say("Copy what the install reads, run it, then copy the rest. No patch is offered, because "+
			no.because.Format+".", no.because.Args...)
		f.AtMost = no.atMost
		o.p.Report(f)
		return
	}
	f.Why = plan.why()
	f.Fix = plan.fix()
	o.p.Report(f)
}

// lead is the copy to report: the one that takes the whole context, or else the first.
func (o *order) lead() *dockerfile.Instruction {
	for _, c := range o.copies {
		if takesContext(c) {
			return c
		}
	}
	return o.copies[0]
}

// whole reports whether one of the copies takes the whole context.
func (o *order) whole() bool { return slices.ContainsFunc(o.copies, takesContext) }

func takesContext(in *dockerfile.Instruction) bool {
	for _, src := range buildcontext.Sources(in) {
		if src.Local && src.Path.Known && src.Whole() {
			return true
		}
	}
	return false
}

// fetches reports whether the patch must add the install itself.
func (o *order) fetches() bool { return o.calls[0].builds() }

// builds reports whether the call is a build that fetches, not an install.
func (c *install) builds() bool {
	for _, words := range c.manager.Builds {
		if len(c.step.Cmd.Words) > 1 && c.step.Cmd.Words[1].Text == words[0] {
			return true
		}
	}
	return false
}
