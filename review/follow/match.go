package follow

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/dockerfile"
)

// matcher pairs the lines of two versions.
type matcher struct {
	trail         *Trail
	work          func(units int)
	before, after version
	stageOf       []int // the index before of each stage after; -1 where it is new
}

// pair notes that the line after is the line before.
func (m *matcher) pair(before, after *line) {
	before.taken, after.taken = true, true
	m.trail.instructions[after.in.Index] = before.in
	m.trail.same[after.in.Index] = before.text == after.text
}

// align pairs lines from the surest to the least sure: at both ends of a stage, elsewhere in the stage, anywhere in the
// file, and then those whose words have changed.
func (m *matcher) align() {
	n := len(m.after.stages)
	was := func(i int) ([]*line, bool) { // the stage before of the stage i after
		if i == n-1 {
			return m.before.stages[len(m.before.stages)-1], true
		}
		if m.stageOf[i] < 0 {
			return nil, false
		}
		return m.before.stages[m.stageOf[i]], true
	}
	each := func(match func(before, after []*line)) {
		for i, after := range m.after.stages {
			if before, ok := was(i); ok {
				match(left(before), left(after))
			}
		}
	}
	each(m.pairEnds)
	each(m.pairEqual)
	m.pairEqual(left(m.before.all), left(m.after.all))
	each(m.pairSimilar)
	each(m.pairSettings)
}

// left are the lines without a counterpart.
func left(all []*line) []*line {
	var out []*line
	for _, x := range all {
		if !x.taken {
			out = append(out, x)
		}
	}
	return out
}

// pairEnds pairs the FROMs of two stages and the equal lines at both ends, so that of several equal ones the right one
// is taken.
func (m *matcher) pairEnds(before, after []*line) {
	from := func(all []*line) bool { return len(all) > 0 && all[0].in.Name == "FROM" }
	if from(before) && from(after) {
		m.pair(before[0], after[0])
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[0].text == after[0].text {
		m.pair(before[0], after[0])
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1].text == after[len(after)-1].text {
		m.pair(before[len(before)-1], after[len(after)-1])
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	m.work(len(before) + len(after))
}

// pairEqual pairs equal lines, several of one text in their order.
func (m *matcher) pairEqual(before, after []*line) {
	byText := map[string][]*line{}
	for _, x := range before {
		byText[x.text] = append(byText[x.text], x)
	}
	for _, x := range after {
		m.work(len(x.text) / 4)
		if all := byText[x.text]; len(all) > 0 && x.in.Name != "FROM" {
			m.pair(all[0], x)
			byText[x.text] = all[1:]
		}
	}
}

// A changed instruction is compared with the nearest of its kind, so many before and after its place at least, and
// with more where they are few: a kind costs about mostCompared comparisons.
const (
	nearest      = 16
	mostCompared = 4096
)

// least is how much of their words, in percent, two instructions have to share to be the same one, changed.
const least = 50

// likeness is two lines that may be the same one, changed.
type likeness struct {
	before, after *line
	percent, far  int
}

// pairSimilar pairs lines of one keyword that share most of their words, the most similar ones first.
func (m *matcher) pairSimilar(before, after []*line) {
	kinds := byKeyword(before)
	var all []likeness
	for name, after := range byKeyword(after) {
		before, near := kinds[name], max(nearest, mostCompared/2/len(after))
		for i, x := range after {
			at := i * len(before) / len(after)
			for _, y := range before[max(0, at-near):min(len(before), at+near+1)] {
				if p := m.percent(y, x); p >= least {
					all = append(all, likeness{y, x, p, max(x.place-y.place, y.place-x.place)})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b likeness) int {
		return cmp.Or(cmp.Compare(b.percent, a.percent), cmp.Compare(a.far, b.far),
			cmp.Compare(a.after.in.Index, b.after.in.Index), cmp.Compare(a.before.in.Index, b.before.in.Index))
	})
	for _, l := range all {
		if !l.before.taken && !l.after.taken {
			m.pair(l.before, l.after)
		}
	}
}

// byKeyword sorts lines by their keyword, and notes the place of each.
func byKeyword(all []*line) map[string][]*line {
	kinds := map[string][]*line{}
	for _, x := range all {
		x.place = len(kinds[x.in.Name])
		kinds[x.in.Name] = append(kinds[x.in.Name], x)
	}
	return kinds
}

// percent is how much of their words two lines share.
func (m *matcher) percent(x, y *line) int {
	a, b := x.known(m.work), y.known(m.work)
	m.work(len(a) + len(b))
	total, shared := len(a)+len(b), 0
	for len(a) > 0 && len(b) > 0 {
		switch c := cmp.Compare(a[0], b[0]); {
		case c == 0:
			shared++
			a, b = a[1:], b[1:]
		case c < 0:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return 200 * shared / max(total, 1)
}

// settings are the instructions that set one thing: where a stage has as many of them left before as after, those are
// the same ones in their order, whatever they say.
var settings = []string{"CMD", "ENTRYPOINT", "HEALTHCHECK", "MAINTAINER", "SHELL", "STOPSIGNAL", "USER", "WORKDIR"}

func (m *matcher) pairSettings(before, after []*line) {
	was, is := byKeyword(before), byKeyword(after)
	for _, name := range settings {
		for i := 0; len(was[name]) == len(is[name]) && i < len(was[name]); i++ {
			m.pair(was[name][i], is[name][i])
		}
	}
}

// alignStages finds for each stage what it was: the one of its name, else the one with the most instructions in common,
// else the one in its place.
func (m *matcher) alignStages(before, after *dockerfile.File) {
	s := stages{m: m, before: before.Stages(), after: after.Stages()}
	s.was, s.taken = make([]int, len(s.after)), make([]bool, len(s.before))
	for i := range s.was {
		s.was[i] = -1
	}
	s.byName()
	s.byContent()
	s.byPlace()
	m.stageOf = s.was
	for i, was := range s.was {
		if was >= 0 {
			m.trail.stages[i] = s.before[was]
		}
	}
}

// stages pairs the stages of two versions.
type stages struct {
	m             *matcher
	before, after []*dockerfile.Stage
	was           []int
	taken         []bool
}

func (s *stages) pair(before, after int) {
	if s.was[after] < 0 && !s.taken[before] {
		s.was[after], s.taken[before] = before, true
	}
}

func (s *stages) byName() {
	named := map[string][]int{}
	for i, x := range s.before {
		if x.Name != "" {
			named[strings.ToLower(x.Name)] = append(named[strings.ToLower(x.Name)], i)
		}
	}
	for i, x := range s.after {
		if all := named[strings.ToLower(x.Name)]; len(all) > 0 {
			s.pair(all[0], i)
			named[strings.ToLower(x.Name)] = all[1:]
		}
	}
}

// rivals is how many stages before may count an instruction as theirs.
const rivals = 4

// byContent pairs stages that share instructions, or the whole FROM but for the name. Those that share most come first.
func (s *stages) byContent() {
	owners := map[string][]int{}
	note := func(i int, text string) {
		if all := owners[text]; len(all) < rivals && !slices.Contains(all, i) {
			owners[text] = append(all, i)
		}
	}
	for i, x := range s.before {
		for _, l := range s.m.before.stages[i][1:] {
			if !s.taken[i] {
				note(i, l.text)
			}
		}
		if !s.taken[i] {
			note(i, image(x))
		}
	}
	type shared struct{ before, after, n int }
	var all []shared
	for i, x := range s.after {
		if s.was[i] >= 0 {
			continue
		}
		n := map[int]int{}
		for _, l := range s.m.after.stages[i][1:] {
			for _, was := range owners[l.text] {
				n[was]++
			}
		}
		for _, was := range owners[image(x)] {
			n[was]++
		}
		s.m.work(rivals * len(s.m.after.stages[i]))
		for was, n := range n {
			all = append(all, shared{was, i, n})
		}
	}
	far := func(x shared) int { return max(x.after-x.before, x.before-x.after) }
	slices.SortFunc(all, func(x, y shared) int {
		return cmp.Or(cmp.Compare(y.n, x.n), cmp.Compare(far(x), far(y)), cmp.Compare(x.after, y.after),
			cmp.Compare(x.before, y.before))
	})
	for _, x := range all {
		s.pair(x.before, x.after)
	}
}

// image is the text of a FROM without the name of its stage.
func image(x *dockerfile.Stage) string { return "FROM " + x.Image.Text }

// byPlace pairs the stages that are built by default, and those in between where there are as many.
func (s *stages) byPlace() {
	s.pair(len(s.before)-1, len(s.after)-1)
	var was, is []int
	for i, taken := range s.taken {
		if !taken {
			was = append(was, i)
		}
	}
	for i, before := range s.was {
		if before < 0 {
			is = append(is, i)
		}
	}
	for i := 0; len(was) == len(is) && i < len(was); i++ {
		s.pair(was[i], is[i])
	}
}
