package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

var fileUnreadableForUser = &analysis.Rule{
	Name:       "file-unreadable-for-user",
	Doc:        "Files that the container starts or needs, and that its user cannot read",
	Topic:      analysis.Users,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, warning where a command of the Dockerfile may change that, and for the default of an ARG",
	Run: func(p *analysis.Pass) {
		s := p.File.Final()
		o := ownersOf(p)
		if s == nil || o == nil {
			return
		}
		r := viewer{p: p, o: o, s: s, who: endingUser(s), all: lineage(s)}
		if ref, ok := baseOf(s); !ok || !r.who.other() || !plainOwners(ref) {
			return
		}
		r.start()
		for _, c := range r.shut() {
			if r.reads(c.path) && r.stays(&c) {
				r.report(c)
				return
			}
		}
		r.home()
	},
}

// lineage lists the instructions of the stage and of those that it is built from, oldest first.
func lineage(s *dockerfile.Stage) (all []*dockerfile.Instruction) {
	stages := s.Lineage()
	for i := len(stages) - 1; i >= 0; i-- {
		all = append(all, stages[i].Instructions()...)
	}
	return all
}

// viewer is the user of a container, and what it starts with.
type viewer struct {
	p   *analysis.Pass
	o   *owners
	s   *dockerfile.Stage
	who account
	all []*dockerfile.Instruction // what the image is made of

	starts []*dockerfile.Instruction // ENTRYPOINT and CMD
	words  []string                  // of both
	cwd    string
}

// start reads what the container starts.
func (r *viewer) start() {
	for _, name := range []string{"ENTRYPOINT", "CMD"} {
		in := r.s.Last(name)
		if in == nil {
			continue
		}
		r.starts = append(r.starts, in)
		if in.JSON {
			for _, w := range in.Words {
				r.words = append(r.words, w.Text)
			}
		} else if in.Script != nil {
			for _, w := range plainWords(in.Script) {
				r.words = append(r.words, w.Text)
			}
		}
	}
	if n := len(r.all); n > 0 {
		last := r.all[n-1]
		r.cwd = folderOf(last, last.Workdir())
		if last.Name == "WORKDIR" {
			r.cwd = last.Resolve(r.cwd, last.Args.String())
		}
	}
}

// reads reports whether the container certainly starts or opens something at the path or below it.
func (r *viewer) reads(p string) bool {
	for i, w := range r.words {
		at := w
		if !strings.HasPrefix(w, "/") {
			if i == 0 && !strings.Contains(w, "/") || !strings.HasPrefix(r.cwd, "/") || strings.HasPrefix(w, "-") ||
				!strings.ContainsAny(w, "./") {
				continue
			}
			at = dockerfile.Join(r.cwd, w)
		}
		if _, below := dockerfile.Below(p, path.Clean(at)); below {
			return true
		}
	}
	return false
}

// shut is a path that the mode of an instruction closes to the user.
type shut struct {
	in   *dockerfile.Instruction
	path string
	mode mode
	what string // the chmod or flag, as people quote it
	sure bool
}

// shut lists what the instructions of the image close.
func (r *viewer) shut() (all []shut) {
	for _, x := range r.all {
		switch x.Name {
		case "RUN":
			all = append(all, r.chmods(x)...)
		case "COPY", "ADD":
			if c, ok := r.copied(x); ok {
				all = append(all, c)
			}
		}
	}
	return all
}

// chmods lists what the RUN closes.
func (r *viewer) chmods(x *dockerfile.Instruction) (all []shut) {
	steps, _ := shell.Chain(x)
	for _, st := range steps {
		text, w, ok := modeOf(x, st.Cmd)
		if st.Cmd.Name != "chmod" || !ok || !r.closes(text) {
			continue
		}
		c := commandOn{in: x, cmd: st.Cmd, cwd: folderOf(x, st.Cwd)}
		for _, op := range shell.Read(x, st.Cmd).Operands {
			if at, known := c.at(op); known && op.Span != w.Span && !strings.ContainsAny(op.Text, "*?[{") {
				all = append(all, shut{in: x, path: at, mode: mode{in: x, text: text, span: w.Span}, sure: true,
					what: shellText(x, st.Cmd)})
			}
		}
	}
	return all
}

// copied is what a COPY or ADD closes: by its flag, or as a download, which BuildKit gives the mode 600
// (https://docs.docker.com/reference/dockerfile/#add).
func (r *viewer) copied(x *dockerfile.Instruction) (c shut, ok bool) {
	in := copyIn(x)
	if in == nil || len(in.Words) < 2 || x.Flag("chown") != nil {
		return c, false
	}
	word := lastWord(in)
	c = shut{in: x, path: x.Resolve(folderOf(x, x.Workdir()), word.Text), sure: true, what: x.OneLine()}
	sources := buildcontext.Sources(in)
	if len(sources) != 1 || !strings.HasPrefix(c.path, "/") {
		return c, false
	}
	source := sources[0]
	if strings.HasSuffix(word.Text, "/") || r.o.root(x, c.path).there(c.path) {
		c.path = path.Join(c.path, path.Base(source.Path.Text))
	}
	if f := x.Flag("chmod"); f != nil {
		if source.Whole() || r.p.Context.Folder(source.Path.Text) || x.Flag("from") != nil || !r.closes(f.Value) {
			return c, false
		}
		if span := f.Span; strings.HasSuffix(r.p.File.Text(span), f.Value) {
			span.Start = span.End - len(f.Value)
			c.mode = mode{in: x, text: f.Value, span: span}
		}
		return c, true
	}
	return c, x.Name == "ADD" && source.Path.Known && x.Flag("unpack") == nil &&
		(strings.HasPrefix(source.Path.Text, "https://") || strings.HasPrefix(source.Path.Text, "http://")) &&
		!strings.HasSuffix(source.Path.Text, ".git") && !strings.ContainsAny(source.Path.Text, "#?")
}

// closes reports whether a mode lets no one but root's own group read a file of root's, and not that either where the
// user may be in it: a number without a group is, unless the image has a user of that number.
func (r *viewer) closes(text string) bool {
	named := !isNumber(r.who.name) && !strings.Contains(r.who.written(), ":")
	if digits, ok := numeric(text); ok {
		group, others := digits[len(digits)-2], digits[len(digits)-1]
		return others&4 == 0 && (named || group&4 == 0)
	}
	all := actions(text)
	if len(all) == 0 {
		return false
	}
	takes := func(who string) bool {
		return slices.ContainsFunc(all, func(a action) bool {
			return strings.Contains(a.who, who) && (a.op == '-' && strings.Contains(a.perms, "r") ||
				a.op == '=' && !strings.ContainsAny(a.perms, "rug"))
		}) && !gives(all, "r", who)
	}
	return takes("o") && (named || takes("g"))
}

// stays reports whether the path is still root's and closed when the image is done.
func (r *viewer) stays(c *shut) bool {
	i := slices.Index(r.all, c.in)
	for _, x := range r.all[i:] {
		if x != c.in && (x.Name == "COPY" || x.Name == "ADD") && r.p.Context.Copy(x).Touches(c.path) &&
			(x.Flag("chown") != nil || x.Flag("chmod") != nil || x.Name == "ADD") {
			return false
		}
		if x.Name == "RUN" && r.opens(x, c.path, c.mode.span) {
			return false
		}
	}
	owner := r.o.walk(r.s, r.all, c.path)
	c.sure = owner.sure
	return owner.known && !r.rootsGroup()
}

// opens reports whether the RUN may change the mode or the owner of the path, but for the mode at the place.
func (r *viewer) opens(x *dockerfile.Instruction, p string, but dockerfile.Span) bool {
	cwd := foldersIn(x)
	for _, c := range shell.Commands(x) {
		if c.Span.Contains(but) && but.Len() > 0 || c.Name != "chmod" && c.Name != "setfacl" && c.Name != "chgrp" {
			continue
		}
		on := commandOn{in: x, cmd: c, cwd: cwd[c], path: p}
		for _, w := range shell.Read(x, c).Operands {
			at, known := on.at(w)
			_, below := dockerfile.Below(at, p)
			_, above := dockerfile.Below(p, at)
			if !known && strings.ContainsAny(w.Text, "/$.*") || known && (below || above) {
				return true
			}
		}
	}
	return false
}

// rootsGroup reports whether a user that the file makes may be in root's group.
func (r *viewer) rootsGroup() bool {
	for _, x := range r.all {
		for _, c := range shell.Calls(x, "useradd", "adduser", "usermod", "addgroup", "gpasswd") {
			for _, w := range c.Args() {
				if !w.Literal && !strings.HasPrefix(x.File().Text(w.Span), `"`) || w.Text == "0" ||
					slices.Contains(strings.Split(w.Text, ","), "root") {
					return true
				}
			}
		}
	}
	return false
}

func (r *viewer) report(c shut) {
	f := analysis.Finding{
		In: c.in, Span: c.in.Head(), Subject: c.path, With: r.starts,
		Message: analysis.Say("Only root can read %s, but the container runs as %s", c.path, r.who.name),
		Why:     analysis.Say("It stops with `permission denied`, since %s leaves no right to read to others.", c.what),
		Because: append(r.s.SetBy(r.who.set), r.s.Inherits(c.in)...),
	}
	if c.mode.text == "" {
		f.Why = analysis.Say("It stops with `permission denied`: what %s downloads gets the mode 600.", "ADD")
		if knownSince(r.p.File.Syntax, 2) {
			f.Fix = &analysis.Fix{Title: "Let all users read it",
				Edits: []analysis.Edit{analysis.Insert(c.in.Keyword.End, " --chmod=644")}}
		}
	} else if text := readableMode(c.mode.text); text != "" {
		f.Span = c.mode.span
		f.Fix = &analysis.Fix{Title: "Let all users read it",
			Edits: []analysis.Edit{{Span: c.mode.span, New: text}}}
	}
	if f.Fix != nil {
		f.Fix.Applicability = analysis.Unsafe
		f.Fix.Caveat = analysis.Say("Every program in the container can then read %s.", c.path)
	}
	if !c.sure || r.who.dflt || r.s.Root().Image.Default {
		f.AtMost = analysis.Warning
	}
	r.p.Report(f)
}

// readableMode is the numeric mode with the owner's rights to read and to enter for all; "" for another.
func readableMode(text string) string {
	digits, ok := numeric(text)
	if !ok || len(digits) != 3 {
		return ""
	}
	u := digits[0] & 5
	return string([]byte{digits[0], digits[1] | u, digits[2] | u})
}

// home reports what the container needs from root's home folder, which is closed to others in these systems.
func (r *viewer) home() {
	ref, _ := baseOf(r.s)
	if !homeClosed(ref) {
		return
	}
	at, what := r.ofHome()
	if at == nil {
		return
	}
	owner := r.o.walk(r.s, r.all, "/root")
	if !owner.known || slices.ContainsFunc(r.all, func(x *dockerfile.Instruction) bool {
		return x.Name == "RUN" && r.opens(x, "/root", dockerfile.Span{})
	}) {
		return
	}
	f := analysis.Finding{
		In: at, Span: at.Head(), Subject: what, With: r.starts,
		Message: analysis.Say("The container needs %s, but it runs as %s, who may not enter %s", what, r.who.name,
			"/root"),
		Why: analysis.Say("It stops with `permission denied`, or does not find its packages. Put them where every "+
			"user can read them, such as a virtual environment in %s.", "/opt"),
		Because: append(r.s.SetBy(r.who.set), r.s.Inherits(at)...),
	}
	if !owner.sure || r.who.dflt || r.s.Root().Image.Default {
		f.AtMost = analysis.Warning
	}
	r.p.Report(f)
}

// homeClosed reports whether no one but root may enter root's home folder in the system (mode 700, in the RedHat family
// 550: base-files, alpine-baselayout and filesystem).
func homeClosed(ref baseimage.Ref) bool {
	switch ref.Family() {
	case baseimage.Debian, baseimage.Ubuntu, baseimage.Alpine, baseimage.RedHat:
		return true
	}
	return false
}

// ofHome is the instruction that puts something into root's home folder which the container certainly needs, and what.
func (r *viewer) ofHome() (by *dockerfile.Instruction, what string) {
	search := r.searchPath()
	packages := !slices.ContainsFunc(r.all, func(x *dockerfile.Instruction) bool { return installsForAll(x) })
	for _, x := range r.all {
		switch c := copyIn(x); {
		case x.Name == "RUN" && packages && r.o.users[x].root() && len(pipInstalls(x)) > 0 && startsPython(r.words) &&
			!x.Defined("PYTHONUSERBASE") && !x.Defined("HOME"):
			by, what = x, "/root/.local"
		case c != nil && x.Trigger == nil && len(c.Words) > 1:
			to := x.Resolve(folderOf(x, x.Workdir()), lastWord(c).Text)
			_, below := dockerfile.Below("/root", to)
			if below && to != "/root" && (r.reads(to) || onPath(search, to)) {
				by, what = x, strings.TrimSuffix(to, "/")
			}
		}
	}
	return by, what
}

// searchPath lists the folders that the image adds to a search path.
func (r *viewer) searchPath() (all []string) {
	for _, x := range r.all {
		for _, pair := range x.Pairs {
			if x.Name == "ENV" && (pair.Key == "PATH" || pair.Key == "PYTHONPATH" || pair.Key == "NODE_PATH") {
				all = append(all, strings.Split(strings.Trim(pair.Value, `"'`), ":")...)
			}
		}
	}
	return all
}

// onPath reports whether a folder of the search path is in the folder.
func onPath(search []string, dir string) bool {
	return slices.ContainsFunc(search, func(p string) bool {
		_, below := dockerfile.Below(dir, p)
		return below && strings.HasPrefix(p, "/")
	})
}

// pipInstalls lists the calls of the RUN that install Python packages.
func pipInstalls(x *dockerfile.Instruction) (all []shell.Call) {
	for _, c := range shell.Commands(x) {
		if call := shell.Read(x, c); (call.Program == "pip" || call.Program == "pip3") && call.Verb() == "install" {
			all = append(all, call)
		}
	}
	return all
}

// installsForAll reports whether the RUN installs Python packages elsewhere than into the home folder of its user.
func installsForAll(x *dockerfile.Instruction) bool {
	return slices.ContainsFunc(pipInstalls(x), func(c shell.Call) bool { return !c.Has("--user") })
}

// startsPython reports whether the container starts Python or one of its servers.
func startsPython(words []string) bool {
	return len(words) > 0 && pythonPrograms[path.Base(words[0])]
}

var pythonPrograms = setOf(`celery daphne fastapi flask gunicorn hypercorn python python3 streamlit uvicorn
	waitress-serve`)
