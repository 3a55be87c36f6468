package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
	"github.com/dfbot/dfbot/review/secrets"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

var effectEndsWithRun = &analysis.Rule{
	Name:       "effect-ends-with-run",
	Doc:        "RUN that ends with a command for its own shell, such as export or activate",
	Topic:      analysis.Shell,
	Since:      "0.1",
	Severity:   analysis.Warning,
	Severities: "warning, notice for nvm use after an install",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			run := in.Inner()
			if run.Name == "RUN" && run.Script != nil && run.Script.File != nil {
				if l, ok := lostEffect(run); ok {
					l.report(p, in)
				}
			}
		}
	},
}

// lost is the statement with which a RUN ends, and that only changes the RUN's own shell.
type lost struct {
	run   *dockerfile.Instruction
	st    *syntax.Stmt
	cmd   *dockerfile.Command // nil for variables that are set
	alone bool                // the RUN does nothing else
}

// lostEffect finds such a statement. What a trap runs may need it.
func lostEffect(run *dockerfile.Instruction) (lost, bool) {
	links := shell.Links(run.Script)
	if len(links) == 0 {
		return lost{}, false
	}
	l := lost{run: run, st: links[len(links)-1], alone: len(links) == 1}
	l.cmd = run.Script.Command(l.st)
	return l, l.forShell() && len(shell.Calls(run, "trap")) == 0
}

// ofShell reports whether a statement of the RUN only changes the RUN's own shell.
func ofShell(run *dockerfile.Instruction, st *syntax.Stmt) bool {
	l := lost{run: run, st: st, cmd: run.Script.Command(st)}
	return l.forShell()
}

// forShell reports whether the statement changes the shell that runs it, and nothing else.
func (l *lost) forShell() bool {
	if l.st.Negated || l.st.Background || len(l.st.Redirs) > 0 {
		return false
	}
	if all := l.variables(); all != nil {
		l.cmd = nil
		return !slices.ContainsFunc(all, func(a *syntax.Assign) bool { return a.Name == nil })
	}
	return l.cmd != nil && len(l.cmd.Wrapper) == 0 && len(l.cmd.Call.Assigns) == 0 && l.changesShell()
}

// variables are the assignments that the statement consists of, perhaps with export. Without it, what a command prints
// may be stored only to hide it.
func (l *lost) variables() []*syntax.Assign {
	switch n := l.st.Cmd.(type) {
	case *syntax.DeclClause:
		if n.Variant.Value == "export" {
			return n.Args
		}
	case *syntax.CallExpr:
		if len(n.Args) == 0 && len(shell.Within(l.run.Script, n)) == 0 {
			return n.Assigns
		}
	}
	return nil
}

// changesShell reports whether the command is one that changes its own shell only.
func (l *lost) changesShell() bool {
	switch l.cmd.Name {
	case "alias":
		return len(l.cmd.Words) > 1
	case "unset":
		return len(l.cmd.Words) == 2 && l.unsetsInVain(l.word(1))
	case "nvm":
		return l.word(1) == "use"
	case ".", "source":
		if len(l.cmd.Words) == 2 && setsOnly(l.sourced()) {
			return true
		}
	}
	return l.environment() != ""
}

// word is the text of a word of the command; "" where it is not literal, or not there.
func (l *lost) word(i int) string {
	if i < len(l.cmd.Words) && l.cmd.Words[i].Literal {
		return l.cmd.Words[i].Text
	}
	return ""
}

// unsetsInVain reports whether the Dockerfile sets the variable, and the code does not: the next step has it again.
func (l *lost) unsetsInVain(name string) bool {
	own := slices.ContainsFunc(l.run.Script.Settings(name), func(s dockerfile.Setting) bool { return !s.Unknown })
	set := l.run.SetBy(name)
	return name != "" && !own && set != nil && set.Name == "ENV"
}

// environment is the one of conda's that the command activates; "" where it does not, or an unnamed one.
func (l *lost) environment() string {
	switch {
	case slices.Contains([]string{"conda", "mamba", "micromamba"}, l.cmd.Name) && l.word(1) == "activate",
		l.cmd.Name == "source" && l.word(1) == "activate":
		return l.word(2)
	}
	return ""
}

// sourced is the path of the script that the command reads into its shell, as it is written.
func (l *lost) sourced() string {
	return strings.Trim(l.run.File().Text(l.cmd.Words[1].Span), `"'`)
}

// setsOnly reports whether a script is by its name one that sets variables, aliases and functions.
func setsOnly(script string) bool {
	switch path.Base(script) {
	case ".bashrc", ".bash_profile", ".profile", ".zshrc", ".bash_aliases", "nvm.sh":
		return true
	case "activate":
		return path.Base(path.Dir(script)) == "bin"
	case "profile":
		return script == "/etc/profile"
	case "env":
		return strings.HasSuffix(script, ".cargo/env")
	case "setup.bash", "setup.sh":
		return strings.HasPrefix(script, "/opt/ros/")
	}
	return false
}

func (l *lost) report(p *analysis.Pass, in *dockerfile.Instruction) {
	f := analysis.Finding{
		In: in, Span: l.run.Script.Span(l.st),
		Message: analysis.Say("%s has no effect after this RUN, because each RUN has a shell of its own",
			l.named()),
		Why: l.instead(),
	}
	if l.cmd != nil && l.cmd.Name == "nvm" && len(shell.Calls(l.run, "nvm")) > 1 {
		f.AtMost = analysis.Notice
	}
	if in == l.run && l.alone && in.Stage != nil && len(in.Flags) == 0 && !in.File().CommentIn(in.Span) {
		f.Fix = l.asEnv()
	}
	p.Report(f)
}

// named is the statement without the values of variables, which may be secrets.
func (l *lost) named() string {
	if l.cmd != nil {
		return shellText(l.run, l.cmd)
	}
	var words []string
	if _, ok := l.st.Cmd.(*syntax.DeclClause); ok {
		words = append(words, "export")
	}
	for _, a := range l.variables() {
		words = append(words, a.Name.Value)
		if !a.Naked {
			words[len(words)-1] += "="
		}
	}
	return strings.Join(words, " ")
}

// instead says how the effect is had.
func (l *lost) instead() analysis.Message {
	if l.cmd == nil {
		return analysis.Say("%s sets a variable for the later steps and for the container.", "ENV")
	}
	name := l.environment()
	switch {
	case name != "":
		return analysis.Say("Later steps and the container work outside of the environment; %s starts a program in it.",
			"conda run -n "+name)
	case l.cmd.Name == "alias":
		return analysis.Say("Later steps and the container do not have the alias: write a script into a folder of " +
			"the search path instead.")
	case l.cmd.Name == "unset":
		return analysis.Say("Later steps and the container still have the value from %s.", "ENV "+l.word(1))
	case l.cmd.Name == "nvm":
		return analysis.Say("%s chooses the version for each shell that loads nvm.", "nvm alias default")
	case l.bin() != "":
		return analysis.Say("Later steps and the container use the programs of the system; %s puts those of the "+
			"environment first.", l.path())
	}
	return analysis.Say("Set what later steps and the container need with %s, or read the script in the same RUN as "+
		"the commands that need it.", "ENV")
}

// bin is the folder of the virtual environment that the command activates; "" where it is not known.
func (l *lost) bin() string {
	if dir, ok := strings.CutSuffix(l.sourced(), "/activate"); ok && strings.HasPrefix(dir, "/") && unquoted(dir) {
		return dir
	}
	return ""
}

// path is the ENV that puts the environment first on the search path.
func (l *lost) path() string { return "ENV PATH=" + l.bin() + ":$PATH" }

// asEnv sets the variables with ENV where the builder reads their values as the shell does.
func (l *lost) asEnv() *analysis.Fix {
	text := ""
	switch {
	case l.cmd == nil:
		text = l.pairs()
	case (l.cmd.Name == "." || l.cmd.Name == "source") && l.environment() == "" && l.bin() != "":
		text = l.path()
	}
	if text == "" {
		return nil
	}
	return &analysis.Fix{
		Title: "Set it with ENV", Applicability: analysis.Unsafe,
		Caveat: analysis.Say("All later steps and the container then have the setting: check that none of them " +
			"works only without it."),
		Edits: []analysis.Edit{{Span: l.run.Span, New: edit.Keyword(l.run, "ENV") + text[len("ENV"):]}},
		Drops: []dockerfile.Span{l.run.Span},
		Adds:  []analysis.Addition{{Stage: l.run.Stage.Index, Text: text}},
	}
}

// pairs is the ENV with the variables; "" where a value is a secret, none, or one that only a shell can work out.
func (l *lost) pairs() string {
	text := "ENV"
	for _, a := range l.variables() {
		if a.Value == nil || a.Append || a.Index != nil || secrets.Name(a.Name.Value) || !l.forBuilder(a.Value) {
			return ""
		}
		text += " " + l.run.File().Text(l.run.Script.Span(a))
	}
	if strings.ContainsAny(text, "\\`\n\r") {
		return ""
	}
	return text
}

// forBuilder reports whether the builder knows all that is expanded in the word.
func (l *lost) forBuilder(w *syntax.Word) bool {
	known := !strings.HasPrefix(l.run.File().Text(l.run.Script.Span(w)), "~")
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ParamExp:
			plain := n.Exp == nil && n.Index == nil && n.Slice == nil && n.Repl == nil && !n.Length && !n.Excl
			known = known && plain && (n.Param.Value == "PATH" || l.run.Defined(n.Param.Value))
		case *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst, *syntax.ExtGlob:
			known = false
		}
		return known
	})
	return known
}
