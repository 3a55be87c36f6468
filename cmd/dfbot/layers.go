package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dfbot/dfbot/app/git"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/snapshot"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/timings"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/work"
)

type layersCommand struct {
	Path     string            `arg:"" optional:"" help:"${help_layers_path}"`
	Changed  []string          `xor:"change" placeholder:"FILE" help:"${help_layers_changed}"`
	Base     string            `xor:"change" placeholder:"REV" help:"${help_layers_base}"`
	Before   string            `placeholder:"DIR" help:"A build context before the change. Needs --after."`
	After    string            `placeholder:"DIR" help:"The build context after the change. Needs --before."`
	Target   string            `placeholder:"STAGE" help:"${help_layers_target}"`
	BuildArg map[string]string `placeholder:"NAME=VALUE" mapsep:"none" help:"A build argument. Can be repeated."`
	Timings  string            `placeholder:"FILE" help:"${help_timings}"`
	Format   string            `enum:"text,json,svg" default:"text" help:"How to show the steps: text, json or svg."`
	Color    string            `enum:"auto,always,never" default:"auto" help:"${help_color}"`
}

// layersHelp is the long help of flags, by the names that the struct tags use.
var layersHelp = kong.Vars{
	"help_layers_path": "A folder with Dockerfiles in it, or one Dockerfile. With --before and --after: the path of " +
		"the Dockerfile in both. Default: the working directory, or Dockerfile.",
	"help_layers_changed": "These files are taken to have changed, and all in a folder that is named. Can be repeated.",
	"help_layers_target": "Build this stage, whatever builds of the repository say. Default: what they say, or else " +
		"the last stage.",
	"help_layers_base": "The change is what the work tree has since this commit. Default: HEAD.",
}

// Help shows examples.
func (layersCommand) Help() string {
	return `Tells which steps of a build a change runs again, and because of which file, without building anything. It takes
BuildKit's own graph of the build, and the keys by which BuildKit finds a step in its cache. A step that depends on what
another step gives is "maybe": it runs again, unless that comes out as it was.

What the build before the change made is taken to be in the cache, and base images to be the same as long as their names
are.

Examples:

    dfbot layers                              what your uncommitted changes run again
    dfbot layers --base main                  what this branch runs again
    dfbot layers --changed src                what a change in that folder would run again
    dfbot layers --before old --after new     two folders that are built, each with a Dockerfile
    dfbot layers --format json | jq '.steps[] | select(.prediction == "again").name'

Exit codes: 0 as predicted, whatever that is; 2 trouble (wrong usage, an unreadable file, a Dockerfile that Docker cannot
build).`
}

// Validate is called by kong.
func (c *layersCommand) Validate() error {
	switch {
	case (c.Before == "") != (c.After == ""):
		return errors.New("use --before and --after together")
	case c.Before != "" && (c.Base != "" || len(c.Changed) > 0):
		return errors.New("use one of --changed, --base, and --before with --after")
	}
	return nil
}

// Run predicts and prints.
func (c *layersCommand) Run(ctx context.Context, s streams) error {
	checks := buildkit.New(buildkit.Options{})
	defer checks.Close()
	r := &predictor{layersCommand: c, checks: checks}
	var err error
	if c.Timings != "" {
		if r.out.Timings, err = timings.Open(c.Timings); err != nil {
			return err
		}
	}
	if c.Before != "" {
		err = r.folders(ctx)
	} else {
		err = r.repositories(ctx)
	}
	if err != nil {
		return err
	}
	return r.print(s)
}

// predictor gathers what is predicted.
type predictor struct {
	*layersCommand
	checks    *buildkit.Checks
	frontends []string // of the repository's configuration
	out       render.Forecasts
}

// folders compares two build contexts.
func (r *predictor) folders(ctx context.Context) error {
	before, err := snapshot.Folder(ctx, r.Before)
	if err != nil {
		return err
	}
	defer before.Close()
	after, err := snapshot.Folder(ctx, r.After)
	if err != nil {
		return err
	}
	defer after.Close()
	name := "Dockerfile"
	if r.Path != "" {
		name = filepath.ToSlash(filepath.Clean(r.Path))
	}
	if _, ok := after.Read(name); !ok {
		return fmt.Errorf("there is no %s in %s", name, r.After)
	}
	r.compare(ctx, &before.Tree, &after.Tree, forecast.Build{Dockerfile: name, Target: r.Target, Args: r.BuildArg})
	return nil
}

// repositories compares the builds under the path with what they were.
func (r *predictor) repositories(ctx context.Context) error {
	if r.Path == "" {
		r.Path = "."
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	f := &finder{dir: dir, repos: map[string]*repository{}, seen: map[string]bool{}}
	if err := f.find(ctx, r.Path); err != nil {
		return errors.Join(err, f.close())
	}
	a := &analyst{}
	trees, err := a.trees(ctx, f)
	if err != nil {
		return errors.Join(err, f.close())
	}
	r.out.Trouble = slices.Concat(f.trouble, a.trouble)
	if len(f.targets) == 0 && len(r.out.Trouble) == 0 {
		r.out.Trouble = append(r.out.Trouble, render.Trouble{Message: "no Dockerfile found in " + r.Path})
	}
	for _, repo := range f.opened() {
		err = errors.Join(err, r.repository(ctx, f, repo, trees[repo]))
	}
	return errors.Join(err, f.close())
}

// repository predicts for the targets in one repository.
func (r *predictor) repository(ctx context.Context, f *finder, repo *repository, t stated) error {
	_, clone := worktree.RootOf(repo.tree.Root)
	r.frontends = repo.config.Files.Frontends
	now, err := snapshot.Work(repo.tree, clone)
	if err != nil {
		return err
	}
	defer now.Close()
	after := &now.Tree
	before, done, err := r.since(ctx, repo, after, clone)
	if err != nil {
		return err
	}
	defer done()
	for _, on := range f.targets {
		if on.repo == repo {
			for _, b := range r.builds(ctx, on, t, after) {
				r.compare(ctx, before, after, b)
			}
		}
	}
	return nil
}

// since is the tree before the change.
func (r *predictor) since(
	ctx context.Context, repo *repository, after *forecast.Tree, clone bool,
) (before *forecast.Tree, done func(), err error) {
	switch {
	case len(r.Changed) > 0:
		before, err = r.untouched(repo, after)
		return before, func() {}, err
	case !clone:
		return nil, nil, errors.New("this is no git repository: say what changes with --changed, or with --before " +
			"and --after")
	}
	at, err := git.Find(repo.tree.Root)
	if err != nil {
		return nil, nil, err
	}
	revision := r.Base
	if revision == "" {
		revision = "HEAD"
	}
	commit, err := snapshot.Open(ctx, at, revision)
	if err != nil {
		return nil, nil, err
	}
	return &commit.Tree, commit.Close, nil
}

// untouched is the tree before the files that are named were changed. One that is not there was deleted.
func (r *predictor) untouched(repo *repository, after *forecast.Tree) (*forecast.Tree, error) {
	before := *after
	before.Paths = slices.Clone(after.Paths)
	var changed []string
	for _, name := range r.Changed {
		p, ok := repo.place(name)
		if !ok {
			return nil, fmt.Errorf("%s is not in the repository %s", name, repo.tree.Root)
		}
		if _, err := os.Lstat(name); err != nil {
			before.Paths = append(before.Paths, p)
		}
		changed = append(changed, p)
	}
	before.ID = func(p string) string {
		for _, c := range changed {
			if c == "." || p == c || strings.HasPrefix(p, c+"/") {
				return "before the change"
			}
		}
		return after.ID(p)
	}
	return &before, nil
}

// place is the path of a file, which need not be there, from the root of the repository.
func (r *repository) place(name string) (string, bool) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	return r.tree.Rel(abs)
}

// builds are those that the repository states of a Dockerfile, each once, or else the one in the folder that its COPYs
// fit to.
func (r *predictor) builds(ctx context.Context, on target, t stated, tree *forecast.Tree) (all []forecast.Build) {
	all = forecast.Stated(t.builds, on.path)
	if len(all) == 0 {
		src, _ := tree.Read(on.path)
		b, _ := forecast.Inferred(work.New(ctx, analysis.FileWork), on.path, src, t.tree)
		all = append(all, b)
	}
	seen := map[string]bool{}
	for i, b := range all {
		all[i] = r.with(b)
		seen[fmt.Sprint(all[i])] = true
	}
	return slices.DeleteFunc(all, func(b forecast.Build) bool {
		first := seen[fmt.Sprint(b)]
		seen[fmt.Sprint(b)] = false
		return !first
	})
}

// with is the build with what the flags say.
func (r *predictor) with(b forecast.Build) forecast.Build {
	if r.Target != "" {
		b.Target = r.Target
	}
	args := map[string]string{}
	for _, from := range []map[string]string{b.Args, r.BuildArg} {
		for name, value := range from {
			args[name] = value
		}
	}
	b.Args = args
	return b
}

// compare adds the prediction for one build, or what keeps it from being made.
func (r *predictor) compare(ctx context.Context, before, after *forecast.Tree, b forecast.Build) {
	o := &forecast.Forecaster{Checks: r.checks, Budget: work.New(ctx, layersWork), Frontends: r.frontends}
	var report *forecast.Report
	var err error
	spent := o.Budget.Within(o.Budget.Left(), func() { report, err = o.Compare(ctx, before, after, b, b) })
	if err = errors.Join(spent, err); err == nil {
		r.out.Reports = append(r.out.Reports, report)
		return
	}
	trouble := render.Trouble{Name: b.Dockerfile, Message: "its steps are not known: " + err.Error()}
	if stopped := new(forecast.StoppedError); errors.As(err, &stopped) {
		trouble.Line = stopped.Line
	}
	r.out.Trouble = append(r.out.Trouble, trouble)
}

// layersWork is what the prediction for one build may cost: about ten seconds.
const layersWork = 1_000_000_000

// print shows what was predicted and returns the exit code.
func (r *predictor) print(s streams) (err error) {
	switch r.Format {
	case "json":
		err = render.LayersJSON(s.out, &r.out)
	case "svg":
		err = render.LayersSVG(s.out, &r.out)
	default:
		err = render.LayersText(s.out, &r.out, colours(r.Color, s.out))
	}
	for _, t := range r.out.Trouble {
		fmt.Fprintln(s.err, "dfbot:", t)
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the steps: %w", err)
	case len(r.out.Trouble) > 0:
		return exit(exitTrouble)
	}
	return nil
}
