package dockerfile

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Chain returns the commands and pipelines of a script that only strings such together with &&,
// and in which none changes the shell itself (cd, export, set, exit, assignments, ...). They mean
// the same whether one shell runs them or each has its own. It is nil for any other script.
func (s *Script) Chain() []*syntax.Stmt {
	if s == nil || s.File == nil || len(s.File.Stmts) != 1 {
		return nil
	}
	only := s.File.Stmts[0]
	if only.Semicolon.IsValid() || s.offset(only.End()) < len(strings.TrimRight(s.Text.s, " \t\r\n")) {
		return nil // a comment ends it, or a heredoc
	}
	links := Links(only)
	for _, st := range links {
		if !s.keepsShell(st) {
			return nil
		}
	}
	return links
}

// Links returns the statements at the top of the script, which has to be parsed, chains of && taken apart. No one may
// change them.
func (s *Script) Links() []*syntax.Stmt {
	if s.links == nil {
		s.links = Links(s.Stmts()...)
	}
	return s.links
}

// Links returns the statements, chains of && taken apart: those that one strings together run in order, each only where
// the one before it has succeeded.
func Links(stmts ...*syntax.Stmt) []*syntax.Stmt {
	return appendLinks(make([]*syntax.Stmt, 0, len(stmts)+2), stmts...)
}

func appendLinks(links []*syntax.Stmt, stmts ...*syntax.Stmt) []*syntax.Stmt {
	for _, st := range stmts {
		b, ok := st.Cmd.(*syntax.BinaryCmd)
		if ok && b.Op == syntax.AndStmt && !st.Negated && !st.Background && len(st.Redirs) == 0 {
			links = appendLinks(links, b.X, b.Y)
		} else {
			links = append(links, st)
		}
	}
	return links
}

// keepsShell reports whether the statement is a command or a pipeline that leaves the shell as it is.
func (s *Script) keepsShell(st *syntax.Stmt) bool {
	if st.Background || st.Coprocess {
		return false
	}
	switch cmd := st.Cmd.(type) {
	case *syntax.CallExpr:
		c := s.calls[cmd]
		if c == nil || c.Name == "" {
			return false
		}
		first := cmd.Args[0].Lit()
		return !changesShell[first] &&
			!(changesShell[c.Name] && (len(c.Wrapper) == 0 || first == "command" || first == "builtin"))
	case *syntax.BinaryCmd:
		return cmd.Op == syntax.Pipe && s.keepsShell(cmd.X) && s.keepsShell(cmd.Y)
	}
	return false
}

// changesShell lists the builtins that leave something changed in the shell, or leave the shell
// (POSIX shell, 2.14 and XCU cd, umask, ...; bash's own beside them).
var changesShell = map[string]bool{
	".": true, "alias": true, "break": true, "cd": true, "continue": true, "declare": true, "enable": true,
	"eval": true, "exec": true, "exit": true, "export": true, "getopts": true, "hash": true, "let": true,
	"local": true, "mapfile": true, "popd": true, "pushd": true, "read": true, "readarray": true, "readonly": true,
	"return": true, "set": true, "shift": true, "shopt": true, "source": true, "trap": true, "typeset": true,
	"ulimit": true, "umask": true, "unalias": true, "unset": true, "wait": true,
}
