package dockerfile

import (
	"slices"
	"strings"
)

// Scopes knows where a file declares its arguments.
type Scopes struct {
	global map[string]*Instruction   // by name
	staged map[string][]*Instruction // by name, the ARGs inside stages
}

// Scopes reads the ARGs of the file.
func (f *File) Scopes() *Scopes {
	sc := &Scopes{map[string]*Instruction{}, map[string][]*Instruction{}}
	for _, in := range f.Instructions() {
		if in.Name != "ARG" {
			continue
		}
		for _, pair := range in.Pairs {
			if in.Stage == nil {
				sc.global[pair.Key] = in
			} else {
				sc.staged[pair.Key] = append(sc.staged[pair.Key], in)
			}
		}
	}
	return sc
}

// Elsewhere reports whether a name that the instruction uses, and that nothing defines for it, is that of an argument
// of another scope: one of the builder's, for FROM alone, whose ARG is nil; a global one; or else one of a stage above.
// Where the stage itself declares the name further down, it is not.
func (sc *Scopes) Elsewhere(in *Instruction, name string) (arg *Instruction, ok bool) {
	ofStage := func(arg *Instruction) bool { return arg.Stage == in.Stage }
	if in.Defined(name) || Predefined(name) || slices.ContainsFunc(sc.staged[name], ofStage) {
		return nil, false
	}
	if arg = sc.global[name]; arg != nil {
		return arg, true
	}
	if platformNames[name] {
		return nil, true
	}
	others := sc.staged[name]
	if len(others) == 0 || others[0].Index > in.Index {
		return nil, false
	}
	return others[0], true
}

// platformNames are the arguments that the builder declares above the first FROM
// (https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope).
var platformNames = map[string]bool{
	"TARGETPLATFORM": true, "TARGETOS": true, "TARGETARCH": true, "TARGETVARIANT": true,
	"BUILDPLATFORM": true, "BUILDOS": true, "BUILDARCH": true, "BUILDVARIANT": true,
}

// Predefined reports whether a RUN has the variable without any ARG
// (https://docs.docker.com/reference/dockerfile/#predefined-args).
func Predefined(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), "_proxy") ||
		slices.Contains([]string{"SOURCE_DATE_EPOCH", "HOME", "PATH", "PWD", "USER"}, name)
}

// InImageName reports whether the variable is part of the name of the image that the stage is built on: such an image
// is likely to set it as well, as node sets NODE_VERSION.
func (s *Stage) InImageName(name string) bool {
	return slices.ContainsFunc(s.Lineage(), func(x *Stage) bool {
		return len(x.From.Words) > 0 && strings.Contains(x.From.Words[0].Text, name)
	})
}
