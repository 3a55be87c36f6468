package dockerfile

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"mvdan.cc/sh/v3/syntax"
)

// Bounds of the shell code that is parsed; the parser recurses, and a stack has an end.
const (
	maxScript  = 128 * 1024 // bytes of one instruction's
	maxScripts = 512 * 1024 // bytes of a file's: the syntax tree takes some hundred times as much memory
	maxOpeners = 4000       // brackets, quotes and words that may nest
)

// Script is the shell code of one instruction.
type Script struct {
	Text  Text         // as the shell gets it
	Shell string       // the program that runs it: sh, bash, ...; "" where it is no POSIX shell
	SetBy *Instruction // the SHELL in force; nil for the default
	File  *syntax.File // nil where the code was not or could not be parsed
	Err   error        // why not; nil for a shell that is not a POSIX one

	// Inner is the shell that the RUN starts, which reads Text from its standard input; "" where the
	// RUN's own shell has Text.
	Inner string

	file     *File
	commands []*Command
	calls    map[*syntax.CallExpr]*Command
	settings map[string][]Setting // see Settings
	links    []*syntax.Stmt       // see Links
}

// Command is one simple command, such as `apt-get install -y curl`. Wrappers (sudo, env, exec,
// command, nice, ...) are taken off; a path before the name is taken off too.
type Command struct {
	Name    string      // "" where it is not a literal
	Words   []ShellWord // the name first; wrappers and assignments are not among them
	Wrapper []string    // names of the wrappers taken off
	Call    *syntax.CallExpr
	Span    Span
}

// ShellWord is one word of a command.
type ShellWord struct {
	Text    string // quotes removed; meaningless unless Literal
	Literal bool   // no expansion of any kind is in it
	Span    Span
	Node    *syntax.Word
}

// Args returns the words after the command's name.
func (c *Command) Args() []ShellWord { return c.Words[1:] }

// Span returns the node's place in the file.
func (s *Script) Span(n syntax.Node) Span {
	return s.Text.Span(s.offset(n.Pos()), s.offset(n.End()))
}

func (s *Script) offset(p syntax.Pos) int { return min(int(p.Offset()), len(s.Text.s)) }

// Command returns the command that a statement is; nil where the statement is anything else.
func (s *Script) Command(st *syntax.Stmt) *Command {
	call, _ := st.Cmd.(*syntax.CallExpr)
	return s.calls[call]
}

// readScript parses the shell code of the instruction, or of the trigger it holds.
func (in *Instruction) readScript() {
	if in.JSON {
		return
	}
	var text Text
	switch in.Name {
	case "RUN":
		text = in.runText()
	case "CMD", "ENTRYPOINT":
		text = in.Args
	case "HEALTHCHECK":
		if len(in.Words) == 0 || !strings.EqualFold(in.Words[0].Text, "CMD") {
			return
		}
		text = in.Args
	default:
		return
	}
	in.Script = &Script{file: in.file, Text: text, Inner: in.innerShell()}
}

// shellOnHeredoc is a RUN that does nothing but to feed a heredoc to a shell: bash -ex <<EOF, or
// <<EOF bash. Flags by which the shell would read something else, or whose words it would take, are
// none of these.
var shellOnHeredoc = regexp.MustCompile(`^(?:<<-?["']?\w+["']?\s+)?(?:/usr)?(?:/bin/)?(sh|bash|ash|dash)((?:\s+-[aefhkmnpstuvx]+)*)(?:\s+<<-?["']?\w+["']?)?\s*$`)

// innerShell names the shell that reads the RUN's heredoc as its script, "" for none. What the outer
// shell takes out of the text before, backslashes in front of $, backquotes and other backslashes, is
// not followed: such a heredoc is not read.
func (in *Instruction) innerShell() string {
	if in.Name != "RUN" || len(in.Heredocs) != 1 {
		return ""
	}
	m := shellOnHeredoc.FindStringSubmatch(in.Args.s)
	if m == nil {
		return ""
	}
	doc := in.Heredocs[0]
	if body := string(in.file.Src[doc.Body.Start:doc.Body.End]); doc.Expand && escaped.MatchString(body) {
		return ""
	}
	return m[1]
}

var escaped = regexp.MustCompile("\\\\[$`\\\\]")

// runText is what the shell of a RUN gets: the joined line, and after it the heredocs as they
// are; or the heredoc alone, where the line holds nothing else than a shell that reads it.
func (in *Instruction) runText() Text {
	if len(in.Heredocs) == 0 {
		return in.Args
	}
	var b builder
	src := in.file.Src
	only := parser.MustParseHeredoc(in.Args.s) != nil || in.innerShell() != ""
	if !only {
		b.buf = append(b.buf, in.Args.s...)
		b.segs = append(b.segs, in.Args.segs...)
		b.buf = append(b.buf, '\n')
		b.segs = append(b.segs, segment{len(b.buf) - 1, max(in.Args.Pos(len(in.Args.s))-1, 0)})
		if len(in.Heredocs) > 0 {
			// Everything from the first body to the last terminator is in the file as the shell gets it.
			b.add(src, in.Heredocs[0].Body.Start, in.Span.End)
		}
		return b.text()
	}
	b.add(src, in.Heredocs[0].Body.Start, in.Heredocs[0].Body.End)
	return b.text()
}

// parseScripts parses all shell code of the file, once the shells in force are known. What is known
// of the same text is taken from there.
func (f *File) parseScripts(known map[string]*Script) {
	parser := syntax.NewParser(syntax.Variant(syntax.LangBash))
	bases := f.baseShells()
	for _, s := range f.stages {
		var shell *Instruction
		if s.Parent != nil {
			shell = s.Parent.Last("SHELL")
		}
		base := bases[s.From]
		if windows, _ := s.Windows(); windows && base == "" {
			base = "cmd"
		}
		for _, in := range s.instructions {
			target := in.Inner()
			if named := bases[in]; named != "" {
				base, shell = named, nil
			}
			switch {
			case in.Name == "SHELL":
				shell = in
			case target.Script != nil:
				target.Script.SetBy = shell
				name := shellOf(shell, base)
				if inner := target.Script.Inner; inner != "" && name != "" {
					target.Script.SetBy, name = nil, inner
				}
				target.Script.parse(parser, name, target, known)
			}
		}
	}
}

// baseShells reads the comments in which people tell hadolint the shell of the base image:
// `# hadolint shell=bash`. It holds from the instruction below on, and above the first FROM for
// every stage.
func (f *File) baseShells() map[*Instruction]string {
	var all map[*Instruction]string
	for _, c := range f.comments {
		if c.Next == nil || !strings.HasPrefix(c.Text, "hadolint") {
			continue
		}
		name, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(c.Text, "hadolint")), "shell")
		name, value := strings.CutPrefix(strings.TrimSpace(name), "=")
		if !ok || !value {
			continue
		}
		if all == nil {
			all = map[*Instruction]string{}
		}
		name = strings.TrimSpace(name)
		all[c.Next] = name
		if c.Next.Stage == nil || c.Next.Name == "FROM" && c.Next.Stage.Index == 0 {
			for _, s := range f.stages {
				all[s.From] = name
			}
		}
	}
	return all
}

// shellOf names the program of a SHELL instruction, or of the base image if there is none; "" where
// its language is not POSIX-like. It is sh by default.
func shellOf(in *Instruction, base string) string {
	program := base
	switch {
	case in != nil && len(in.Words) == 0:
		return ""
	case in != nil:
		program = in.Words[0].Text
	case base == "":
		return "sh"
	}
	name := strings.TrimSuffix(path.Base(strings.ReplaceAll(program, `\`, "/")), ".exe")
	switch name {
	case "sh", "bash", "ash", "dash", "ksh", "mksh", "zsh", "busybox":
		return name
	}
	return ""
}

// parse fills the script's syntax tree and commands.
func (s *Script) parse(parser *syntax.Parser, shell string, in *Instruction, known map[string]*Script) {
	s.Shell = shell
	if shell == "" || in.file.Escape == '`' {
		s.Shell = ""
		return
	}
	if strings.HasPrefix(s.Text.s, "#!") && !posixShebang(s.Text.s) {
		s.Shell = ""
		return
	}
	if in.file.shell += len(s.Text.s); in.file.shell > maxScripts {
		s.Err = errTooDeep
		return
	}
	if other := known[s.Text.s]; other != nil {
		s.as(other)
		return
	}
	if tooDeep(s.Text.s) {
		s.Err = errTooDeep
		return
	}
	s.File, s.Err = parser.Parse(strings.NewReader(textOf(s.Text.s)), "")
	if s.Err != nil {
		s.File = nil
		return
	}
	s.calls = map[*syntax.CallExpr]*Command{}
	syntax.Walk(s.File, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			c := s.command(call)
			s.commands = append(s.commands, c)
			s.calls[call] = c
		}
		s.noteSettings(n)
		return true
	})
	s.plainSettings()
}

// textOf puts a character that means nothing to a shell in the place of each byte that is no
// UTF-8, which the parser would stop at. The offsets stay.
func textOf(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	b := []byte(s)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			b[i] = 0x1a // SUBSTITUTE
		}
		i += n
	}
	return string(b)
}

type scriptError string

func (e scriptError) Error() string { return string(e) }

// Unread reports whether the code is beyond a limit of dfbot's, so dfbot has not read it.
func (s *Script) Unread() bool { return s.Err == errTooDeep }

const errTooDeep = scriptError("the shell code is too large or too deeply nested to be read")

func tooDeep(s string) bool {
	if len(s) > maxScript {
		return true
	}
	n := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '{', '[', '`', '!', '~':
			n++
		case ' ', '\n', ';', '\t':
			if i+2 < len(s) && opensBlock(s[i+1:i+3]) {
				n++
			}
		}
	}
	return n > maxOpeners
}

// opensBlock reports whether words of the shell that nest begin like this: if, while, until, for, case, time.
func opensBlock(two string) bool {
	switch two {
	case "if", "wh", "un", "fo", "ca", "ti":
		return true
	}
	return false
}

func posixShebang(s string) bool {
	line, _, _ := strings.Cut(s, "\n")
	for _, w := range strings.Fields(strings.TrimPrefix(line, "#!")) {
		switch path.Base(w) {
		case "sh", "bash", "ash", "dash", "ksh", "zsh":
			return true
		}
	}
	return false
}

// command makes a Command of a call, wrappers taken off.
func (s *Script) command(call *syntax.CallExpr) *Command {
	c := &Command{Call: call, Span: s.Span(call), Words: make([]ShellWord, 0, len(call.Args))}
	for _, w := range call.Args {
		text, ok := Literal(w)
		c.Words = append(c.Words, ShellWord{Text: text, Literal: ok, Span: s.Span(w), Node: w})
	}
	for {
		if !c.Words[0].Literal {
			return c
		}
		c.Name = path.Base(c.Words[0].Text)
		n := wrapped(c.Name, c.Words)
		if n == 0 {
			return c
		}
		c.Wrapper = append(c.Wrapper, c.Name)
		c.Words, c.Name = c.Words[n:], ""
	}
}

// wrappers run the command that their arguments spell. The value lists the flags that take a
// word of their own.
var wrappers = map[string]string{
	"sudo": "-u -g -h -p -C -T -r -t", "env": "-u -C -S", "command": "", "exec": "-a", "builtin": "",
	"nice": "-n", "ionice": "-c -n -p", "nohup": "", "time": "-f -o", "timeout": "-k -s", "stdbuf": "-i -o -e",
	"eatmydata": "", "busybox": "", "setarch": "", "linux32": "", "linux64": "", "xvfb-run": "-n -e -f -s -w",
	"gosu": "", "su-exec": "", "chroot": "", "retry": "",
}

// operands counts the words that a wrapper takes for itself before the command.
var operands = map[string]int{"timeout": 1, "gosu": 1, "su-exec": 1, "chroot": 1, "setarch": 1}

// wrapped returns at which word the wrapped command begins, 0 where name is no wrapper or no
// command follows.
func wrapped(name string, words []ShellWord) int {
	valued, ok := wrappers[name]
	if !ok {
		return 0
	}
	skip := operands[name]
	for i := 1; i < len(words); i++ {
		w := words[i]
		switch {
		case !w.Literal:
			if skip == 0 {
				return i
			}
			skip--
		case strings.HasPrefix(w.Text, "-") && len(w.Text) > 1:
			if name == "command" && (w.Text == "-v" || w.Text == "-V") {
				return 0 // a question, not a call
			}
			if slices.Contains(strings.Fields(valued), w.Text) {
				i++
			}
		case name == "env" && strings.Contains(w.Text, "="), name == "sudo" && strings.Contains(w.Text, "="):
		case skip > 0:
			skip--
		default:
			return i
		}
	}
	return 0
}

// Literal returns the text of a word in which nothing is expanded: no variable, substitution,
// pattern or tilde is looked at, quotes and escapes are removed.
func Literal(w *syntax.Word) (string, bool) {
	if len(w.Parts) == 1 {
		if l, ok := w.Parts[0].(*syntax.Lit); ok && !strings.Contains(l.Value, `\`) {
			return l.Value, true
		}
	}
	var b strings.Builder
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value, ""))
		case *syntax.SglQuoted:
			if p.Dollar {
				return "", false
			}
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				l, ok := q.(*syntax.Lit)
				if !ok {
					return "", false
				}
				b.WriteString(unescape(l.Value, "$`\"\\\n"))
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescape removes backslashes: before any character, or before those in only, where it is given
// (POSIX shell, 2.2.3 Double-Quotes).
func unescape(s, only string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (only == "" || strings.IndexByte(only, s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
