package dockerfile

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Stage is one build stage: a FROM and what follows it up to the next.
type Stage struct {
	Index  int
	Name   string // after AS, as written; "" where it has none
	From   *Instruction
	Image  Value  // what FROM names, global ARGs resolved
	Parent *Stage // the earlier stage that FROM names; nil where it names an image
	root   *Stage // see Root
	ships  bool   // see Ships

	instructions []*Instruction // after the FROM
	bindings     map[string][]binding
	inherits     map[*Stage]*giver       // see through
	workdir      string                  // at its end
	dirBy        *Instruction            // the WORKDIR that set it; nil where none did
	last         map[string]*Instruction // see Last
}

// Lineage returns the stage and the stages it is built from, itself first.
func (s *Stage) Lineage() []*Stage {
	var all []*Stage
	for ; s != nil; s = s.Parent {
		s.From.file.Work.Charge(2)
		all = append(all, s)
	}
	return all
}

// All yields the instructions of the stage and of those that it is built from, its own first.
func (s *Stage) All() iter.Seq[*Instruction] {
	return func(yield func(*Instruction) bool) {
		for _, x := range s.Lineage() {
			for _, in := range x.Instructions() {
				if !yield(in) {
					return
				}
			}
		}
	}
}

// settings are the instructions of which only the last counts.
var settings = []string{"CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "STOPSIGNAL", "USER", "WORKDIR"}

// Last returns the instruction of that name that holds at the stage's end, set by the stage itself
// or by one it is built from; nil where the Dockerfile sets none. It knows CMD, ENTRYPOINT,
// HEALTHCHECK, SHELL, STOPSIGNAL, USER and WORKDIR.
func (s *Stage) Last(name string) *Instruction { return s.last[name] }

// collectSettings notes the settings that hold at the end of the stage.
func (s *Stage) collectSettings() {
	s.last = map[string]*Instruction{}
	if s.Parent != nil {
		maps.Copy(s.last, s.Parent.last)
	}
	for _, in := range s.instructions {
		if slices.Contains(settings, in.Name) {
			s.last[in.Name] = in
		}
	}
}

// SetBy lists an instruction that sets something, and the FROMs by which the stage has it; with nil, those by which it
// has its base image.
func (s *Stage) SetBy(set *Instruction) []*Instruction {
	if set == nil {
		return s.Inherits(nil)
	}
	return append([]*Instruction{set}, s.Inherits(set)...)
}

// inheritCost is what a FROM costs in units of work that is named for what it passes on.
const inheritCost = 6

// Inherits lists the FROMs by which the stage has what an instruction of its lineage sets, none where that is its own;
// with nil, those by which it has what its base image sets.
func (s *Stage) Inherits(set *Instruction) []*Instruction {
	var all []*Instruction
	for ; s != nil && (set == nil || set.Stage != s); s = s.Parent {
		s.From.file.Work.Charge(inheritCost)
		all = append(all, s.From)
	}
	return all
}

// Root returns the stage at the bottom of the lineage, whose FROM names an image.
func (s *Stage) Root() *Stage { return s.root }

// Ships reports whether the image that a build without --target makes is built on the stage, or is it. No stage, which
// is what the ARGs before the first FROM have, does not ship.
func (s *Stage) Ships() bool { return s != nil && s.ships }

// Needed reports whether a build without --target needs the stage: its image is built on it or takes files from it,
// perhaps through other stages. BuildKit leaves the others out. No stage is not needed.
func (s *Stage) Needed() bool { return s != nil && s.From.file.needed()[s.Index] }

// NeededBy reports whether a build with that --target needs the stage, "" being one without. A target that is no stage
// may need any.
func (s *Stage) NeededBy(target string) bool {
	if target == "" {
		return s.Needed()
	}
	f := s.From.file
	last := f.StageNamed(target, len(f.stages))
	if last == nil {
		return true
	}
	f.Work.Charge(len(f.instructions))
	return f.neededFor(last)[s.Index]
}

// needed are the stages that a build without --target needs, by index.
func (f *File) needed() []bool {
	if f.needs == nil {
		f.needs = f.neededFor(f.Final())
	}
	return f.needs
}

// neededFor are the stages that a build of the stage needs, by index.
func (f *File) neededFor(last *Stage) []bool {
	all := make([]bool, len(f.stages))
	all[last.Index] = true
	for i := last.Index; i >= 0; i-- { // a stage needs earlier ones only
		if !all[i] {
			continue
		}
		if p := f.stages[i].Parent; p != nil {
			all[p.Index] = true
		}
		for _, in := range f.stages[i].Instructions() {
			for _, ref := range in.Refs() {
				if from := ref.Stage(); from != nil && in.Trigger == nil {
					all[from.Index] = true
				}
			}
		}
	}
	return all
}

// Leaves are the fewest stages whose builds need all stages together, the last one of the file first.
func (f *File) Leaves() (leaves []*Stage) {
	covered := make([]bool, len(f.stages))
	for _, s := range slices.Backward(f.stages) {
		if covered[s.Index] {
			continue
		}
		leaves = append(leaves, s)
		f.Work.Charge(len(f.instructions))
		for i, needed := range f.neededFor(s) {
			covered[i] = covered[i] || needed
		}
	}
	return leaves
}

// Final reports whether the stage is the one that a build without --target makes.
func (s *Stage) Final() bool { return s.Index == len(s.From.file.stages)-1 }

// Final returns the stage that a build without --target makes.
func (f *File) Final() *Stage { return f.stages[len(f.stages)-1] }

// BuiltOn reports whether the stage is built on base, or is it. No stage is built on anything.
func (s *Stage) BuiltOn(base *Stage) bool {
	for ; s != nil && base != nil && s.Index >= base.Index; s = s.Parent {
		s.From.file.Work.Charge(1)
		if s == base {
			return true
		}
	}
	return false
}

// Windows reports whether the stage is an image of Windows, by the platform or the name of the image that it is built
// on, or by the escape character that Dockerfiles for Windows use. The answer is not known where the image is not
// known.
func (s *Stage) Windows() (yes, known bool) {
	from := s.root.From
	if from.file.Escape == '`' {
		return true, true
	}
	if p := from.Flag("platform"); p != nil && strings.HasPrefix(p.Value, "windows") {
		return true, true
	}
	image := strings.ToLower(from.Args.String() + " " + s.root.Image.Text)
	for _, word := range []string{"windows", "nanoserver", "servercore", "dotnet/framework"} {
		if strings.Contains(image, word) {
			return true, true
		}
	}
	return false, s.root.Image.Known
}

// Before returns the instructions of the stage and its lineage that come before in, oldest first.
func (s *Stage) Before(in *Instruction) []*Instruction {
	var all []*Instruction
	lineage := s.Lineage()
	for i := len(lineage) - 1; i >= 0; i-- {
		for _, x := range lineage[i].instructions {
			if x.Index >= in.Index {
				break
			}
			all = append(all, x)
		}
	}
	s.From.file.Work.Charge(len(all))
	return all
}

// StageNamed returns the stage among the first n that ref names, by its name (case does not
// matter) or by its number, as COPY --from and FROM do; nil where ref is no stage.
func (f *File) StageNamed(ref string, n int) *Stage {
	if all := f.named[folded(ref)]; len(all) > 0 && ref != "" {
		if i, _ := slices.BinarySearch(all, n); i > 0 {
			return f.stages[all[i-1]]
		}
	}
	if i, err := strconv.Atoi(ref); err == nil && i >= 0 && i < min(n, len(f.stages)) {
		return f.stages[i]
	}
	return nil
}

// graph hands the instructions to their stages, and binds the variables.
func (f *File) graph() {
	var stage *Stage
	for _, in := range f.instructions {
		switch {
		case in.Name == "FROM":
			stage = f.newStage(in)
		case stage == nil && in.Name == "ARG":
			f.Args = append(f.Args, in)
			f.vars.bind(f, in)
		case stage != nil:
			stage.instructions = append(stage.instructions, in)
			in.Stage = stage
			stage.bind(in)
		}
		if in.Trigger != nil {
			in.Trigger.Index, in.Trigger.Stage = in.Index, in.Stage
		}
	}
	for s := stage; s != nil; s = s.Parent { // the last one
		s.ships = true
	}
	for _, s := range f.stages {
		s.workdirs()
		s.collectSettings()
	}
	f.settled = true
}

func (f *File) newStage(from *Instruction) *Stage {
	s := &Stage{Index: len(f.stages), From: from, bindings: map[string][]binding{}}
	from.Stage = s
	if len(from.Words) > 0 {
		s.Image = f.vars.expand(f, from.Words[0].Text)
	}
	if len(from.Words) == 3 {
		s.Name = from.Words[2].Text
	}
	if s.Image.Known {
		// A number names no stage in FROM.
		if p := f.StageNamed(s.Image.Text, len(f.stages)); p != nil && p.Name != "" &&
			strings.EqualFold(p.Name, s.Image.Text) {
			s.Parent = p
		}
		if s.Parent == nil && StandIn(s.Image.Text) {
			s.Image = Value{by: s.Image.by} // the build gives another one
		}
	}
	if s.root = s; s.Parent != nil {
		s.root = s.Parent.root
	}
	if s.Name != "" {
		if f.named == nil {
			f.named = map[string][]int{}
		}
		f.named[folded(s.Name)] = append(f.named[folded(s.Name)], s.Index)
	}
	f.stages = append(f.stages, s)
	return s
}

// folded is the same for names that strings.EqualFold takes for the same.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, name)
}
