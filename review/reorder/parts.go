package reorder

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// first is the install as it leaves out what needs the sources, and what does that afterwards; false where it cannot be
// done in two parts.
func (p *Plan) first(call Install) (Install, bool) {
	parts := call.Manager.Parts
	if parts == nil || len(call.rest) > 0 || call.build || call.unclear || len(call.files) > 0 ||
		len(call.Step.Cmd.Wrapper) > 0 || len(call.Step.Stmt.Redirs) > 0 || call.Step.Cwd != call.In.Workdir() {
		return call, false
	}
	for _, flag := range p.flagsOf(call) {
		if !slices.Contains(call.Flags, flag) {
			call.without = append(call.without, flag)
		}
	}
	rest, ok := p.rest(call)
	if !ok || len(call.without) == 0 {
		return call, false
	}
	call.rest = rest
	call.Flags = slices.Concat(call.Flags, call.without)
	return call, true
}

// flagsOf are the flags with which the install leaves out what needs the sources.
func (p *Plan) flagsOf(call Install) []string {
	parts := call.Manager.Parts
	abs := dockerfile.Join(call.Dir, call.Manager.Manifests[0].Name)
	if at, found := p.locate(abs); found && parts.FlagsOf != nil {
		return parts.FlagsOf(p.folderOf(needed{path: at, abs: abs}))
	}
	return parts.Flags
}

// rest are the commands that do what the first part leaves out.
func (p *Plan) rest(call Install) (commands []string, ok bool) {
	parts := call.Manager.Parts
	if parts.Rest == nil {
		return p.again(call)
	}
	taken, ok := call.taken(parts)
	at, found := p.locate(dockerfile.Join(call.Dir, call.Manager.Manifests[0].Name))
	if !ok || !found {
		return nil, false
	}
	c := ecosystem.Call{Manager: call.Manager, File: path.Base(at), Flags: call.Flags, Scripts: call.Scripts(),
		Taken: taken}
	rest, ok := parts.Rest(p.folderOf(needed{path: at, abs: dockerfile.Join(call.Dir, path.Base(at))}), c)
	for _, words := range rest {
		commands = append(commands, strings.Join(append(call.program(), words...), " "))
	}
	return commands, ok && len(rest) > 0
}

// again is the install as it is written, and the steps after it that clear what it leaves. It cannot run again without
// the packages of the system that a step after it removes.
func (p *Plan) again(call Install) (commands []string, ok bool) {
	steps, _ := shell.Chain(call.In)
	at := slices.IndexFunc(steps, func(st shell.Step) bool { return st.Cmd == call.Step.Cmd })
	commands = []string{call.In.File().Text(call.In.Script.Span(call.Step.Stmt.Cmd))}
	for _, st := range steps[at+1:] {
		words := shell.Read(st.In, st.Cmd)
		switch {
		case removesPackages(&words):
			return nil, false
		case tidies(st, call.Manager), st.Cmd.Name == "rm" && words.Has("-f", "--force") && Independent(st, p.dests()):
			commands = append(commands, call.In.File().Text(call.In.Script.Span(st.Stmt.Cmd)))
		case !Independent(st, p.dests()):
			return commands, true
		}
	}
	return commands, true
}

// removesPackages reports whether the call removes packages of the system.
func removesPackages(call *shell.Call) bool {
	return slices.ContainsFunc(ecosystem.Systems, func(s *ecosystem.System) bool {
		return slices.Contains(s.Programs, call.Program) && slices.Contains(s.Removes, call.Sub.Text)
	})
}

// taken are the flags of the install that what does the rest takes over, with their values.
func (c *Install) taken(parts *ecosystem.Parts) (words []string, ok bool) {
	for _, f := range shell.ReadAs(c.In, c.Step.Cmd, c.Manager.Spec()).Flags {
		name := parts.Takes[f.Name]
		switch {
		case name == "":
			continue
		case f.Valued && !(f.Value.Known && plainWord.MatchString(f.Value.Text)):
			return nil, false
		case f.Valued:
			name += "=" + f.Value.Text
		}
		if !slices.Contains(words, name) {
			words = append(words, name)
		}
	}
	return words, true
}

// program is what starts the install's program: the variables that are set for it, and its words.
func (c *Install) program() (words []string) {
	f, cmd := c.In.File(), c.Step.Cmd
	for _, a := range cmd.Call.Assigns {
		words = append(words, f.Text(c.In.Script.Span(a)))
	}
	_, last := shell.Program(cmd)
	for _, w := range cmd.Words[:last+1] {
		words = append(words, f.Text(w.Span))
	}
	return words
}

// placed looks at where the rest of the installs runs: in the folder of the install, after the last of them.
func (p *Plan) placed() *Obstacle {
	for _, call := range p.calls {
		if len(call.rest) > 0 && call.Step.Cwd != p.last.Workdir() {
			return because("%s has to run again in another directory after the sources are copied",
				call.Step.Cmd.Name)
		}
	}
	return nil
}

// doubtRest takes for granted that the rest of each install makes up for what it leaves out.
func (p *Plan) doubtRest(fix *analysis.Fix) {
	for _, call := range p.calls {
		if len(call.rest) > 0 {
			fix.Assume("%s does all that %s leaves out", strings.Join(call.rest, " && "),
				strings.Join(call.without, " "))
		}
	}
}

// repeats reports whether the install runs again as it is written, after the sources.
func (c *Install) repeats() bool { return len(c.rest) > 0 && c.Manager.Parts.Rest == nil }

// leaveOut writes the flags by which installs leave out what needs the sources.
func (p *Plan) leaveOut(fix *analysis.Fix) {
	stage := p.o.stage.Index
	for _, call := range p.calls {
		if len(call.rest) == 0 {
			continue
		}
		flags, cmd, f := " "+strings.Join(call.without, " "), call.Step.Cmd, call.In.File()
		word := cmd.Words[len(cmd.Words)-1].Span
		fix.Effect = analysis.Split
		fix.Title = "Install the packages, copy the sources, then do the rest of the install"
		fix.Edits = append(fix.Edits, analysis.Edit{Span: word, New: f.Text(word) + flags})
		fix.Drops = append(fix.Drops, cmd.Span)
		fix.Adds = append(fix.Adds, analysis.AddedCommand(stage, f.Text(cmd.Span)+flags))
		for _, command := range call.rest {
			fix.Adds = append(fix.Adds, analysis.AddedCommand(stage, command))
		}
	}
}
