package rules

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
		return slices.ContainsFunc(run.Script.Commands, func(c *dockerfile.Command) bool { return c.Name == name })
	}
}

// moves looks for a command of that name that has no two words besides its flags.
func moves(name string) func(*dockerfile.Instruction) bool {
	return func(run *dockerfile.Instruction) bool {
		return slices.ContainsFunc(run.Script.Commands, func(c *dockerfile.Command) bool {
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
	syntax.Walk(run.Script.File, func(n syntax.Node) bool {
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

// isOddCall reports whether the command's name is no usual one: a flag, an assignment that is none.
func isOddCall(code string, n syntax.Node) bool {
	call, ok := n.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	name := source(code, call.Args[0])
	return strings.HasPrefix(name, "-") || strings.Contains(name, "=")
}

// isSpacedEquals reports whether a word behind a command's name begins as if it were to assign or compare.
func isSpacedEquals(code string, n syntax.Node) bool {
	var words []syntax.Node
	switch n := n.(type) {
	case *syntax.CallExpr:
		if len(n.Args) == 0 || listed(comparers, n.Args[0].Lit()) {
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

// isOddRedirect reports whether redirections stand where they may be in each other's way, or in that of
// a pipe, or go to what looks like a command or a number.
func isOddRedirect(code string, n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Stmt:
		return len(n.Redirs) > 1 || n.Cmd == nil && len(n.Redirs) > 0
	case *syntax.Redirect:
		return n.Word != nil && n.Hdoc == nil && plainName.MatchString(source(code, n.Word)) && n.Op != syntax.DplOut && n.Op != syntax.DplIn
	case *syntax.BinaryCmd:
		return (n.Op == syntax.Pipe || n.Op == syntax.PipeAll) && len(n.X.Redirs)+len(n.Y.Redirs) > 0
	}
	return false
}

// deaf are commands that read no input.
var deaf = strings.Fields(`alias basename bg cal cd chgrp chmod chown cp du echo export fg find fuser getconf getopt getopts ipcrm ipcs jobs
	kill ln ls locale mkdir mv printf ps pwd readlink realpath renice rm rmdir set sleep stat touch trap ulimit unalias uname`)

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
		return slices.ContainsFunc(n.Redirs, isInput) && listed(deaf, name(n))
	case *syntax.BinaryCmd:
		return n.Op == syntax.Pipe && listed(deaf, name(n.Y))
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
	return ok && slices.ContainsFunc(d.Args, func(a *syntax.Assign) bool { return a.Name != nil && listed(declarers, a.Name.Value) })
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
	return slices.ContainsFunc(run.Script.Commands, func(c *dockerfile.Command) bool {
		return c.Name == "set" && len(c.Words) > 1 && !strings.HasPrefix(c.Words[1].Text, "-") && !strings.HasPrefix(c.Words[1].Text, "+")
	})
}

// sudoesBuiltin looks for a part of the shell that sudo is to run.
func sudoesBuiltin(run *dockerfile.Instruction) bool {
	return slices.ContainsFunc(run.Script.Commands, func(c *dockerfile.Command) bool {
		return listed(c.Wrapper, "sudo") && listed(builtins, c.Name)
	})
}

var builtins = strings.Fields(". : [ alias bg break cd command continue eval exec exit export fg getopts hash jobs local pushd popd read readonly return set shift source times trap type typeset ulimit umask unalias unset wait declare")

func runsActingFind(run *dockerfile.Instruction) bool {
	return slices.ContainsFunc(run.Script.Commands, actingFind)
}

// actingFind reports whether a find does more than look for one thing.
func actingFind(c *dockerfile.Command) bool {
	return c.Name == "find" && slices.ContainsFunc(c.Args(), func(w dockerfile.ShellWord) bool {
		return strings.HasPrefix(w.Text, "-exec") || strings.HasPrefix(w.Text, "-ok") || w.Text == "-o" || w.Text == "-or"
	})
}

// oneDiffers looks for two inequalities of which one must hold.
func oneDiffers(run *dockerfile.Instruction) bool {
	code := run.Script.Text.String()
	return strings.Contains(code, "||") && strings.Count(code, "!=")+strings.Count(code, "-ne") > 1
}

// isOddTest reports whether a condition is none of the two plain kinds: a flag with a word in double quotes or
// without patterns, a variable compared with a word.
func isOddTest(code string, n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.TestClause:
		return true
	case *syntax.CallExpr:
		if len(n.Args) == 0 || n.Args[0].Lit() != "[" && n.Args[0].Lit() != "test" {
			return false
		}
		var words []string
		for _, w := range n.Args[1:] {
			words = append(words, source(code, w))
		}
		if n.Args[0].Lit() == "[" {
			if len(words) == 0 || words[len(words)-1] != "]" {
				return true
			}
			words = words[:len(words)-1]
		}
		return !plainTest(words)
	}
	return false
}

func plainTest(words []string) bool {
	if len(words) > 0 && words[0] == "!" {
		words = words[1:]
	}
	switch len(words) {
	case 2:
		flag, word := words[0], words[1]
		switch {
		case flag == "-n" || flag == "-z":
			return strings.HasPrefix(word, `"$`) || flag == "-z" && strings.HasPrefix(word, "$")
		case len(flag) == 2 && strings.Contains("abcdefghkprstuwxLOGSN", flag[1:]):
			return flag != "-a" && !strings.ContainsAny(word, "*?[")
		}
	case 3:
		return oneVariable.MatchString(words[0]) && comparison[words[1]] && !strings.ContainsAny(words[2], "*?[") &&
			(words[1][0] != '-' || wholeNumber.MatchString(words[2]))
	}
	return false
}

var (
	oneVariable = regexp.MustCompile(`^("\$\w+"|\$\w+|"\$\{\w+\}"|\$\{\w+\})$`)
	wholeNumber = regexp.MustCompile(`^("?\$\{?\w+\}?"?|"?[0-9]+"?)$`)
	comparison  = map[string]bool{"=": true, "==": true, "!=": true, "-eq": true, "-ne": true, "-lt": true, "-le": true, "-gt": true, "-ge": true}
)

// ampersand is one that ends a command right before the next word.
var ampersand = regexp.MustCompile(`[^&<>|]&[^&>\s;)]`)

func closeAmpersand(run *dockerfile.Instruction) bool {
	return strings.Contains(run.Script.Text.String(), "&") && ampersand.MatchString(run.Script.Text.String())
}

// unset reports whether the code uses a variable of its own, which have small letters, that nobody sets. It
// does not where it cannot tell: code that is read from elsewhere may set it, an image that nobody has looked
// into, an ARG of another scope.
func unset(run *dockerfile.Instruction) bool { return len(unsetIn(run)) > 0 }

func surelyUnset(run *dockerfile.Instruction, words string) bool {
	return listed(unsetIn(run), strings.Trim(words, "${}"))
}

func unsetIn(run *dockerfile.Instruction) []string {
	code := run.Script.Text.String()
	if !strings.Contains(code, "$") {
		return nil
	}
	ref, ok := baseOf(run.Stage)
	if !ok || !ref.VariablesListed() || setsUnseen(run.Script) {
		return nil
	}
	set, used := map[string]bool{}, []string{}
	syntax.Walk(run.Script.File, func(n syntax.Node) bool {
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
			if n.Param != nil && n.Exp == nil && strings.ToLower(n.Param.Value) == n.Param.Value && nameLike.MatchString(n.Param.Value) {
				used = append(used, n.Param.Value)
			}
		}
		return true
	})
	return slices.DeleteFunc(used, func(name string) bool { return set[name] || predefined(name) || declaredAnywhere(run, name) })
}

var nameLike = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// setsUnseen reports whether the script may set variables that it does not name.
func setsUnseen(s *dockerfile.Script) bool {
	unseen := false
	syntax.Walk(s.File, func(n syntax.Node) bool {
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
	return slices.ContainsFunc(run.File().Instructions, func(in *dockerfile.Instruction) bool {
		in = target(in)
		return (in.Name == "ARG" || in.Name == "ENV") && slices.ContainsFunc(in.Pairs, func(p dockerfile.Pair) bool { return p.Key == name })
	})
}

// surelyDash reports whether the RUN is run by dash: the SHELL says so, or it is the sh of Debian or Ubuntu
// and nobody has put another in its place.
func surelyDash(run *dockerfile.Instruction) bool {
	switch s := run.Script; {
	case strings.HasPrefix(s.Text.String(), "#!"):
		return false
	case s.Shell == "dash":
		return true
	case s.Shell != "sh":
		return false
	}
	ref, ok := baseOf(run.Stage)
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

// bashCommands are part of bash and not of dash.
var bashCommands = strings.Fields("let caller builtin complete compgen declare dirs disown enable mapfile readarray pushd popd shopt suspend source trap")

// bashOnly are marks of what else bash has and dash has not (https://www.shellcheck.net/wiki/SC3001 and its
// likes).
var bashOnly = regexp.MustCompile(`\[\[|[<>]\(|<<<|\s==|=~|&>|>&[^-0-9]|\+=|\|&|\$['"]|\(\(|\$\[|\[\^|\\[<>]|\[\s+-[avRo]\s` +
	`|\b(function|declare|typeset|let|select|coproc|source)\b|\becho\s+-(e|E|n\w)|\bread\s+-\w*[a-oqs-zA-Z]|\bset\s+[-+]\w*[BEHPTkt]` +
	`|\b(type|wait|exec|hash|jobs|ulimit|umask|printf|export|readonly|local|cd)\s+-|%q` +
	`|\$\{?(RANDOM|SECONDS|E?UID|HOSTNAME|HOSTTYPE|OSTYPE|MACHTYPE|SHLVL|PIPESTATUS|DIRSTACK|BASH|FUNCNAME|GROUPS|REPLY|_\b)` +
	`|/dev/(tcp|udp)|\$\{!|\$\{#?\w+[][/^,@*]|\$\{\w+:[^-+=?]|\{[^{}\s]*(,|\.\.)[^{}]*\}`)

func bashism(run *dockerfile.Instruction) bool {
	return surelyDash(run) && (bashOnly.MatchString(run.Script.Text.String()) ||
		slices.ContainsFunc(run.Script.Commands, func(c *dockerfile.Command) bool { return listed(bashCommands, c.Name) }))
}
