package builds

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
)

// shellCode is code that may build images.
type shellCode struct {
	text   string
	origin Origin            // the line is that of the text's first
	env    map[string]string // variables that are set outside
	dirs   []string          // in which the code may be run, from the repository's root
}

// mayBuild reports whether the code may have a command that builds an image: most code has none.
func mayBuild(code string) bool { return builder.MatchString(code) }

var builder = regexp.MustCompile(`\b(docker|podman|nerdctl|buildah)\b[^\n]*(\\\n[^\n]*)*\b(build|bud)\b`)

// ownFolder matches the ways in which a script says its own folder, from `dirname "$0"` in backquotes to
// $(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd).
var ownFolder = regexp.MustCompile("(?:\\$\\(|`)\\s*(?:cd\\s+\"?\\$\\(\\s*)?dirname\\s+(?:--\\s+)?\"?" +
	"\\$(?:0|BASH_SOURCE|\\{0\\}|\\{BASH_SOURCE(?:\\[0\\])?\\})\"?" +
	"\\s*(?:\\)\"?\\s*(?:&&|;)\\s*pwd(?:\\s+-P)?\\s*)?(?:\\)|`)")

// rootFolder matches the way in which a script asks git for the root of the repository.
var rootFolder = regexp.MustCompile("(?:\\$\\(|`)\\s*git rev-parse --show-toplevel\\s*(?:\\)|`)")

// workingFolder matches the ways in which code says the folder that it runs in, which moves may change.
var (
	workingFolder = regexp.MustCompile("\\$\\(pwd\\)|`pwd`|\\$PWD\\b|\\$\\{PWD\\}")
	moves         = regexp.MustCompile(`\b(cd|pushd)\b`)
)

// script adds the builds of a shell script. It may be run in the repository's root, or in its own folder.
func (f *finder) script(p string, src []byte) {
	if !mayBuild(string(src)) {
		return
	}
	f.budget.Charge(100 * len(src))
	code := shellCode{text: string(src), origin: Origin{p, 1, Script}, dirs: []string{"", folder(p)}}
	f.commands(code)
}

// The folders that scripts name in words of the shell; they are written as absolute paths, which no folder of the
// repository is.
const (
	rootWord = "/dfbot/root"
	ownWord  = "/dfbot/own"
)

// codeCost is what it costs to read shell code, besides its length.
const codeCost = 20_000

// commands adds the builds of the commands in shell code. dfbot reads it as it reads the code of a RUN.
func (f *finder) commands(code shellCode) {
	f.budget.Charge(codeCost + 40*len(code.text))
	src, head := code.dockerfile()
	file, err := dockerfile.ParseWithin(f.budget, code.origin.Path, src)
	if err != nil {
		f.problem(code.origin.Path, "its shell code cannot be read")
		return
	}
	all := file.Instructions()
	in := all[len(all)-1]
	if shell.Script(in) == nil {
		f.problem(code.origin.Path, "its shell code cannot be read")
		return
	}
	w := &walk{finder: f, code: code, in: in, lines: code.origin.Line - head,
		subshells: subshells(shell.Script(in))}
	for _, c := range shell.Commands(in) {
		w.command(c)
	}
}

// dockerfile puts the code into a RUN. The code begins in the line head of the result.
func (code shellCode) dockerfile() (src []byte, head int) {
	text := ownFolder.ReplaceAllString(code.text, ownWord)
	text = rootFolder.ReplaceAllString(text, rootWord)
	if !moves.MatchString(text) {
		text = workingFolder.ReplaceAllString(text, ".")
	}
	var out bytes.Buffer
	out.WriteString("FROM scratch\n")
	for _, name := range slices.Sorted(maps.Keys(code.env)) {
		if value := code.env[name]; plainValue.MatchString(value) && plainName.MatchString(name) {
			fmt.Fprintf(&out, "ENV %s=\"%s\"\n", name, value)
		}
	}
	head = bytes.Count(out.Bytes(), []byte("\n")) + 2
	fmt.Fprintf(&out, "RUN <<'%s'\n%s\n%s\n", endOfCode, text, endOfCode)
	return out.Bytes(), head
}

// endOfCode ends the heredoc that shell code is read as.
const endOfCode = "DFBOT_END_OF_CODE"

var (
	plainName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	plainValue = regexp.MustCompile("^[^\n\"$`\\\\]*$")
)

// walk goes over the commands of shell code, in order.
type walk struct {
	*finder
	code  shellCode
	in    *dockerfile.Instruction
	lines int // to be added to a line of the Dockerfile that the code is read as
	moves []move

	subshells []syntax.Node
}

// move is a change of the folder.
type move struct {
	to said
	in syntax.Node // the subshell that it is in; nil outside of all
}

func (w *walk) command(c *dockerfile.Command) {
	switch c.Name {
	case "cd", "pushd":
		call := shell.ReadAs(w.in, c, ecosystem.Spec{})
		to := said{line: 1}
		if len(call.Operands) == 1 {
			to = w.said(call.Operands[0])
		}
		w.budget.Charge(100 * len(w.moves))
		w.moves = append(w.moves, move{to, w.subshell(c)})
	case "popd":
		w.moves = append(w.moves, move{to: said{line: 1}, in: w.subshell(c)})
	case "docker", "podman", "nerdctl", "buildah":
		w.build(c)
	}
}

// subshells lists the parts of the code with which a change of the folder ends, the outer before the inner.
func subshells(s *dockerfile.Script) (all []syntax.Node) {
	s.Walk(func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.Subshell, *syntax.CmdSubst:
			all = append(all, n)
		}
		return true
	})
	return all
}

// subshell is the innermost subshell that the command is in; nil where it is in none.
func (w *walk) subshell(c *dockerfile.Command) (innermost syntax.Node) {
	w.budget.Charge(10 * len(w.subshells))
	for _, n := range w.subshells {
		if inside(c, n) {
			innermost = n
		}
	}
	return innermost
}

func inside(c *dockerfile.Command, n syntax.Node) bool {
	at := c.Call.Pos().Offset()
	return n.Pos().Offset() <= at && at < n.End().Offset()
}

// dirs are the folders in which a command may run; none where that is not known.
func (w *walk) dirs(c *dockerfile.Command) []string {
	w.budget.Charge(200 * len(w.moves))
	dirs := w.code.dirs
	for _, m := range w.moves {
		if m.in != nil && !inside(c, m.in) {
			continue
		}
		var next []string
		for _, dir := range dirs {
			if p, ok := within(dir, m.to); ok && w.isFolder(p) {
				next = append(next, p)
			}
		}
		dirs = next
	}
	return dirs
}

// build adds what a command builds.
func (w *walk) build(c *dockerfile.Command) {
	call := shell.Read(w.in, c)
	words, ok := operands(&call)
	if !ok {
		return
	}
	d := w.definition(c, &call)
	if len(words) > 1 || call.Open() { // what is not known may be flags
		words = slices.DeleteFunc(slices.Clone(words), func(word shell.Word) bool { return !word.Known })
		ok = d.dockerfile.there()
	}
	if !ok || len(words) != 1 {
		return
	}
	d.context = w.said(words[0])
	var b Build
	if dirs := w.dirs(c); len(dirs) == 1 {
		b, ok = d.build(dirs[0], false)
	} else {
		b, ok = w.runIn(d, false, dirs...)
	}
	if ok {
		w.add(b)
	}
}

// operands are the words after the subcommand that builds an image; false for a call that does something else.
func operands(call *shell.Call) ([]shell.Word, bool) {
	switch call.Sub.Text {
	case "build", "bud":
		return call.Operands, true
	case "buildx", "image", "builder":
		if len(call.Operands) > 0 && call.Operands[0].Text == "build" {
			return call.Operands[1:], true
		}
	}
	return nil, false
}

// definition is what the flags of a call say.
func (w *walk) definition(c *dockerfile.Command, call *shell.Call) definition {
	first, _ := w.in.File().Lines(c.Span)
	d := definition{origin: Origin{w.code.origin.Path, first + w.lines, w.code.origin.Kind}}
	for _, flag := range call.Flags {
		s := w.said(flag.Value)
		switch flag.Name {
		case "-f", "--file":
			d.dockerfile = s
		case "--target":
			d.target = s
		case "--build-arg":
			d.args = append(d.args, pair(s))
		case "--build-context":
			d.contexts = append(d.contexts, pair(s))
		}
	}
	return d
}

func pair(s said) Pair {
	name, value, has := strings.Cut(s.text, "=")
	return Pair{name, value, s.known && has, s.line}
}

// said is a word of a command.
func (w *walk) said(word shell.Word) said {
	if word.Text == "" && !word.Known && word.Node == nil {
		return said{}
	}
	line, _ := w.in.File().Lines(word.Span)
	s := said{text: word.Text, known: word.Known, line: line + w.lines}
	for mark, from := range map[string]string{rootWord: "", ownWord: folder(w.code.origin.Path)} {
		if rest, ok := strings.CutPrefix(s.text, mark); ok {
			s.text, s.rooted = path.Join(".", from, "."+rest), true
		}
	}
	return s
}
