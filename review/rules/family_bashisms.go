package rules

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
	"mvdan.cc/sh/v3/syntax"
)

// bashism is a piece of code that bash knows and dash does not.
type bashism struct {
	name string // as people call it
	node syntax.Node
	how  failure
	does string // what dash does, for differs
}

// failure is what dash does with it, the worst first.
type failure uint8

const (
	syntaxError     failure = iota // dash runs nothing of the code
	badSubstitution                // dash stops there
	missingThere                   // it looks for a command of that name, and the code fails
	missingAndOn                   // the same, but the code goes on
	neverTrue                      // the same, in a condition
	differs                        // it does something else
)

// bashisms lists what is bash's in the code, in its order.
func bashisms(s *dockerfile.Script) (all []bashism) {
	d := dashReader{script: s, certain: map[syntax.Node]bool{}}
	top, errexit, end := s.Stmts(), shell.ReadErrexit(s), leavesAt(s)
	for i, st := range top {
		for _, link := range dockerfile.Links(st) {
			if link.Negated || link.Background || s.Span(link).Start > end {
				continue
			}
			first := s.Command(link)
			fails := i == len(top)-1 || first != nil && errexit.At(first) || errexit.Always
			d.certain[link.Cmd] = fails
			if d.reached = append(d.reached, link.Cmd); !fails {
				d.goesOn = append(d.goesOn, link.Cmd)
			}
		}
	}
	s.Walk(func(n syntax.Node) bool {
		d.visit(n)
		return true
	})
	return d.all
}

// dashReader reads code as dash does.
type dashReader struct {
	script  *dockerfile.Script
	certain map[syntax.Node]bool // commands at the top: whether the code fails with them
	reached []syntax.Command
	goesOn  []syntax.Command
	all     []bashism
}

func (d *dashReader) add(name string, n syntax.Node, how failure) {
	d.all = append(d.all, bashism{name: name, node: n, how: how})
}

func (d *dashReader) differs(name string, n syntax.Node, does string) {
	d.all = append(d.all, bashism{name, n, differs, does})
}

// missing takes in a command that dash does not find.
func (d *dashReader) missing(name string, n syntax.Node) {
	switch fails, top := d.certain[n]; {
	case top && fails:
		d.add(name, n, missingThere)
	case name == "[[" || name == "((":
		d.add(name, n, neverTrue)
	default:
		d.add(name, n, missingAndOn)
	}
}

func (d *dashReader) visit(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.ArrayExpr:
		d.add("name=( )", n, syntaxError)
	case *syntax.FuncDecl:
		if n.RsrvWord {
			d.add("function", n, syntaxError)
		}
	case *syntax.ProcSubst:
		d.add("<( )", n, syntaxError)
	case *syntax.CStyleLoop:
		d.add("for (( ))", n, syntaxError)
	case *syntax.ForClause:
		if n.Select {
			d.add("select", n, syntaxError)
		}
	case *syntax.BinaryCmd:
		if n.Op == syntax.PipeAll {
			d.add("|&", n, syntaxError)
		}
	case *syntax.Redirect:
		d.redirect(n)
	case *syntax.TestClause:
		d.missing("[[", n)
	case *syntax.ArithmCmd:
		d.missing("((", n)
	case *syntax.LetClause:
		d.missing("let", n)
	case *syntax.CoprocClause:
		d.missing("coproc", n)
	case *syntax.DeclClause:
		if v := n.Variant.Value; v == "declare" || v == "typeset" {
			d.missing(v, n)
		}
	case *syntax.CallExpr:
		d.call(n)
	}
}

// redirect takes in a redirection. A heredoc is one too.
func (d *dashReader) redirect(r *syntax.Redirect) {
	switch {
	case r.Op == syntax.WordHdoc:
		d.add("<<<", r, syntaxError)
	case r.Op == syntax.DplOut && strings.Trim(r.Word.Lit(), "0123456789-") != "" && r.Word.Lit() != "":
		d.add(">& file", r, syntaxError)
	case r.Op == syntax.RdrAll || r.Op == syntax.AppAll:
		d.differs("&>", r, "dash runs the command in the background, and its output is not redirected.")
	}
}

// bashOnly are commands that are part of bash.
var bashOnly = setOf(`source pushd popd dirs shopt mapfile readarray disown compgen complete builtin caller enable
	suspend`)

// call takes in a simple command.
func (d *dashReader) call(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			if a.Append {
				d.missing("+=", c)
				return
			}
		}
	}
	if fails, top := d.certain[c]; top && fails {
		d.expansions(c)
	}
	if len(c.Args) == 0 {
		return
	}
	switch name := c.Args[0].Lit(); {
	case bashOnly[name]:
		d.missing(name, c)
	case name == "[" || name == "test":
		d.test(c)
	case name == "echo" && len(c.Args) > 2:
		d.echo(c)
	case expanding[name]:
		d.braces(c)
	}
}

// expansions takes in the first expansion of a command at the top that dash stops at. What is in $( ) stops only that.
func (d *dashReader) expansions(c *syntax.CallExpr) {
	found := false
	syntax.Walk(c, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ArithmExp:
			return false
		case *syntax.ParamExp:
			other := n.Excl || n.Slice != nil || n.Repl != nil || n.Names != 0 || n.Index != nil ||
				n.Exp != nil && n.Exp.Op >= syntax.UpperFirst
			if other && !found {
				text := d.script.Text.String()[n.Pos().Offset():n.End().Offset()]
				d.add(text[:min(len(text), maxExpansion)], n, badSubstitution)
			}
			found = found || other
			return false
		}
		return !found
	})
}

// maxExpansion is how much of an expansion is shown.
const maxExpansion = 30

// test takes in a [ with bash's ==, which dash refuses.
func (d *dashReader) test(c *syntax.CallExpr) {
	for _, w := range c.Args {
		if w.Lit() == "==" {
			d.differs("== in [ ]", w, "It fails with `unexpected operator`, so the condition never holds.")
			return
		}
	}
}

// echo takes in an echo with -e whose output goes somewhere.
func (d *dashReader) echo(c *syntax.CallExpr) {
	if flag := c.Args[1].Lit(); (flag == "-e" || flag == "-ne" || flag == "-en") && d.kept(c) {
		d.differs("echo "+flag, c, "dash writes the flag too.")
	}
}

// kept reports whether what the command writes goes to a file or to another command.
func (d *dashReader) kept(c *syntax.CallExpr) bool {
	text := d.script.Text.String()
	rest := strings.TrimLeft(text[min(int(c.End().Offset()), len(text)):], " \t")
	return strings.HasPrefix(rest, ">") && !strings.HasPrefix(rest, ">&") ||
		strings.HasPrefix(rest, "|") && !strings.HasPrefix(rest, "||")
}

// expanding are commands of which people write several names in one word.
var expanding = setOf("mkdir rm cp mv touch chmod chown ln ls rmdir")

var braces = regexp.MustCompile(`\{[^{}\s"'$]*,[^{}\s"']*\}|\{\w+\.\.\w+\}`)

// braces takes in a word with braces that stay as they are.
func (d *dashReader) braces(c *syntax.CallExpr) {
	for _, w := range c.Args[1:] {
		for _, part := range w.Parts {
			lit, ok := part.(*syntax.Lit)
			if ok && braces.MatchString(lit.Value) && !strings.Contains(lit.Value, `\{`) {
				d.differs("{a,b}", w, "The braces stay as they are, so it is one name.")
				return
			}
		}
	}
}
