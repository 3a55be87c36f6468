package checks

import (
	"fmt"
	"strings"

	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/layers"
)

// rebuilt tells for each build in a line what the pull request runs again, with the steps folded below it.
func rebuilt(all []*forecast.Rebuild) string {
	var parts []string
	for _, r := range all {
		parts = append(parts, "\n"+rebuiltLine(r)+"\n"+grown(r.Grown)+rebuiltSteps(r))
	}
	if len(parts) == 0 {
		return ""
	}
	shown, left := within(parts, stepsShare)
	if left > 0 {
		shown += "\n" + plural(left, "more build runs", "more builds run") + " steps again.\n"
	}
	return "\n### What this pull request runs again\n" + shown
}

// rebuiltLine sums up one build: "Re-runs 2 of 9 steps of `api/Dockerfile`; the dependency install stays cached."
func rebuiltLine(r *forecast.Rebuild) string {
	again, maybe, s := r.Count(layers.Again), r.Count(layers.Maybe), ""
	of := plural(len(r.Steps), "step", "steps") + " of " + buildName(r)
	switch {
	case again == 0 && maybe == 0:
		s = "Re-runs none of the " + of
	case again == 0:
		s = fmt.Sprintf("May re-run %d of %s", maybe, of)
	default:
		s = fmt.Sprintf("Re-runs %d of %s", again, of)
		if maybe > 0 {
			s += fmt.Sprintf(", and may re-run %d more", maybe)
		}
	}
	return s + installed(r.Installs) + "."
}

// buildName names a build by its Dockerfile, and by what tells it from others of the same.
func buildName(r *forecast.Rebuild) string {
	s := Code(r.Build.Dockerfile)
	if r.Build.Target != "" {
		s += ", target " + Code(r.Build.Target)
	}
	return s
}

// installed says what becomes of the steps that install dependencies.
func installed(all []layers.Forecast) string {
	n := map[layers.Answer]int{}
	for _, f := range all {
		n[f.Answer]++
	}
	one, stays := "the dependency install", " stays cached"
	if len(all) > 1 {
		one, stays = "the dependency installs", " stay cached"
	}
	switch {
	case len(all) == 0:
		return ""
	case n[layers.Cached] == len(all):
		return "; " + one + stays
	case n[layers.Again] == 0:
		return "; " + one + " may run again"
	case len(all) == 1:
		return "; the dependency install is among them"
	}
	return fmt.Sprintf("; %d of %d dependency installs are among them", n[layers.Again], len(all))
}

// grown tells which installs depend on more files from now on.
func grown(all []forecast.Growth) string {
	s := ""
	for _, g := range all {
		s += "\nFrom now on, " + Code(g.Command) + " runs again with each change of "
		switch dir := forecast.Common(g.Files); {
		case len(g.Files) == 1:
			s += Code(g.Files[0]) + " too.\n"
		case dir != "":
			s += plural(len(g.Files), "more file", "more files") + " under " + Code(dir) + ".\n"
		default:
			s += plural(len(g.Files), "more file", "more files") + ", " + Code(g.Files[0]) + " among them.\n"
		}
	}
	return s
}

// rebuiltSteps are the tables of the steps, today and with the suggestions.
func rebuiltSteps(r *forecast.Rebuild) string {
	s := "\n<details><summary>Steps</summary>\n\n" + stepTable(r.Report)
	if r.Fixed != nil {
		s += "\nOnce the suggestions are in, the same changes to other files run these steps again:\n\n" +
			stepTable(r.Fixed)
	}
	return s + "\n</details>\n"
}

// mostSteps is how many steps of a build are shown.
const mostSteps = 60

// stepTable lists the steps with what becomes of each.
func stepTable(r *forecast.Report) string {
	s := "| Step | | Because of |\n| --- | --- | --- |\n"
	said := ""
	for i, f := range r.Steps {
		if i == mostSteps {
			return s + fmt.Sprintf("\n%s not listed.\n", plural(len(r.Steps)-i, "more step is", "more steps are"))
		}
		why := whyAgain(r, f)
		shown := why
		if why == said && why != "" {
			shown = "as above"
		}
		said = why
		s += fmt.Sprintf("| %s | %s | %s |\n", Cell(f.Step.Name), answers[f.Answer], shown)
	}
	return s
}

// answers are the words of the table.
var answers = map[layers.Answer]string{layers.Cached: "cached", layers.Maybe: "**may run again**",
	layers.Again: "**runs again**"}

// whyAgain names why a step is not cached.
func whyAgain(r *forecast.Report, f layers.Forecast) string {
	files, more, parts := r.Because(f)
	var shown []string
	for _, p := range files {
		shown = append(shown, Cell(p))
	}
	if more > 0 {
		shown = append(shown, plural(more, "more file", "more files"))
	}
	return strings.Join(append(shown, parts...), ", ")
}
