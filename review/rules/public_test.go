package rules_test

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
	"golang.org/x/tools/txtar"
)

// A playCase is a small repository with what an expert says of its Dockerfile. Its file opens with a sentence or two,
// then has one expectation a line:
//
//	want: RULE at LINE >=warning safe says "words" "more words" without "words"
//	silent: RULE
//	quiet
//	also: RULE
//	check: success
//
// A finding is wanted of the rule on the line; `a|b` means either, of a rule, a line or a kind of fix. The severity is
// at least a warning if it is not given; `=notice` is exact. The fix is safe, unsafe, sketch or none; it may be
// anything if it is not given. The words are in what the finding says, in its fix or in its snippet. A rule that is
// `silent` finds nothing. No other rule finds anything at warning or above, except the rules of `also`; in a `quiet`
// case, nothing at all. `check` is how the check run ends.
//
// The section `fixed` is the Dockerfile with the fixes of all wanted findings. Names of files have modes and the like,
// as in an example.
type playCase struct {
	name   string
	files  []txtar.File
	wants  []want
	silent []string
	also   []string
	quiet  bool
	check  string
	fixed  []byte // nil where the case does not say
}

type want struct {
	rules []string
	lines []int
	least analysis.Severity
	exact bool
	fixes []string
	says  []string
	never []string // what it does not say
}

// TestPublic plays mistakes that people reported in public, and Dockerfiles in which there is none.
func TestPublic(t *testing.T) { playAll(t, "testdata/public") }

// TestPrecision plays Dockerfiles that are easily misread.
func TestPrecision(t *testing.T) { playAll(t, "testdata/precision") }

// TestBadOrders plays Dockerfiles whose installs run again after every change of a source file, and fixes whose result
// is known.
func TestBadOrders(t *testing.T) { playAll(t, "testdata/fixes") }

// playAll plays the cases of a folder. Those in its open.txt are known to be wrong; -update says there what is wrong
// now, but adds none.
func playAll(t *testing.T, folder string) {
	open := openCases(t, folder)
	wrong := map[string]string{} // of the open cases
	all, right, partly := 0, 0, 0
	files, _ := filepath.Glob(folder + "/*.txtar")
	for _, file := range files {
		c := readCase(t, file)
		if c.expectsNothing() {
			continue
		}
		all++
		found, what := c.play(t)
		switch {
		case what == "":
			right++
			if open[c.name] && !*update {
				t.Errorf("%s is right now: take it out of %s/open.txt", c.name, folder)
			}
		case !open[c.name]:
			t.Errorf("%s: %s", c.name, what)
		case found:
			partly++
			fallthrough
		default:
			wrong[c.name] = what
		}
		delete(open, c.name)
	}
	for name := range open {
		t.Errorf("%s/open.txt names %s, which is no case", folder, name)
	}
	t.Logf("right %d of %d, partly %d", right, all, partly)
	if *update {
		writeOpen(t, folder, wrong)
	}
}

// openCases reads the names of an open.txt.
func openCases(t *testing.T, folder string) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(folder + "/open.txt")
	if err != nil {
		t.Fatal(err)
	}
	open, last := map[string]bool{}, ""
	for line := range strings.Lines(string(data)) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name <= last {
			t.Errorf("%s/open.txt is not sorted at %s", folder, name)
		}
		open[name], last = true, name
	}
	return open
}

func writeOpen(t *testing.T, folder string, wrong map[string]string) {
	t.Helper()
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		fmt.Fprintf(&b, "%s: %s\n", name, wrong[name])
	}
	if err := os.WriteFile(folder+"/open.txt", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readCase(t *testing.T, file string) playCase {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := playCase{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
	for _, f := range ar.Files {
		if f.Name == "fixed" {
			c.fixed = f.Data
			continue
		}
		c.files = append(c.files, f)
	}
	lines := bufio.NewScanner(bytes.NewReader(ar.Comment))
	for lines.Scan() {
		if err := c.expect(lines.Text()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	return c
}

// expect takes in a line of the header.
func (c *playCase) expect(line string) (err error) {
	key, rest, _ := strings.Cut(line, ":")
	names := strings.Fields(rest)
	switch key {
	case "want":
		var w want
		w, err = readWant(rest)
		c.wants = append(c.wants, w)
		names = w.rules
	case "silent":
		c.silent = append(c.silent, names...)
	case "also":
		c.also = append(c.also, names...)
	case "quiet":
		c.quiet = true
	case "check":
		c.check = strings.TrimSpace(rest)
		return nil
	default:
		return nil
	}
	for _, name := range names {
		if !ruleName.MatchString(name) {
			return fmt.Errorf("no rule can be called %q", name)
		}
	}
	return err
}

// expectsNothing reports whether the case expects nothing.
func (c *playCase) expectsNothing() bool {
	return c.wants == nil && c.silent == nil && !c.quiet && c.check == "" && c.fixed == nil
}

var (
	// A rule of a case may not be written yet.
	ruleName = regexp.MustCompile(`^[a-z]+(-[a-z]+)+$|^shellcheck$`)
	wanted   = regexp.MustCompile(`^ (\S+) at ([\d|]+)( (>=|=)(notice|warning|error))?` +
		`( (?:safe|unsafe|sketch|none|\|)+)?( says(?: "[^"]+")+)?( without(?: "[^"]+")+)?$`)
	quoted = regexp.MustCompile(`"([^"]+)"`)
)

func readWant(line string) (want, error) {
	m := wanted.FindStringSubmatch(line)
	if m == nil {
		return want{}, fmt.Errorf("not an expectation: %q", line)
	}
	w := want{rules: strings.Split(m[1], "|"), least: analysis.Warning, exact: m[4] == "="}
	for _, n := range strings.Split(m[2], "|") {
		line, err := strconv.Atoi(n)
		if err != nil {
			return w, err
		}
		w.lines = append(w.lines, line)
	}
	for _, s := range []analysis.Severity{analysis.Notice, analysis.Warning, analysis.Error} {
		if s.String() == m[5] {
			w.least = s
		}
	}
	if fixes := strings.TrimSpace(m[6]); fixes != "" {
		w.fixes = strings.Split(fixes, "|")
	}
	w.says, w.never = words(m[7]), words(m[8])
	return w, nil
}

// words are those in quotes.
func words(list string) (all []string) {
	for _, q := range quoted.FindAllStringSubmatch(list, -1) {
		all = append(all, q[1])
	}
	return all
}

// unit is the case with all rules at the severities that they have by default, or as its configuration says.
func (c *playCase) unit(t *testing.T) (u analysis.Unit, repo config.Repo) {
	t.Helper()
	tree := newTree()
	var path string
	var src []byte
	for _, f := range c.files {
		name, special, _ := strings.Cut(f.Name, ":")
		plant(tree, name, special, unescape(f.Data))
		if base := filepath.Base(name); base == "Dockerfile" {
			path, src = name, unescape(f.Data)
		} else if base == ".dfbot.yml" || config.IsHadolint(name) {
			var problems []config.Problem
			if repo, problems = config.ParseFile(name, f.Data, rules.All); len(problems) > 0 {
				t.Errorf("%s: %s: %v", c.name, name, problems)
			}
		}
	}
	ruleset.State(nil, tree, config.Repo{}, "")
	u = ruleset.Unit(repo, rules.All, path, src)
	u.Tree, u.Today = tree, today
	u.Programs = []analysis.Program{dockerChecks.Check}
	return u, repo
}

// play returns what is wrong with what the rules find, and whether they find what is wanted and nothing else at least.
func (c *playCase) play(t *testing.T) (found bool, wrong string) {
	t.Helper()
	u, repo := c.unit(t)
	res := judged(u)
	for _, crash := range res.Crashed {
		t.Errorf("%s: %s panics: %s\n%s", c.name, crash.Rule.Name, crash.Value, crash.Stack)
	}
	mine, missing, lacks := c.wanted(res.Diagnostics)
	noise := c.noise(res.Diagnostics)
	if c.check == "success" && slices.ContainsFunc(res.Diagnostics,
		func(d analysis.Diagnostic) bool { return repo.Check.FailsBy(d.Rule, d.Severity) }) {
		noise = append(noise, "the check fails")
	}
	after := fixed(t, &res, mine)
	if c.fixed != nil && !bytes.Equal(after, c.fixed) {
		lacks = append(lacks, "another patch")
	}
	wrong = strings.Join(slices.Concat(missing, lacks, noise), "; ")
	if wrong != "" && testing.Verbose() {
		t.Logf("%s: %s\nfound:\n%sfixed:\n%s", c.name, wrong, describeAll(res.Diagnostics), after)
	}
	return len(c.wants) > 0 && len(missing) == 0 && len(noise) == 0, wrong
}

// wanted are the findings that the case wants, which of them are missing, and what is wrong with the others.
func (c *playCase) wanted(ds []analysis.Diagnostic) (mine []analysis.Diagnostic, missing, lacks []string) {
	for _, w := range c.wants {
		if i := slices.IndexFunc(ds, w.finds); i >= 0 {
			mine = append(mine, ds[i])
			lacks = append(lacks, w.lacks(ds[i])...)
		} else {
			missing = append(missing, "no "+w.String())
		}
	}
	return mine, missing, lacks
}

func describeAll(ds []analysis.Diagnostic) string {
	var b strings.Builder
	for i := range ds {
		fmt.Fprintf(&b, "%s %s", ds[i].Rule.Name, describe(ds[i:i+1]))
	}
	return b.String()
}

// noise lists what should not have been found.
func (c *playCase) noise(ds []analysis.Diagnostic) (all []string) {
	for _, d := range ds {
		name := d.Rule.Name
		switch {
		case slices.Contains(c.silent, name):
		case slices.Contains(c.also, name), slices.ContainsFunc(c.wants, func(w want) bool { return w.finds(d) }):
			continue
		case d.Severity < analysis.Warning && !c.quiet:
			continue
		}
		all = append(all, fmt.Sprintf("%s at %d is noise", name, d.Place.Line))
	}
	return all
}

func (w want) String() string {
	var lines []string
	for _, n := range w.lines {
		lines = append(lines, strconv.Itoa(n))
	}
	return strings.Join(w.rules, "|") + " at " + strings.Join(lines, "|")
}

func (w want) finds(d analysis.Diagnostic) bool {
	return slices.Contains(w.rules, d.Rule.Name) && slices.Contains(w.lines, d.Place.Line)
}

// lacks lists what is wrong with a finding that is wanted.
func (w want) lacks(d analysis.Diagnostic) (all []string) {
	if d.Severity < w.least || w.exact && d.Severity != w.least {
		all = append(all, fmt.Sprintf("%s, not %s", d.Severity, w.least))
	}
	fix := "none"
	if d.Fix != nil {
		fix = map[analysis.Applicability]string{
			analysis.Safe: "safe", analysis.Unsafe: "unsafe", analysis.DisplayOnly: "sketch",
		}[d.Fix.Applicability]
	}
	if w.fixes != nil && !slices.Contains(w.fixes, fix) {
		all = append(all, fmt.Sprintf("fix is %s, not %s", fix, strings.Join(w.fixes, " or ")))
	}
	text := strings.ToLower(describe([]analysis.Diagnostic{d}) + edits(d.Fix))
	for _, says := range w.says {
		if !strings.Contains(text, strings.ToLower(says)) {
			all = append(all, fmt.Sprintf("does not say %q", says))
		}
	}
	for _, says := range w.never {
		if strings.Contains(text, strings.ToLower(says)) {
			all = append(all, fmt.Sprintf("says %q", says))
		}
	}
	return all
}

// edits is what the fix writes.
func edits(fix *analysis.Fix) string {
	var b strings.Builder
	if fix != nil {
		for _, e := range fix.Edits {
			fmt.Fprintf(&b, "%s\n", e.New)
		}
	}
	return b.String()
}
