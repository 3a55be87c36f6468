package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/timings"
	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/layers"
)

// Forecasts is what a change runs again, for each build.
type Forecasts struct {
	Reports []*forecast.Report
	Timings *timings.Timings // nil where none are given
	Trouble []Trouble
}

// layersDocument is the JSON form of Forecasts. Fields may be added; none goes or changes while the version is the
// same.
type layersDocument struct {
	Version int         `json:"version"`
	Steps   []layerStep `json:"steps"`
	Trouble []Trouble   `json:"trouble"`
}

// layerStep is one step of one build.
type layerStep struct {
	Dockerfile string   `json:"dockerfile"`
	Context    string   `json:"context"`
	Target     string   `json:"target,omitempty"`
	Name       string   `json:"name"` // as BuildKit shows it
	Stage      string   `json:"stage,omitempty"`
	Line       int      `json:"line"`
	EndLine    int      `json:"endLine"`
	Prediction string   `json:"prediction"` // cached, again or maybe
	Paths      []string `json:"paths"`      // the changed files that are the cause
	Because    string   `json:"because,omitempty"`
	Seconds    *float64 `json:"seconds,omitempty"` // that it took, where times are given and known
}

// LayersJSON writes one object for each step.
func LayersJSON(w io.Writer, f *Forecasts) error {
	doc := layersDocument{Version: 1, Steps: []layerStep{}, Trouble: append([]Trouble{}, f.Trouble...)}
	for _, r := range f.Reports {
		for _, s := range r.Steps {
			paths := r.Paths(s)
			if paths == nil {
				paths = []string{}
			}
			doc.Steps = append(doc.Steps, layerStep{
				Dockerfile: r.Build.Dockerfile, Context: folderName(r.Build.Context), Target: r.Build.Target,
				Name: s.Step.Name, Stage: s.Step.Stage, Line: s.Step.First, EndLine: s.Step.Last,
				Prediction: s.Answer.String(), Paths: paths, Because: because(r, s),
				Seconds: f.seconds(r, s)})
		}
	}
	return indented(w, doc)
}

// seconds is how long a step took; nil where that is not known.
func (f *Forecasts) seconds(r *forecast.Report, s layers.Forecast) *float64 {
	if took, known := f.Timings.Seconds(r.Build.Dockerfile, s.Step.Name); known {
		return &took
	}
	return nil
}

// cost says how long the steps take that run again, where times are given.
func (f *Forecasts) cost(r *forecast.Report) string {
	if f.Timings == nil || r.Count(layers.Again) == 0 {
		return ""
	}
	sum, without := 0.0, 0
	for _, s := range r.Steps {
		if s.Answer != layers.Again {
			continue
		}
		if took := f.seconds(r, s); took != nil {
			sum += *took
		} else {
			without++
		}
	}
	switch without {
	case 0:
		return ", which takes " + span(sum)
	case r.Count(layers.Again):
		return ", of which no time is known"
	}
	return fmt.Sprintf(", which takes %s without %s of which the time is not known", span(sum),
		counted(without, "step"))
}

// LayersText writes a table for each build.
func LayersText(w io.Writer, f *Forecasts, colour bool) error {
	p := palette(colour)
	var b strings.Builder
	for i, r := range f.Reports {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s: %s%s\n", p.bold(Visible(title(r))), r.Sum(), f.cost(r))
		said := ""
		for _, s := range r.Steps {
			took := ""
			if t := f.seconds(r, s); t != nil {
				took = "  " + span(*t)
			}
			fmt.Fprintf(&b, "  %s  %s%s\n", p.answer(s.Answer), Visible(s.Step.Name), p.dim(took))
			if why := because(r, s); why != said && why != "" {
				said = why
				fmt.Fprintf(&b, "          %s\n", p.dim("because of "+Visible(why)))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// answer is an answer as wide as all others.
func (p palette) answer(a layers.Answer) string {
	text := fmt.Sprintf("%-6s", a)
	switch a {
	case layers.Again:
		return p.paint("33", text)
	case layers.Maybe:
		return p.cyan(text)
	}
	return p.dim(text)
}

// title names a build.
func title(r *forecast.Report) string {
	text := r.Build.Dockerfile
	if r.Build.Target != "" {
		text += ", target " + r.Build.Target
	}
	return text + ", context " + folderName(r.Build.Context)
}

func folderName(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// because names why a step is not cached: some of the files, and whatever else.
func because(r *forecast.Report, s layers.Forecast) string {
	files, more, parts := r.Because(s)
	switch {
	case more > 0:
		parts = append([]string{fmt.Sprintf("%s and %d more files", strings.Join(files, ", "), more)}, parts...)
	case len(files) > 0:
		parts = append([]string{strings.Join(files, ", ")}, parts...)
	}
	return strings.Join(parts, "; ")
}
