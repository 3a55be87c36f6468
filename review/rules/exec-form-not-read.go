package rules

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
)

var execFormNotRead = &analysis.Rule{
	Name:     "exec-form-not-read",
	Doc:      "JSON array with something that only a shell would read",
	Topic:    analysis.Runtime,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error for `&&` and the like and for a program that cannot be found, warning for a variable and in a " +
		"stage that is not the final one, notice where an unknown program may read it, and for a flag with its value",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			switch in.Name {
			case "CMD", "ENTRYPOINT":
				if in.JSON && lastOfItsKind(in) {
					checkArray(p, in)
				}
			case "RUN":
				if in.JSON {
					checkArray(p, in)
				}
			}
		}
		for _, l := range launches(p) {
			reportUnfound(p, l)
		}
	},
}

// arrayCommand is a command in exec form, as it is started.
type arrayCommand struct {
	in      *dockerfile.Instruction
	words   []dockerfile.Word // the instruction's own
	program string            // that gets them, without its path
	args    []dockerfile.Word // of the words, those that are its arguments
}

// readArray finds the program that gets the words of the instruction; false where a shell or something unknown may
// read them: a shell, a script, an ENTRYPOINT of which nothing is known.
func readArray(in *dockerfile.Instruction) (arrayCommand, bool) {
	x := arrayCommand{in: in, words: in.Words, args: in.Words}
	all := in.Words
	if windows, known := in.Stage.Windows(); windows || !known || len(all) == 0 {
		return x, false
	}
	if in.Name == "CMD" {
		if start := in.Stage.Last("ENTRYPOINT"); start != nil && !start.JSON {
			return x, false
		} else if start != nil {
			all = append(slices.Clone(start.Words), all...)
		}
	}
	for len(all) > 1 && inits[path.Base(all[0].Text)] {
		i := 1
		for i < len(all)-1 && strings.HasPrefix(all[i].Text, "-") {
			i++
		}
		all = all[i:]
	}
	if len(all) == 0 || slices.ContainsFunc(all, startsShell) {
		return x, false
	}
	x.program = path.Base(all[0].Text)
	if all[0] == in.Words[0] {
		x.args = in.Words[1:]
	} else if in.Name != "CMD" { // after an init process
		x.args = all[1:]
	}
	return x, true
}

// startsShell reports whether the word names a program that takes code for a shell or has a language of its own.
func startsShell(w dockerfile.Word) bool {
	name := path.Base(w.Text)
	return slices.Contains(posixShells, name) || ownLanguage[name] || path.Ext(name) == ".sh" ||
		strings.Contains(name, "entrypoint")
}

// ownLanguage are programs that read code, or a variable, in one of their arguments themselves.
var ownLanguage = setOf(`
	awk gawk mawk perl sed jq envsubst xargs find expect tclsh make su runuser watch env parallel concurrently script
	busybox pwsh powershell cmd npm npx yarn pnpm nodemon supervisord s6-svscan test [ expr fish csh tcsh eval tmux
	screen flock docker kubectl ssh`)

// literalArguments are programs that certainly do not put variables into their arguments.
var literalArguments = setOf(`
	gunicorn uvicorn hypercorn daphne waitress-serve granian flask fastapi django-admin celery python python3 java node
	deno bun dotnet ruby rails puma bundle rackup php streamlit jupyter jupyter-lab mlflow mongod redis-server http-server
	serve tail sleep echo cat curl wget`)

var (
	execVariable    = regexp.MustCompile(`\$(?:[A-Z_][A-Z0-9_]*\b|\{[A-Z_][A-Z0-9_]*(?::?[-+=?][^}]*)?\})`)
	execName        = regexp.MustCompile(`[A-Z_][A-Z0-9_]*`)
	flagAndValue    = regexp.MustCompile(`^--?[A-Za-z][\w-]* +[^\s-]\S*$`)
	shellOperators  = setOf("&& || | ; > >> < & 2>&1 2>/dev/null >/dev/null")
	shellConnectors = setOf("&& || |")
)

func checkArray(p *analysis.Pass, in *dockerfile.Instruction) {
	x, ok := readArray(in)
	if !ok {
		return
	}
	if in.Words[0].Text != "" && len(x.args) < len(in.Words) && strings.ContainsAny(in.Words[0].Text, " \t") {
		x.reportSentence(p)
		return
	}
	for i, w := range x.args {
		valued := i > 0 && strings.HasPrefix(x.args[i-1].Text, "-") && !strings.Contains(x.args[i-1].Text, "=")
		switch {
		case shellOperators[w.Text]:
			x.reportOperator(p, w)
			return
		case execVariable.MatchString(w.Text) && !x.expands(w.Text):
			x.reportVariable(p, w)
			return
		case flagAndValue.MatchString(w.Text) && !valued:
			x.reportBlank(p, w)
			return
		}
	}
}

// expands reports whether the program may put a variable into the word itself, as Spring does, or reads code in it.
func (x arrayCommand) expands(word string) bool {
	return strings.ContainsAny(word, " \t\n'\"`") ||
		x.program == "java" && strings.HasPrefix(word, "-") && strings.Contains(word, "=") ||
		slices.ContainsFunc(x.args, func(w dockerfile.Word) bool {
			return slices.Contains([]string{"-c", "-e", "-r", "-p", "--eval", "--print", "-pe"}, w.Text)
		})
}

func (x arrayCommand) reportOperator(p *analysis.Pass, w dockerfile.Word) {
	f := x.finding(w)
	f.Message = analysis.Say("No shell reads this array, so %s gets %s as an argument", x.program, w.Text)
	f.Why = analysis.Say("What comes after it does not run as a command. Use %s, or a script.",
		`["sh", "-c", "... && exec ..."]`)
	if !shellConnectors[w.Text] {
		f.AtMost = analysis.Warning
		f.Why = analysis.Say("It redirects and separates nothing. Use %s, or a script.", `["sh", "-c", "exec ..."]`)
	}
	p.Report(f)
}

func (x arrayCommand) reportVariable(p *analysis.Pass, w dockerfile.Word) {
	variable := execVariable.FindString(w.Text)
	f := x.finding(w)
	f.Message = analysis.Say("No shell reads this array, so %s gets %s as it is written", x.program, variable)
	f.AtMost = analysis.Warning
	name := execName.FindString(variable)
	if set := x.in.SetBy(name); set != nil && set.Name == "ARG" && x.in.Name != "RUN" {
		f.Because = append(f.Because, set)
		f.Why = analysis.Say("An ARG has no value when the container starts: set it with ENV as well, and let a " +
			"shell start the program, with `exec` before it.")
	} else {
		f.Fix = x.shellFix(variable)
		f.Why = analysis.Say("Let a shell start the program, with `exec` before it so that the program gets signals.")
	}
	if !literalArguments[x.program] {
		f.AtMost = analysis.Notice
		f.Message = analysis.Say("No shell reads this array, so %s gets %s as it is written, unless it reads "+
			"variables itself", x.program, variable)
	}
	p.Report(f)
}

func (x arrayCommand) reportBlank(p *analysis.Pass, w dockerfile.Word) {
	f := x.finding(w)
	flag, value, _ := strings.Cut(w.Text, " ")
	f.AtMost = analysis.Notice
	f.Message = analysis.Say("%s is one argument with a blank in it", w.Text)
	f.Why = analysis.Say("No shell splits the words of an array, and most programs know no such flag.")
	if p.File.Text(w.Span) == jsonString(w.Text) {
		f.Fix = &analysis.Fix{Title: "Write two words", Applicability: analysis.Unsafe,
			Edits: []analysis.Edit{{Span: w.Span,
				New: jsonString(flag) + ", " + jsonString(strings.TrimSpace(value))}}}
		f.Fix.Assume("%s wants the flag and its value as two words", x.program)
	}
	p.Report(f)
}

// reportSentence reports a command that is written as one word, which is taken for the name of a program.
func (x arrayCommand) reportSentence(p *analysis.Pass) {
	w := x.in.Words[0]
	f := x.finding(w)
	f.Message = analysis.Say("%s is one word, so a program of that name is looked for", w.Text)
	f.Why = analysis.Say("The container cannot start it: each word of the command is a string of its own.")
	if x.in.Name == "RUN" {
		f.Why = analysis.Say("The build fails here: each word of the command is a string of its own.")
	}
	if plainSentence.MatchString(w.Text) && p.File.Text(w.Span) == jsonString(w.Text) {
		var words []string
		for _, part := range strings.Fields(w.Text) {
			words = append(words, jsonString(part))
		}
		f.Fix = &analysis.Fix{Title: "Write each word as a string", Applicability: analysis.Unsafe,
			Edits: []analysis.Edit{{Span: w.Span, New: strings.Join(words, ", ")}}}
		f.Fix.Assume("the blanks separate words")
	}
	p.Report(f)
}

var plainSentence = regexp.MustCompile(`^[\w@%+=:,./ -]+$`)

// finding is what the rule says of one word. A CMD may be replaced, and gets to a script that the base image starts.
func (x arrayCommand) finding(w dockerfile.Word) analysis.Finding {
	f := analysis.Finding{In: x.in, Span: w.Span, Subject: w.Text, Because: x.in.Stage.SetBy(x.in)}
	if x.in.Name != "RUN" && x.in.File().Final().Last(x.in.Name) != x.in ||
		x.in.Name == "RUN" && !x.in.Stage.Needed() {
		f.AtMost = analysis.Warning
	}
	if start := x.in.Stage.Last("ENTRYPOINT"); x.in.Name == "CMD" && start != nil {
		f.Because = append(f.Because, x.in.Stage.SetBy(start)...)
	}
	return f
}

// shellFix writes the command for a shell that puts the variable in; nil where a word cannot be written so.
func (x arrayCommand) shellFix(variable string) *analysis.Fix {
	in := x.in
	ref, known := baseOf(in.Stage)
	args := in.Args.Span(0, len(in.Args.String()))
	if in.Name == "ENTRYPOINT" || in.Name == "RUN" || in.Stage.Last("ENTRYPOINT") != nil || known && shellless(ref) ||
		in.File().Text(args) != in.Args.String() {
		return nil
	}
	var words []string
	for _, w := range in.Words {
		word := shellString(w.Text)
		if word == "" {
			return nil
		}
		words = append(words, word)
	}
	text := `["sh", "-c", ` + jsonString("exec "+strings.Join(words, " ")) + "]"
	fix := &analysis.Fix{Title: "Let a shell start the program", Applicability: analysis.Unsafe,
		Edits: []analysis.Edit{{Span: args, New: text}}}
	fix.Assume("a shell is meant to read %s when the container starts", variable)
	return fix
}

// reportUnfound reports a program without a path that is in the working directory, where no one looks for it.
func reportUnfound(p *analysis.Pass, l launch) {
	name := l.word.Text
	if l.in.Name == "RUN" || !l.in.JSON || l.script || strings.Contains(name, "/") || path.Ext(name) == "" ||
		l.in.SetBy("PATH") != nil || strings.HasSuffix(l.dir, "bin") || !path.IsAbs(l.dir) {
		return
	}
	ref, known := baseOf(l.in.Stage)
	if !known || unseenBase(l.in.Stage) ||
		l.in.Name == "CMD" && l.in.Stage.Last("ENTRYPOINT") == nil && !ref.WithoutEntrypoint() {
		return
	}
	if found, _ := l.find(p.Context); found.file != "" {
		return
	}
	file, brought := p.Context.Brought(l.end, path.Join(l.dir, name))
	elsewhere := func(in *dockerfile.Instruction) bool { return mayBePut(p, in, name) }
	if !brought || slices.ContainsFunc(l.around(), elsewhere) {
		return
	}
	s := started{launch: l, by: p.Context.BroughtBy(l.end, path.Join(l.dir, name)), file: file}
	f := s.finding(p, analysis.Say("%s is looked for in PATH, not in %s where it is", name, l.dir),
		analysis.Say("The container cannot start. With %s, it is found there.", "./"+name))
	if p.File.Text(l.word.Span) == jsonString(name) {
		f.Fix = &analysis.Fix{Title: "Name the folder", Applicability: analysis.Unsafe,
			Edits: []analysis.Edit{{Span: l.word.Span, New: jsonString("./" + name)}}}
		f.Fix.Assume("no one starts the container in another working directory")
	}
	p.Report(f)
}

// mayBePut reports whether the instruction may put a file of that name into a folder of PATH, or the folder into PATH.
func mayBePut(p *analysis.Pass, in *dockerfile.Instruction, name string) bool {
	switch text := p.File.Text(in.Span); in.Name {
	case "RUN":
		p.File.Charge(len(text))
		return strings.Contains(text, name) && containsAny(text, "cp ", "mv ", "ln ", "install ")
	case "COPY", "ADD":
		_, known := p.Context.Brought(in, "/")
		to := lastWord(in).Text
		return in.Flag("from") != nil && (known || strings.Contains(to, "bin") || to == "/")
	}
	return false
}
