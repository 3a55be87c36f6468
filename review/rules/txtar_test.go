package rules_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
	"github.com/dfbot/dfbot/review/shellcheck"
	"golang.org/x/tools/txtar"
)

// judged is what analysis makes of the unit.
func judged(u analysis.Unit) analysis.Result {
	res, err := analysis.Run(context.Background(), u)
	if err != nil {
		panic(err) // the context has no end
	}
	return res
}

// What speaks for the rules that have no body of their own.
var (
	dockerChecks *buildkit.Checks
	shellCheck   *shellcheck.Checks // nil where it is not installed
)

func TestMain(m *testing.M) {
	buildkit.Child()
	dockerChecks, shellCheck = buildkit.New(buildkit.Options{}),
		shellcheck.New(shellcheck.Options{Deadline: 2 * time.Minute})
	code := m.Run()
	dockerChecks.Close()
	os.Exit(code)
}

var update = flag.Bool("update", false, "rewrite the want and fixed sections of the .txtar files")

// today is the day on which all tests judge.
var today = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)

// example is one folder of a .txtar: bad/NAME or good/NAME. Beside Dockerfile, want and fixed it
// holds the files of the build context. If some are below before/, those are the files of the base branch; the
// Dockerfile is the same there if it is not among them.
//
// The name of a file may end in ":100755" and the like for its mode, ":20MB" for its size, and ":crlf" for the ends of
// its lines; ":from OLD" before that says that it had another name on the base.
type example struct {
	name    string
	file    string // path of the Dockerfile below the folder
	src     []byte
	tree    *buildcontext.Tree
	base    *buildcontext.Tree // nil without files below before/
	options map[string]any     // of the rule, from options.json
	outputs map[string]string  // want and fixed, as they are
}

// TestExamples runs every rule's examples: in bad/ the rule finds what `want` says and its fix gives what `fixed` says;
// in good/ it is silent. -update writes both into the files of rules whose examples could all be run.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(path, ".txtar"), func(t *testing.T) { runExamples(t, path) })
	}
}

func runExamples(t *testing.T, path string) {
	rule := rules.ByName(strings.TrimSuffix(path, ".txtar"))
	if rule == nil {
		t.Fatalf("no rule has the name of %s", path)
	}
	if rule.Program == shellcheck.Program && shellCheck == nil {
		t.Skip("shellcheck is not installed")
	}
	ar, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range ar.Files {
		if slices.ContainsFunc(ar.Files[:i], func(g txtar.File) bool { return g.Name == f.Name }) {
			t.Fatalf("%s is there twice", f.Name)
		}
	}
	all := examples(ar)
	for _, ex := range all {
		t.Run(ex.name, func(t *testing.T) { runExample(t, rule, ex) })
	}
	if !slices.ContainsFunc(all, func(ex *example) bool { return strings.HasPrefix(ex.name, "bad/") }) {
		t.Errorf("%s has no bad example", path)
	}
	if *update && !t.Failed() {
		rewrite(t, path, ar, all)
	}
}

func examples(ar *txtar.Archive) []*example {
	byName := map[string]*example{}
	var all []*example
	for _, f := range ar.Files {
		parts := strings.SplitN(f.Name, "/", 3)
		if len(parts) < 3 {
			continue
		}
		name := parts[0] + "/" + parts[1]
		ex := byName[name]
		if ex == nil {
			ex = &example{name: name, tree: newTree(), outputs: map[string]string{}}
			byName[name] = ex
			all = append(all, ex)
		}
		switch rest := parts[2]; {
		case rest == "want" || rest == "fixed":
			ex.outputs[rest] = string(f.Data)
		case rest == "options.json":
			ex.options = optionsOf(f.Data)
		default:
			ex.add(rest, f.Data)
		}
	}
	for _, ex := range all {
		if ex.base != nil && ex.base.Contents[ex.file] == nil {
			plant(ex.base, ex.file, "", ex.src)
		}
	}
	return all
}

// add takes in a file of the head or of the base.
func (ex *example) add(name string, data []byte) {
	name, special, _ := strings.Cut(name, ":")
	if on, below := strings.CutPrefix(name, "before/"); below {
		ex.onBase()
		plant(ex.base, on, special, data)
		return
	}
	if filepath.Base(name) == "Dockerfile" {
		ex.file, ex.src = name, unescape(data)
	}
	if old, renamed := strings.CutPrefix(special, "from "); renamed {
		old, special, _ = strings.Cut(old, ":")
		ex.onBase()
		ex.base.Renamed[old] = name
	}
	plant(ex.tree, name, special, data)
}

func (ex *example) onBase() {
	if ex.base == nil {
		ex.base = newTree()
		ex.base.Renamed = map[string]string{}
	}
}

// newTree is a tree without files.
func newTree() *buildcontext.Tree { return &buildcontext.Tree{Contents: map[string][]byte{}} }

// plant adds a file to the tree.
func plant(tree *buildcontext.Tree, name, special string, data []byte) {
	mode, size := buildcontext.Regular, len(data)
	if m := buildcontext.ModeOf(special); m != buildcontext.UnknownMode {
		mode = m
	}
	if n, large := strings.CutSuffix(special, "MB"); large {
		fmt.Sscan(n, &size)
		size <<= 20
	}
	if special == "crlf" {
		data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	}
	tree.Paths, tree.Contents[name] = append(tree.Paths, name), data
	others := tree.Stat
	tree.Stat = func(p string) (buildcontext.Mode, int) {
		if p == name {
			return mode, size
		}
		if others == nil {
			return buildcontext.UnknownMode, 0
		}
		return others(p)
	}
}

// unescape lets an example hold what a txtar cannot: \r at a line's end, given as ␍, and a
// missing final newline, given as ␄ at the end.
func unescape(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("␍"), []byte("\r"))
	if cut, ok := bytes.CutSuffix(b, []byte("␄\n")); ok {
		return cut
	}
	return b
}

// optionsOf reads an example's options, with lists as the configuration would give them.
func optionsOf(data []byte) map[string]any {
	var options map[string]any
	if err := json.Unmarshal(data, &options); err != nil {
		panic(err)
	}
	for name, v := range options {
		if list, ok := v.([]any); ok {
			var words []string
			for _, w := range list {
				words = append(words, w.(string))
			}
			options[name] = words
		}
	}
	return options
}

func escape(b []byte) string {
	s := strings.ReplaceAll(string(b), "\r", "␍")
	if !strings.HasSuffix(s, "\n") {
		s += "␄\n"
	}
	return s
}

func runExample(t *testing.T, rule *analysis.Rule, ex *example) {
	u := unit(rule, ex)
	// What BuildKit stops at is a gap, and sometimes the very mistake that the rule is about.
	u.Programs = []analysis.Program{dockerChecks.Check}
	if rule.Program == shellcheck.Program {
		u.Programs = append(u.Programs, shellCheck.Check)
	}
	res := judged(u)
	if rule.Definitions {
		res.Diagnostics = broken(ex)
	}
	if len(res.Gaps) > 0 && (strings.HasPrefix(ex.name, "good/") || rule.Program == shellcheck.Program) {
		t.Errorf("gaps: %v", res.Gaps)
	}
	for _, c := range res.Crashed {
		t.Errorf("%s panics: %s\n%s", c.Rule.Name, c.Value, c.Stack)
	}
	for _, u := range res.Unproved {
		t.Errorf("fix of %s on line %d fails its proof: %v", u.Rule.Name, u.Line, u.Err)
	}
	var mine []analysis.Diagnostic
	for _, d := range res.Diagnostics {
		if d.Rule == rule {
			mine = append(mine, d)
		}
	}
	if strings.HasPrefix(ex.name, "good/") {
		if len(mine) > 0 {
			t.Errorf("finds:\n%s", describe(mine))
		}
		return
	}
	got := map[string]string{"want": describe(mine) + addBlocks(t, &res, mine)}
	if after := fixed(t, &res, mine); after != nil {
		got["fixed"] = escape(after)
	}
	if len(mine) == 0 {
		t.Error("finds nothing")
	}
	if *update {
		ex.outputs = got
		return
	}
	for _, section := range []string{"want", "fixed"} {
		if got[section] != ex.outputs[section] {
			t.Errorf("%s:\n%s\nwant:\n%s", section, got[section], ex.outputs[section])
		}
	}
}

// broken is what is wrong with the files of the example that define builds.
func broken(ex *example) (all []analysis.Diagnostic) {
	base := ex.base
	if base == nil {
		base = newTree()
	}
	side := func(tree *buildcontext.Tree) ruleset.Side {
		return ruleset.Side{Tree: tree, Builds: ruleset.State(nil, tree, config.Repo{}, "")}
	}
	for _, d := range ruleset.Broken(nil, config.Repo{}, rules.All, side(ex.tree), side(base)) {
		all = append(all, d.Head.Diagnostics...)
	}
	return all
}

func unit(rule *analysis.Rule, ex *example) analysis.Unit {
	ruleset.State(nil, ex.tree, config.Repo{}, "")
	if ex.base != nil {
		ruleset.State(nil, ex.base, config.Repo{}, "")
	}
	u := unitOf(ex.file, ex.src, ex.tree)
	u.Before, u.BeforePath = ex.base, ex.file
	for i := range u.Rules {
		if u.Rules[i].Rule != rule {
			continue
		}
		u.Rules[i].Severity = max(u.Rules[i].Severity, analysis.Notice) // off by default, still tested
		u.Rules[i].Options = ex.options
	}
	return u
}

func describe(ds []analysis.Diagnostic) string {
	var b strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&b, "%d:%d-%d:%d %s: %s\n", d.Place.Line, d.Place.Column, d.Place.EndLine, d.Place.EndColumn,
			d.Severity, d.Message)
		if why := d.Why.String(); why != "" {
			fmt.Fprintf(&b, "\t%s\n", why)
		}
		if f := d.Fix; f != nil {
			fmt.Fprintf(&b, "\tfix (%s): %s\n", f.Applicability, f.Title)
			if check := f.Check(); !check.Empty() {
				fmt.Fprintf(&b, "\tbut %s\n", check)
			}
		}
		if d.Snippet != nil {
			fmt.Fprintf(&b, "\tfor %s:\n\t\t%s\n", d.Snippet.Path, strings.Join(d.Snippet.Lines, "\n\t\t"))
		}
	}
	return b.String()
}

// fixed applies all the rule's fixes that can be proved together; nil where there is none.
func fixed(t *testing.T, res *analysis.Result, mine []analysis.Diagnostic) []byte {
	src := res.Unit.Src
	var out []byte
	for _, g := range res.Groups(mine) {
		if g.Fix != nil {
			out = g.Fix.After
		}
	}
	if len(mine) > 1 || out == nil {
		var edits []analysis.Edit
		for _, d := range mine {
			if d.Fix != nil {
				edits = append(edits, d.Fix.Edits...)
			}
		}
		if len(edits) == 0 {
			return nil
		}
		after, err := analysis.Apply(src, edits)
		if err != nil {
			t.Errorf("all fixes of the example together: %v", err)
		}
		out = after
	}
	return out
}

// rewrite puts each example's outputs after its own files, the bad ones first. An example that did not run keeps those
// that it has.
func rewrite(t *testing.T, path string, ar *txtar.Archive, all []*example) {
	t.Helper()
	inputs := map[string][]txtar.File{}
	var files []txtar.File
	for _, f := range ar.Files {
		switch parts := strings.SplitN(f.Name, "/", 3); {
		case len(parts) < 3:
			files = append(files, f)
		case parts[2] != "want" && parts[2] != "fixed":
			inputs[parts[0]+"/"+parts[1]] = append(inputs[parts[0]+"/"+parts[1]], f)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].name[:3] < all[j].name[:3] })
	for _, ex := range all {
		files = append(files, inputs[ex.name]...)
		for _, section := range []string{"want", "fixed"} {
			if text := ex.outputs[section]; text != "" {
				files = append(files, txtar.File{Name: ex.name + "/" + section, Data: []byte(text)})
			}
		}
	}
	ar.Files = files
	if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
}
