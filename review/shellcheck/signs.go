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
