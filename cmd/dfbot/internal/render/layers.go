package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/layers"
)

// Forecasts is what a change runs again, for each build.
type Forecasts struct {
	Reports []*forecast.Report
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
				Prediction: s.Answer.String(), Paths: paths, Because: because(r, s)})
		}
	}
	return indented(w, doc)
}

// LayersText writes a table for each build.
func LayersText(w io.Writer, f *Forecasts, colour bool) error {
	p := palette(colour)
	var b strings.Builder
	for i, r := range f.Reports {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s: %s\n", p.bold(Visible(title(r))), sum(r))
		said := ""
		for _, s := range r.Steps {
			fmt.Fprintf(&b, "  %s  %s\n", p.answer(s.Answer), Visible(s.Step.Name))
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

// sum is how many steps run again.
func sum(r *forecast.Report) string {
	again, maybe := r.Count(layers.Again), r.Count(layers.Maybe)
	text := fmt.Sprintf("runs %d of %d steps again", again, len(r.Steps))
	switch {
	case again+maybe == 0:
		return fmt.Sprintf("all %d steps are cached", len(r.Steps))
	case maybe > 0:
		text += fmt.Sprintf(", and may run %d more", maybe)
	}
	return text
}

// mostNamed is how many files the text names.
const mostNamed = 3

// other words a cause that is not a file; "" for one that is.
func other(c layers.Cause) string {
	switch {
	case c.Why == layers.AFile:
		return ""
	case c.Why == layers.Unknown && c.Path == forecast.Git:
		return "what is in .git, which may have changed"
	case c.Step.First > 0:
		return fmt.Sprintf("%s in line %d", c.Why, c.Step.First)
	}
	return c.Why.String()
}

// because names why a step is not cached: some of the files, and whatever else.
func because(r *forecast.Report, s layers.Forecast) string {
	var parts []string
	if paths := r.Paths(s); len(paths) > mostNamed {
		parts = append(parts, fmt.Sprintf("%s and %d more files", strings.Join(paths[:mostNamed-1], ", "),
			len(paths)-mostNamed+1))
	} else if len(paths) > 0 {
		parts = append(parts, strings.Join(paths, ", "))
	}
	for _, c := range s.Causes {
		text, more := other(c), c.Why != layers.Unknown || len(parts) == 0
		if text != "" && more && !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	if len(parts) > mostNamed {
		parts = append(parts[:mostNamed], "more")
	}
	return strings.Join(parts, "; ")
}
