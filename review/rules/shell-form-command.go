package rules

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var shellFormCommand = &analysis.Rule{
	Name:       "shell-form-command",
	Doc:        "CMD or ENTRYPOINT in shell form, whose shell does not pass signals to the program",
	Topic:      analysis.Runtime,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice where the shell has work to do or little is lost",
	Aliases:    []string{"DL3025", "JSONArgsRecommended"},
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			target := in.Inner()
			if (target.Name == "CMD" || target.Name == "ENTRYPOINT") && lastOfItsKind(in) {
				checkShellForm(p, target)
			}
		}
	},
}

// lastOfItsKind reports whether no later instruction of the stage replaces this one.
func lastOfItsKind(in *dockerfile.Instruction) bool {
	if in.Stage == nil || in.Trigger != nil {
		return true
	}
	return in.Stage.Last(in.Name) == in
}

func checkShellForm(p *analysis.Pass, in *dockerfile.Instruction) {
	if looksLikeArray(in) {
		reportAlmostArray(p, in)
		return
	}
	if in.JSON || in.Script == nil || in.Script.Shell == "" || in.Args.String() == "" {
		return
	}
	swallows := swallowedCommand(in)
	if handsOver(in.Script) && swallows == nil {
		return // `exec` makes the program process 1
	}
	words := plainWords(in.Script)
	f := analysis.Finding{In: in, Span: in.Args.Span(0, len(in.Args.String())), Because: in.Inner().ShellBy(),
		Fix: execForm(p, in, words, swallows)}
	switch {
	case swallows != nil:
		saySwallowed(&f, in, swallows)
	case replacesItself(in) && f.Fix == nil:
		return
	default:
		saySignals(p, &f, in, words)
	}
	p.Report(f)
}

// saySwallowed words the finding on an ENTRYPOINT whose shell ignores the CMD.
func saySwallowed(f *analysis.Finding, in, swallows *dockerfile.Instruction) {
	f.Message = analysis.Say("This %s in shell form ignores %s and the arguments of `docker run`",
		in.Name, "CMD "+swallows.Args.String())
	f.Why = analysis.Say("Only the exec form, a JSON array, passes them to the program.")
	if !handsOver(in.Script) && !replacesItself(in) {
		f.Why = analysis.Say("The shell passes neither them nor signals to the program, so `docker stop` " +
			"kills it after ten seconds.")
	}
	f.With = []*dockerfile.Instruction{swallows}
}

// saySignals words the finding on a shell that keeps signals from the program, and how much it matters.
func saySignals(p *analysis.Pass, f *analysis.Finding, in *dockerfile.Instruction, words []dockerfile.ShellWord) {
	f.Message = analysis.Say("This %s runs in a shell, which does not pass signals to the program", in.Name)
	f.Why = analysis.Say("`docker stop` waits ten seconds and then kills the program in the middle of its work.")
	switch {
	case replacesItself(in):
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("This %s starts a shell that has nothing to do", in.Name)
		f.Why = analysis.Say("The shell of this image replaces itself with the program, so signals arrive; the " +
			"shell of another base image may not.")
	case words != nil && runsScript(texts(words)):
		f.Why = analysis.Say("In exec form, %s would still be between %s and the program: start the program "+
			"itself, such as %s.",
			words[0].Text, "docker stop", `["node", "server.js"]`)
	case f.Fix == nil: // the shell has work to do here
		f.Fix = handingOver(p, in)
		if _, call := soleCall(in.Script); call == nil || f.Fix == nil {
			f.AtMost = analysis.Notice
		}
		f.Why = analysis.Say("`docker stop` waits ten seconds and then kills it; with `exec` before the last " +
			"program, that program replaces the shell and gets the signals.")
	case slices.Contains(posixShells, path.Base(words[0].Text)) && len(words) > 1 && words[1].Text == "-c":
		f.AtMost = analysis.Notice
		f.Why = analysis.Say("The exec form removes one of the two shells here, and `exec` before the last " +
			"program in the text removes the other.")
	case in.Name == "CMD" && workbench(texts(words)):
		f.AtMost = analysis.Notice
		f.Why = analysis.Say("That matters little here, because the container serves nothing; the exec form only " +
			"saves a shell.")
	}
}

// runsScript reports whether the words have a package manager start a script of package.json: it stays the
// program's parent, and not every version of each passes signals on.
func runsScript(words []string) bool {
	switch path.Base(words[0]) {
	case "npm", "yarn", "pnpm", "npx", "pnpx", "bunx":
		return len(words) > 1
	case "bun":
		return len(words) > 1 && path.Ext(words[len(words)-1]) == ""
	}
	return false
}

func texts(words []dockerfile.ShellWord) []string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.Text
	}
	return all
}

// replacesItself reports whether the script is one simple command, with which the shell replaces
// itself: bash, ksh, zsh and busybox do, dash does not. /bin/sh is dash in Debian and
// Ubuntu, and is taken for it where the base image is not known.
func replacesItself(in *dockerfile.Instruction) bool {
	s := in.Script
	_, call := soleCall(s)
	if call == nil || shellBuiltin[call.Args[0].Lit()] {
		return false
	}
	return !(s.Shell == "sh" && s.SetBy != nil) && slices.Contains(richShells, shellOf(in))
}

// soleCall returns the one simple command that the script is; nil for any other, and for one with redirections.
func soleCall(s *dockerfile.Script) (*syntax.Stmt, *syntax.CallExpr) {
	if s.File == nil || len(s.Stmts()) != 1 {
		return nil, nil
	}
	st := s.Stmts()[0]
	call, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || len(st.Redirs) > 0 || st.Negated || st.Background || st.Coprocess {
		return nil, nil
	}
	return st, call
}

// swallowedCommand returns the CMD that an ENTRYPOINT in shell form ignores.
func swallowedCommand(in *dockerfile.Instruction) *dockerfile.Instruction {
	if in.Name != "ENTRYPOINT" || in.OnBuild || in.Stage == nil {
		return nil
	}
	cmd := in.Stage.Last("CMD")
	if cmd == nil || cmd.Stage != in.Stage || cmd.JSON && len(cmd.Words) == 0 {
		return nil
	}
	return cmd
}

// handsOver reports whether the script's last command is an exec of a program.
func handsOver(s *dockerfile.Script) bool {
	if s.File == nil || len(s.Stmts()) == 0 {
		return false
	}
	last := s.Stmts()[len(s.Stmts())-1]
	for {
		b, ok := last.Cmd.(*syntax.BinaryCmd)
		if !ok {
			break
		}
		if b.Op != syntax.AndStmt {
			return false
		}
		last = b.Y
	}
	call, ok := last.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 1 && call.Args[0].Lit() == "exec" && !last.Background
}

// handingOver is the fix that puts exec before the last program of a script; nil where something else may come after
// it, or where the program would not pass signals on either.
func handingOver(p *analysis.Pass, in *dockerfile.Instruction) *analysis.Fix {
	links := shell.Links(in.Script)
	if len(links) == 0 || len(in.Script.Stmts()) > 1 {
		return nil
	}
	for _, c := range in.Script.Commands() {
		if c.Name == "trap" || c.Name == "exec" || slices.Contains(c.Wrapper, "exec") {
			return nil
		}
	}
	last := links[len(links)-1]
	c := in.Script.Command(last)
	if c == nil || last.Background || last.Negated || len(c.Call.Assigns)+len(c.Wrapper) > 0 || c.Name == "" ||
		shellBuiltin[c.Name] || runsScript(texts(c.Words)) || in.Name == "CMD" && workbench(texts(c.Words)) {
		return nil
	}
	if line, known := firstLine(p, in, c.Name); known && !strings.HasPrefix(line, "#!") {
		return nil
	}
	return &analysis.Fix{
		Title: "Start the program with exec", Applicability: analysis.Unsafe,
		Assumes: []analysis.Message{
			analysis.Say("%s works as process 1, which has to wait for its children", c.Name)},
		Edits: []analysis.Edit{analysis.Insert(c.Words[0].Span.Start, "exec ")},
	}
}

// plainWords returns the words of a script that is one simple command in which the shell has
// nothing to do but to split it; nil for any other.
func plainWords(s *dockerfile.Script) []dockerfile.ShellWord {
	st, call := soleCall(s)
	if call == nil || len(call.Assigns) > 0 || len(s.File.Last) > 0 || len(st.Comments) > 0 {
		return nil
	}
	text := s.Text.String()
	if !utf8.ValidString(text) || // JSON is UTF-8
		strings.TrimRight(text, " \t") != strings.TrimRight(text[:st.End().Offset()], " \t") {
		return nil // a comment or a semicolon is left over
	}
	words := make([]dockerfile.ShellWord, len(call.Args))
	for i, w := range call.Args {
		words[i] = plainWord(s, w)
		if !words[i].Literal {
			return nil
		}
	}
	if shellBuiltin[words[0].Text] || words[0].Text == "" {
		return nil
	}
	return words
}

// plainWord is a word of the script; it is literal when no pattern, brace or tilde is in it either.
func plainWord(s *dockerfile.Script, w *syntax.Word) dockerfile.ShellWord {
	text, ok := dockerfile.Literal(w)
	for i, p := range w.Parts {
		lit, isLit := p.(*syntax.Lit)
		if !isLit {
			continue
		}
		if strings.ContainsAny(lit.Value, `*?[]{}\`) || i == 0 && strings.HasPrefix(lit.Value, "~") {
			ok = false
		}
	}
	return dockerfile.ShellWord{Text: text, Literal: ok, Span: s.Span(w), Node: w}
}

// shellBuiltin are the commands that only a shell can carry out (POSIX shell, 2.14, and bash).
var shellBuiltin = map[string]bool{
	".": true, ":": true, "alias": true, "bg": true, "break": true, "builtin": true, "cd": true, "command": true,
	"continue": true, "declare": true, "eval": true, "exec": true, "exit": true, "export": true, "fg": true,
	"getopts": true, "hash": true, "jobs": true, "let": true, "local": true, "read": true, "readonly": true,
	"return": true, "set": true, "shift": true, "shopt": true, "source": true, "times": true, "trap": true,
	"type": true, "typeset": true, "ulimit": true, "umask": true, "unalias": true, "unset": true, "wait": true,
}

// execForm writes each word in its place as a JSON string, which keeps layout and comments; nil
// for a script that only a shell can start.
func execForm(p *analysis.Pass, in *dockerfile.Instruction, words []dockerfile.ShellWord,
	swallows *dockerfile.Instruction) *analysis.Fix {
	commented := func(w dockerfile.ShellWord) bool { return in.File().CommentIn(w.Span) }
	if words == nil || slices.ContainsFunc(words, commented) || runsScript(texts(words)) {
		return nil
	}
	line, known := firstLine(p, in, words[0].Text)
	if known && !strings.HasPrefix(line, "#!") {
		return nil
	}
	fix := &analysis.Fix{Title: "Use the exec form", Applicability: analysis.Unsafe}
	execAssumes(fix, in, swallows, words[0].Text, known)
	for i, w := range words {
		head, tail := "", ","
		if i == 0 {
			head = "["
		}
		if i == len(words)-1 {
			tail = "]"
		}
		fix.Edits = append(fix.Edits, analysis.Edit{Span: w.Span, New: head + jsonString(w.Text) + tail})
	}
	return fix
}

// execAssumes says what must hold for the exec form to start the same: of the shell that SHELL sets, of the arguments
// that an ENTRYPOINT then gets, and of the program.
func execAssumes(fix *analysis.Fix, in, swallows *dockerfile.Instruction, program string, script bool) {
	switch {
	case in.Script.SetBy != nil:
		fix.Caveat = analysis.Say("%s sets the shell that runs this command today: check that the program does "+
			"not need what that shell sets up (a login profile, options).", "SHELL")
	case swallows != nil:
		fix.Caveat = analysis.Say("The program then gets the words of %s as arguments, which it does not see today.",
			"CMD")
	case in.Name == "CMD" && in.Stage != nil && in.Stage.Last("ENTRYPOINT") != nil:
		fix.Caveat = analysis.Say("%s then gets these words as arguments, instead of %s and one string.",
			"ENTRYPOINT", "/bin/sh -c")
	default:
		startAssumes(fix, in, program, script)
	}
}

// startAssumes says what must hold for the words to start the same program without a shell: an ENTRYPOINT of the
// base image, such as that of redis, may do something else once it sees them, and a shell starts a script that has
// no first line for the kernel.
func startAssumes(fix *analysis.Fix, in *dockerfile.Instruction, program string, script bool) {
	switch {
	case in.Name != "ENTRYPOINT":
		fix.Assume("the base image has no %s that looks at its arguments", "ENTRYPOINT")
	case script:
		fix.Caveat = analysis.Say("The program then gets the arguments of %s, which the shell ignores today.",
			"docker run")
	}
	if !script {
		fix.Assume("%s is not a script without a first line such as %s", program, "#!/bin/sh")
	}
}

// firstLine returns the beginning of the script that the program is; false where it is not a script or its
// contents are not known.
func firstLine(p *analysis.Pass, in *dockerfile.Instruction, program string) (string, bool) {
	if in.Stage == nil {
		return "", false
	}
	data, ok := fromContext(p, in.Stage, program)
	line, _, _ := strings.Cut(string(data), "\n")
	// else a binary
	return line, ok && !strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' })
}

func jsonString(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
