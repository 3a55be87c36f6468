package rules

import (
	"math"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// unanswered is a rule's part on calls that ask before they go on, in a build, where no one answers.
type unanswered struct {
	pm       *ecosystem.System
	speaks   func(program string) bool
	places   []string // where the configuration is
	settings []string // what a configuration says that answers all questions, in lower case
	message  string   // of the call
	why      string
	flag     string
	global   bool // the flag goes before the subcommand
}

func (u unanswered) run(p *analysis.Pass) {
	var first []int // see firstAnswers; looked up only where something asks
	for _, in := range p.File.Instructions() {
		if in.Stage == nil {
			continue
		}
		calls := u.calls(in)
		if len(calls) == 0 {
			continue
		}
		if first == nil {
			first = u.firstAnswers(p)
		}
		if first[in.Stage.Index] <= in.Index {
			continue
		}
		for _, call := range calls {
			p.Report(analysis.Finding{
				In: in, Span: call.cmd.Span, Message: analysis.Say(u.message, call.name(), u.flag),
				Why: analysis.Say(u.why),
				Fix: u.fix(call),
			})
		}
	}
}

// calls returns the calls of a RUN that ask and get no answer.
func (u unanswered) calls(in *dockerfile.Instruction) []*packageCall {
	var all []*packageCall
	var fed []*syntax.Stmt // parts of the script that read from a pipe
	for _, call := range packageCalls(in, u.pm) {
		if !u.asks(call) {
			continue
		}
		if fed == nil {
			fed = []*syntax.Stmt{}
			for _, p := range shell.Pipelines(in.Inner().Script) {
				fed = append(fed, p.Parts[1:]...)
			}
		}
		if !insideOf(fed, call.cmd) {
			all = append(all, call)
		}
	}
	return all
}

func (u unanswered) asks(call *packageCall) bool {
	pm := u.pm
	return u.speaks(call.cmd.Name) && !slices.Contains(pm.Quiet, call.cmd.Name) &&
		!call.Open() && !call.Has(pm.Yes...) && !quietTwice(call) &&
		(call.does(pm.Installs) || call.does(pm.Removes)) &&
		// else there may be nothing to ask about
		(len(call.Operands) > 0 || strings.Contains(call.Sub.Text, "up") || call.Sub.Text == "patch") &&
		!strings.Contains(strings.ToLower(call.text()), "assume")
}

// quietTwice reports whether a flag makes apt so quiet that it asks nothing: -qq (apt-get(8)).
func quietTwice(call *packageCall) bool {
	n := 0
	for _, f := range call.Flags {
		switch {
		case f.Name != "-q" && f.Name != "--quiet":
		case f.Value.Text == "2":
			n += 2
		default:
			n++
		}
	}
	return n > 1 && slices.Contains(ecosystem.Apt.Programs, call.cmd.Name)
}

// text is the command as written.
func (c *packageCall) text() string { return c.in.File().Text(c.cmd.Span) }

// insideOf reports whether the command is in one of the statements.
func insideOf(stmts []*syntax.Stmt, c *dockerfile.Command) bool {
	for _, st := range stmts {
		if st.Pos().Offset() <= c.Call.Pos().Offset() && c.Call.End().Offset() <= st.End().Offset() {
			return true
		}
	}
	return false
}

// firstAnswers gives for each stage the index of the first instruction, of its own or of those that it
// is built from, that writes an answer to all questions into the configuration; a number beyond all
// where none does.
func (u unanswered) firstAnswers(p *analysis.Pass) []int {
	f, elsewhere := p.File, configuration{u.places, u.says}
	first := make([]int, f.StageCount())
	for i, s := range f.Stages() {
		first[i] = math.MaxInt
		if s.Parent != nil {
			first[i] = first[s.Parent.Index]
		}
		for _, in := range s.Instructions() {
			if first[i] == math.MaxInt && (u.answers(in) || elsewhere.elsewhere(p, in)) {
				first[i] = in.Index
			}
		}
	}
	return first
}

// answers reports whether the instruction holds one of the settings.
func (u unanswered) answers(in *dockerfile.Instruction) bool {
	switch in.Name {
	case "RUN", "COPY", "ADD", "ENV":
	default:
		return false
	}
	return u.says(in.File().Text(in.Span))
}

// says reports whether the text holds one of the settings.
func (u unanswered) says(text string) bool { return containsAny(strings.ToLower(text), u.settings...) }

func (u unanswered) fix(call *packageCall) *analysis.Fix {
	at := call.Sub.Span.End
	if u.global {
		at = call.cmd.Words[0].Span.End
	}
	return &analysis.Fix{
		Title: "Add " + u.flag, Applicability: analysis.Safe,
		Edits: []analysis.Edit{analysis.Insert(at, " "+u.flag)},
	}
}

// What to say of a manager that asks before whatever it does.
const (
	asksFirst    = "%s without %s asks for confirmation, and a build cannot answer"
	asksAndStops = "The build stops at the prompt."
)

// rpmSaysYes are the settings of dnf.conf(5) and yum.conf(5) that answer all questions.
var rpmSaysYes = []string{"assumeyes=1", "assumeyes=true", "assumeyes=yes", "assumeyes = 1", "assumeyes = true"}
