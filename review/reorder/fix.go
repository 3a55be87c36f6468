package reorder

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/shell"
)

// Why says what the order costs, from what is known of the context.
func (p *Plan) Why() analysis.Message {
	files := map[string]bool{}
	for _, c := range p.o.Copies {
		if fromStage(c) {
			continue
		}
		for _, w := range c.Words[:len(c.Words)-1] {
			if v := c.Expand(w.Text); v.Known {
				for _, f := range p.o.ctx.Match(v.Text) {
					files[f] = true
				}
			}
		}
	}
	if p.o.System() != "" {
		return p.systemWhy(len(files))
	}
	if p.o.OfStages() {
		list, args := enumerate(once(p.needed))
		return analysis.Say("What the other stage builds changes with the sources, but the install reads only "+list+
			": copy it after the install, and its layer stays cached.", args...)
	}
	copied, reads, first := "%d files are copied", ", but the install reads only ", ": copy what it reads first, "
	if len(files) == 1 {
		copied = "%d file is copied"
	}
	if slices.ContainsFunc(p.calls, func(c Install) bool { return len(c.rest) > 0 }) {
		reads = ", but installing the packages takes only "
	}
	if p.o.Fetches() {
		reads, first = ", but downloading the dependencies takes only ", ": do that first, "
	}
	list, args := enumerate(once(p.needed))
	return analysis.Say(copied+reads+list+first+"and its layer stays cached.", append([]any{len(files)}, args...)...)
}

// once leaves each file in the list once.
func once(files []needed) []needed {
	var all []needed
	seen := map[needed]bool{}
	for _, n := range files {
		if !seen[n] {
			seen[n] = true
			all = append(all, n)
		}
	}
	return all
}

// enumerate names the files, the first two of many.
func enumerate(files []needed) (format string, args []any) {
	shown := files
	if len(files) > 3 {
		shown = files[:2]
	}
	for i, n := range shown {
		switch {
		case i == 0:
		case i == len(files)-1:
			format += " and "
		default:
			format += ", "
		}
		format += "%s"
		args = append(args, n.path)
	}
	if more := len(files) - len(shown); more > 0 {
		format += " and %d more"
		args = append(args, more)
	}
	return format, args
}

// Fix writes the plan as edits.
func (p *Plan) Fix() *analysis.Fix {
	if !p.writable() {
		return nil
	}
	fix := &analysis.Fix{
		Title: "Copy the manifests, install, then copy the sources", Effect: analysis.Reorder,
		Applicability: analysis.Safe,
	}
	if p.o.System() != "" {
		fix.Title = "Install the system packages, then copy the sources"
		p.assumesOfSystem(fix)
	} else {
		if p.o.OfStages() {
			fix.Title = "Install, then copy what the other stage builds"
		}
		p.assumes(fix)
	}
	ed := p.layout()
	moved := ed.moved()
	if p.calls[0].build {
		p.fetchFirst(fix, ed, moved)
		return fix
	}
	ed.replaceCopies(fix, p.manifests(ed))
	p.leaveOut(fix)
	p.afterLast(fix, ed, moved)
	return fix
}

// writable reports whether the paths can be written as plain words of a COPY, and their places
// in the image be known from the author's destination.
func (p *Plan) writable() bool {
	base := p.o.dest(p.o.first())
	for _, n := range p.needed {
		if _, ok := dockerfile.Below(base, n.abs); !ok && !strings.HasPrefix(n.abs, "/") {
			return false
		}
		if strings.ContainsAny(n.path, odd) {
			return false
		}
	}
	return !slices.ContainsFunc(p.stubs, func(file string) bool { return strings.ContainsAny(file, odd+"&;|(){}~!") })
}

// odd are the characters that are not written in a plain word of a COPY.
const odd = " \t\r\n\"'$\\`*?[]#<>"

// layout knows where the copies are and how their words read in their new place.
type layout struct {
	p    *Plan
	f    *dockerfile.File
	eol  string
	late bool // the manifests go right before the install, after a WORKDIR
}

func (p *Plan) layout() *layout {
	f := p.o.stage.From.File()
	l := &layout{p: p, f: f, eol: f.EOL()}
	first, run := p.o.first(), p.calls[0].In
	if p.calls[0].build {
		l.late = !p.early()
		return l
	}
	onlyWorkdir, any := true, false
	for _, in := range p.o.stage.Instructions() {
		if in.Index > first.Index && in.Index < run.Index && !p.moves(in) {
			onlyWorkdir = onlyWorkdir && in.Name == "WORKDIR"
			any = true
		}
	}
	l.late = any && onlyWorkdir && run.Workdir() == p.o.dest(first) && first.Flag("chown") == nil &&
		first.Flag("chmod") == nil
	return l
}

// moved are the copies as they read after the install, each with its final newline.
func (l *layout) moved() string {
	var b strings.Builder
	for _, c := range l.p.o.Copies {
		s := c.WithComments()
		text := l.f.Text(s)
		word := c.Words[len(c.Words)-1]
		if dest := l.dest(c); dest != word.Text {
			text = text[:word.Span.Start-s.Start] + dest + text[word.Span.End-s.Start:]
		}
		b.WriteString(strings.TrimRight(text, "\r\n") + l.eol)
	}
	return b.String()
}

// dest is the destination of a copy as it must read after the last install.
func (l *layout) dest(c *dockerfile.Instruction) string {
	word := c.Words[len(c.Words)-1].Text
	abs, now := l.p.o.dest(c), l.p.last.Workdir()
	if l.p.calls[0].build {
		now = l.p.calls[0].In.Workdir()
	}
	relative := !strings.HasPrefix(word, "/") && !strings.HasPrefix(word, "$")
	switch {
	case relative && c.Workdir() == now:
		return word
	case abs == now && (relative || l.late):
		return "."
	case relative:
		if below, ok := dockerfile.Below(now, abs); ok {
			return "./" + below + slash(word)
		}
		if strings.HasPrefix(abs, "/") {
			return abs + slash(word)
		}
	}
	return word
}

func slash(word string) string {
	if strings.HasSuffix(word, "/") {
		return "/"
	}
	return ""
}

// manifests are the COPYs of what the installs read, one a folder, each with its final newline.
func (p *Plan) manifests(l *layout) string {
	var b strings.Builder
	fresh := p.fresh()
	for i := 0; i < len(fresh); {
		j := i + 1
		for j < len(fresh) && !fresh[i].folder && !fresh[j].folder && path.Dir(fresh[j].abs) == path.Dir(fresh[i].abs) {
			j++
		}
		b.WriteString(l.copyOf(fresh[i:j]) + l.eol)
		i = j
	}
	return b.String()
}

// copyOf writes one COPY, in the style of the first of the copies and with its flags.
func (l *layout) copyOf(files []needed) string {
	first := l.p.o.first()
	keyword := "COPY"
	if l.f.Text(first.Keyword) == strings.ToLower(first.Name) {
		keyword = "copy"
	}
	words := []string{keyword}
	for _, fl := range first.Flags {
		words = append(words, l.f.Text(fl.Span))
	}
	for _, n := range files {
		words = append(words, n.path)
	}
	return strings.Join(append(words, l.destOf(files)), " ")
}

// destOf is where a COPY of the files goes: in the words of the author's own destination, or
// relative to the WORKDIR.
func (l *layout) destOf(files []needed) string {
	first := l.p.o.first()
	word := first.Words[len(first.Words)-1].Text
	base := l.p.o.dest(first)
	if l.late || base == first.Workdir() && !strings.HasPrefix(word, "/") && !strings.HasPrefix(word, "$") {
		word = "."
	}
	dir := path.Dir(files[0].abs)
	if files[0].folder {
		dir = files[0].abs
	}
	below, ok := dockerfile.Below(base, dir)
	if !ok {
		return dir + "/"
	}
	if word == "." && below == "" && len(files) == 1 {
		return "."
	}
	out := strings.TrimSuffix(word, "/") + "/"
	if below != "" {
		out += below + "/"
	}
	return out
}

// replaceCopies takes the copies away and puts the manifests where they go.
func (l *layout) replaceCopies(fix *analysis.Fix, manifests string) {
	for _, c := range l.p.o.Copies {
		s := c.WithComments()
		text := ""
		if c == l.p.o.first() && !l.late {
			text = manifests
		}
		if text == "" {
			s = edit.WithBlankLine(l.f, s)
		}
		fix.Edits = append(fix.Edits, analysis.Edit{Span: s, New: text})
	}
	if l.late && manifests != "" {
		at := l.p.calls[0].In.WithComments().Start
		fix.Edits = append(fix.Edits, analysis.Insert(at, manifests))
	}
}

// afterLast puts the moved copies after the last install, and cuts its RUN where steps in it
// need the sources.
func (p *Plan) afterLast(fix *analysis.Fix, l *layout, moved string) {
	if p.cut != nil {
		p.cutRun(fix, l, moved)
		return
	}
	gap := p.gap(l)
	moved = gap + strings.TrimSuffix(moved, l.eol)
	for _, call := range p.calls {
		if len(call.rest) > 0 {
			moved += l.eol + gap + l.run(call.In) + l.chain(call.rest)
		}
	}
	edit.Add(fix, edit.InsertBelow(p.last, moved))
}

// gap is the blank line between instructions where the author sets them apart by one here.
func (p *Plan) gap(l *layout) string {
	if p.spaced(l) {
		return l.eol
	}
	return ""
}

// run is how a RUN like that one begins.
func (l *layout) run(in *dockerfile.Instruction) string {
	words := l.f.Text(in.Keyword) + " "
	for _, fl := range in.Flags {
		words += l.f.Text(fl.Span) + " "
	}
	return words
}

// spaced reports whether the author sets instructions apart by blank lines here.
func (p *Plan) spaced(l *layout) bool {
	first, _ := l.f.Lines(p.calls[0].In.WithComments())
	return first > 1 && edit.BlankLine(l.f, first-1)
}

// chain writes commands, each on a line of its own.
func (l *layout) chain(commands []string) string {
	return strings.Join(commands, " && "+string(l.f.Escape)+l.eol+"    ")
}

// cutRun ends the RUN before the step that needs the sources, and goes on with it in a RUN of its
// own after them.
func (p *Plan) cutRun(fix *analysis.Fix, l *layout, moved string) {
	fix.Effect = analysis.Split
	steps, _ := shell.Chain(p.last)
	var before int
	for _, st := range steps {
		if st.Cmd == p.cut.Cmd {
			break
		}
		before = edit.StmtEnd(p.last.Script, st.Stmt)
	}
	gap := p.gap(l)
	text := l.eol + gap + moved
	for _, call := range p.calls {
		if len(call.rest) > 0 && call.In != p.last {
			text += gap + l.run(call.In) + l.chain(call.rest) + l.eol
		}
	}
	text += gap + l.run(p.last)
	for _, call := range p.calls {
		if len(call.rest) > 0 && call.In == p.last {
			text += l.chain(append(slices.Clone(call.rest), ""))
		}
	}
	fix.Edits = append(fix.Edits, analysis.Edit{
		Span: dockerfile.Span{Start: before, End: p.last.Script.Span(p.cut.Stmt).Start}, New: text,
	})
}

// fetchFirst puts the manifests and an install of the dependencies before the copies, which come
// to be right before the build.
func (p *Plan) fetchFirst(fix *analysis.Fix, l *layout, moved string) {
	run := p.calls[0].In
	keyword := "RUN"
	if l.f.Text(run.Keyword) == "run" {
		keyword = "run"
	}
	fetch := p.fetch()
	for _, fl := range slices.Backward(run.Flags) {
		fetch = l.f.Text(fl.Span) + " " + fetch
	}
	fix.Title = "Download the dependencies before copying the sources"
	fix.Adds = []analysis.Addition{{Stage: p.o.stage.Index, Text: "RUN " + fetch}}
	head := p.manifests(l) + keyword + " " + fetch + l.eol
	if !l.late {
		at := p.o.Copies[0].WithComments().Start
		fix.Edits = append(fix.Edits, analysis.Insert(at, head))
		return
	}
	l.replaceCopies(fix, head+moved)
}

// fetch is the command that fetches the dependencies for a build, after those that make what has to be there.
func (p *Plan) fetch() string {
	commands := slices.Clone(p.before)
	var folders []string
	for _, file := range p.stubs {
		dir := path.Dir(file)
		above := func(other string) bool { return strings.HasPrefix(path.Dir(other), dir+"/") }
		if dir != "." && !slices.Contains(folders, dir) && !slices.ContainsFunc(p.stubs, above) {
			folders = append(folders, dir)
		}
	}
	if len(folders) > 0 {
		commands = append(commands, "mkdir -p "+strings.Join(folders, " "))
	}
	if len(p.stubs) > 0 {
		commands = append(commands, "touch "+strings.Join(p.stubs, " "))
	}
	return strings.Join(append(commands, strings.Join(p.calls[0].fetch, " ")), " && ")
}
