package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// launch is a path that an instruction starts: as a program or, where an interpreter reads it, as a script.
type launch struct {
	in     *dockerfile.Instruction // a RUN, or the ENTRYPOINT or CMD in force
	word   dockerfile.Word
	dir    string                  // the folder that it is started in, as Workdir gives it
	end    *dockerfile.Instruction // what comes before this one has run
	script bool
}

// launches lists what the stages of the file start by a path that is known.
func launches(p *analysis.Pass) []launch {
	var all []launch
	for _, s := range p.File.Stages() {
		if windows, known := s.Windows(); windows || !known || !p.Context.Known() {
			continue
		}
		for _, in := range s.Instructions() {
			if in.Name == "RUN" {
				all = append(all, runs(in)...)
			}
		}
		entrypoint, cmd := s.Last("ENTRYPOINT"), s.Last("CMD")
		if entrypoint != nil && len(afterInit(entrypoint)) > 0 {
			cmd = nil // its arguments
		}
		for _, in := range []*dockerfile.Instruction{entrypoint, cmd} {
			if in == nil || in.Stage != s {
				continue
			}
			instructions := s.Instructions()
			if l, ok := launched(in, afterInit(in)); ok {
				l.dir, l.end = in.Workdir(), instructions[len(instructions)-1]
				all = append(all, l)
			}
		}
	}
	return all
}

// runs lists what the RUN starts, as far as its commands are a chain.
func runs(in *dockerfile.Instruction) (all []launch) {
	if in.JSON {
		if l, ok := launched(in, in.Words); ok {
			l.dir, l.end = in.Workdir(), in
			all = append(all, l)
		}
		return all
	}
	steps, plain := shell.Chain(in)
	if !plain {
		return nil
	}
	for _, st := range steps {
		var words []dockerfile.Word
		for _, w := range st.Cmd.Words {
			if !w.Literal {
				break
			}
			words = append(words, dockerfile.Word{Text: w.Text, Span: w.Span})
		}
		l, ok := launched(in, words)
		if ok && st.Cwd != "" && len(st.Cmd.Wrapper) == 0 && (l.script || strings.Contains(l.word.Text, "/")) {
			l.dir, l.end = st.Cwd, in
			all = append(all, l)
		}
	}
	return all
}

// scriptReaders read the script that their first operand names, and the flags that may come before it.
var scriptReaders = map[string][]string{
	"sh": {"-e", "-x", "-ex", "-eu", "-eux", "-u"}, "bash": {"-e", "-x", "-ex", "-eu", "-eux", "-u", "-l"},
	"ash": {"-e", "-x", "-ex"}, "dash": {"-e", "-x"}, "python": {"-u", "-O", "-B"}, "python3": {"-u", "-O", "-B"},
	"node": {"--enable-source-maps"}, "ruby": nil, "perl": nil, "php": nil,
}

// launched finds in the words of a command what it starts; false where that is nothing with a name.
func launched(in *dockerfile.Instruction, words []dockerfile.Word) (launch, bool) {
	if len(words) == 0 {
		return launch{}, false
	}
	flags, interpreted := scriptReaders[path.Base(words[0].Text)]
	if !interpreted {
		return launch{in: in, word: words[0]}, true
	}
	i := 1
	for i < len(words) && slices.Contains(flags, words[i].Text) {
		i++
	}
	if i == len(words) || strings.HasPrefix(words[i].Text, "-") || path.Ext(words[i].Text) == "" {
		return launch{}, false
	}
	return launch{in: in, word: words[i], script: true}, true
}

// started is a file of the build context that is started by its path, as it is in the context.
type started struct {
	launch
	by   *dockerfile.Instruction // the COPY or ADD that brings the file into the image; nil for a bind mount
	file string                  // in the context
}

// startedFiles lists what the stages of the file start that has to be executable: the programs of ENTRYPOINT and CMD,
// or those of RUNs.
func startedFiles(p *analysis.Pass, run bool) []started {
	var all []started
	for _, l := range launches(p) {
		if l.script || (l.in.Name == "RUN") != run {
			continue
		}
		if found, at := l.find(p.Context); found.file != "" && !found.touched(p, at) {
			all = append(all, found)
		}
	}
	return all
}

// inits are programs that start another one, the first of their operands.
var inits = setOf("tini dumb-init catatonit")

// afterInit returns the words of the command from the program on that an init process starts, or from its own; none
// where it starts a shell that has more to do than to start one program.
func afterInit(in *dockerfile.Instruction) []dockerfile.Word {
	words := in.Words
	if !in.JSON {
		if words = nil; in.Script != nil {
			for _, w := range plainWords(in.Script) {
				words = append(words, dockerfile.Word{Text: w.Text, Span: w.Span})
			}
		}
	}
	if len(words) == 0 || !inits[path.Base(words[0].Text)] {
		return words
	}
	i := slices.IndexFunc(words[1:], func(w dockerfile.Word) bool { return !strings.HasPrefix(w.Text, "-") })
	if i < 0 {
		return nil
	}
	return words[1+i:]
}

// searched are the folders in which a program without a path is looked for.
var searched = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// places are where the file may be, in the order in which it is looked for.
func (l launch) places() (all []string) {
	dir := l.in.Stage.Last("WORKDIR")
	switch text := l.word.Text; {
	case l.in.Name != "RUN" && !path.IsAbs(text) && dir != nil && dir.Index > l.in.Index:
		return nil
	case l.script || strings.Contains(text, "/"):
		return []string{l.in.Resolve(l.dir, text)}
	}
	for _, dir := range searched {
		all = append(all, path.Join(dir, l.word.Text))
	}
	return all
}

// find returns the file of the context that is started, and where it is in the image; no file where it is not in the
// context.
func (l launch) find(ctx *buildcontext.Context) (found started, at string) {
	for _, at := range l.places() {
		if file, covered := l.mounted(ctx, at); covered {
			return started{l, nil, file}, at
		}
		file, by := ctx.Brought(l.end, at)
		copied := ctx.BroughtBy(l.end, at)
		if !by && slices.Contains(searched, path.Dir(at)) { // a folder even without a slash
			file, by = ctx.Brought(l.end, path.Dir(at))
			copied, by = ctx.BroughtBy(l.end, path.Dir(at)), by && path.Base(file) == path.Base(at)
		}
		if by {
			return started{l, copied, file}, at
		}
	}
	return started{}, ""
}

// mounted returns the file of the context that a bind mount of the RUN puts there. A mount that covers the place may
// have another file, or none.
func (l launch) mounted(ctx *buildcontext.Context, at string) (file string, covered bool) {
	for _, m := range l.in.Mounts() {
		target, source := l.in.Expand(m.Target), l.in.Expand(m.Source)
		below, covers := dockerfile.Below(l.in.Resolve(l.in.Workdir(), target.Text), at)
		if !covers && target.Known {
			continue
		}
		if f := path.Join(source.Text, below); m.Type == "bind" && m.From.Name == "" && source.Known && ctx.Has(f) {
			return f, true
		}
		return "", true
	}
	return "", false
}

// changes are parts of commands that may change a file whose name they do not need to give.
var changes = []string{"chmod", "dos2unix", "fromdos", `\r`, "setfacl", "find", "xargs"}

// touched reports whether anything after the COPY may have changed the file, which is there, or put another in its
// place.
func (s started) touched(p *analysis.Pass, at string) bool {
	for _, in := range s.since() {
		switch in.Name {
		case "RUN":
			if s.changedBy(in, p.File.Text(in.Span)) {
				return true
			}
		case "COPY", "ADD":
			if _, within := dockerfile.Below(p.Context.Copy(in).Dest(), at); within {
				return true
			}
		}
	}
	before := s.before()
	return before != "" && s.changedBy(s.in, before)
}

// since lists what runs between the COPY and the start.
func (s started) since() (all []*dockerfile.Instruction) {
	if s.by == nil {
		return nil
	}
	return slices.DeleteFunc(s.around(), func(in *dockerfile.Instruction) bool { return in.Index <= s.by.Index })
}

// around lists what the image is made of when the file is started.
func (l launch) around() []*dockerfile.Instruction {
	if l.in.Name == "RUN" {
		return l.in.Stage.Before(l.in)
	}
	last := l.in.Stage
	if final := l.in.File().Final(); final.BuiltOn(last) {
		last = final
	}
	return slices.Collect(last.All())
}

// before is the part of a RUN that is run before the start; empty for other instructions.
func (l launch) before() string {
	if l.in.Name != "RUN" || l.in.Span.Start >= l.word.Span.Start {
		return ""
	}
	return l.in.File().Text(dockerfile.Span{Start: l.in.Span.Start, End: l.word.Span.Start})
}

// changedBy reports whether the text of the RUN, or of a part of it, may change the file.
func (s started) changedBy(in *dockerfile.Instruction, text string) bool {
	in.File().Charge(len(text))
	return containsAny(text, changes...) || strings.Contains(text, path.Base(s.file)) ||
		slices.ContainsFunc(shell.Commands(in), func(c *dockerfile.Command) bool { return c.Name == "install" })
}

const startSeverities = "error, warning for a CMD whose image may have an ENTRYPOINT of its own, and in a stage that " +
	"is not the final one"

// finding is what a rule says of a file that the container cannot start.
func (s started) finding(p *analysis.Pass, message, why analysis.Message) analysis.Finding {
	f := analysis.Finding{In: s.in, Span: s.word.Span, Subject: s.file, Message: message, Why: why,
		Elsewhere: analysis.Location{Path: p.Context.FromRoot(s.file), Line: 1},
		Because:   s.in.Stage.SetBy(s.in)}
	if s.by != nil {
		f.Because = append(s.in.Stage.SetBy(s.by), f.Because...)
	}
	if s.in.Name == "RUN" {
		if !s.in.Stage.Needed() {
			f.AtMost = analysis.Warning
		}
		return f
	}
	unknown := s.in.Name == "CMD" && s.in.Stage.Last("ENTRYPOINT") == nil && !s.script
	if unknown || s.in.File().Final().Last(s.in.Name) != s.in {
		f.AtMost = analysis.Warning
	}
	return f
}

// notExecutable reports whether the file has no execute bit, in git or by the COPY.
func (s started) notExecutable(p *analysis.Pass) bool {
	mode, _ := p.Context.Stat(s.file)
	return mode == buildcontext.Regular && (s.by == nil || s.by.Flag("chmod") == nil)
}

// makeExecutable sets the mode in the COPY that brings nothing else; nil for any other, and where the frontend does not
// know the flag.
func (s started) makeExecutable(p *analysis.Pass) *analysis.Fix {
	if s.by == nil || !knownSince(p.File.Syntax, 2) {
		return nil
	}
	sources := buildcontext.Sources(s.by)
	if len(sources) != 1 || p.Context.Folder(sources[0].Path.Text) {
		return nil
	}
	fix := &analysis.Fix{
		Title: "Make the file executable in the " + s.by.Name, Applicability: analysis.Safe,
		Edits: []analysis.Edit{analysis.Insert(s.by.Keyword.End, " --chmod=755")},
	}
	if strings.Contains(p.File.Syntax, "@") && !strings.Contains(path.Base(p.File.Syntax), ":1") {
		fix.Assume("the frontend of the %s line is of version 1.2 or newer", "# syntax=")
	}
	return fix
}
