package dockerfile

import "mvdan.cc/sh/v3/syntax"

// Setting is a place where shell code gives a variable a value.
type Setting struct {
	Value *syntax.Word // nil for an empty value, and where Unknown
	// Unknown: the value is no word of the code: it is read, counted, or computed.
	Unknown bool
	// Plain: it is a statement of its own at the top of the code, so that it holds for all that follows.
	Plain bool
	At    int // offset in the script's text
}

// maxSettings is how many settings of one variable are kept; one more says that there are further ones.
const maxSettings = 8

// Settings lists where the code sets the variable, in the order of the source, values for a single command
// (`NAME=value program`) left out. The list is the script's own.
func (s *Script) Settings(name string) []Setting { return s.settings[name] }

// noteSettings takes in what a node of the code sets.
func (s *Script) noteSettings(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.CallExpr:
		if len(n.Args) == 0 {
			s.noteAssigns(n.Assigns)
		} else if readers[n.Args[0].Lit()] {
			for _, w := range n.Args[1:] {
				s.note(w.Lit(), Setting{Unknown: true, At: s.offset(w.Pos())})
			}
		}
	case *syntax.DeclClause:
		s.noteAssigns(n.Args)
	case *syntax.WordIter:
		for _, w := range n.Items {
			s.note(n.Name.Value, Setting{Value: w, At: s.offset(n.Pos())})
		}
		if len(n.Items) == 0 {
			s.note(n.Name.Value, Setting{Unknown: true, At: s.offset(n.Pos())})
		}
	case *syntax.ParamExp:
		if n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
			s.note(n.Param.Value, Setting{Unknown: true, At: s.offset(n.Pos())})
		}
	}
}

// readers are the builtins that set the variables which their arguments name.
var readers = map[string]bool{"read": true, "mapfile": true, "readarray": true, "getopts": true, "unset": true}

func (s *Script) noteAssigns(all []*syntax.Assign) {
	for _, a := range all {
		if a.Name == nil || a.Naked {
			continue // export NAME
		}
		unknown := a.Append || a.Index != nil || a.Array != nil
		s.note(a.Name.Value, Setting{Value: a.Value, Unknown: unknown, At: s.offset(a.Pos())})
	}
}

func (s *Script) note(name string, set Setting) {
	if name == "" {
		return
	}
	if s.settings == nil {
		s.settings = map[string][]Setting{}
	}
	if all := s.settings[name]; len(all) < maxSettings {
		s.settings[name] = append(all, set)
	} else {
		all[maxSettings-1].Unknown = true
	}
}

// plainSettings marks the settings that are statements at the top of the code.
func (s *Script) plainSettings() {
	if s.settings == nil {
		return
	}
	for _, st := range s.File.Stmts {
		for _, link := range Links(st) {
			if link.Background || link.Negated {
				continue
			}
			switch n := link.Cmd.(type) {
			case *syntax.CallExpr:
				if len(n.Args) == 0 {
					s.markPlain(n.Assigns)
				}
			case *syntax.DeclClause:
				s.markPlain(n.Args)
			}
		}
	}
}

func (s *Script) markPlain(all []*syntax.Assign) {
	for _, a := range all {
		if a.Name == nil {
			continue
		}
		for i, set := range s.settings[a.Name.Value] {
			if set.At == s.offset(a.Pos()) {
				s.settings[a.Name.Value][i].Plain = true
			}
		}
	}
}
