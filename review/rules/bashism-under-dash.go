package rules

import (
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/baseimage"
	"github.com/dfbot/dfbot/review/dockerfile"
	"mvdan.cc/sh/v3/syntax"
)

var bashismUnderDash = &analysis.Rule{
	Name:     "bashism-under-dash",
	Doc:      "bash's own syntax or command in a shell that does not know it: the sh of Debian and Ubuntu",
	Topic:    analysis.Shell,
	Since:    "0.1",
	Severity: analysis.Error,
	Severities: "error where the build or the container surely fails, warning for what does something else or fails " +
		"under a condition, after a script that may change the shell, in a stage that the final image does not need, " +
		"and for the default of an ARG",
	Aliases: []string{"SC3001", "SC3005", "SC3006", "SC3008", "SC3009", "SC3010", "SC3011", "SC3014", "SC3020",
		"SC3021", "SC3024", "SC3029", "SC3030", "SC3032", "SC3037", "SC3039", "SC3044", "SC3046", "SC3051", "SC3053",
		"SC3054", "SC3057", "SC3059", "SC3060", "SC2112", "SC2113"},
	Run: func(p *analysis.Pass) {
		last := -1 // the stage whose SHELL the fix of an earlier finding sets
		dashScripts(p, baseimage.Ref.Dash, func(in *dockerfile.Instruction) {
			all := bashisms(in.Script)
			if len(all) == 0 {
				return
			}
			fix := posixFix(in, all)
			if fix == nil && last != in.Stage.Index {
				fix = setBash(in)
				last = in.Stage.Index
			}
			reportBashisms(p, in, all, fix)
		})
	},
}

// reportBashisms reports the worst of what is bash's in the instruction.
func reportBashisms(p *analysis.Pass, in *dockerfile.Instruction, all []bashism, fix *analysis.Fix) {
	worst := slices.MinFunc(all, func(a, b bashism) int { return int(a.how) - int(b.how) })
	f := underDash(in, in.Script.Span(worst.node))
	names, format := []any{}, ""
	for _, b := range all {
		if b.how == worst.how && !slices.Contains(names, any(b.name)) && len(names) < maxBashisms {
			format += ", %s"
			names = append(names, b.name)
		}
	}
	f.Message = analysis.Say("%s is dash in %s, which has no "+strings.TrimPrefix(format, ", "),
		append([]any{"sh", in.Stage.Root().Image.Text}, names...)...)
	f.Why, f.Fix = worst.why(in), fix
	if worst.how > missingThere {
		f.AtMost = analysis.Warning
	}
	p.Report(f)
}

// maxBashisms is how many a message names.
const maxBashisms = 3

// why says what dash does.
func (b bashism) why(in *dockerfile.Instruction) analysis.Message {
	effect := "The build fails here"
	if in.Name != "RUN" {
		effect = "The container stops as soon as it starts"
	}
	switch b.how {
	case syntaxError:
		return analysis.Say(effect + " with `Syntax error`.")
	case badSubstitution:
		return analysis.Say(effect + " with `Bad substitution`.")
	case missingThere:
		return analysis.Say(effect + " with `not found`.")
	case missingAndOn:
		return analysis.Say("It fails with `not found`, and the code goes on.")
	case neverTrue:
		return analysis.Say("It fails with `not found`, so the condition never holds.")
	}
	return analysis.Say(b.does)
}

// posixFix writes all of it so that every shell knows it; nil where one cannot be written so.
func posixFix(in *dockerfile.Instruction, all []bashism) *analysis.Fix {
	fix := &analysis.Fix{Title: "Write it for every shell", Applicability: analysis.Safe}
	for _, b := range all {
		edits := b.posix(in.Script, fix)
		if edits == nil {
			return nil
		}
		fix.Edits = append(fix.Edits, edits...)
		if !b.fails() {
			fix.Applicability = analysis.Unsafe
			fix.Caveat = analysis.Say("What depends on it runs then, which it does not do today: check that it works.")
		}
	}
	return fix
}

// posix writes it so that every shell knows it, and tells the fix what that takes for granted.
func (b bashism) posix(s *dockerfile.Script, fix *analysis.Fix) []analysis.Edit {
	switch n := b.node.(type) {
	case *syntax.CallExpr:
		fix.Assume("the file holds nothing that only bash knows")
		return dotFor(s, n)
	case *syntax.TestClause:
		return bracketFor(s, n)
	case *syntax.Word: // a ==
		if n.Lit() == "==" {
			return []analysis.Edit{{Span: s.Span(n), New: "="}}
		}
	}
	return nil
}

// fails reports whether the code comes to an end there, so that no image is made with it.
func (b bashism) fails() bool {
	return b.how == syntaxError || b.how == badSubstitution || b.how == missingThere
}

// dotFor writes `. file` for `source file`.
func dotFor(s *dockerfile.Script, call *syntax.CallExpr) []analysis.Edit {
	if len(call.Args) != 2 || call.Args[0].Lit() != "source" || !strings.Contains(call.Args[1].Lit(), "/") {
		return nil
	}
	return []analysis.Edit{{Span: s.Span(call.Args[0]), New: "."}}
}

// bracketFor writes [ for [[ where both mean the same: one test, of words that no shell splits or takes for a pattern.
func bracketFor(s *dockerfile.Script, t *syntax.TestClause) []analysis.Edit {
	text := s.Text.String()
	left, right := int(t.Left.Offset()), int(t.Right.Offset())
	if right+2 > len(text) || text[left:left+2] != "[[" || text[right:right+2] != "]]" {
		return nil
	}
	edits := []analysis.Edit{{Span: s.Text.Span(left, left+2), New: "["}, {Span: s.Text.Span(right, right+2), New: "]"}}
	switch x := t.X.(type) {
	case *syntax.UnaryTest:
		if w, ok := x.X.(*syntax.Word); ok && wholeWord(w) && slices.Contains(posixTests, x.Op.String()) {
			return edits
		}
	case *syntax.BinaryTest:
		a, aWord := x.X.(*syntax.Word)
		b, bWord := x.Y.(*syntax.Word)
		op := x.Op.String()
		if !aWord || !bWord || !wholeWord(a) || !wholeWord(b) {
			return nil
		}
		if at := int(x.OpPos.Offset()); op == "==" && text[at:at+2] == "==" {
			return append(edits, analysis.Edit{Span: s.Text.Span(at, at+2), New: "="})
		}
		if slices.Contains([]string{"=", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"}, op) {
			return edits
		}
	}
	return nil
}

var posixTests = []string{"-e", "-f", "-d", "-z", "-n", "-r", "-w", "-x", "-s", "-L", "-h", "-p", "-S"}

// wholeWord reports whether the word is one in [ too, and no pattern.
func wholeWord(w *syntax.Word) bool {
	if text, ok := dockerfile.Literal(w); ok {
		return text != "" && !strings.ContainsAny(text, "*?[(!<>")
	}
	quoted, ok := w.Parts[0].(*syntax.DblQuoted)
	return ok && len(w.Parts) == 1 && !quoted.Dollar
}
