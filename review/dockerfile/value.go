package dockerfile

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/dfbot/dfbot/review/work"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Value is a text that may depend on variables. The zero Value is unknown.
type Value struct {
	Text  string
	Known bool
	// Default says that the text holds for a build without --build-arg: an ARG's default is in it.
	Default bool

	by []*giver // see By
}

// giver is an instruction that gives a variable its value, with those from which it has the pieces.
type giver struct {
	in *Instruction
	of []*giver
}

// By lists the ARGs and ENVs that gave the value, and those that gave them theirs, each once. Who changes one of them
// changes the value.
func (v Value) By() []*Instruction {
	var all []*Instruction
	seen := map[*giver]bool{}
	known := map[*Instruction]bool{}
	for todo := slices.Clone(v.by); len(todo) > 0; {
		g := todo[0]
		todo = todo[1:]
		if seen[g] {
			continue
		}
		seen[g] = true
		if !known[g.in] {
			known[g.in] = true
			all = append(all, g.in)
		}
		todo = append(todo, g.of...)
	}
	return all
}

// givenBy is the value as it comes out of the instruction.
func (v Value) givenBy(in *Instruction) Value {
	v.by = []*giver{{in, v.by}}
	return v
}

const (
	maxValue = 4096      // bytes of a variable's value; a longer one is unknown
	maxWork  = 64 * 1024 // bytes that one expansion may make; BuildKit itself knows no bound
)

// binding says which value a variable has after the instruction at index.
type binding struct {
	index int
	value Value
	env   bool // set by ENV, which an ARG of the same name does not change
}

// globals are the ARGs before the first FROM.
type globals map[string]Value

func (g *globals) bind(f *File, in *Instruction) {
	if *g == nil {
		*g = globals{}
	}
	for _, p := range in.Pairs {
		v := Value{}
		if p.HasValue {
			v = g.expand(f, p.Value)
			v.Default = true
		}
		(*g)[p.Key] = v.givenBy(in)
	}
}

// expand resolves a word before the first FROM or in a FROM: a variable that no global ARG
// names is empty there, unless the builder defines it itself.
func (g globals) expand(f *File, word string) Value {
	return expand(f.Work, f.Escape, word, func(name string) (Value, bool) {
		if v, ok := g[name]; ok {
			return v, true
		}
		return Value{}, platformArg(name)
	})
}

// platformArg reports whether BuildKit sets the name in the global scope on its own
// (https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope).
func platformArg(name string) bool {
	return strings.HasPrefix(name, "TARGET") || strings.HasPrefix(name, "BUILD")
}

// bind notes what an ENV or ARG sets.
func (s *Stage) bind(in *Instruction) {
	if in.Name != "ENV" && in.Name != "ARG" {
		return
	}
	values := make([]Value, len(in.Pairs))
	for i, p := range in.Pairs { // all see the values from before the instruction
		values[i] = s.argOrEnv(in, p)
	}
	for i, p := range in.Pairs {
		old, bound := s.lookup(p.Key, in.Index)
		if in.Name == "ARG" && bound && old.env {
			continue
		}
		s.bindings[p.Key] = append(s.bindings[p.Key], binding{in.Index, values[i].givenBy(in), in.Name == "ENV"})
	}
}

func (s *Stage) argOrEnv(in *Instruction, p Pair) Value {
	if p.HasValue {
		v := in.Expand(p.Value)
		v.Default = v.Default || in.Name == "ARG"
		return v
	}
	return s.From.file.vars[p.Key] // ARG NAME takes the global default
}

// expandCost is what an expansion costs in units of work besides its bytes.
const expandCost = 20

// What it costs in units of work to look for a variable in one stage, and to note that a value comes through one.
const (
	findCost    = 10
	throughCost = 50
)

// lookup returns the binding of name that holds before the instruction at index.
func (s *Stage) lookup(name string, index int) (binding, bool) {
	b, at := s.find(name, index)
	return b, at != nil
}

// find returns the binding and its stage, nil if there is none.
func (s *Stage) find(name string, index int) (binding, *Stage) {
	for ; s != nil; s = s.Parent {
		s.From.file.Work.Charge(findCost)
		all := s.bindings[name]
		if n := sort.Search(len(all), func(i int) bool { return all[i].index >= index }); n > 0 {
			return all[n-1], s
		}
	}
	return binding{}, nil
}

// Var returns the value that the variable has at the instruction. The value is unknown
// when the base image may set it, when an ARG has no default, or when it is too long.
func (in *Instruction) Var(name string) Value {
	if in.Stage == nil {
		return in.file.vars[name]
	}
	b, at := in.Stage.find(name, in.Index)
	v := b.value
	if from := in.Stage.through(at); from != nil && len(v.by) > 0 {
		v.by = append(slices.Clone(v.by), from)
	}
	return v
}

// through is what the stage has to do with a value of the stage at, of its lineage: the FROMs that name the stages in
// between.
func (s *Stage) through(at *Stage) *giver {
	if s == at || at == nil {
		return nil
	}
	if g := s.inherits[at]; g != nil {
		return g
	}
	s.From.file.Work.Charge(throughCost)
	g := &giver{s.From, s.Image.by}
	if more := s.Parent.through(at); more != nil {
		g.of = append(slices.Clone(g.of), more)
	}
	if !s.From.file.settled { // else others may read it
		if s.inherits == nil {
			s.inherits = map[*Stage]*giver{}
		}
		s.inherits[at] = g
	}
	return g
}

// Defined reports whether the Dockerfile itself sets the variable before the instruction.
func (in *Instruction) Defined(name string) bool {
	if in.Stage == nil {
		_, ok := in.file.vars[name]
		return ok
	}
	_, ok := in.Stage.lookup(name, in.Index)
	return ok
}

// SetBy returns the ARG or ENV that sets the variable where the instruction is; nil where the Dockerfile does not. An
// ARG below an ENV of the same name sets nothing.
func (in *Instruction) SetBy(name string) *Instruction {
	if in.Stage == nil {
		return in.file.Arg(name)
	}
	if b, at := in.Stage.find(name, in.Index); at != nil {
		return b.value.by[0].in
	}
	return nil
}

// Arg returns the ARG before the first FROM that declares the name, of several the last one; nil if there is none.
func (f *File) Arg(name string) *Instruction {
	if v, ok := f.vars[name]; ok {
		return v.by[0].in
	}
	return nil
}

// Expand takes quotes and escapes off a word as the builder does and puts in its variables.
func (in *Instruction) Expand(word string) Value {
	return expand(in.file.Work, in.file.Escape, word, func(name string) (Value, bool) { return in.Var(name), true })
}

// expand runs BuildKit's own expansion over word. get returns a variable's value; false means
// that the variable is certainly unset.
func expand(budget *work.Budget, escape byte, word string, get func(string) (Value, bool)) Value {
	if !strings.ContainsAny(word, "$'\"\\`") {
		return Value{Text: word, Known: true}
	}
	if strings.Count(word, "$")*maxValue+len(word) > maxWork || strings.IndexByte(word, 0) >= 0 || multiplies(word) {
		return Value{}
	}
	budget.Charge(expandCost + len(word))
	env := &environment{get: get, budget: budget, each: 1}
	if modifier.MatchString(word) {
		env.each = 3 * len(word)
	}
	text, _, err := shell.NewLex(rune(escape)).ProcessWord(word, env)
	if err != nil || env.unknown || len(text) > maxValue {
		return Value{by: env.by}
	}
	return Value{Text: text, Known: true, Default: env.dflt, by: env.by}
}

// modifier is where a pattern is matched against the value of a variable: ${name#pattern}, ${name%pattern},
// ${name/pattern/text}.
var modifier = regexp.MustCompile(`\$\{[A-Za-z0-9_]+[#%/][^}]*`)

// maxModified bounds the bytes of a word with a modifier: the pattern is matched at each byte of the value, and each
// match may be replaced by the text.
const maxModified = 256

// multiplies reports whether the expansion of a word may cost, or make, far more than its length and its values say:
// the modifiers in it are long, or the text in one is itself expanded.
func multiplies(word string) bool {
	found := modifier.FindAllString(word, -1)
	if len(found) > 0 && len(word) > maxModified {
		return true
	}
	for _, m := range found {
		if strings.ContainsAny(m[len("${"):], "$'\"\\`") {
			return true
		}
	}
	return false
}

// environment answers BuildKit's expansion and notes what it had to leave open.
type environment struct {
	get           func(string) (Value, bool)
	unknown, dflt bool
	budget        *work.Budget
	each          int      // what a byte of a value costs
	by            []*giver // of the variables that were asked for; few, since expand bounds their number
}

func (e *environment) Get(name string) (string, bool) {
	v, set := e.get(name)
	if !set {
		return "", false
	}
	e.budget.Charge(1 + e.each*len(v.Text))
	e.unknown = e.unknown || !v.Known
	e.dflt = e.dflt || v.Default
	for _, g := range v.by {
		if !slices.Contains(e.by, g) {
			e.by = append(e.by, g)
		}
	}
	return v.Text, true
}

func (e *environment) Keys() []string { return nil }
