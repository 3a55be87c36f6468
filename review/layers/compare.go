package layers

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ChangeKind is how the steps of two graphs differ.
type ChangeKind uint8

// The kinds.
const (
	Removed ChangeKind = iota // only the first graph has it
	Added                     // only the second one
	Changed                   // the same instruction does something else
	Moved                     // it comes after another step
)

func (k ChangeKind) String() string { return [...]string{"removed", "added", "changed", "moved"}[k] }

// Change is one difference between the steps of two graphs.
type Change struct {
	Kind          ChangeKind
	Before, After *Step    // nil for Added, and for Removed
	Parts         []string // of a Changed step, by name
	// Stage says of an Added or a Removed step that the other graph has no step of its stage at all.
	Stage bool
}

// Comparison is what is different between what two Dockerfiles build. Without changes and settings it is the same, byte
// for byte of what BuildKit has to do.
type Comparison struct {
	Changes  []Change // in the order of the graphs: those of the first, then what the second adds
	Settings []string // of the image's configuration that differ, such as "User" or "Env"
}

// Same reports whether nothing is different.
func (c *Comparison) Same() bool { return len(c.Changes)+len(c.Settings) == 0 }

// Compare compares two graphs. Steps are the same by their instruction and its stage; of several the same, by their
// order.
func Compare(before, after *Graph) *Comparison {
	c := &pairing{before: before, after: after, of: map[int]int{}, back: map[int]int{}}
	made := &Comparison{Settings: settings(before.Image, after.Image)}
	if digestOf(before) == digestOf(after) {
		return made
	}
	c.match()
	c.under, c.over = nearest(before, c.of), nearest(after, c.back)
	made.Changes = append(c.differences(), c.added()...)
	if len(made.Changes) == 0 && len(before.Steps) > 0 && len(after.Steps) > 0 {
		// The graphs differ in something that no step shows.
		last, then := &before.Steps[len(before.Steps)-1], &after.Steps[len(after.Steps)-1]
		made.Changes = append(made.Changes, Change{Kind: Changed, Before: last, After: then, Parts: []string{"result"}})
	}
	return made
}

// differences are what became of the steps of before.
func (c *pairing) differences() (all []Change) {
	there := c.after.stages()
	for i := range c.before.Steps {
		s := &c.before.Steps[i]
		j, found := c.of[i]
		switch {
		case !s.counts():
		case !found:
			all = append(all, Change{Kind: Removed, Before: s, Stage: !there[s.Stage]})
		default:
			all = append(all, c.compare(i, j)...)
		}
	}
	return all
}

// added are the steps that only after has.
func (c *pairing) added() (all []Change) {
	there := c.before.stages()
	for j := range c.after.Steps {
		s := &c.after.Steps[j]
		if _, found := c.back[j]; !found && s.counts() {
			all = append(all, Change{Kind: Added, After: s, Stage: !there[s.Stage]})
		}
	}
	return all
}

// digestOf identifies all of a graph but names.
func digestOf(g *Graph) string {
	if len(g.Steps) == 0 {
		return ""
	}
	return g.Steps[len(g.Steps)-1].Digest
}

// stages are those of which the graph has a step.
func (g *Graph) stages() map[string]bool {
	all := map[string]bool{}
	for _, s := range g.Steps {
		if s.First > 0 {
			all[s.Stage] = true
		}
	}
	return all
}

// counts reports whether a step is worth a line of its own: what it only takes for another one is compared there.
func (s *Step) counts() bool { return s.Kind == Source || s.First > 0 && s.Kind != Context }

// pairing finds which steps of two graphs are the same.
type pairing struct {
	before, after *Graph
	of, back      map[int]int
	under, over   []int // the nearest steps of before, and of after
}

// match pairs the steps: first those that are the same instruction, then what is left of each kind in a stage, where
// both sides have as many.
func (c *pairing) match() {
	free := c.unpaired(c.after, c.back, (*Step).identity)
	for i := range c.before.Steps {
		s := &c.before.Steps[i]
		if all := free[s.identity()]; s.counts() && len(all) > 0 {
			c.pair(i, all[0])
			free[s.identity()] = all[1:]
		}
	}
	free = c.unpaired(c.after, c.back, (*Step).sort)
	for name, left := range c.unpaired(c.before, c.of, (*Step).sort) {
		for n, i := range left {
			if len(free[name]) == len(left) && c.before.Steps[i].Kind != Source {
				c.pair(i, free[name][n])
			}
		}
	}
}

func (c *pairing) pair(i, j int) { c.of[i], c.back[j] = j, i }

// unpaired are the steps of a graph that have no counterpart yet, by a name.
func (c *pairing) unpaired(g *Graph, paired map[int]int, by func(*Step) string) map[string][]int {
	all := map[string][]int{}
	for i := range g.Steps {
		if _, found := paired[i]; !found && g.Steps[i].counts() {
			name := by(&g.Steps[i])
			all[name] = append(all[name], i)
		}
	}
	return all
}

// identity is what people take for the same step. BuildKit shows a RUN with the values of variables, and gives stages
// without a name numbers, which another stage moves.
func (s *Step) identity() string {
	if s.Kind == Source {
		return "from " + s.From
	}
	_, text, _ := strings.Cut(s.place(), "\x00")
	if s.Kind == Exec {
		text = s.Command
	}
	return strings.Join([]string{stageName(s.Stage), strconv.Itoa(int(s.Kind)), text}, "\x00")
}

// sort is the kind of the step in its stage.
func (s *Step) sort() string { return s.Stage + "\x00" + strconv.Itoa(int(s.Kind)) }

func stageName(stage string) string {
	if n, unnamed := strings.CutPrefix(stage, "stage-"); unnamed {
		if _, err := strconv.Atoi(n); err == nil {
			return ""
		}
	}
	return stage
}

// compare compares two steps that are the same instruction.
func (c *pairing) compare(i, j int) (all []Change) {
	was, now := &c.before.Steps[i], &c.after.Steps[j]
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(was.Does)) {
		if was.Does[name] != now.Does[name] {
			parts = append(parts, name)
		}
	}
	if was.Does == nil && was.Own != now.Own {
		parts = append(parts, "result")
	}
	if c.otherSources(was, now) && !slices.Contains(parts, "files") {
		parts = append(parts, "files")
	}
	if len(parts) > 0 {
		all = append(all, Change{Kind: Changed, Before: was, After: now, Parts: parts})
	}
	if p, q := below(c.under, was), below(c.over, now); p >= 0 || q >= 0 {
		if k, found := c.of[p]; !found || k != q {
			all = append(all, Change{Kind: Moved, Before: was, After: now})
		}
	}
	return all
}

// nearest gives for each step the next one that has a counterpart, itself or under it; -1 where there is none.
func nearest(g *Graph, paired map[int]int) []int {
	all := make([]int, len(g.Steps))
	for i := range g.Steps {
		if _, found := paired[i]; found {
			all[i] = i
			continue
		}
		all[i] = below(all, &g.Steps[i])
	}
	return all
}

// below is the next step under a step that has a counterpart; -1 where there is none.
func below(nearest []int, s *Step) int {
	if at := s.chain(); at >= 0 {
		return nearest[s.Inputs[at].Step]
	}
	return -1
}

// chain is the number of the input that the step changes; -1 where it has none. The order of inputs means nothing:
// BuildKit sorts them.
func (s *Step) chain() int {
	return slices.IndexFunc(s.Inputs, func(in Input) bool { return !in.Content })
}

// otherSources reports whether the steps take files of something else than what is below them, and not of the same.
func (c *pairing) otherSources(was, now *Step) bool {
	if len(was.Inputs) != len(now.Inputs) {
		return true
	}
	at, end := was.chain(), now.chain()
	left := slices.Clone(now.Inputs)
	if end >= 0 {
		left = slices.Delete(left, end, end+1)
	}
	for k, in := range was.Inputs {
		if k == at {
			continue
		}
		same := slices.IndexFunc(left, func(other Input) bool { return c.sameSource(in, other) })
		if same < 0 {
			return true
		}
		left = slices.Delete(left, same, same+1)
	}
	return false
}

// sameSource reports whether two inputs are the same files, as far as their own steps do not say so.
func (c *pairing) sameSource(was, now Input) bool {
	p, q := &c.before.Steps[was.Step], &c.after.Steps[now.Step]
	switch {
	case p.Digest == q.Digest:
		return true
	case p.Kind == Context || q.Kind == Context:
		return p.Kind == q.Kind && p.Folder == q.Folder && slices.Equal(p.Excludes, q.Excludes)
	case !p.counts() || !q.counts():
		return p.Own == q.Own
	}
	at, end := c.under[was.Step], c.over[now.Step]
	k, found := c.of[at]
	return at < 0 && end < 0 || found && k == end
}

// settings lists what differs between the configurations of two images.
func settings(before, after []byte) (all []string) {
	type image struct {
		Config map[string]json.RawMessage `json:"config"`
	}
	var was, now image
	var rest, others map[string]json.RawMessage
	for _, err := range []error{json.Unmarshal(before, &was), json.Unmarshal(after, &now),
		json.Unmarshal(before, &rest), json.Unmarshal(after, &others)} {
		if err != nil {
			return []string{"image"}
		}
	}
	delete(rest, "config")
	delete(others, "config")
	for _, side := range [][2]map[string]json.RawMessage{{was.Config, now.Config}, {rest, others}} {
		for _, name := range slices.Sorted(maps.Keys(side[0])) {
			if string(side[0][name]) != string(side[1][name]) {
				all = append(all, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(side[1])) {
			if _, found := side[0][name]; !found {
				all = append(all, name)
			}
		}
	}
	return all
}
