package reorder

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// systemInstall reads a RUN that installs packages of the system.
func systemInstall(in *dockerfile.Instruction) (Install, bool) {
	if in.Name != "RUN" || in.JSON || in.HasMount("bind") {
		return Install{}, false
	}
	steps, plain := shell.Chain(in)
	if !plain {
		return Install{}, false
	}
	for _, st := range steps {
		s := systemOf(st)
		if s == nil {
			continue
		}
		call := shell.ReadAs(in, st.Cmd, s.Spec())
		if slices.Contains(s.Installs, call.Sub.Text) && !call.Has(s.Apart...) && len(call.Unknown) == 0 {
			return Install{Manager: ecosystem.SystemPackages, In: in, Step: st, Dir: "/", sub: call.Sub,
				system: st.Cmd.Name + " " + call.Sub.Text}, true
		}
	}
	return Install{}, false
}

// maxSystem is the most RUNs with packages of the system that the copies pass.
const maxSystem = 4

// systemPlan works the patch out for as many of the RUNs as the copies can pass.
func (o *Order) systemPlan() (p *Plan, no *Obstacle) {
	all := o.Installs
	for n := min(len(all), maxSystem); n > 0; n-- {
		o.Installs = all[:n]
		if p, no = o.planIn(); no == nil {
			return p, nil
		}
	}
	o.Installs = all
	return nil, no
}

var (
	// standard are the folders of a system, in which its packages have their files and look for settings
	// (https://refspecs.linuxfoundation.org/FHS_3.0/fhs/index.html).
	standard = regexp.MustCompile(`^/(?:(?:bin|boot|dev|etc|home|lib\w*|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|` +
		`usr|var)(?:/|$)|$)`)
	// ofUsers are folders in those that people fill.
	ofUsers = regexp.MustCompile(`^/(?:home|opt|srv|usr/src)/[^/]`)
)

// addSystem takes one more RUN with packages of the system into the plan: nothing in it may look at what is copied.
func (p *Plan) addSystem(call Install) *Obstacle {
	for _, dir := range p.dests() {
		if standard.MatchString(dir) && !ofUsers.MatchString(dir) {
			return because("%s may hold settings of the system", dir)
		}
	}
	if no := p.between(call.In); no != nil {
		return no
	}
	steps, _ := shell.Chain(call.In)
	for _, st := range steps {
		if !Independent(st, p.dests()) || slices.ContainsFunc(st.Cmd.Args(), p.namesCopied) {
			return because("%s may use the sources", st.Cmd.Name)
		}
	}
	p.calls, p.last = append(p.calls, call), call.In
	p.called[call.In] = true
	return nil
}

// namesCopied reports whether the word names a folder to which the copies write.
func (p *Plan) namesCopied(w dockerfile.ShellWord) bool {
	return slices.ContainsFunc(p.dests(), func(dir string) bool { return strings.Contains(w.Text, dir) })
}

// System is the install of packages of the system that comes after the sources, such as apt-get install; "" where the
// order is about other packages.
func (o *Order) System() string { return o.Installs[0].system }

// assumesOfSystem tells the fix what is taken for granted of the packages.
func (p *Plan) assumesOfSystem(fix *analysis.Fix) {
	from := p.o.stage.Root()
	if !from.Image.Known || !baseimage.Parse(from.Image.Text).BringsNoSettings() {
		fix.Assume("the base image %s does not make %s look at the sources", from.Image.Text, p.o.System())
	}
	for _, dir := range p.dests() {
		if standard.MatchString(dir) {
			fix.Assume("%s leaves nothing in %s", p.o.System(), dir)
		}
	}
	for _, call := range p.calls {
		p.doubtBefore(fix, call)
		p.doubtSystem(fix, call)
	}
}

// doubtSystem looks at the commands of a RUN that installs packages of the system: a variable or a flag may name a
// file among the sources.
func (p *Plan) doubtSystem(fix *analysis.Fix, call Install) {
	steps, _ := shell.Chain(call.In)
	for _, st := range steps {
		p.doubtStart(fix, call, st)
		s := systemOf(st)
		if s == nil {
			continue
		}
		for _, f := range shell.ReadAs(call.In, st.Cmd, s.Spec()).Flags {
			known := slices.Contains(s.Yes, f.Name) || slices.Contains(s.Inert, f.Name) ||
				slices.Contains(s.Valued, f.Name) && f.Value.Known && !p.mayName(call.In, f.Value.Text)
			if !known {
				fix.Assume("%s does not make %s read files among the sources", f.Name, st.Cmd.Name)
			}
		}
	}
}

// systemOf is the family of the step's program; nil where it is of none.
func systemOf(st shell.Step) *ecosystem.System {
	for _, s := range ecosystem.Systems {
		if slices.Contains(s.Programs, st.Cmd.Name) {
			return s
		}
	}
	return nil
}

// systemWhy says what the order costs.
func (p *Plan) systemWhy(files int) analysis.Message {
	copied := "%d files are copied"
	if files == 1 {
		copied = "%d file is copied"
	}
	return analysis.Say(copied+", and the packages depend on none: install them first, and their layer stays cached.",
		files)
}
