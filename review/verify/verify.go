// Package verify holds a change of a Dockerfile to what it says that it changes, by the graphs that BuildKit makes of
// the file before and after. It looks at every stage, and builds nothing. It must never read a file itself.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/layers"
	"github.com/dfbot/dfbot/review/turns"
)

// Kind is how far a change may go.
type Kind uint8

// The kinds, the narrowest first.
const (
	SameGraph  Kind = iota // BuildKit has to do the same
	SameSteps              // the same steps, perhaps in another order
	OtherSteps             // the same but for the steps of some instructions, and what these set
)

// String is what was proved, in three words.
func (k Kind) String() string {
	return [...]string{"same build graph", "same steps, reordered", "other steps unchanged"}[k]
}

// Contract is what a change says of itself.
type Contract struct {
	Kind Kind
	// Before and After report of a line, 1-based, whether an instruction that the change rewrites, drops or adds begins
	// there, on either side; for OtherSteps.
	Before, After func(line int) bool
	// Parts and Settings are what may differ besides: parts of other steps, as layers.Step.Does names them, and
	// settings of the image. A nil Settings allows none; All allows all.
	Parts, Settings []string
	Reorders        bool // steps may come after others than before; for OtherSteps
	Stages          bool // other stages of the file may be needed than before; for OtherSteps
}

// All stands for every part or setting.
const All = "*"

// Breach is one thing that a change does against its contract.
type Breach struct {
	Target  string         // the stage that is built; "" for one without a name
	Change  *layers.Change // nil where it is a setting
	Setting string         // of the image's configuration
	Gone    bool           // there is no such stage any more
}

// Verifier asks BuildKit for graphs, each once. It is for one goroutine.
type Verifier struct {
	Checks *buildkit.Checks
	Asker  *turns.Asker // may be nil
	Args   map[string]string

	graphs map[string]*layers.Graph
}

// ErrNoGraph is that BuildKit makes no graph of one of the files, so that nothing is proved.
var ErrNoGraph = errors.New("BuildKit makes no graph of it")

// Built is what is different in one of the stages that two Dockerfiles build.
type Built struct {
	Target             string // as the first one names it; "" for its last stage
	*layers.Comparison        // nil where the second one has no such stage
}

// Compare compares all that can be asked of the first Dockerfile with what the second one makes of it: the last stage,
// and each stage with a name that no other one needs.
func (v *Verifier) Compare(ctx context.Context, before, after *dockerfile.File) (all []Built, err error) {
	for _, s := range v.stages(before, after) {
		was, now := targetOf(s), ""
		if !s.Final() {
			other := counterpart(s, after)
			if other == nil {
				all = append(all, Built{was, nil})
				continue
			}
			now = other.Name
		}
		made, err := v.compare(ctx, before, after, was, now)
		if err != nil {
			return nil, err
		}
		all = append(all, Built{was, made})
	}
	return all, nil
}

// stages are the stages of before to be compared: its leaves, and what are leaves of after only.
func (v *Verifier) stages(before, after *dockerfile.File) (all []*dockerfile.Stage) {
	seen := map[int]bool{}
	add := func(s *dockerfile.Stage) {
		if s != nil && !seen[s.Index] && (s.Final() || s.Name != "") {
			seen[s.Index] = true
			all = append(all, s)
		}
	}
	for _, s := range before.Leaves() {
		add(s)
	}
	for _, s := range after.Leaves() {
		if !s.Final() {
			add(counterpart(s, before))
		}
	}
	return all
}

// counterpart is the stage of the other file that can be built instead of s: at the same place if there are as many
// stages, else with the same name. It is nil without one.
func counterpart(s *dockerfile.Stage, other *dockerfile.File) *dockerfile.Stage {
	if other.StageCount() != s.From.File().StageCount() {
		return other.StageNamed(s.Name, other.StageCount())
	}
	if same := other.Stages()[s.Index]; same.Name != "" {
		return same
	}
	return nil
}

// targetOf is how a build names a stage: "" for the last one.
func targetOf(s *dockerfile.Stage) string {
	if s.Final() {
		return ""
	}
	return s.Name
}

func (v *Verifier) compare(
	ctx context.Context, before, after *dockerfile.File, was, now string,
) (*layers.Comparison, error) {
	first, err := v.graph(ctx, before, was)
	if err != nil {
		return nil, err
	}
	second, err := v.graph(ctx, after, now)
	if err != nil {
		return nil, err
	}
	return layers.Compare(first, second), nil
}

// graph is the graph of one stage.
func (v *Verifier) graph(ctx context.Context, f *dockerfile.File, target string) (*layers.Graph, error) {
	key := target + "\x00" + string(f.Src)
	if g := v.graphs[key]; g != nil {
		return g, nil
	}
	g, err := v.Checks.Graph(ctx, v.Asker, f, nil, buildkit.Plan{Target: target, Args: v.Args})
	switch {
	case err != nil:
		return nil, err
	case g.Stopped != "":
		return nil, fmt.Errorf("%w: %s", ErrNoGraph, g.Stopped)
	}
	if v.graphs == nil {
		v.graphs = map[string]*layers.Graph{}
	}
	v.graphs[key] = g
	return g, nil
}

// Check returns what the change from before to after does against the contract, and the narrowest contract that it
// keeps.
func (v *Verifier) Check(ctx context.Context, before, after *dockerfile.File, c Contract) ([]Breach, Kind, error) {
	all, err := v.Compare(ctx, before, after)
	if err != nil {
		return nil, c.Kind, err
	}
	var breaches []Breach
	kept := SameGraph
	for _, built := range all {
		if built.Comparison == nil {
			breaches = append(breaches, Breach{Target: built.Target, Gone: true})
			kept = OtherSteps
			continue
		}
		kept = max(kept, narrowest(built.Comparison))
		for _, b := range c.breaches(built.Comparison) {
			b.Target = built.Target
			breaches = append(breaches, b)
		}
	}
	return breaches, kept, nil
}

// narrowest is the narrowest kind of contract that a comparison keeps.
func narrowest(c *layers.Comparison) Kind {
	switch {
	case c.Same():
		return SameGraph
	case len(c.Settings) == 0 && !slices.ContainsFunc(c.Changes, func(ch layers.Change) bool {
		return ch.Kind != layers.Moved
	}):
		return SameSteps
	}
	return OtherSteps
}

// breaches lists what the comparison has against the contract.
func (c *Contract) breaches(all *layers.Comparison) (found []Breach) {
	for i := range all.Changes {
		if ch := &all.Changes[i]; !c.allows(ch) {
			found = append(found, Breach{Change: ch})
		}
	}
	for _, s := range all.Settings {
		if c.Kind < OtherSteps || !holds(c.Settings, s) {
			found = append(found, Breach{Setting: s})
		}
	}
	return found
}

// allows reports whether the contract allows a change of a step.
func (c *Contract) allows(ch *layers.Change) bool {
	if ch.Kind == layers.Moved {
		return c.Kind == SameSteps || c.Kind == OtherSteps && (c.Reorders || c.rewrites(ch))
	}
	if c.Kind < OtherSteps {
		return false
	}
	if c.rewrites(ch) || c.Stages && ch.Stage {
		return true
	}
	other := func(part string) bool { return !holds(c.Parts, part) }
	return ch.Kind == layers.Changed && !slices.ContainsFunc(ch.Parts, other)
}

// rewrites reports whether the change is of a step whose instruction the contract names.
func (c *Contract) rewrites(ch *layers.Change) bool {
	return ch.Before != nil && c.Before(ch.Before.First) || ch.After != nil && c.After(ch.After.First)
}

func holds(all []string, s string) bool { return slices.Contains(all, s) || slices.Contains(all, All) }

// String says what is against the contract, in words that may hold the Dockerfile's.
func (b Breach) String() string {
	text := ""
	switch ch := b.Change; {
	case b.Gone:
		return "stage " + b.Target + " cannot be built any more"
	case ch == nil:
		text = "the image differs in its " + b.Setting
	case ch.Kind == layers.Removed:
		text = fmt.Sprintf("line %d is gone: %s", ch.Before.First, ch.Before.Name)
	case ch.Kind == layers.Added:
		text = fmt.Sprintf("line %d is new: %s", ch.After.First, ch.After.Name)
	case ch.Kind == layers.Moved:
		text = fmt.Sprintf("line %d comes after another step: %s", ch.After.First, ch.After.Name)
	default:
		text = fmt.Sprintf("line %d differs in its %s: %s", ch.After.First, join(ch.Parts), ch.After.Name)
	}
	if b.Target != "" {
		text = "stage " + b.Target + ": " + text
	}
	return text
}

// join lists words: a, b and c.
func join(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	case 2:
		return words[0] + " and " + words[1]
	default:
		return words[0] + ", " + join(words[1:])
	}
}
