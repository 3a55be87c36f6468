package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

// started is a file of the build context that a container starts by its path, as it is in the context.
type started struct {
	in   *dockerfile.Instruction // the ENTRYPOINT or CMD
	span dockerfile.Span         // of its path there
	by   *dockerfile.Instruction // the COPY or ADD that brings the file into the image
	file string                  // in the context
}

// startedFiles lists what the stages of the file start.
func startedFiles(p *analysis.Pass) []started {
	var all []started
	for _, s := range p.File.Stages() {
		if windows, known := s.Windows(); windows || !known || !p.Context.Known() {
			continue
		}
		entrypoint, cmd := s.Last("ENTRYPOINT"), s.Last("CMD")
		if entrypoint != nil && len(afterInit(entrypoint)) > 0 {
			cmd = nil // its arguments
		}
		for _, in := range []*dockerfile.Instruction{entrypoint, cmd} {
			if in == nil || in.Stage != s {
				continue
			}
			if words := afterInit(in); len(words) > 0 {
				if found, ok := startedBy(p, in, words[0]); ok {
					all = append(all, found)
				}
			}
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

// startedBy finds the file that the word starts; false where it is not one of the context, or may be another by then.
func startedBy(p *analysis.Pass, in *dockerfile.Instruction, word dockerfile.Word) (started, bool) {
	places := []string{in.Resolve(in.Workdir(), word.Text)}
	switch dir := in.Stage.Last("WORKDIR"); {
	case !path.IsAbs(word.Text) && dir != nil && dir.Index > in.Index:
		return started{}, false
	case !strings.Contains(word.Text, "/"):
		places = nil
		for _, dir := range searched {
			places = append(places, path.Join(dir, word.Text))
		}
	}
	all := in.Stage.Instructions()
	end := all[len(all)-1]
	for _, at := range places {
		file, by := p.Context.Brought(end, at)
		copied := p.Context.BroughtBy(end, at)
		if !by && slices.Contains(searched, path.Dir(at)) { // a folder even without a slash
			file, by = p.Context.Brought(end, path.Dir(at))
			copied, by = p.Context.BroughtBy(end, path.Dir(at)), by && path.Base(file) == path.Base(at)
		}
		if by {
			return started{in, word.Span, copied, file}, !touched(p, copied, in.Stage, file, at)
		}
	}
	return started{}, false
}

// changes are words of commands that may change a file whose name they do not need to give.
var changes = []string{"chmod", "dos2unix", "fromdos", "install", `\r`, "setfacl", "find", "xargs"}

// touched reports whether anything after the COPY may have changed the file or put another in its place.
func touched(p *analysis.Pass, by *dockerfile.Instruction, s *dockerfile.Stage, file, at string) bool {
	if final := p.File.Final(); final.BuiltOn(s) {
		s = final
	}
	for in := range s.All() {
		if in.Index <= by.Index {
			continue
		}
		switch in.Name {
		case "RUN":
			text := p.File.Text(in.Span)
			p.File.Charge(len(text))
			if containsAny(text, changes...) || strings.Contains(text, path.Base(file)) {
				return true
			}
		case "COPY", "ADD":
			if _, within := dockerfile.Below(p.Context.Copy(in).Dest(), at); within {
				return true
			}
		}
	}
	return false
}

const startSeverities = "error, warning for a CMD whose image may have an ENTRYPOINT of its own, and in a stage that " +
	"is not the final one"

// finding is what a rule says of a file that the container cannot start.
func (s started) finding(p *analysis.Pass, message, why analysis.Message) analysis.Finding {
	f := analysis.Finding{In: s.in, Span: s.span, Subject: s.file, Message: message, Why: why,
		Elsewhere: analysis.Location{Path: p.Context.FromRoot(s.file), Line: 1},
		Because:   append(s.in.Stage.SetBy(s.by), s.in.Stage.SetBy(s.in)...)}
	unknown := s.in.Name == "CMD" && s.in.Stage.Last("ENTRYPOINT") == nil
	if unknown || s.in.File().Final().Last(s.in.Name) != s.in {
		f.AtMost = analysis.Warning
	}
	return f
}
