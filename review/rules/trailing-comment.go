package rules

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/edit"
)

var trailingComment = &analysis.Rule{
	Name:       "trailing-comment",
	Doc:        "Comment after an instruction on the same line, whose words become arguments",
	Topic:      analysis.Syntax,
	Since:      "0.1",
	Severity:   analysis.Error,
	Severities: "error, notice after ARG",
	Run: func(p *analysis.Pass) {
		for _, in := range p.File.Instructions() {
			if !strings.Contains(in.Args.String(), "#") {
				continue
			}
			if at := commentIn(in.Inner()); at > 0 {
				reportTrailing(p, in, at)
			}
		}
	},
}

// commentIn returns the offset in the instruction's arguments of a comment that the builder takes as more
// arguments, 0 where there is none.
func commentIn(in *dockerfile.Instruction) int {
	text := in.Args.String()
	switch in.Name {
	case "COPY", "ADD", "EXPOSE", "VOLUME", "ARG", "USER", "WORKDIR", "STOPSIGNAL":
		if in.JSON {
			return 0
		}
		return commentAt(text, false)
	case "ENV", "LABEL":
		if len(in.Pairs) == 1 && !strings.Contains(strings.Fields(text)[0], "=") { // the old form: all is value
			return commentAt(text, true)
		}
	case "CMD", "ENTRYPOINT", "RUN", "HEALTHCHECK":
		if in.JSON || len(in.Heredocs) > 0 || !strings.HasPrefix(text, "[") {
			return 0
		}
		if i := strings.LastIndex(text, "]"); i > 0 {
			if at := commentAt(text[i:], false); at > 0 && jsonArray(text[:i+1]) {
				return i + at
			}
		}
	}
	return 0
}

// commentAt returns the offset of the first # after a space and outside quotes; 0 for none. With alone
// a space must follow it too, because it may start a color or a number.
func commentAt(text string, alone bool) int {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case opensQuote(text, i):
			quote = c
		case c == '#' && afterBlank(text, i) && (!alone || strings.HasPrefix(text[i+1:], " ")):
			return i
		}
	}
	return 0
}

// opensQuote reports whether a quote begins here; a ' in a word is an apostrophe.
func opensQuote(text string, i int) bool {
	return text[i] == '"' || text[i] == '\'' && (i == 0 || text[i-1] == ' ' || text[i-1] == '=')
}

// afterBlank reports whether words and a blank come before the byte.
func afterBlank(text string, i int) bool {
	return i > 1 && (text[i-1] == ' ' || text[i-1] == '\t') && strings.TrimSpace(text[:i]) != ""
}

// jsonArray reports whether the text is a JSON array of strings.
func jsonArray(text string) bool {
	var words []string
	return json.Unmarshal([]byte(text), &words) == nil
}

func reportTrailing(p *analysis.Pass, in *dockerfile.Instruction, at int) {
	held := in.Inner()
	text := held.Args.String()
	comment := strings.TrimSpace(text[at:])
	span := held.Args.Span(at, len(text))
	f := analysis.Finding{
		In: in, Span: span,
		Message: analysis.Say("%s is not a comment here: a comment needs its own line",
			strings.Join(strings.Fields(comment), " ")),
	}
	safe := analysis.Safe
	switch held.Name {
	case "COPY", "ADD":
		f.Why = analysis.Say("The builder takes the words as more sources, and the last one as the destination.")
	case "EXPOSE":
		f.Why = analysis.Say("The builder takes the words as ports and stops at the first.")
	case "ARG":
		f.AtMost = analysis.Notice
		f.Why = analysis.Say("The builder declares a build argument for each word.")
	case "CMD", "ENTRYPOINT", "RUN", "HEALTHCHECK":
		f.Why = analysis.Say("With it the line is not a JSON array, so a shell runs the brackets and commas and " +
			"finds no such program.")
	case "VOLUME":
		safe = analysis.Unsafe
		f.Why = analysis.Say("The builder makes a volume of each word.")
	default:
		safe = analysis.Unsafe
		f.Why = analysis.Say("The builder takes it as part of the value.")
	}
	if len(strings.Fields(text[:at])) > 1 || !slices.Contains([]string{"COPY", "ADD", "ENV", "LABEL"}, held.Name) {
		// else a destination or a value is missing
		f.Fix = commentAbove(in, comment, span, safe)
	}
	p.Report(f)
}

// obeyed is a comment that the builder or a linter acts on.
var obeyed = regexp.MustCompile(`(?i)^#\s*([a-z][a-z0-9]*\s*=|hadolint|dfbot|tally|checkov)`)

// commentAbove moves the comment to its own line; nil where that may not be enough.
func commentAbove(in *dockerfile.Instruction, comment string, span dockerfile.Span,
	how analysis.Applicability) *analysis.Fix {
	f := in.File()
	first, last := f.Lines(in.Span)
	if len(in.Heredocs) > 0 || obeyed.MatchString(comment) || span.End != in.Span.End || hasIgnore(in) {
		return nil
	}
	before := strings.TrimRight(f.Text(dockerfile.Span{Start: in.Span.Start, End: span.Start}), " \t")
	after := strings.TrimRight(f.Text(dockerfile.Span{Start: span.End, End: f.LineSpan(first, last).End}), "\r\n")
	cut := dockerfile.Span{Start: in.Span.Start + len(before), End: span.End + len(after)}
	if f.Line(span.Start) != last || f.Line(cut.Start) != last {
		return nil
	}
	above := in.Span.Start - len(edit.Indent(in))
	fix := &analysis.Fix{
		Title:         "Move the comment above the instruction",
		Applicability: how,
		Edits:         []analysis.Edit{analysis.Insert(above, edit.Indent(in)+comment+f.EOL()), {Span: cut}},
	}
	if how == analysis.Unsafe {
		fix.Caveat = analysis.Say("Check that nothing depends on these words, which are now part of what %s sets.",
			in.Name)
	}
	return fix
}

// hasIgnore reports whether a comment above the instruction silences rules for it: it applies to the line below it.
func hasIgnore(in *dockerfile.Instruction) bool {
	for _, ig := range in.File().Ignores {
		if ig.Instruction == in && ig.Scope == dockerfile.ScopeInstruction {
			return true
		}
	}
	return false
}
