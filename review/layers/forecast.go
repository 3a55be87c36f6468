package layers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/work"
)

// Answer is whether a step runs again.
type Answer uint8

// The answers.
const (
	Cached Answer = iota
	Maybe         // it depends on what another step gives: again, unless that is what it was
	Again
)

func (a Answer) String() string { return [...]string{"cached", "maybe", "again"}[a] }

// Forecast is what a change does to one step.
type Forecast struct {
	Step   *Step
	Answer Answer
	// Causes are why it is not cached, in the order of the steps at which they begin; none for a cached one.
	Causes []Cause
}

// Cause is something that the change did.
type Cause struct {
	Step *Step // that it concerns first
	Why  Why
	// Folder and Path are of the file that is another one, for AFile, or may be, for Unknown: the context and the path
	// from its root.
	Folder, Path string
}

// Why is what kind of thing a change did.
type Why uint8

// The kinds.
const (
	AFile       Why = iota // a file that the step takes was changed, came or went
	ANewStep               // the instruction is new, or says something else
	AVariable              // the instruction is the same, but not the variables and settings that it sees
	ABase                  // another image or URL
	AnotherPlan            // it comes after other steps than before
	Unknown                // files of which nothing is known
)

func (w Why) String() string {
	return [...]string{"a file", "the instruction", "variables or settings", "the base image", "the order of the steps",
		"unknown files"}[w]
}

// maxPaths is how many files of one step are named.
const maxPaths = 1000

// Predict tells for each instruction of a build what happens when it is built after another: the numbers are those of
// the later graph's Instructions. What the earlier build made is taken to be in the cache, and nothing else. It charges
// the budget.
func Predict(budget *work.Budget, before, after *Build) []Forecast {
	before.key(budget, "before")
	after.key(budget, "after")
	c := &comparison{before: before, after: after, known: map[string]bool{}, hoped: map[string]bool{},
		own: map[string][]int{}, named: map[string][]int{}, answers: make([]Answer, len(after.Graph.Steps)),
		causes: make([][]Cause, len(after.Graph.Steps)), budget: budget}
	for i, s := range before.Graph.Steps {
		c.known[before.keys[i].definite], c.hoped[before.keys[i].hopeful] = true, true
		c.own[s.Own] = append(c.own[s.Own], i)
		c.named[s.place()] = append(c.named[s.place()], i)
	}
	for i := range after.Graph.Steps {
		c.step(i)
	}
	var all []Forecast
	for _, i := range after.Graph.Instructions() {
		all = append(all, Forecast{&after.Graph.Steps[i], c.answers[i], c.causes[i]})
	}
	return all
}

// place is what people see of the instruction of a step.
func (s *Step) place() string {
	_, text, found := strings.Cut(s.Name, "] ")
	if !found {
		text = s.Name
	}
	return s.Stage + "\x00" + text
}

// comparison compares two builds step by step.
type comparison struct {
	before, after *Build
	known, hoped  map[string]bool  // the keys of before
	own, named    map[string][]int // the steps of before, by what they do and by how they are called
	answers       []Answer
	causes        [][]Cause
	budget        *work.Budget
}

// step answers for one step of after, when those that it takes are answered.
func (c *comparison) step(i int) {
	k := c.after.keys[i]
	switch {
	case c.known[k.definite]:
		return
	case c.hoped[k.hopeful]:
		c.answers[i] = Maybe
	default:
		c.answers[i] = Again
	}
	s := &c.after.Graph.Steps[i]
	for _, in := range s.Inputs {
		c.add(i, c.causes[in.Step]...)
	}
	c.begin(i)
}

// begin adds the causes that begin with the step itself.
func (c *comparison) begin(i int) {
	s := &c.after.Graph.Steps[i]
	switch {
	case s.Kind == Source:
		c.add(i, Cause{Step: s, Why: ABase})
		return
	case s.Kind == Context, s.inline():
		return // what counts is what others take of it
	case len(c.own[s.Own]) == 0 && len(c.named[s.place()]) > 0:
		c.add(i, Cause{Step: s, Why: AVariable})
		return
	case len(c.own[s.Own]) == 0:
		c.add(i, Cause{Step: s, Why: ANewStep})
		return
	}
	was := c.counterpart(s)
	for n, in := range s.Inputs {
		if in.Content && c.after.Graph.Steps[in.Step].Kind == Context && n < len(was.Inputs) {
			c.files(i, in, was.Inputs[n])
		}
	}
	if len(c.causes[i]) == 0 {
		c.add(i, Cause{Step: s, Why: c.plan(s)})
	}
}

// plan is what is new about a step that does the same as before, over files that are the same.
func (c *comparison) plan(s *Step) Why {
	for _, in := range s.Inputs {
		if c.after.Graph.Steps[in.Step].inline() && c.answers[in.Step] != Cached {
			return ANewStep
		}
	}
	return AnotherPlan
}

// counterpart is the step of before that does the same, and is called the same where several are.
func (c *comparison) counterpart(s *Step) *Step {
	all := c.own[s.Own]
	for _, j := range all {
		if was := &c.before.Graph.Steps[j]; was.place() == s.place() {
			return was
		}
	}
	return &c.before.Graph.Steps[all[0]]
}

// files adds the files that an input takes and that are others than those that it took.
func (c *comparison) files(i int, in, was Input) {
	s := &c.after.Graph.Steps[i]
	if c.before.Graph.Steps[was.Step].Kind != Context {
		return
	}
	now, then := c.after.taken(in), c.before.taken(was)
	for _, p := range differences(then, now) {
		c.add(i, Cause{Step: s, Why: AFile, Folder: c.after.Graph.Steps[in.Step].Folder, Path: p})
	}
	if now.unknown || then.unknown {
		c.add(i, Cause{Step: s, Why: Unknown, Folder: c.after.Graph.Steps[in.Step].Folder,
			Path: cmp.Or(now.what, then.what)})
	}
}

// differences lists the paths of files, and of folders where only those differ, that are not the same on both sides.
func differences(then, now taken) []string {
	var files, folders []string
	a, b := then.byPath(), now.byPath()
	for _, both := range []struct{ one, other map[string]string }{{a, b}, {b, a}} {
		for p, id := range both.one {
			switch {
			case both.other[p] == id:
			case id == folderID:
				folders = append(folders, p)
			default:
				files = append(files, p)
			}
		}
	}
	if len(files) == 0 {
		files = folders
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// byPath gives each path that is taken its ID.
func (t taken) byPath() map[string]string {
	all := make(map[string]string, len(t.entries))
	for _, e := range t.entries {
		all[e.path] = e.id
	}
	return all
}

// add adds causes once. A file that an earlier step takes, too, is named there.
func (c *comparison) add(i int, causes ...Cause) {
	known := map[Cause]bool{}
	c.budget.Charge(len(c.causes[i]) + 2*len(causes))
	for _, cause := range c.causes[i] {
		known[cause.key()] = true
	}
	for _, cause := range causes {
		if !known[cause.key()] && len(c.causes[i]) < maxPaths {
			known[cause.key()] = true
			c.causes[i] = append(c.causes[i], cause)
		}
	}
}

// key tells causes apart.
func (c Cause) key() Cause {
	if c.Why == AFile {
		c.Step = nil
	}
	return c
}
