package forecast

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/ecosystem"
	"github.com/dfbot/dfbot/review/layers"
	"github.com/dfbot/dfbot/review/reorder"
)

// Sides are a build before and after a pull request.
type Sides struct {
	Before, After *Tree
	Was, Now      Build
}

// Rebuild is what a pull request runs again in one build.
type Rebuild struct {
	*Report
	// Fixed is what With gives for the Dockerfile with the suggestions; nil where there are none.
	Fixed *Report
	// Installs are the steps of Report that install a project's dependencies.
	Installs []layers.Forecast
	// Grown are the installs that depend on more files than before the pull request, apart from manifests and settings.
	Grown []Growth
}

// Growth is that an install runs again with each change of files that it did not depend on before.
type Growth struct {
	Command string   // of the install
	Files   []string // from the root of the repository; the pull request does not bring them
}

// Rebuild predicts for the sides, as Compare does.
func (o *Forecaster) Rebuild(ctx context.Context, s Sides) (*Rebuild, error) {
	report, err := o.Compare(ctx, s.Before, s.After, s.Was, s.Now)
	if err != nil {
		return nil, err
	}
	src, _ := s.After.Read(s.Now.Dockerfile)
	r := &Rebuild{Report: report, Installs: o.installs(report, src)}
	for _, f := range r.Installs {
		if files := report.grown(f.Step); len(files) > 0 {
			r.Grown = append(r.Grown, Growth{o.commands(s.Now.Dockerfile, src)[f.Step.First], files})
		}
	}
	return r, nil
}

// grown are the files by which an install runs again from now on, but for those that installs read anyway.
func (r *Report) grown(install *layers.Step) (files []string) {
	for _, f := range layers.Grown(r.was, r.now, install) {
		if p := r.Build.place(f.Folder, f.Path); !ecosystem.Wanted(p) && !ecosystem.Locked(p) && f.Path != Git {
			files = append(files, p)
		}
	}
	return files
}

// Dear reports whether a RUN runs again, or may.
func (r *Rebuild) Dear() bool {
	return slices.ContainsFunc(r.Steps, func(s layers.Forecast) bool {
		return s.Step.Kind == layers.Exec && s.Answer != layers.Cached
	})
}

// With compares the sides where both have the text as Dockerfile: only what else is changed counts.
func (o *Forecaster) With(ctx context.Context, s Sides, text []byte) (*Report, error) {
	return o.Compare(ctx, s.Before.With(s.Now.Dockerfile, text), s.After.With(s.Now.Dockerfile, text), s.Now, s.Now)
}

// Downloads are the steps of a report on the Dockerfile that fetch a project's dependencies: installs, and builds that
// do it themselves.
func (o *Forecaster) Downloads(r *Report, src []byte) (all []layers.Forecast) {
	f, err := o.parse(r.Build.Dockerfile, src)
	if err != nil {
		return nil
	}
	begins := map[int]bool{}
	for in := range reorder.Downloads(f) {
		first, _ := in.Lines()
		begins[first] = true
	}
	for _, s := range r.Steps {
		if s.Step.Kind == layers.Exec && begins[s.Step.First] {
			all = append(all, s)
		}
	}
	return all
}

// installs are the steps of a report on the Dockerfile that install a project's dependencies.
func (o *Forecaster) installs(r *Report, src []byte) (all []layers.Forecast) {
	names := o.commands(r.Build.Dockerfile, src)
	for _, s := range r.Steps {
		if s.Step.Kind == layers.Exec && names[s.Step.First] != "" {
			all = append(all, s)
		}
	}
	return all
}

// commands are the first installs of the instructions of a Dockerfile, by the lines at which these begin.
func (o *Forecaster) commands(name string, src []byte) map[int]string {
	f, err := o.parse(name, src)
	if err != nil {
		return nil
	}
	all := map[int]string{}
	for _, in := range f.Instructions() {
		if found, _, _ := reorder.Installs(in); len(found) > 0 {
			first, _ := in.Lines()
			all[first] = found[0].Text()
		}
	}
	return all
}

// Cost says what the order of a Dockerfile costs in this very pull request: which files run the install again that
// begins in one of the lines, and whether they would with the Dockerfile fixed, nil for none. It is empty where they do
// not, or only may.
func (o *Forecaster) Cost(ctx context.Context, s Sides, lines []int, fixed []byte) (analysis.Message, error) {
	src, _ := s.After.Read(s.Now.Dockerfile)
	today, err := o.With(ctx, s, src)
	if err != nil {
		return analysis.Message{}, err
	}
	installs := o.installs(today, src)
	i := slices.IndexFunc(installs, func(f layers.Forecast) bool { return slices.Contains(lines, f.Step.First) })
	if i < 0 || installs[i].Answer != layers.Again {
		return analysis.Message{}, nil
	}
	files := today.Paths(installs[i])
	said := costs(files, o.commands(s.Now.Dockerfile, src)[installs[i].Step.First], installs[i].Step)
	if fixed == nil || said.Empty() {
		return said, nil
	}
	then, err := o.With(ctx, s, fixed)
	switch {
	case err != nil:
		return said, err
	case !cached(o.installs(then, fixed), installs[i].Step):
	case len(files) == 1:
		said.Format += " With the suggestion it doesn't."
	default:
		said.Format += " With the suggestion they don't."
	}
	return said, nil
}

// cached reports whether all installs of the stage are.
func cached(installs []layers.Forecast, like *layers.Step) bool {
	n := 0
	for _, f := range installs {
		if f.Step.Stage != like.Stage {
			continue
		}
		if n++; f.Answer != layers.Cached {
			return false
		}
	}
	return n > 0
}

// Common is a folder that all the files are in, as "src/", and otherwise "".
func Common(files []string) string {
	if dir := common(files); dir != "" {
		return dir + "/"
	}
	return ""
}

// costs is the sentence on an install that the files run again. It is empty without files.
func costs(files []string, command string, step *layers.Step) analysis.Message {
	said := analysis.Message{}
	switch dir := Common(files); {
	case len(files) == 0:
		return said
	case len(files) == 1:
		said = analysis.Say("The change of %s re-runs %s", files[0], command)
	case dir != "":
		said = analysis.Say("The %d files changed under %s re-run %s", len(files), dir, command)
	default:
		said = analysis.Say("The changes of %d files, %s among them, re-run %s", len(files), files[0], command)
	}
	if n, of := number(step.Name); n > 0 {
		said.Format += " (step %d of %d)"
		said.Args = append(said.Args, n, of)
	}
	said.Format += "."
	return said
}

// number is that of a step in its stage, as BuildKit shows it: 4 and 7 of "[build 4/7] RUN npm ci".
func number(name string) (n, of int) {
	at, _, _ := strings.Cut(name, "]")
	words := strings.Fields(strings.TrimPrefix(at, "["))
	if len(words) == 0 || !strings.HasPrefix(name, "[") {
		return 0, 0
	}
	first, second, _ := strings.Cut(words[len(words)-1], "/")
	n, err := strconv.Atoi(first)
	of, wrong := strconv.Atoi(second)
	if err != nil || wrong != nil {
		return 0, 0
	}
	return n, of
}

// common is the folder that all files are in; "" for the root.
func common(files []string) string {
	if len(files) == 0 {
		return ""
	}
	dir := path.Dir(files[0])
	for _, f := range files[1:] {
		for dir != "." && !strings.HasPrefix(f, dir+"/") {
			dir = path.Dir(dir)
		}
	}
	if dir == "." {
		return ""
	}
	return dir
}
