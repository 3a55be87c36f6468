package reorder

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// Obstacle is why an order cannot be fixed by a patch that is certain.
type Obstacle struct {
	Because      analysis.Message // completes "because ..."
	AtMost       analysis.Severity
	NeedsSources bool             // the install certainly reads the sources: the order is right
	Unsure       bool             // it is not known what a build fetches, if it fetches anything
	Advice       analysis.Message // what to do, where there is more to say than Because
	missing      bool             // a manifest is not where it must be
}

// absent says that a manifest is not among the files that the COPYs bring.
func absent(name string) *Obstacle {
	no := because("%s is not among the files that are copied", name)
	no.missing, no.AtMost, no.Unsure = true, analysis.Notice, true
	return no
}

func because(format string, args ...any) *Obstacle {
	return &Obstacle{Because: analysis.Say(format, args...)}
}

// Plan is a reordering that is worked out.
type Plan struct {
	o      *Order
	calls  []Install // those that come before the sources in the end
	last   *dockerfile.Instruction
	cut    *shell.Step // the first step of the last RUN that stays after the sources; nil for none
	needed []needed
	reads  []read          // the same, with the install that reads it
	narrow map[string]bool // needed files that an earlier COPY brings already
	inert  map[string]bool // needed files because of which an install reads no others
	member map[string]bool // manifests of members of a workspace
	// folders, in the context, that the installs fill besides their managers' own
	fills  []string
	before []string                         // commands that a fetch needs as well as the build
	stubs  []string                         // that a fetch needs to be in the WORKDIR, if only as empty files
	called map[*dockerfile.Instruction]bool // the RUNs of calls
	passed int                              // the index of the last instruction that the copies may pass on their way
	aside  map[string]bool                  // whether a COPY is apart from them, by what it brings and where to
	into   []string                         // the folders that the copies write to
	all    []*dockerfile.Instruction        // of the stage
	found  map[string]whereabouts           // by place in the image
	output string                           // folder that an install fills and that no ignore file hides
}

// needed is a file or folder that an install reads.
type needed struct {
	path   string // in the context
	abs    string // in the image, as Workdir gives it
	folder bool
}

// Plan works the patch out for the context that holds the manifests: it cannot be another
// one, or the install would fail today.
func (o *Order) Plan() (*Plan, *Obstacle) {
	if o.System() != "" {
		return o.systemPlan()
	}
	p, no := o.planAnywhere()
	all := o.Copies
	if local := slices.DeleteFunc(slices.Clone(all), fromStage); no != nil && len(local) > 0 && len(local) < len(all) {
		o.move(local)
		if p, again := o.planAnywhere(); again == nil {
			return p, nil
		}
		o.move(all)
	}
	return p, no
}

// planAnywhere is planIn for the nearest context that has the manifests.
func (o *Order) planAnywhere() (*Plan, *Obstacle) {
	p, no := o.planIn()
	first, seen := no, o.ctx
	for no != nil && no.missing && o.ctx.Known() {
		o.ctx = o.ctx.Above()
		p, no = o.planIn()
	}
	if no != nil {
		o.ctx = seen
		return nil, first
	}
	return p, nil
}

// planIn works the patch out, or says what prevents it.
func (o *Order) planIn() (*Plan, *Obstacle) {
	if !o.ctx.Known() {
		return nil, because("it is not known which files the build sees").unsure()
	}
	p := &Plan{o: o, narrow: map[string]bool{}, inert: map[string]bool{}, member: map[string]bool{},
		called: map[*dockerfile.Instruction]bool{}, aside: map[string]bool{},
		found: map[string]whereabouts{}}
	for _, c := range o.Copies {
		p.into = append(p.into, o.dest(c))
	}
	p.passed, p.all = o.Copies[0].Index, o.stage.Instructions()
	if no := o.flags(); no != nil {
		return nil, no
	}
	if no := p.addAll(); no != nil || o.System() != "" {
		return p, no
	}
	return p, p.holds()
}

// addAll takes the installs into the plan.
func (p *Plan) addAll() *Obstacle {
	for _, call := range p.o.Installs {
		switch aside := call.system != "" && p.o.System() == ""; {
		case aside && p.cut == nil:
			_ = p.addSystem(call) // where it cannot be passed, the copies stay before it
			continue
		case aside:
			continue
		case p.cut != nil:
			return because("%s installs again after steps that use the sources", call.Step.Cmd.Name)
		}
		if no := p.add(call); no != nil {
			return no
		}
	}
	return nil
}

// holds looks at the plan as a whole.
func (p *Plan) holds() *Obstacle {
	o, call := p.o, p.o.Installs[0]
	if o.Fetches() && !p.early() && len(p.fresh()) > 0 && o.dest(o.Copies[0]) != call.Step.Cwd {
		return because("the sources go to a directory other than the %s", "WORKDIR")
	}
	if len(p.fresh()) == 0 && len(p.narrow) == 0 {
		return because("no manifest for %s was found", call.Manager.Name).unsure()
	}
	if !slices.ContainsFunc(o.Copies, p.bringsMore) {
		return because("the install reads all that is copied").asSources()
	}
	return p.placed()
}

// bringsMore reports whether the COPY brings anything but files that the installs read.
func (p *Plan) bringsMore(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(buildcontext.Sources(in), func(s buildcontext.Source) bool {
		return !slices.ContainsFunc(p.needed, func(n needed) bool { return n.path == path.Clean(s.Path.Text) })
	})
}

// flags looks at the copies themselves.
func (o *Order) flags() *Obstacle {
	for _, c := range o.Copies {
		if c.JSON || len(c.Heredocs) > 0 {
			return because("%s is not a simple line", c.OneLine())
		}
		for _, f := range c.Flags {
			if f.Name != "chown" && f.Name != "chmod" && f.Name != "link" && f.Name != "from" {
				return because("%s has flags that select files", c.OneLine())
			}
		}
		if dest := o.dest(c); dest == "" ||
			strings.HasPrefix(dest, "/") != strings.HasPrefix(o.Installs[0].place(), "/") {
			return because("it is not known where %s writes to", c.OneLine())
		}
		for _, s := range buildcontext.Sources(c) {
			if !fromStage(c) && (!s.Local || !s.Path.Known) {
				return because("%s also copies files from elsewhere", c.OneLine())
			}
		}
	}
	return nil
}

// dest is the folder that a COPY writes to, as Workdir gives it.
func (o *Order) dest(c *dockerfile.Instruction) string { return o.ctx.Copy(c).Dest() }

// add takes one more install into the plan.
func (p *Plan) add(call Install) *Obstacle {
	if call.system != "" {
		return p.addSystem(call)
	}
	if no := p.readable(call); no != nil {
		return no
	}
	needs, no := p.needs(call)
	if no != nil {
		if first, ok := p.first(call); ok && no.AtMost == analysis.Notice && !no.missing && p.add(first) == nil {
			return nil
		}
		return no
	}
	if no := p.fetches(call, needs); no != nil {
		return no
	}
	if no := p.between(call.In); no != nil {
		return no
	}
	cut, no := p.steps(call)
	if no != nil {
		return no
	}
	if no := p.filled(call, needs); no != nil {
		return no
	}
	p.needed = append(p.needed, needs...)
	for _, n := range needs {
		p.reads = append(p.reads, read{n, call})
	}
	p.calls, p.last, p.cut = append(p.calls, call), call.In, cut
	p.called[call.In] = true
	return nil
}

// readable looks at the call by itself: whether it is known what it installs.
func (p *Plan) readable(call Install) *Obstacle {
	switch {
	case !call.advice.Empty():
		no := because("it installs along with something else")
		no.Advice, no.AtMost = call.advice, analysis.Notice
		return no
	case call.Dir == "", call.unclear && !call.build:
		return because("its arguments depend on variables").unsure()
	case call.In.HasMount("bind"):
		return because("%s mounts files of its own", "RUN")
	}
	return p.named(call)
}

// dests are the folders that the copies write to.
func (p *Plan) dests() []string { return p.into }

// between looks at the instructions that the copies have to pass on their way past the RUN.
func (p *Plan) between(run *dockerfile.Instruction) *Obstacle {
	// What an earlier call had to pass is known to be no obstacle.
	for _, in := range p.all[p.passed-p.o.stage.From.Index:] {
		p.o.ctx.Charge(1)
		if in.Index >= run.Index {
			break
		}
		p.passed = in.Index
		if p.moves(in) || p.called[in] {
			continue
		}
		if no := p.pass(in); no != nil {
			return no
		}
	}
	return nil
}

// pass returns why the copies cannot come after an instruction that follows them; nil where they can.
func (p *Plan) pass(in *dockerfile.Instruction) *Obstacle {
	switch in.Name {
	case "RUN":
		if steps, plain := shell.Chain(in); !plain || !allIndependent(steps, p.dests()) || in.HasMount("bind") {
			return because("%s comes between the two and may use the sources", in.Short())
		}
	case "VOLUME":
		return because("a %s comes between the two", "VOLUME")
	case "COPY", "ADD":
		if !p.apart(in) {
			return because("%s comes between the two and may overwrite the same files", in.OneLine())
		}
	case "ENV", "ARG":
		for _, c := range p.o.Copies {
			if c.Index < in.Index && strings.Contains(c.Args.String(), "$") {
				return because("%s uses variables that change in between", c.OneLine())
			}
		}
	}
	return nil
}

func (p *Plan) moves(in *dockerfile.Instruction) bool { return p.o.moved[in] }

func allIndependent(steps []shell.Step, dirs []string) bool {
	return !slices.ContainsFunc(steps, func(st shell.Step) bool { return !Independent(st, dirs) })
}

// apart reports whether another COPY neither writes over what the copies bring nor is written
// over by them; bringing the same files to the same places is fine.
func (p *Plan) apart(in *dockerfile.Instruction) bool {
	text := in.Args.String()
	if in.Flag("from") != nil || strings.Contains(text, "$") {
		return p.isApart(in)
	}
	key := in.Name + "\x00" + p.o.dest(in) + "\x00" + text
	known, ok := p.aside[key]
	if !ok {
		known = p.isApart(in)
		p.aside[key] = known
	}
	return known
}

func (p *Plan) isApart(in *dockerfile.Instruction) bool {
	dest := p.o.dest(in)
	if dest == "" {
		return false
	}
	for _, c := range p.o.Copies {
		if Outside(dest, []string{p.o.dest(c)}) {
			continue
		}
		for _, s := range buildcontext.Sources(in) {
			if !s.Local || !s.Path.Known {
				return false
			}
			for _, f := range p.o.ctx.Match(s.Path.Text) {
				p.o.ctx.Charge(100)
				at, ok := p.o.ctx.Copy(in).Place(f)
				from, same := p.o.ctx.Copy(c).Brings(at)
				if !ok || same && from != f || !same && p.o.ctx.Copy(c).Touches(at) {
					return false
				}
			}
		}
	}
	return true
}

// steps looks at the RUN of an install: what comes before it must be independent of the sources.
// It returns the first step after it that is not, where there is one.
func (p *Plan) steps(call Install) (*shell.Step, *Obstacle) {
	found, steps, plain := Installs(call.In)
	if !plain {
		return nil, because("%s is more than a chain of commands", call.In.Short())
	}
	isInstall := func(st shell.Step) bool {
		return slices.ContainsFunc(found, func(f Install) bool { return f.Step.Cmd == st.Cmd })
	}
	if call.build {
		return nil, p.buildSteps(call, steps)
	}
	passed := false
	for i := range steps {
		st := steps[i]
		passed = passed || st.Cmd == call.Step.Cmd
		switch {
		case isInstall(st) || st.Cmd.Name == "cd" || Independent(st, p.dests()) || tidies(st, call.Manager):
		case !passed:
			return nil, because("%s runs before it in the same RUN and may use the sources", st.Cmd.Name)
		default:
			return p.cutAt(steps, i, call.In)
		}
	}
	return nil, nil
}

// fetches looks at a build that fetches: a command has to do that alone.
func (p *Plan) fetches(call Install, needs []needed) *Obstacle {
	switch rule := call.Manager.Builds; {
	case !call.build:
		return nil
	case rule.Command == "":
		list, args := enumerate(once(needs))
		no := because("%s has no command that only downloads packages", call.Manager.Name)
		no.Advice = analysis.Say("%s has no command that only downloads packages. %s after a COPY of "+list+
			" at least loads the plugins, and a cache mount keeps the packages.",
			append([]any{call.Manager.Name, rule.Loads}, args...)...)
		return no
	case call.unclear:
		return because("its arguments depend on variables")
	case call.elsewhere != "":
		return because("%s decides what it builds, or by which settings", call.elsewhere)
	}
	return nil
}

// buildSteps: the RUN of a build that fetches stays as it is; the fetch comes before it.
// What the RUN sets up for the build, the fetch would go without.
func (p *Plan) buildSteps(call Install, steps []shell.Step) *Obstacle {
	if call.Step.Cwd != call.In.Workdir() {
		return because("the build runs in a directory other than the %s", "WORKDIR")
	}
	for _, st := range steps {
		if st.Cmd == call.Step.Cmd {
			break
		}
		if call.makesRunnable(st) {
			p.before = append(p.before, wordsOf(st))
		} else if !leavesFetchAlone(st, call.Manager) {
			return because("%s runs before it in the same RUN", st.Cmd.Name)
		}
	}
	for _, a := range call.Step.Cmd.Call.Assigns {
		if a.Name == nil || !call.Manager.BuildVar(a.Name.Value) {
			return because("the build sets variables that the download may need")
		}
	}
	for _, name := range call.Manager.FetchVars {
		if v := call.In.Var(name); v.Known && (v.Text == "off" || strings.Contains(v.Text, "-mod")) {
			return because("%s decides where the dependencies come from", name).unsure()
		}
	}
	first := p.o.Copies[0]
	if p.early() && p.o.dest(first) != call.Step.Cwd && first.Workdir() != call.Step.Cwd {
		return because("the sources go to a directory other than the %s", "WORKDIR")
	}
	return nil
}

// makesRunnable reports whether the step gives the build's own program its mode: chmod +x mvnw && ./mvnw package.
func (c *Install) makesRunnable(st shell.Step) bool {
	program, words := c.Step.Cmd.Words[0], st.Cmd.Args()
	return st.Cmd.Name == "chmod" && len(words) == 2 && words[0].Literal && words[1].Literal && program.Literal &&
		strings.Contains(program.Text, "/") && plainWord.MatchString(words[0].Text) &&
		dockerfile.Join(st.Cwd, words[1].Text) == dockerfile.Join(c.Step.Cwd, program.Text)
}

// leavesFetchAlone reports whether a fetch does as well without the step before it.
func leavesFetchAlone(st shell.Step, m *ecosystem.Manager) bool {
	switch st.Cmd.Name {
	case "echo", "true", "mkdir":
		return true
	}
	words := st.Cmd.Args()
	if !m.Program(st.Cmd.Name) || len(words) == 0 || len(st.Cmd.Call.Assigns) > 0 {
		return false
	}
	sub := words[0].Text
	return slices.Contains(m.Before, sub) || len(words) > 1 && slices.Contains(m.Before, sub+" "+words[1].Text)
}

// early reports whether a fetch may come before the first of the copies: nothing but copies are
// between it and the build.
func (p *Plan) early() bool {
	first, run := p.o.Copies[0], p.o.Installs[0].In
	for _, in := range p.o.stage.Instructions() {
		if in.Index > first.Index && in.Index < run.Index && !p.moves(in) {
			return false
		}
	}
	return true
}

// cutAt checks that the RUN may be cut before its i-th step: nothing that the shell keeps from
// the steps before it is lost.
func (p *Plan) cutAt(steps []shell.Step, i int, in *dockerfile.Instruction) (*shell.Step, *Obstacle) {
	for _, st := range steps[:i] {
		if st.Cmd.Name == "cd" || st.Cmd.Name == "set" || st.Cmd.Name == "export" || st.Cmd.Name == "." ||
			st.Cmd.Name == "source" {
			return nil, because("%s runs in the same shell", steps[i].Cmd.Name)
		}
	}
	if in.HasMount("secret", "ssh") {
		return nil, because("%s runs with the same mounts", steps[i].Cmd.Name)
	}
	return &steps[i], nil
}

// tidies reports whether the step only clears the manager's cache.
func tidies(st shell.Step, m *ecosystem.Manager) bool {
	return m.Program(st.Cmd.Name) && len(st.Cmd.Words) > 1 &&
		(st.Cmd.Words[1].Text == "cache" || slices.Contains(m.Clears, st.Cmd.Words[1].Text))
}
