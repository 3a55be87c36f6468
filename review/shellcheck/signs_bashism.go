package shellcheck

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/dfbot/dfbot/review/dockerfile"
)

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
