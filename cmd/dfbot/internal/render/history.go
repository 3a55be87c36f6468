package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/timings"
	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/layers"
)

// History is what the merges of a repository ran again.
type History struct {
	Merges  []PastMerge // the newest first
	Builds  []*PastBuild
	Timings *timings.Timings // nil where none are given
	Trouble []Trouble
}

// PastMerge is one merge. What it ran again is that of all builds together.
type PastMerge struct {
	Hash, Subject  string
	Time           time.Time
	Was, Now, Then Cost // as the Dockerfile was then, with that of today, and with the fixes in that
}

// Cost is what a merge ran again for sure.
type Cost struct {
	Runs, Installs int
	Seconds        float64 // of the steps of which the time is known
}

// Add adds what one build ran again.
func (c *Cost) Add(t *timings.Timings, r *forecast.Report, installs []layers.Forecast) {
	for _, s := range r.Steps {
		if s.Answer != layers.Again {
			continue
		}
		if s.Step.Kind == layers.Exec {
			c.Runs++
		}
		took, _ := t.Seconds(r.Build.Dockerfile, s.Step.Name)
		c.Seconds += took
	}
	for _, s := range installs {
		if s.Answer == layers.Again {
			c.Installs++
		}
	}
}

// Count is how often a step ran again, and may have, of how many merges.
type Count struct {
	Again int `json:"again"`
	Maybe int `json:"maybe"`
	Of    int `json:"of"`
}

// Step counts one answer.
func (c *Count) Step(a layers.Answer) {
	c.Of++
	switch a {
	case layers.Again:
		c.Again++
	case layers.Maybe:
		c.Maybe++
	}
}

// PastBuild is a build of today over the merges.
type PastBuild struct {
	Build   forecast.Build
	Merges  int      // with the Dockerfile on both sides
	Unknown int      // merges beside these of which the steps are not known, since Docker cannot build the Dockerfile
	Fixes   []string // the rules whose fixes are made
	Steps   []PastStep
	Earlier []Count // of steps that the Dockerfile of today does not have
	// Installs are the runs of all steps that install dependencies.
	Installs struct{ Was, Now, Then Count }
}

// PastStep is a step of the Dockerfile of today, or one that only the fixed Dockerfile has.
type PastStep struct {
	Name, Stage    string
	Line           int
	Run, Install   bool
	Today          bool
	Fixed          string // its name in the fixed Dockerfile, where that is another one
	Gone           bool   // the fixed Dockerfile does not have it
	Was, Now, Then Count
}

// seconds is how long a step takes, today and with the fixes. What is not known is negative.
func (h *History) seconds(b *PastBuild, s *PastStep) (now, then float64) {
	now, known := h.Timings.Seconds(b.Build.Dockerfile, s.Name)
	if !known {
		now = -1
	}
	then = now
	if s.Fixed != "" {
		if then, known = h.Timings.Seconds(b.Build.Dockerfile, s.Fixed); !known {
			then = -1
		}
	}
	return now, then
}

// bill is what the steps of a build cost over the merges.
type bill struct {
	Was   float64 `json:"asItWas"`
	Now   float64 `json:"today"`
	Then  float64 `json:"withFixes"`
	Known int     `json:"steps"`   // of which the time is known
	Not   int     `json:"without"` // that ran again, and of which it is not known
}

// bill adds up the steps of which the time is known, today and with the fixes.
func (h *History) bill(b *PastBuild) (sum bill) {
	for i := range b.Steps {
		s := &b.Steps[i]
		now, then := h.seconds(b, s)
		if s.Gone {
			then = 0
		}
		switch {
		case now >= 0 && then >= 0:
			sum.Known++
			sum.Was += now * float64(s.Was.Again)
			sum.Now += now * float64(s.Now.Again)
			sum.Then += then * float64(s.Then.Again)
		case s.Run && s.Was.Again+s.Now.Again+s.Then.Again > 0:
			sum.Not++
		}
	}
	return sum
}

// mostDear is how many merges are named.
const mostDear = 10

// dearest are the merges that cost most as they were.
func (h *History) dearest() (all []PastMerge) {
	for _, m := range h.Merges {
		if m.Was.Runs > 0 {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(x, y PastMerge) int {
		return cmp.Or(cmp.Compare(y.Was.Seconds, x.Was.Seconds), y.Was.Installs-x.Was.Installs, y.Was.Runs-x.Was.Runs)
	})
	return all[:min(len(all), mostDear)]
}

// pastDocument is the JSON form of History. Fields may be added; none goes or changes while the version is the same.
type pastDocument struct {
	Version int         `json:"version"`
	Merges  []pastMerge `json:"merges"`
	Builds  []pastBuild `json:"builds"`
	Trouble []Trouble   `json:"trouble"`
}

type pastMerge struct {
	Commit  string    `json:"commit"`
	Time    time.Time `json:"time"`
	Subject string    `json:"subject"`
	AsItWas pastCost  `json:"asItWas"`
	Today   pastCost  `json:"today"`
	Fixed   pastCost  `json:"withFixes"`
}

type pastCost struct {
	Runs     int      `json:"runs"`
	Installs int      `json:"installs"`
	Seconds  *float64 `json:"seconds,omitempty"`
}

type pastBuild struct {
	Dockerfile string     `json:"dockerfile"`
	Context    string     `json:"context"`
	Target     string     `json:"target,omitempty"`
	Merges     int        `json:"merges"`
	Unknown    int        `json:"unknown"`
	Fixes      []string   `json:"fixes"`
	Steps      []pastStep `json:"steps"`
	Earlier    pastRest   `json:"earlier"`
	Installs   pastCounts `json:"installs"`
	Seconds    *bill      `json:"seconds,omitempty"`
}

type pastRest struct {
	Steps int `json:"steps"`
	Again int `json:"again"`
	Maybe int `json:"maybe"`
}

type pastCounts struct {
	AsItWas *Count `json:"asItWas,omitempty"`
	Today   *Count `json:"today,omitempty"`
	Fixed   *Count `json:"withFixes,omitempty"`
}

type pastStep struct {
	Name      string   `json:"name"`
	FixedName string   `json:"fixedName,omitempty"`
	Stage     string   `json:"stage,omitempty"`
	Line      int      `json:"line,omitempty"`
	Run       bool     `json:"run"`
	Install   bool     `json:"install"`
	Seconds   *float64 `json:"seconds,omitempty"`
	pastCounts
}

// HistoryJSON writes one document.
func HistoryJSON(w io.Writer, h *History) error {
	doc := pastDocument{Version: 1, Merges: []pastMerge{}, Builds: []pastBuild{},
		Trouble: append([]Trouble{}, h.Trouble...)}
	for _, m := range h.Merges {
		doc.Merges = append(doc.Merges,
			pastMerge{m.Hash, m.Time, m.Subject, h.cost(m.Was), h.cost(m.Now), h.cost(m.Then)})
	}
	for _, b := range h.Builds {
		doc.Builds = append(doc.Builds, h.document(b))
	}
	return indented(w, doc)
}

func (h *History) cost(c Cost) pastCost {
	to := pastCost{Runs: c.Runs, Installs: c.Installs}
	if h.Timings != nil {
		to.Seconds = &c.Seconds
	}
	return to
}

func (h *History) document(b *PastBuild) pastBuild {
	doc := pastBuild{Dockerfile: b.Build.Dockerfile, Context: folderName(b.Build.Context), Target: b.Build.Target,
		Merges: b.Merges, Unknown: b.Unknown, Fixes: append([]string{}, b.Fixes...), Steps: []pastStep{},
		Earlier:  earlier(b),
		Installs: pastCounts{&b.Installs.Was, &b.Installs.Now, &b.Installs.Then}}
	for i := range b.Steps {
		s := &b.Steps[i]
		to := pastStep{Name: s.Name, FixedName: s.Fixed, Stage: s.Stage, Line: s.Line, Run: s.Run, Install: s.Install}
		if now, _ := h.seconds(b, s); now >= 0 {
			to.Seconds = &now
		}
		if s.Today {
			to.AsItWas, to.Today = &s.Was, &s.Now
		}
		if !s.Gone {
			to.Fixed = &s.Then
		}
		doc.Steps = append(doc.Steps, to)
	}
	if h.Timings != nil {
		sum := h.bill(b)
		doc.Seconds = &sum
	}
	return doc
}

// earlier adds up the steps that the Dockerfile of today does not have.
func earlier(b *PastBuild) pastRest {
	rest := pastRest{Steps: len(b.Earlier)}
	for _, c := range b.Earlier {
		rest.Again, rest.Maybe = rest.Again+c.Again, rest.Maybe+c.Maybe
	}
	return rest
}

func (r pastRest) String() string {
	return fmt.Sprintf("%s of earlier Dockerfiles ran again %s", counted(r.Steps, "more step"), times(r.Again))
}

// HistoryText writes a table for each build, and the dearest merges.
func HistoryText(w io.Writer, h *History, colour bool) error {
	p := palette(colour)
	var b strings.Builder
	fmt.Fprintf(&b, "%s of the first-parent history: how many ran a step again, as the Dockerfile was then, with\n"+
		"that of today, and with the fixes in that. In brackets: how many may have.\n", counted(len(h.Merges), "merge"))
	for _, build := range h.Builds {
		fmt.Fprintf(&b, "\n%s: %s\n", p.bold(Visible(title(&forecast.Report{Build: build.Build}))), build.summary())
		h.table(&b, p, build)
	}
	if dear := h.dearest(); len(dear) > 0 {
		b.WriteString("\n" + p.bold("The dearest merges, as the Dockerfiles were then") + "\n")
		for _, m := range dear {
			fmt.Fprintf(&b, "  %.12s  %s  %s  %s\n", m.Hash, m.Time.Format(time.DateOnly), h.ran(m),
				p.dim(Visible(m.Subject)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ran says what a merge ran again, and what is left of that with the fixes.
func (h *History) ran(m PastMerge) string {
	text := counted(m.Was.Runs, "RUN")
	if m.Was.Installs > 0 {
		text += fmt.Sprintf(", of these %s", counted(m.Was.Installs, "install"))
	}
	if h.Timings != nil {
		text += ", " + span(m.Was.Seconds) + " known"
	}
	return text + fmt.Sprintf(" (with the fixes %d)", m.Then.Runs)
}

// summary says over what is counted.
func (b *PastBuild) summary() string {
	text := counted(b.Merges, "merge")
	if b.Unknown > 0 {
		text += fmt.Sprintf(", and %d of which the steps are not known", b.Unknown)
	}
	if len(b.Fixes) == 0 {
		return text + "; no fixes"
	}
	return text + "; fixes: " + strings.Join(b.Fixes, ", ")
}

// table writes the steps of a build.
func (h *History) table(b *strings.Builder, p palette, build *PastBuild) {
	fmt.Fprintf(b, "  %s\n", p.dim(fmt.Sprintf("%-12s%-12s%s", "as it was", "today", "with fixes")))
	for i := range build.Steps {
		s := &build.Steps[i]
		was, now, then := "-", "-", "-"
		if s.Today {
			was, now = s.Was.of(build.Merges), s.Now.of(build.Merges)
		}
		if !s.Gone {
			then = s.Then.of(build.Merges)
		}
		row := fmt.Sprintf("%-12s%-12s%-12s", was, now, then)
		name := shortened(s.Name, mostName)
		if s.Install {
			name = p.bold(name)
		}
		fmt.Fprintf(b, "  %s%s%s\n", row, name, p.dim(h.priced(build, s)))
	}
	if rest := earlier(build); rest.Steps > 0 {
		fmt.Fprintf(b, "  %s\n", p.dim(rest.String()))
	}
	if h.Timings != nil {
		fmt.Fprintf(b, "  %s\n", h.bill(build))
	}
}

// mostName is how many characters of a step's name a table has.
const mostName = 100

// shortened is the beginning of a text.
func shortened(text string, most int) string {
	text = Visible(text)
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most-1]) + "…"
	}
	return text
}

// of is the count; where the step was not there in all merges, with that number.
func (c Count) of(merges int) string {
	text := fmt.Sprint(c.Again)
	if c.Maybe > 0 {
		text += fmt.Sprintf(" (%d)", c.Maybe)
	}
	if c.Of < merges && c.Of > 0 {
		text += fmt.Sprintf("/%d", c.Of)
	}
	return text
}

// priced says how long a step takes, where times are given.
func (h *History) priced(b *PastBuild, s *PastStep) string {
	if h.Timings == nil || !s.Run {
		return ""
	}
	if now, _ := h.seconds(b, s); now >= 0 {
		return "  " + span(now) + " each"
	}
	return "  time not known"
}

func (b bill) String() string {
	text := fmt.Sprintf("known cost: %s as it was, %s today, %s with the fixes", span(b.Was), span(b.Now), span(b.Then))
	if b.Not > 0 {
		text += fmt.Sprintf("; without %s of which the time is not known", counted(b.Not, "step"))
	}
	return text
}

// span words seconds.
func span(seconds float64) string {
	switch d := int(seconds + 0.5); {
	case d >= 3600:
		return fmt.Sprintf("%d h %d min", d/3600, d%3600/60)
	case d >= 60:
		return fmt.Sprintf("%d min %d s", d/60, d%60)
	case seconds >= 10 || seconds == 0:
		return fmt.Sprintf("%d s", d)
	}
	return fmt.Sprintf("%.1f s", seconds)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// counted is a number of things.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
