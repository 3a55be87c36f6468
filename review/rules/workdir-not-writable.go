package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/reorder"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var workdirNotWritable = &analysis.Rule{
	Name:     "workdir-not-writable",
	Doc:      "Step that writes as a user other than root where only root may",
	Topic:    analysis.Users,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error, warning where a command before may change that, in a stage that the final image does not " +
		"need, and for the default of an ARG",
	Run: func(p *analysis.Pass) {
		o := ownersOf(p)
		if o == nil {
			return
		}
		type place struct {
			stage *dockerfile.Stage
			dir   string
		}
		said := map[place]bool{}
		for _, in := range p.File.Instructions() {
			if in.Name != "RUN" || in.Stage == nil || !o.users[in].other() {
				continue
			}
			if w, ok := o.firstDenied(in); ok && !said[place{in.Stage, w.dir}] {
				said[place{in.Stage, w.dir}] = true
				o.reportDenied(p, w)
			}
		}
	},
}

// write is what a step changes: an entry of a folder, or the mode or owner of a file.
type write struct {
	step   shell.Step
	span   dockerfile.Span
	text   string // what writes
	dir    string // the folder whose entry it is, as Workdir gives it
	target string // the entry; "" where its name is not known
	owner  bool   // only the owner of the target may do it
	made   rooted // of the folder, or of the target
}

// firstDenied is the first step of the RUN that certainly fails because its user may not write.
func (o *owners) firstDenied(in *dockerfile.Instruction) (write, bool) {
	steps, plain := shell.Chain(in)
	if !plain {
		return write{}, false
	}
	for _, st := range steps {
		st.Cwd = folderOf(in, st.Cwd)
		if slices.ContainsFunc(st.Cmd.Wrapper, changesUser) || starters[st.Cmd.Name] {
			return write{}, false
		}
		for _, w := range writes(st) {
			if o.denied(&w) {
				return w, true
			}
		}
	}
	return write{}, false
}

// denied reports whether the write certainly fails.
func (o *owners) denied(w *write) bool {
	in := w.step.In
	if !strings.HasPrefix(w.dir, "/") || mounted(in, w.dir, w.target) {
		return false
	}
	target := rooted{known: true, sure: true}
	if w.target != "" {
		target = o.root(in, w.target)
	}
	if !target.known {
		return false
	}
	if w.owner {
		w.made = target
		return target.there(w.target) || o.brought(in, w.target) != nil
	}
	w.made = o.root(in, w.dir)
	w.made.sure = w.made.sure && target.sure
	return w.made.there(w.dir)
}

// brought is the last COPY or ADD that brings a file of the context to the path; nil where there is none.
func (o *owners) brought(in *dockerfile.Instruction, p string) (by *dockerfile.Instruction) {
	for _, x := range in.Stage.Before(in) {
		if copyIn(x) != nil {
			if _, ok := o.ctx.Copy(x).Brings(p); ok {
				by = x
			}
		}
	}
	return by
}

// mounted reports whether a mount of the RUN may cover one of the paths, or be in it.
func mounted(in *dockerfile.Instruction, paths ...string) bool {
	for _, m := range in.Mounts() {
		target := in.Expand(m.Target)
		at := in.Resolve(in.Workdir(), target.Text)
		if m.Type == "secret" || m.Type == "ssh" {
			continue
		}
		if !target.Known || !strings.HasPrefix(at, "/") {
			return true
		}
		for _, p := range paths {
			_, above := dockerfile.Below(at, p)
			if above && p != "" || at == p {
				return true
			}
		}
	}
	return false
}

// writes lists what the step certainly writes if it succeeds.
func writes(st shell.Step) (all []write) {
	w := write{step: st, span: st.Cmd.Span, text: shellText(st.In, st.Cmd)}
	entry := func(p string) {
		if p = w.resolve(p); p != "" && p != "/" {
			w.target, w.dir = p, path.Dir(p)
			all = append(all, w)
		}
	}
	for _, r := range st.Stmt.Redirs {
		text, literal := dockerfile.Literal(r.Word)
		if literal && !strings.HasPrefix(text, "/dev/") && truncates[r.Op] {
			entry(text)
		}
	}
	if len(st.Cmd.Wrapper) > 0 {
		return all
	}
	if i := installAt(st); i != nil {
		w.text = i.Text()
		entry(outputOf(i))
		return all
	}
	call := shell.Read(st.In, st.Cmd)
	for _, p := range made(st, &call) {
		entry(p)
	}
	if c := st.Cmd.Name; (c == "chmod" || c == "chown") && len(call.Operands) == 2 && call.Operands[1].Known {
		if p := w.resolve(call.Operands[1].Text); p != "" {
			w.dir, w.target, w.owner = path.Dir(p), p, true
			all = append(all, w)
		}
	}
	return all
}

// truncates are the redirections that open a file to write.
var truncates = map[syntax.RedirOperator]bool{syntax.RdrOut: true, syntax.AppOut: true, syntax.RdrAll: true,
	syntax.AppAll: true, syntax.RdrClob: true}

// installAt is the install of a project's dependencies that the step is; nil for any other step.
func installAt(st shell.Step) *reorder.Install {
	found, _, _ := reorder.Installs(st.In)
	for i := range found {
		if found[i].Step.Cmd == st.Cmd {
			return &found[i]
		}
	}
	return nil
}

// resolve is where the path leads from the step's folder; "" where that is not certain.
func (w *write) resolve(p string) string {
	if p == "" || strings.ContainsAny(p, "*?[{~$") || w.step.Cwd == "" && !strings.HasPrefix(p, "/") {
		return ""
	}
	to := dockerfile.Join(w.step.Cwd, p)
	if strings.HasPrefix(p, "/") {
		to = path.Clean(p)
	}
	if !strings.HasPrefix(to, "/") {
		return ""
	}
	return to
}

// outputOf is the folder that an install of a project fills; "" where that is not certain.
func outputOf(i *reorder.Install) string {
	m := i.Manager
	elsewhere := func(f string) bool {
		return slices.Contains(m.Into, f) || slices.Contains(m.Elsewhere, f) || f == "--dry-run"
	}
	moved := func(v string) bool { return i.In.Defined(v) || strings.Contains(i.In.Args.String(), v) }
	if !fillsBeside[m.Name] || slices.ContainsFunc(i.Flags, elsewhere) || slices.ContainsFunc(m.OutputVars, moved) {
		return ""
	}
	return dockerfile.Join(i.Dir, m.Output)
}

// fillsBeside are the managers whose install always makes their folder beside the manifest.
var fillsBeside = setOf("npm yarn pnpm bun composer uv")

// made lists the files and folders that the command certainly makes, as written.
func made(st shell.Step, call *shell.Call) (all []string) {
	for _, w := range call.Operands {
		if all = append(all, w.Text); !w.Known {
			return nil
		}
	}
	switch call.Program {
	case "mkdir":
		if !call.Has("-p", "--parents") {
			return all
		}
	case "touch":
		if !call.Has("-c", "--no-create") {
			return all
		}
	case "cargo":
		if call.Verb() == "build" && !call.Has("--target-dir") && !st.In.Defined("CARGO_TARGET_DIR") {
			return []string{"target"}
		}
	case "git":
		if call.Verb() == "clone" && len(all) > 1 {
			return clonedTo(all[1:])
		}
	case "curl", "wget":
		if f := call.Flag("-o", "--output", "-O", "--output-document"); f != nil && f.Valued && f.Value.Known {
			return []string{f.Value.Text}
		}
	}
	return nil
}

// clonedTo is the folder that git clone makes.
func clonedTo(operands []string) []string {
	last := operands[len(operands)-1]
	if len(operands) == 1 {
		last = strings.TrimSuffix(path.Base(last), ".git")
	} else if len(operands) > 2 || strings.Contains(last, "://") {
		return nil // flags with values are among them
	}
	return []string{last}
}

func (o *owners) reportDenied(p *analysis.Pass, w write) {
	in, who := w.step.In, o.users[w.step.In]
	f := analysis.Finding{
		In: in, Span: w.span, Subject: w.dir,
		Message: analysis.Say("%s runs as %s, who may not write to %s: it belongs to root", w.text, who.name, w.dir),
		Why:     w.why(),
		Because: append(in.Stage.SetBy(who.set), in.WorkdirBy()...),
	}
	if w.owner {
		f.Message = analysis.Say("%s runs as %s, but %s belongs to root", w.text, who.name, w.target)
	} else {
		f.Fix = w.giveFolder(who)
	}
	if by := w.made.by; by != nil {
		f.Because = append(f.Because, in.Stage.SetBy(by)...)
	}
	if !w.made.sure || who.dflt || !in.Stage.Needed() || in.Stage.Root().Image.Default {
		f.AtMost = analysis.Warning
	}
	p.Report(f)
}

// why says what the write costs, and how the folder came to be root's.
func (w *write) why() analysis.Message {
	switch by := w.made.by; {
	case w.owner:
		return analysis.Say("The build stops here with `Operation not permitted`, since only the owner may do that: " +
			"move it above the `USER`, or set owner and mode in the `COPY`.")
	case by != nil && by.Name == "WORKDIR":
		return analysis.Say("The build stops here with `permission denied`: a %s above %s makes the folder as root.",
			"WORKDIR", "USER")
	case by != nil && by.Name != "RUN":
		return analysis.Say("The build stops here with `permission denied`: %s makes folders as root unless it has %s.",
			by.Name, "--chown")
	}
	return analysis.Say("The build stops here with `permission denied`. Give the user the folder before.")
}

// shellName is a user, with a group perhaps, that a shell and a USER read alike.
var shellName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$`)

// giveFolder gives the folder to the user above the USER; nil where the folder is made by something else than a
// WORKDIR or COPY before it.
func (w *write) giveFolder(who account) *analysis.Fix {
	in, by := w.step.In, w.made.by
	if by == nil || who.set == nil || who.set.Stage != in.Stage || by.Index > who.set.Index || by.Name == "RUN" ||
		!shellName.MatchString(who.written()) || !shellName.MatchString(strings.ReplaceAll(w.dir, "/", "a")) {
		return nil
	}
	text := "RUN chown " + who.written() + " " + w.dir
	fix := edit.InsertAbove(who.set, text)
	fix.Title, fix.Applicability = "Give the folder to the user", analysis.Unsafe
	fix.Caveat = analysis.Say("In the container, %s may then add and remove files in %s too.", who.name, w.dir)
	fix.Adds = []analysis.Addition{{Stage: in.Stage.Index, Text: text}}
	return fix
}
