package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/snapshot"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/timings"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/layers"
	"github.com/dfbot/dfbot/review/shellcheck"
	"github.com/dfbot/dfbot/review/work"
)

type historyCommand struct {
	Path    string `arg:"" optional:"" help:"${help_history_path}"`
	Last    int    `default:"200" placeholder:"N" help:"${help_history_last}"`
	Since   day    `placeholder:"DATE" help:"${help_history_since}"`
	Timings string `placeholder:"FILE" help:"${help_timings}"`
	Format  string `enum:"text,json,html" default:"text" help:"${help_history_format}"`
	Color   string `enum:"auto,always,never" default:"auto" help:"${help_color}"`
}

// historyHelp is the long help of flags, by the names that the struct tags use.
var historyHelp = kong.Vars{
	"help_history_path": "A folder of a clone, with Dockerfiles in it, or one Dockerfile. Default: the working " +
		"directory.",
	"help_history_last":   "Look at the last N merges. Default: 200, or with --since 5000.",
	"help_history_since":  "Look at the merges since this day, as 2026-05-31.",
	"help_history_format": "How to show the counts: text, json or html, which is one page with plots.",
	"help_timings": "Say what steps cost, by this file: a .dockerbuild record, what BuildKit prints with " +
		"--progress=rawjson, or seconds by the names of steps as JSON.",
}

// Help shows examples.
func (historyCommand) Help() string {
	return `Tells how often each step of each build would have run again over the last merges, as the Dockerfile was then, with
the Dockerfile of today, and with the fixes of dfbot review --fix=unsafe in that. It builds nothing. A merge is a commit
of the first-parent history of HEAD, compared with its first parent.

Examples:

    dfbot history                               the last 200 merges
    dfbot history --since 2026-01-01 api        since that day, the builds below api
    dfbot history --timings build.dockerbuild   also what it cost
    dfbot history --format html > history.html  one page with plots

Exit codes: 0 as counted, whatever that is; 2 trouble (wrong usage, an unreadable file, a Dockerfile that Docker cannot
build).`
}

// day is the value of --since.
type day time.Time

// UnmarshalText reads the value.
func (d *day) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("must be a day such as 2026-05-31, not %q", text)
	}
	*d = day(at)
	return nil
}

// Bounds of what is counted.
const (
	defaultMerges = 200
	maxMerges     = 5000
	maxBuilds     = 200
	historyWork   = 4 * layersWork // for all predictions of one build
)

// Validate is called by kong.
func (c *historyCommand) Validate() error {
	if c.Last < 1 || c.Last > maxMerges {
		return fmt.Errorf("--last must be from 1 to %d", maxMerges)
	}
	return nil
}

// Run counts and prints.
func (c *historyCommand) Run(ctx context.Context, s streams) error {
	spendMemory()
	r := &historian{historyCommand: c, progress: newProgress(s.err),
		oracle: forecast.Forecaster{Checks: buildkit.New(buildkit.Options{})}}
	defer r.oracle.Checks.Close()
	var err error
	if c.Timings != "" {
		if r.out.Timings, err = timings.Open(c.Timings); err != nil {
			return err
		}
	}
	if err := r.count(ctx); err != nil {
		return err
	}
	r.progress.clear()
	return r.print(s)
}

// historian counts what merges ran again.
type historian struct {
	*historyCommand
	progress *progress
	oracle   forecast.Forecaster
	builds   []*pastBuild
	out      render.History
}

// count finds the builds, and what the merges did to them.
func (r *historian) count(ctx context.Context) error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	if r.Path == "" {
		r.Path = "."
	}
	f := &finder{dir: dir, repos: map[string]*repository{}, seen: map[string]bool{}}
	if err := f.find(ctx, r.Path); err != nil {
		return errors.Join(err, f.close())
	}
	repo, err := r.prepare(ctx, f)
	if err = errors.Join(err, f.close()); err != nil || len(r.builds) == 0 {
		return err
	}
	return r.walk(ctx, repo)
}

// walk goes through the merges.
func (r *historian) walk(ctx context.Context, repo git.Repo) error {
	span := snapshot.Range{Last: r.Last, Since: time.Time(r.Since)}
	if !span.Since.IsZero() && r.Last == defaultMerges {
		span.Last = maxMerges
	}
	err := snapshot.Merges(ctx, repo, span, func(i, of int, m *snapshot.Merge) error {
		r.progress.show(fmt.Sprintf("looked at %d of %d merges", i, of))
		r.merge(ctx, m)
		return ctx.Err()
	})
	r.finish()
	return err
}

// prepare finds the builds of today and their fixes.
func (r *historian) prepare(ctx context.Context, f *finder) (git.Repo, error) {
	a := &analyst{fix: true, trust: analysis.Unsafe, report: func(int, int) {}, docker: r.oracle.Checks,
		shell: shellcheck.New(shellcheck.Options{})}
	trees, err := a.trees(ctx, f)
	if err != nil {
		return git.Repo{}, err
	}
	r.out.Trouble = slices.Concat(f.trouble, a.trouble)
	opened := f.opened()
	if len(f.targets) == 0 || len(opened) == 0 {
		if len(r.out.Trouble) == 0 {
			r.out.Trouble = append(r.out.Trouble, render.Trouble{Message: "no Dockerfile found in " + r.Path})
		}
		return git.Repo{}, nil
	}
	return r.list(ctx, a, f, opened[0], trees)
}

// list adds the builds of a repository.
func (r *historian) list(
	ctx context.Context, a *analyst, f *finder, on *repository, trees map[*repository]stated,
) (git.Repo, error) {
	if _, clone := worktree.RootOf(on.tree.Root); !clone {
		return git.Repo{}, errors.New("this is no git repository, so it has no history")
	}
	repo, err := git.Find(on.tree.Root)
	if err != nil {
		return git.Repo{}, err
	}
	now, err := snapshot.Work(on.tree, true)
	if err != nil {
		return git.Repo{}, err
	}
	defer now.Close()
	r.oracle.Frontends = on.config.Files.Frontends
	for i, t := range f.targets {
		r.progress.show(fmt.Sprintf("looked at %d of %d Dockerfiles", i, len(f.targets)))
		if err := ctx.Err(); err != nil {
			return repo, err
		}
		r.target(ctx, a, t, trees[t.repo], &now.Tree)
	}
	return repo, nil
}

// target adds the builds of one Dockerfile.
func (r *historian) target(ctx context.Context, a *analyst, t target, st stated, now *forecast.Tree) {
	src, ok := now.Read(t.path)
	if !ok {
		r.out.Trouble = append(r.out.Trouble, trouble(t, "cannot be read"))
		return
	}
	fixed, fixes := r.fix(ctx, a, t, st)
	p := &predictor{layersCommand: &layersCommand{}}
	for _, b := range p.builds(ctx, t, st, now) {
		if len(r.builds) == maxBuilds {
			r.out.Trouble = append(r.out.Trouble, trouble(t, "is not counted: more than %d builds", maxBuilds))
			return
		}
		past := &pastBuild{build: b, src: src, fixed: fixed, budget: work.New(ctx, historyWork),
			there: map[string]pastFile{}, was: map[string]*render.Count{}}
		past.out = &render.PastBuild{Build: b, Fixes: fixes}
		if err := r.begin(ctx, past, now); err != nil {
			r.stop(past, err)
			continue
		}
		r.builds = append(r.builds, past)
	}
}

// fix is a Dockerfile with its fixes, and the names of their rules.
func (r *historian) fix(ctx context.Context, a *analyst, t target, st stated) (fixed []byte, fixes []string) {
	o := a.guarded(ctx, t, st.tree)
	if o.file == nil {
		r.out.Trouble = append(r.out.Trouble, o.trouble...)
		return nil, nil
	}
	for _, d := range o.file.Applied {
		if !slices.Contains(fixes, d.Rule.Name) {
			fixes = append(fixes, d.Rule.Name)
		}
	}
	return o.file.Fixed, fixes
}

// stop says why a build is not counted.
func (r *historian) stop(p *pastBuild, err error) {
	p.stopped = true
	o := render.Trouble{Name: p.build.Dockerfile, Message: "its steps are not counted: " + err.Error()}
	if stopped := new(forecast.StoppedError); errors.As(err, &stopped) {
		o.Line = stopped.Line
	}
	r.out.Trouble = append(r.out.Trouble, o)
}

// pastBuild is a build of today, of which the past is counted.
type pastBuild struct {
	build   forecast.Build
	src     []byte // the Dockerfile of today
	fixed   []byte // with its fixes
	budget  *work.Budget
	out     *render.PastBuild
	stopped bool

	there map[string]pastFile      // the Dockerfiles of the past, by their IDs
	was   map[string]*render.Count // of the steps of the past, by their labels
	now   map[string]int           // which step of out one of today is, by its label
	then  []int                    // which one each step of the fixed Dockerfile is
}

// pastFile is a Dockerfile of the past.
type pastFile struct {
	labels   []string // of its steps
	installs int
}

// labels are what people see of steps, their stages and their texts, which stay when steps come before them. Those that
// look the same are numbered.
func labels(steps []layers.Forecast) (all []string) {
	seen := map[string]int{}
	for _, s := range steps {
		_, text, found := strings.Cut(s.Step.Name, "] ")
		if !found {
			text = s.Step.Name
		}
		label := s.Step.Stage + "\x00" + text
		seen[label]++
		all = append(all, fmt.Sprintf("%s\x00%d", label, seen[label]))
	}
	return all
}

// begin lists the steps of today and of the fixed Dockerfile.
func (r *historian) begin(ctx context.Context, p *pastBuild, now *forecast.Tree) error {
	today, err := r.compare(ctx, p, now.With(p.build.Dockerfile, p.src), now.With(p.build.Dockerfile, p.src))
	if err != nil {
		return err
	}
	p.now = map[string]int{}
	installs := r.oracle.Downloads(today, p.src)
	for i, label := range labels(today.Steps) {
		p.now[label] = i
		p.then = append(p.then, i)
		to := p.add(today.Steps[i].Step, installs)
		to.Today, to.Line = true, today.Steps[i].Step.First
	}
	if p.fixed == nil || string(p.fixed) == string(p.src) {
		p.fixed = nil
		return nil
	}
	then := now.With(p.build.Dockerfile, p.fixed)
	better, err := r.compare(ctx, p, then, then)
	if err != nil {
		return fmt.Errorf("with the fixes: %w", err)
	}
	p.match(better.Steps, r.oracle.Downloads(better, p.fixed))
	return nil
}

// add adds a step.
func (p *pastBuild) add(s *layers.Step, installs []layers.Forecast) *render.PastStep {
	p.out.Steps = append(p.out.Steps, render.PastStep{Name: s.Name, Stage: s.Stage, Run: s.Kind == layers.Exec,
		Install: slices.ContainsFunc(installs, func(f layers.Forecast) bool { return f.Step == s })})
	return &p.out.Steps[len(p.out.Steps)-1]
}

// match finds which step of today each step of the fixed Dockerfile is: the one with the same label, or else with the
// same place among the RUNs of its stage that have another text, where those are as many. Others are added.
func (p *pastBuild) match(fixed, installs []layers.Forecast) {
	p.then = make([]int, len(fixed))
	kept, mine := map[int]bool{}, labels(fixed)
	runs := map[string]int{} // that have another text, by stage
	for i, s := range fixed {
		if at, same := p.now[mine[i]]; same {
			kept[at] = true
		} else if s.Step.Kind == layers.Exec {
			runs[s.Step.Stage]++
		}
	}
	free := p.free(kept)
	for i, s := range fixed {
		at, same := p.now[mine[i]]
		stage := s.Step.Stage
		switch {
		case same:
			p.then[i] = at
		case s.Step.Kind == layers.Exec && len(free[stage]) == runs[stage]:
			p.then[i] = free[stage][0]
			free[stage], runs[stage] = free[stage][1:], runs[stage]-1
			p.out.Steps[p.then[i]].Fixed = s.Step.Name
		default:
			p.then[i] = len(p.out.Steps)
			p.add(s.Step, installs).Fixed = s.Step.Name
		}
	}
	for i := range p.out.Steps {
		p.out.Steps[i].Gone = !slices.Contains(p.then, i)
	}
}

// free are the RUNs of each stage that are not kept.
func (p *pastBuild) free(kept map[int]bool) map[string][]int {
	free := map[string][]int{}
	for i, s := range p.out.Steps {
		if s.Run && !kept[i] {
			free[s.Stage] = append(free[s.Stage], i)
		}
	}
	return free
}

// compare predicts within the budget of the build.
func (r *historian) compare(ctx context.Context, p *pastBuild, before, after *forecast.Tree) (*forecast.Report, error) {
	var report *forecast.Report
	var err error
	r.oracle.Budget = p.budget
	spent := p.budget.Within(p.budget.Left(), func() {
		report, err = r.oracle.Compare(ctx, before, after, p.build, p.build)
	})
	return report, errors.Join(spent, err)
}

// merge counts one merge for every build.
func (r *historian) merge(ctx context.Context, m *snapshot.Merge) {
	at := render.PastMerge{Hash: m.Hash, Subject: m.Subject, Time: m.Time}
	for _, p := range r.builds {
		if p.stopped || m.Before.ID(p.build.Dockerfile) == "" || m.After.ID(p.build.Dockerfile) == "" {
			continue
		}
		if err := r.build(ctx, p, m, &at); err != nil {
			r.stop(p, err)
		}
	}
	r.out.Merges = append(r.out.Merges, at)
}

// build counts one merge for one build.
func (r *historian) build(ctx context.Context, p *pastBuild, m *snapshot.Merge, at *render.PastMerge) error {
	id := m.After.ID(p.build.Dockerfile)
	if file, known := p.there[id]; known && !p.touched(m) {
		p.untouched(file)
		return nil
	}
	was, err := r.compare(ctx, p, m.Before, m.After)
	if stopped := new(forecast.StoppedError); errors.As(err, &stopped) {
		p.out.Unknown++
		return nil
	}
	if err != nil {
		return err
	}
	p.out.Merges++
	src, _ := m.After.Read(p.build.Dockerfile)
	p.past(id, was, r.installs(was, src, &p.out.Installs.Was, &at.Was))
	return r.again(ctx, p, m, at)
}

// again counts one merge with the Dockerfile of today, and with its fixes.
func (r *historian) again(ctx context.Context, p *pastBuild, m *snapshot.Merge, at *render.PastMerge) error {
	now, err := r.with(ctx, p, m, p.src)
	if err != nil {
		return err
	}
	then, fixed := now, p.src
	if p.fixed != nil {
		fixed = p.fixed
		if then, err = r.with(ctx, p, m, fixed); err != nil {
			return err
		}
	}
	for i, s := range now.Steps {
		p.out.Steps[i].Now.Step(s.Answer)
	}
	for i, s := range then.Steps {
		p.out.Steps[p.then[i]].Then.Step(s.Answer)
	}
	r.installs(now, p.src, &p.out.Installs.Now, &at.Now)
	r.installs(then, fixed, &p.out.Installs.Then, &at.Then)
	return nil
}

// installs counts the installs and adds up what the merge ran again. It returns how many installs there are.
func (r *historian) installs(report *forecast.Report, src []byte, all *render.Count, cost *render.Cost) int {
	installs := r.oracle.Downloads(report, src)
	for _, s := range installs {
		all.Step(s.Answer)
	}
	cost.Add(r.out.Timings, report, installs)
	return len(installs)
}

// with predicts with the text as the Dockerfile before and after the merge.
func (r *historian) with(ctx context.Context, p *pastBuild, m *snapshot.Merge, text []byte) (*forecast.Report, error) {
	return r.compare(ctx, p, m.Before.With(p.build.Dockerfile, text), m.After.With(p.build.Dockerfile, text))
}

// untouched counts a merge of which the build reads nothing.
func (p *pastBuild) untouched(file pastFile) {
	p.out.Merges++
	for _, label := range file.labels {
		p.was[label].Of++
	}
	for i := range p.out.Steps {
		s := &p.out.Steps[i]
		if s.Today {
			s.Now.Of++
		}
		if !s.Gone {
			s.Then.Of++
		}
	}
	p.out.Installs.Was.Of += file.installs
	for _, s := range p.out.Steps {
		if s.Install && s.Today {
			p.out.Installs.Now.Of++
		}
		if s.Install && !s.Gone {
			p.out.Installs.Then.Of++
		}
	}
}

// touched reports whether the merge changes a file that the build may read.
func (p *pastBuild) touched(m *snapshot.Merge) bool {
	if _, link := m.After.Link(p.build.Dockerfile); link || p.build.Context == "" {
		return true
	}
	folders := []string{p.build.Context}
	for _, dir := range p.build.Named {
		folders = append(folders, path.Clean(dir))
	}
	return slices.ContainsFunc(m.Changed, func(changed string) bool {
		return changed == p.build.Dockerfile || changed == p.build.Dockerfile+".dockerignore" ||
			slices.ContainsFunc(folders, func(dir string) bool {
				return dir == "." || strings.HasPrefix(changed, dir+"/") || strings.HasPrefix(dir, changed)
			})
	})
}

// past counts the steps as they were.
func (p *pastBuild) past(id string, was *forecast.Report, installs int) {
	p.there[id] = pastFile{labels(was.Steps), installs}
	for i, label := range p.there[id].labels {
		if p.was[label] == nil {
			p.was[label] = &render.Count{}
		}
		p.was[label].Step(was.Steps[i].Answer)
	}
}

// finish puts the counts of the past beside the steps of today.
func (r *historian) finish() {
	for _, p := range r.builds {
		if p.stopped {
			continue
		}
		for label, n := range p.was {
			if i, today := p.now[label]; today {
				p.out.Steps[i].Was = *n
			} else {
				p.out.Earlier = append(p.out.Earlier, *n)
			}
		}
		r.out.Builds = append(r.out.Builds, p.out)
	}
}

// print shows what was counted and returns the exit code.
func (r *historian) print(s streams) (err error) {
	switch r.Format {
	case "json":
		err = render.HistoryJSON(s.out, &r.out)
	case "html":
		err = render.HistoryHTML(s.out, &r.out)
	default:
		err = render.HistoryText(s.out, &r.out, colours(r.Color, s.out))
	}
	for _, t := range r.out.Trouble {
		fmt.Fprintln(s.err, "dfbot:", t)
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the counts: %w", err)
	case len(r.out.Trouble) > 0:
		return exit(exitTrouble)
	}
	return nil
}
