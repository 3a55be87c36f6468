package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/render"
	"github.com/dfbot/dfbot/cmd/dfbot/internal/worktree"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rulebook"
	"github.com/dfbot/dfbot/review/shellcheck"
)

// defaultStdinPath is the path of standard input, as `docker build -f - .` has it.
const defaultStdinPath = "Dockerfile"

type reviewCommand struct {
	Paths       []string `arg:"" optional:"" help:"${help_paths}"`
	Format      string   `enum:"text,json,sarif" default:"text" help:"How to show findings: text, json or sarif."`
	Diff        bool     `help:"Print one patch of all proved, safe fixes instead of the findings, for git apply."`
	Fix         fixMode  `help:"${help_fix}"`
	Unsafe      bool     `help:"With --diff or --fix: include fixes that may change what the image does."`
	MinSeverity severity `placeholder:"SEVERITY" help:"${help_min_severity}"`
	Rule        []string `placeholder:"NAME" help:"${help_rule}"`
	Config      string   `xor:"config" placeholder:"FILE" help:"${help_config}"`
	NoConfig    bool     `xor:"config" help:"Read no configuration."`
	StdinPath   string   `default:"Dockerfile" placeholder:"PATH" help:"${help_stdin_path}"`
	Color       string   `enum:"auto,always,never" default:"auto" help:"${help_color}"`
}

// reviewHelp is the long help of flags, by the names that the struct tags use.
var reviewHelp = kong.Vars{
	"help_paths": "Folders to search for Dockerfiles, and files to review whatever their name; - is standard input. " +
		"Default: the working directory.",
	"help_fix": "Apply all proved, safe fixes to the files, then show what remains. --fix=unsafe also applies those " +
		"that may change the image.",
	"help_min_severity": "Show findings of at least this severity: notice, warning or error. Default: what the bot " +
		"comments on, which is comments.min-severity in the configuration, or else warning.",
	"help_rule":   "Show findings of this rule only, of any severity. Can be repeated.",
	"help_config": "Read this file instead of .dfbot.yml, .github/dfbot.yml or .hadolint.yaml in the repository.",
	"help_stdin_path": "Where the file on standard input would be: for its name, the configuration, and what a COPY " +
		"can see.",
}

// Help shows examples.
func (reviewCommand) Help() string {
	return `Reviews local files as the bot reviews a pull request. In a git work tree it skips files that git ignores. Every
fix is proved: the result parses, the finding is gone, no rule finds anything new, and only what the fix names has
changed.

Examples:

    dfbot review                          the Dockerfiles in this folder and below
    dfbot review services/api             those of one service
    dfbot review --fix                    apply the fixes that are proved and safe
    dfbot review --diff | git apply       the same, as a patch
    dfbot review --fix=unsafe Dockerfile  also apply the fixes to check
    dfbot review --rule DL3015            one rule, by its own or another tool's name
    dfbot review --min-severity notice    every finding
    dfbot review --format sarif > out     for code scanning; json for scripts
    dfbot review - < Dockerfile           what an editor holds; --fix - prints it fixed

Exit codes: 0 no findings, 1 findings, 2 trouble (wrong usage, an unreadable file, a broken configuration). With --fix, 1
if findings remain.`
}

// fixMode is the value of --fix, which may have none.
type fixMode string

const (
	fixNone   fixMode = ""
	fixSafe   fixMode = "safe"
	fixUnsafe fixMode = "unsafe"
)

// IsBool lets the flag come without a value.
func (*fixMode) IsBool() bool { return true }

// Decode reads the value, if there is one.
func (m *fixMode) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		*m = fixSafe
		return nil
	}
	switch word := ctx.Scan.Pop().String(); word {
	case string(fixSafe), string(fixUnsafe):
		*m = fixMode(word)
		return nil
	default:
		return fmt.Errorf("must be safe or unsafe, not %q", word)
	}
}

// severity is the value of --min-severity; the zero severity leaves the choice to the configuration.
type severity analysis.Severity

// UnmarshalText reads the value.
func (s *severity) UnmarshalText(text []byte) error {
	word, err := analysis.ParseSeverity(string(text))
	if err != nil || word < analysis.Notice || word > analysis.Error {
		return fmt.Errorf("must be notice, warning or error, not %q", text)
	}
	*s = severity(word)
	return nil
}

// Run reviews, prints, and returns the exit code as an error.
func (c *reviewCommand) Run(ctx context.Context, s streams) error {
	r, err := c.prepare(s)
	if err != nil {
		return err
	}
	spendMemory()
	defer r.analyst.docker.Close()
	f, err := c.find(ctx)
	if err != nil {
		return err
	}
	answers, err := r.analyst.all(ctx, f)
	if err != nil {
		return errors.Join(err, f.close())
	}
	r.progress.clear()
	r.trouble = slices.Concat(f.trouble, r.analyst.trouble)
	if c.Fix != fixNone {
		r.write(ctx, f.targets, answers)
	}
	r.gather(f, answers)
	return errors.Join(r.print(), f.close())
}

// spendMemory collects garbage less often: a large run of small files would spend a fifth of its time on it. The limit
// keeps one hostile file from using much memory. GOGC and GOMEMLIMIT override both.
func spendMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(80 << 20 * (1 + runtime.GOMAXPROCS(0))))
	}
}

// running is one run of the command.
type running struct {
	*reviewCommand
	streams
	analyst  analyst
	progress *progress
	trouble  []render.Trouble
	report   render.Report
}

// contradiction returns what kong cannot check: which flags do not go together.
func (c *reviewCommand) contradiction() error {
	switch {
	case c.Diff && c.Fix != fixNone:
		return errors.New("use either --diff or --fix")
	case c.Diff && c.Format != "text":
		return errors.New("use either --diff or --format")
	case c.Unsafe && !c.Diff && c.Fix == fixNone:
		return errors.New("--unsafe needs --diff or --fix")
	case c.fixesStdin() && (len(c.Paths) > 1 || c.Format != "text"):
		return errors.New("--fix - prints the fixed file, so it takes no other path and no --format")
	}
	return nil
}

// prepare makes the run that the flags ask for.
func (c *reviewCommand) prepare(s streams) (*running, error) {
	if err := c.contradiction(); err != nil {
		return nil, err
	}
	r := &running{reviewCommand: c, streams: s, progress: newProgress(s.err)}
	a := &r.analyst
	a.stdin, a.trust = s.in, analysis.Safe
	a.report = func(done, total int) {
		r.progress.show(fmt.Sprintf("reviewed %d of %d Dockerfiles", done, total))
	}
	a.group, a.fix = c.Format == "text" && !c.Diff, c.Diff || c.Fix != fixNone
	if c.Unsafe || c.Fix == fixUnsafe {
		a.trust = analysis.Unsafe
	}
	for _, name := range c.Rule {
		rule, err := ruleNamed(name)
		if err != nil {
			return nil, err
		}
		a.only = append(a.only, rule)
	}
	if len(a.only) == 0 || slices.ContainsFunc(a.only, foundBy(buildkit.Program)) {
		a.docker = buildkit.New(buildkit.Options{})
	}
	if len(a.only) == 0 || slices.ContainsFunc(a.only, foundBy(shellcheck.Program)) {
		a.shell = shellcheck.New(shellcheck.Options{})
	}
	a.least = analysis.Severity(c.MinSeverity)
	return r, nil
}

// foundBy reports whether the program makes the findings of a rule.
func foundBy(program string) func(*analysis.Rule) bool {
	return func(r *analysis.Rule) bool { return r.Program == program }
}

func (c *reviewCommand) fixesStdin() bool { return c.Fix != fixNone && slices.Contains(c.Paths, stdin) }

func (c *reviewCommand) find(ctx context.Context) (*finder, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	f := &finder{dir: dir, stdinPath: c.StdinPath, config: c.Config, noConfig: c.NoConfig,
		repos: map[string]*repository{}, seen: map[string]bool{}}
	if len(c.Paths) == 0 {
		c.Paths = []string{"."}
	}
	for _, arg := range c.Paths {
		if err := f.find(ctx, arg); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	return f, nil
}

// write puts the fixes into the files and reviews the result.
func (r *running) write(ctx context.Context, targets []target, answers []answer) {
	for i, t := range targets {
		f := answers[i].file
		if f == nil || len(f.Applied) == 0 {
			continue
		}
		if t.abs != "" {
			if err := worktree.Replace(t.abs, f.Src, f.Fixed); err != nil {
				r.trouble = append(r.trouble, render.Trouble{Name: t.name, Message: err.Error()})
				continue
			}
		}
		fmt.Fprintf(r.side(), "fixed %s: %s\n", render.Visible(t.name), fixedRules(f.Applied))
		answers[i] = r.analyst.again(ctx, t, f.Fixed, answers[i].context)
	}
}

// side is where to print what was done: with findings in text, but apart from findings for programs.
func (r *running) side() io.Writer {
	if r.Format != "text" || r.fixesStdin() {
		return r.err
	}
	return r.out
}

// fixedRules counts the fixes by rule, in the order in which they were made.
func fixedRules(fixed []analysis.Diagnostic) string {
	var names []string
	times := map[string]int{}
	for _, d := range fixed {
		if times[d.Rule.Name]++; times[d.Rule.Name] == 1 {
			names = append(names, d.Rule.Name)
		}
	}
	for i, name := range names {
		if n := times[name]; n > 1 {
			names[i] = fmt.Sprintf("%s (%d times)", name, n)
		}
	}
	return strings.Join(names, ", ")
}

// gather puts the report in order.
func (r *running) gather(f *finder, answers []answer) {
	roots := map[string]bool{}
	for _, o := range answers {
		r.trouble = append(r.trouble, o.trouble...)
		if o.file != nil {
			r.report.Files = append(r.report.Files, o.file)
			roots[o.file.Root] = true
		}
	}
	slices.SortStableFunc(r.report.Files, func(a, b *render.File) int { return strings.Compare(a.Name, b.Name) })
	r.report.Trouble, r.report.Several, r.report.Rules = r.trouble, len(roots) > 1, rulebook.All()
	if len(f.targets) == 0 && len(r.trouble) == 0 {
		fmt.Fprintf(r.err, "dfbot: no Dockerfile found in %s\n", render.Visible(strings.Join(r.Paths, ", ")))
	}
}

// print shows the report and returns the exit code.
func (r *running) print() error {
	for _, t := range r.trouble {
		fmt.Fprintln(r.err, "dfbot:", t)
	}
	var err error
	switch {
	case r.Diff:
		err = r.printPatch()
	case r.Format == "json":
		err = render.JSON(r.out, &r.report)
	case r.Format == "sarif":
		err = render.SARIF(r.out, &r.report, releaseOr(""))
	case r.fixesStdin():
		err = r.printFixed()
	default:
		err = render.Text(r.out, &r.report, colours(r.Color, r.out))
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the findings: %w", err)
	case len(r.trouble) > 0:
		return exit(exitTrouble)
	case r.report.Summary().Findings > 0:
		return exit(exitFindings)
	}
	return nil
}

func (r *running) printPatch() error {
	if terminal(r.out) {
		return render.Patches(r.out, &r.report, colours(r.Color, r.out))
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := render.Patch(r.out, &r.report, dir)
	if root != "" {
		fmt.Fprintf(r.err, "dfbot: the patch is relative to %s\n", render.Visible(root))
	}
	return err
}

// printFixed prints the file from standard input with its fixes, and on standard error the findings that remain.
func (r *running) printFixed() error {
	for _, f := range r.report.Files {
		if _, err := r.out.Write(f.Fixed); err != nil {
			return err
		}
	}
	return render.Text(r.err, &r.report, colours(r.Color, r.err))
}
