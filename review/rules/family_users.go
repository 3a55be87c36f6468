package rules

import (
	"regexp"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/shell"
)

// account is the user that a step or an image runs as.
type account struct {
	name  string                  // without the group; "" where it is not known
	set   *dockerfile.Instruction // the USER that sets it; nil where the base image does
	known bool
	dflt  bool // only by the default of an ARG
}

func (a account) root() bool { return a.known && (a.name == "root" || a.name == "0") }

func (a account) other() bool { return a.known && !a.root() }

// written is the user as a USER must name it.
func (a account) written() string {
	if a.set != nil {
		return a.set.Args.String()
	}
	return a.name
}

// eachUser visits the instructions after the FROMs with the user that they run as.
func eachUser(f *dockerfile.File, visit func(in *dockerfile.Instruction, who account)) {
	atEnd := make([]account, f.StageCount())
	for i, s := range f.Stages() {
		who := startingUser(s)
		if s.Parent != nil {
			who = atEnd[s.Parent.Index]
		}
		for _, in := range s.Instructions() {
			visit(in, who)
			if in.Name == "USER" {
				who = userOf(in)
			}
		}
		atEnd[i] = who
	}
}

// startingUser is the user of the image that the stage's own FROM names.
func startingUser(s *dockerfile.Stage) account {
	ref, ok := baseOf(s)
	if !ok {
		return account{}
	}
	name, known := ref.User()
	return account{name: name, known: known}
}

// userOf reads a USER.
func userOf(in *dockerfile.Instruction) account {
	v := in.Expand(in.Args.String())
	if !v.Known || v.Text == "" {
		return account{set: in}
	}
	name, _, _ := strings.Cut(v.Text, ":")
	return account{name: name, set: in, known: true, dflt: v.Default}
}

// endingUser is the user that the stage's image runs as.
func endingUser(s *dockerfile.Stage) account {
	if in := s.Last("USER"); in != nil {
		return userOf(in)
	}
	return startingUser(s.Root())
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// lastBefore returns the last instruction of that name before in, in its stage or one that it is
// built from.
func lastBefore(in *dockerfile.Instruction, name string) *dockerfile.Instruction {
	before := in.Stage.Before(in)
	for i := len(before) - 1; i >= 0; i-- {
		if before[i].Name == name {
			return before[i]
		}
	}
	return nil
}

// createdUser is the first user that the stage creates, or else one that it is built from; "" where there is none.
func createdUser(s *dockerfile.Stage) string {
	for in := range s.All() {
		for _, c := range shell.Calls(in, "useradd", "adduser") {
			if name := userMade(in, c); name != "" && name != "root" && in.Trigger == nil {
				return name
			}
		}
	}
	return ""
}

// userMade is the user that a useradd or adduser creates; "" where that is not certain.
func userMade(in *dockerfile.Instruction, c *dockerfile.Command) string {
	if len(c.Words) < 2 {
		return ""
	}
	w := c.Words[len(c.Words)-1]
	if first := c.Words[1]; c.Name == "adduser" && !strings.HasPrefix(first.Text, "-") {
		if len(c.Words) == 3 {
			return "" // a group for a user that is there
		}
		w = first
	}
	call := shell.Read(in, c)
	if c.Name == "useradd" && len(call.Operands) == 1 {
		w = call.Operands[0].ShellWord
	}
	if !w.Literal || !userName.MatchString(w.Text) {
		return ""
	}
	return w.Text
}

// userName is a name that a system takes for a user (https://systemd.io/USER_NAMES).
var userName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
