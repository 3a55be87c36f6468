package shellcheck

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// holds looks for one of the texts in the code.
func holds(texts ...string) func(*dockerfile.Instruction) bool {
	return func(run *dockerfile.Instruction) bool {
		code := run.Script.Text.String()
		return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(code, t) })
	}
}

// runs looks for a command of that name.
func runs(name string) func(*dockerfile.Instruction) bool {
	return func(run *dockerfile.Instruction) bool {
		return slices.ContainsFunc(run.Script.Commands(), func(c *dockerfile.Command) bool { return c.Name == name })
	}
}

// moves looks for a command of that name that has no two words besides its flags.
func moves(name string) func(*dockerfile.Instruction) bool {
	return func(run *dockerfile.Instruction) bool {
		return slices.ContainsFunc(run.Script.Commands(), func(c *dockerfile.Command) bool {
			words := 0
			for _, w := range c.Args() {
				if !strings.HasPrefix(w.Text, "-") {
					words++
				}
			}
			return c.Name == name && words < 2
		})
	}
}

// anyNode looks for a node of the code.
func anyNode(run *dockerfile.Instruction, is func(code string, n syntax.Node) bool) bool {
	code, found := run.Script.Text.String(), false
	run.Script.Walk(func(n syntax.Node) bool {
		found = found || n != nil && is(code, n)
		return !found
	})
	return found
}

// source is the node as it is written.
func source(code string, n syntax.Node) string {
	end := min(int(n.End().Offset()), len(code))
	return code[min(int(n.Pos().Offset()), end):end]
}

// isOddCall reports whether the command's name is an unusual one: a flag, or what looks like an assignment.
func isOddCall(code string, n syntax.Node) bool {
	call, ok := n.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	name := source(code, call.Args[0])
	return strings.HasPrefix(name, "-") || strings.Contains(name, "=")
}

// isSpacedEquals reports whether a word after a command's name begins as if it were to assign or compare.
func isSpacedEquals(code string, n syntax.Node) bool {
	var words []syntax.Node
	switch n := n.(type) {
	case *syntax.CallExpr:
		if len(n.Args) == 0 || slices.Contains(comparers, n.Args[0].Lit()) {
			return false
		}
		for _, w := range n.Args[1:] {
			words = append(words, w)
		}
	case *syntax.DeclClause:
		for _, a := range n.Args {
			words = append(words, a)
		}
	}
	return slices.ContainsFunc(words, func(w syntax.Node) bool {
		return strings.HasPrefix(strings.TrimPrefix(source(code, w), "+"), "=")
	})
}

// comparers are commands for which such a word is an operator.
var comparers = []string{"[", "test", "expr"}

// aloneEquals leaves out what is an argument that begins with the sign, as in chmod =2775.
func aloneEquals(_ *dockerfile.Instruction, words string) bool { return words == "=" }

// plainName is a word as it names a command, or is a number.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// isOddRedirect reports whether redirections are where they may be in each other's way, or in that of
// a pipe, or go to what looks like a command or a number.
func isOddRedirect(code string, n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Stmt:
		return n.Cmd == nil && len(n.Redirs) > 0 || moreThanOne(n.Redirs, isOutput) || moreThanOne(n.Redirs, isInput)
	case *syntax.Redirect:
		return n.Word != nil && n.Hdoc == nil && plainName.MatchString(source(code, n.Word)) && n.Op != syntax.DplOut &&
			n.Op != syntax.DplIn
	case *syntax.BinaryCmd:
		return (n.Op == syntax.Pipe || n.Op == syntax.PipeAll) &&
			(slices.ContainsFunc(lastOf(n.X).Redirs, isOutput) || slices.ContainsFunc(n.Y.Redirs, isInput))
	}
	return false
}

// lastOf is the part of a pipe that writes to what comes after it.
func lastOf(st *syntax.Stmt) *syntax.Stmt {
	if b, ok := st.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) &&
		len(st.Redirs) == 0 {
		return lastOf(b.Y)
	}
	return st
}

func moreThanOne(all []*syntax.Redirect, is func(*syntax.Redirect) bool) bool {
	n := 0
	for _, r := range all {
		if is(r) {
			n++
		}
	}
	return n > 1
}

// isOutput reports whether the command's output goes to a file; errors that go to one of their own are another
// matter.
func isOutput(r *syntax.Redirect) bool {
	switch r.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob:
		return r.N == nil || r.N.Value != "2"
	case syntax.RdrAll, syntax.AppAll:
		return true
	}
	return false
}

// deaf are commands that read no input.
var deaf = strings.Fields(`
	alias basename bg cal cd chgrp chmod chown cp du echo export fg find fuser getconf getopt getopts ipcrm ipcs
	jobs kill ln ls locale mkdir mv printf ps pwd readlink realpath renice rm rmdir set sleep stat touch trap
	ulimit unalias uname
`)

// isDeafPipe reports whether a command that reads no input gets some.
func isDeafPipe(code string, n syntax.Node) bool {
	name := func(st *syntax.Stmt) string {
		if call, ok := st.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			return source(code, call.Args[0])
		}
		return ""
	}
	switch n := n.(type) {
	case *syntax.Stmt:
		return slices.ContainsFunc(n.Redirs, isInput) && slices.Contains(deaf, name(n))
	case *syntax.BinaryCmd:
		return n.Op == syntax.Pipe && slices.Contains(deaf, name(n.Y))
	}
	return false
}

func isInput(r *syntax.Redirect) bool {
	switch r.Op {
	case syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		return true
	}
	return false
}

// isPrefixUsed reports whether a command's own words use a variable that is assigned before its name.
func isPrefixUsed(code string, n syntax.Node) bool {
	call, ok := n.(*syntax.CallExpr)
	if !ok || len(call.Assigns) == 0 || len(call.Args) == 0 {
		return false
	}
	used := false
	for _, w := range call.Args {
		syntax.Walk(w, func(n syntax.Node) bool {
			p, ok := n.(*syntax.ParamExp)
			used = used || ok && p.Param != nil && slices.ContainsFunc(call.Assigns, func(a *syntax.Assign) bool {
				return a.Name != nil && a.Name.Value == p.Param.Value
			})
			return !used
		})
	}
	return used
}

// declaresSeveral reports whether an export, or one of its likes, has several words.
func declaresSeveral(_ string, n syntax.Node) bool {
	d, ok := n.(*syntax.DeclClause)
	return ok && len(d.Args) > 1
}

// declaresDeclarer reports whether an export goes on with another one.
func declaresDeclarer(_ string, n syntax.Node) bool {
	d, ok := n.(*syntax.DeclClause)
	return ok && slices.ContainsFunc(d.Args, func(a *syntax.Assign) bool {
		return a.Name != nil && slices.Contains(declarers, a.Name.Value)
	})
}

var declarers = []string{"declare", "typeset", "export", "readonly", "local"}

// isLocal reports whether the node is a local.
func isLocal(_ string, n syntax.Node) bool {
	d, ok := n.(*syntax.DeclClause)
	return ok && d.Variant.Value == "local"
}

// isBackground reports whether a command is sent into the background.
func isBackground(_ string, n syntax.Node) bool {
	st, ok := n.(*syntax.Stmt)
	return ok && st.Background
}

// setsName looks for a set whose first word looks like an assignment.
func setsName(run *dockerfile.Instruction) bool {
	return slices.ContainsFunc(run.Script.Commands(), func(c *dockerfile.Command) bool {
		return c.Name == "set" && len(c.Words) > 1 && !strings.HasPrefix(c.Words[1].Text, "-") &&
			!strings.HasPrefix(c.Words[1].Text, "+")
	})
}

// sudoesBuiltin looks for a part of the shell that sudo is to run.
func sudoesBuiltin(run *dockerfile.Instruction) bool {
	return slices.ContainsFunc(run.Script.Commands(), func(c *dockerfile.Command) bool {
		return slices.Contains(c.Wrapper, "sudo") && slices.Contains(builtins, c.Name)
	})
}

var builtins = strings.Fields(". : [ alias bg break cd command continue eval exec exit export fg getopts hash jobs " +
	"local pushd popd read readonly return set shift source times trap type typeset ulimit umask unalias unset wait " +
	"declare")

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

// ampersand is one that ends a command right before the next word.
var ampersand = regexp.MustCompile(`[^&<>|]&[^&>\s;)]`)

func closeAmpersand(run *dockerfile.Instruction) bool {
	return strings.Contains(run.Script.Text.String(), "&") && ampersand.MatchString(run.Script.Text.String())
}

// unset reports whether the code uses a variable of its own, which have small letters, that no one sets. It
// does not where it cannot tell: code that is read from elsewhere may set it, an image that no one has looked
// into, an ARG of another scope.
func unset(run *dockerfile.Instruction) bool { return len(unsetIn(run)) > 0 }

func surelyUnset(run *dockerfile.Instruction, words string) bool {
	return slices.Contains(unsetIn(run), strings.Trim(words, "${}"))
}

func unsetIn(run *dockerfile.Instruction) []string {
	code := run.Script.Text.String()
	if !strings.Contains(code, "$") {
		return nil
	}
	ref, ok := base(run.Stage)
	if !ok || !ref.VariablesListed() || setsUnseen(run.Script) {
		return nil
	}
	set, used := map[string]bool{}, []string{}
	run.Script.Walk(func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				set[n.Name.Value] = true
			}
		case *syntax.WordIter:
			set[n.Name.Value] = true
		case *syntax.Word:
			set[n.Lit()] = true // of read, getopts, printf -v and the like
		case *syntax.ParamExp:
			if n.Param != nil && n.Exp == nil && strings.ToLower(n.Param.Value) == n.Param.Value &&
				nameLike.MatchString(n.Param.Value) {
				used = append(used, n.Param.Value)
			}
		}
		return true
	})
	return slices.DeleteFunc(used, func(name string) bool {
		return set[name] || dockerfile.Predefined(name) ||
			declaredAnywhere(run, name)
	})
}

var nameLike = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// setsUnseen reports whether the script may set variables that it does not name.
func setsUnseen(s *dockerfile.Script) bool {
	unseen := false
	s.Walk(func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DeclClause:
			unseen = unseen || slices.ContainsFunc(n.Args, func(a *syntax.Assign) bool { return a.Name == nil })
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				switch name := n.Args[0].Lit(); name {
				case ".", "source", "eval", "":
					unseen = true
				}
			}
		}
		return !unseen
	})
	return unseen
}

// declaredAnywhere reports whether some ARG or ENV of the file has the name: arg-scope says what there is to say
// of one that does not reach here.
func declaredAnywhere(run *dockerfile.Instruction, name string) bool {
	return slices.ContainsFunc(run.File().Instructions(), func(in *dockerfile.Instruction) bool {
		in = in.Inner()
		return (in.Name == "ARG" || in.Name == "ENV") &&
			slices.ContainsFunc(in.Pairs, func(p dockerfile.Pair) bool { return p.Key == name })
	})
}

// surelyDash reports whether the RUN is run by dash: the SHELL says so, or it is the sh of Debian or Ubuntu
// and no one has put another in its place.
func surelyDash(run *dockerfile.Instruction) bool {
	switch s := run.Script; {
	case strings.HasPrefix(s.Text.String(), "#!"):
		return false
	case s.Shell == "dash":
		return true
	case s.Shell != "sh":
		return false
	}
	ref, ok := base(run.Stage)
	return ok && ref.Family().Apt() && !slices.ContainsFunc(run.Stage.Before(run), relinksShell)
}

// relinksShell reports whether an instruction may put another program in the place of sh.
func relinksShell(in *dockerfile.Instruction) bool {
	if in.Name != "RUN" {
		return false
	}
	args := in.Args.String()
	return strings.Contains(args, "bin/sh") || strings.Contains(args, "dash")
}

// bashism reports whether dash runs the code and something of it may be bash's
// (https://www.shellcheck.net/wiki/SC3001 and its likes).
func bashism(run *dockerfile.Instruction) bool {
	return surelyDash(run) && anyNode(run, isBashism)
}

// isBashism reports whether the node may be something that bash has and dash has not.
func isBashism(code string, n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.TestClause, *syntax.ArithmCmd, *syntax.ProcSubst, *syntax.ArrayExpr, *syntax.CoprocClause,
		*syntax.LetClause, *syntax.CStyleLoop, *syntax.ExtGlob, *syntax.UnaryArithm:
		return true
	case *syntax.FuncDecl:
		return n.RsrvWord
	case *syntax.ForClause:
		return n.Select
	case *syntax.BinaryCmd:
		return n.Op == syntax.PipeAll
	case *syntax.BinaryArithm:
		return n.Op == syntax.Pow || n.Op == syntax.Comma
	case *syntax.ArithmExp:
		return n.Bracket
	case *syntax.Assign:
		return n.Append || n.Index != nil
	case *syntax.DeclClause:
		return bashDeclaration(code, n)
	case *syntax.SglQuoted:
		return n.Dollar
	case *syntax.DblQuoted:
		return n.Dollar
	case *syntax.Lit:
		return strings.Contains(n.Value, "{") || strings.Contains(n.Value, "[^") || strings.Contains(n.Value, "/dev/")
	case *syntax.Redirect:
		return bashRedirect(code, n)
	case *syntax.ParamExp:
		return bashExpansion(n)
	case *syntax.CallExpr:
		return bashCall(code, n)
	}
	return false
}

// bashDeclaration reports whether dash does not know a declaration, or not its flags.
func bashDeclaration(code string, d *syntax.DeclClause) bool {
	return d.Variant.Value != "export" && d.Variant.Value != "readonly" ||
		slices.ContainsFunc(d.Args, func(a *syntax.Assign) bool {
			return a.Name == nil && strings.HasPrefix(source(code, a), "-")
		})
}

func bashRedirect(code string, r *syntax.Redirect) bool {
	switch r.Op {
	case syntax.RdrAll, syntax.AppAll, syntax.WordHdoc:
		return true
	case syntax.DplOut:
		return !strings.Contains("0123456789-", source(code, r.Word))
	}
	return r.N != nil && !strings.Contains("0123456789", r.N.Value)
}

// bashVariables are set by bash itself.
var bashVariables = strings.Fields("RANDOM SECONDS UID EUID HOSTNAME HOSTTYPE OSTYPE MACHTYPE SHLVL PIPESTATUS " +
	"DIRSTACK FUNCNAME GROUPS REPLY SHELLOPTS _")

func bashExpansion(p *syntax.ParamExp) bool {
	if p.Excl || p.Slice != nil || p.Repl != nil || p.Names != 0 || p.Index != nil {
		return true
	}
	if p.Exp != nil && p.Exp.Op >= syntax.UpperFirst {
		return true
	}
	return p.Param != nil && (slices.Contains(bashVariables, p.Param.Value) || strings.HasPrefix(p.Param.Value, "BASH"))
}

// bashCommands are part of bash and not of dash; of flagged, some flags are.
var (
	bashCommands = strings.Fields("let caller builtin complete compgen declare dirs disown enable mapfile readarray " +
		"pushd popd shopt suspend source trap time")
	flagged = strings.Fields("echo read type wait exec hash jobs ulimit umask printf unset cd set kill command " +
		"alias bg fg")
)

// bashOperators are those of conditions.
var bashOperators = []string{"==", "=~", "<", ">", `\<`, `\>`, "-a", "-v", "-R", "-o", "-nt", "-ot", "-ef"}

// bashCall reports whether a command, or one of its words, is bash's. -n is a flag of every echo, and the flags of set
// but for a few are those of all shells.
func bashCall(code string, c *syntax.CallExpr) bool {
	if len(c.Args) == 0 {
		return false
	}
	name := c.Args[0].Lit()
	if slices.Contains(bashCommands, name) {
		return true
	}
	return slices.ContainsFunc(c.Args[1:], func(w *syntax.Word) bool { return bashWord(name, source(code, w)) })
}

// bashWord reports whether a word has a meaning to the command of that name in bash only.
func bashWord(name, word string) bool {
	flag := len(word) > 1 && word[0] == '-'
	switch name {
	case "[", "test":
		return slices.Contains(bashOperators, word)
	case "set":
		return (flag || len(word) > 1 && word[0] == '+') && strings.ContainsAny(word, "BEHPTkt")
	case "printf":
		if strings.Contains(word, "%q") {
			return true
		}
	}
	return flag && word != "-n" && word != "-v" && slices.Contains(flagged, name)
}
