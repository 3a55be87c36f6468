package shellcheck

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// isOddFind reports whether a find has alternatives without brackets, lacks the end of what it runs, or has its
// redirection before that.
func isOddFind(code string, n syntax.Node) bool {
	st, ok := n.(*syntax.Stmt)
	if !ok {
		return false
	}
	call, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || !strings.HasSuffix(source(code, call.Args[0]), "find") {
		return false
	}
	var runs, ends, either, brackets int
	for _, w := range call.Args[1:] {
		switch text := source(code, w); strings.Trim(text, `\'"`) {
		case "-exec", "-execdir", "-ok", "-okdir":
			runs++
		case ";", "+":
			ends++
		case "-o", "-or":
			either++
		case "(":
			brackets++
		}
	}
	last := call.Args[len(call.Args)-1]
	early := slices.ContainsFunc(st.Redirs,
		func(r *syntax.Redirect) bool { return r.Pos().Offset() < last.Pos().Offset() })
	return runs > ends || either > 0 && brackets == 0 || runs > 0 && early
}

// oneDiffers looks for two inequalities of which one must hold.
func oneDiffers(run *dockerfile.Instruction) bool {
	code := run.Script.Text.String()
	return strings.Contains(code, "||") && strings.Count(code, "!=")+strings.Count(code, "-ne") > 1
}

// isOddTest reports whether a condition is not of a plain kind: a flag with a word in double quotes or
// without patterns, one variable or the output of one command compared with a word.
func isOddTest(code string, n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.TestClause:
		return !plainCondition(code, n.X)
	case *syntax.CallExpr:
		if len(n.Args) == 0 {
			return false
		}
		words := n.Args[1:]
		switch n.Args[0].Lit() {
		case "test":
			return !plainTest(code, words)
		case "[":
			last := len(words) - 1
			return last < 0 || words[last].Lit() != "]" || !plainTest(code, words[:last])
		}
	}
	return false
}

// plainTest is for the words of test, or those in single brackets.
func plainTest(code string, words []*syntax.Word) bool {
	if len(words) > 0 && words[0].Lit() == "!" {
		words = words[1:]
	}
	switch len(words) {
	case 2:
		return plainFlag(code, words[0].Lit(), words[1], false)
	case 3:
		return plainComparison(code, words[0], words[1].Lit(), words[2], false)
	}
	return false
}

// plainCondition is for what is in double brackets, where nothing is split and patterns are meant.
func plainCondition(code string, x syntax.TestExpr) bool {
	switch x := x.(type) {
	case *syntax.UnaryTest:
		if w, ok := x.X.(*syntax.Word); ok {
			return plainFlag(code, x.Op.String(), w, true)
		}
		return x.Op == syntax.TsNot && plainCondition(code, x.X)
	case *syntax.BinaryTest:
		if x.Op == syntax.AndTest || x.Op == syntax.OrTest {
			return plainCondition(code, x.X) && plainCondition(code, x.Y)
		}
		left, _ := x.X.(*syntax.Word)
		right, _ := x.Y.(*syntax.Word)
		return left != nil && right != nil && plainComparison(code, left, x.Op.String(), right, true)
	case *syntax.ParenTest:
		return plainCondition(code, x.X)
	}
	return false
}

func plainFlag(code, flag string, word *syntax.Word, double bool) bool {
	switch {
	case flag == "-n" || flag == "-z":
		quoted, one := oneExpansion(word)
		return one && (quoted || double || flag == "-z")
	case len(flag) == 2 && strings.Contains("bcdefghkprstuwxLOGSN", flag[1:]):
		return !strings.ContainsAny(source(code, word), "*?[")
	}
	return false
}

func plainComparison(code string, left *syntax.Word, op string, right *syntax.Word, double bool) bool {
	_, one := oneExpansion(left)
	text := source(code, right)
	switch {
	case !one:
		return false
	case op == "=~":
		return double
	case comparison[op] && op[0] == '-':
		return wholeNumber.MatchString(text)
	}
	return comparison[op] && (double || !strings.ContainsAny(text, "*?["))
}

// oneExpansion reports whether the word is a variable or the output of a command and nothing else, and whether
// it is in double quotes.
func oneExpansion(w *syntax.Word) (quoted, ok bool) {
	if len(w.Parts) != 1 {
		return false, false
	}
	part := w.Parts[0]
	if dbl, isDbl := part.(*syntax.DblQuoted); isDbl {
		if len(dbl.Parts) != 1 {
			return true, false
		}
		quoted, part = true, dbl.Parts[0]
	}
	switch part := part.(type) {
	case *syntax.ParamExp:
		return quoted, !part.Length
	case *syntax.CmdSubst:
		return quoted, true
	}
	return quoted, false
}

var (
	wholeNumber = regexp.MustCompile(`^("?\$\{?\w+\}?"?|"?[0-9]+"?)$`)
	comparison  = map[string]bool{"=": true, "==": true, "!=": true, "-eq": true, "-ne": true, "-lt": true, "-le": true,
		"-gt": true, "-ge": true}
)

// isOddCase reports whether the word that a case looks at is more than one variable, or nothing that varies.
func isOddCase(_ string, n syntax.Node) bool {
	c, ok := n.(*syntax.CaseClause)
	if !ok || c.Word == nil {
		return false
	}
	_, one := oneExpansion(c.Word)
	return !one
}
