//go:build linux

// Package pairs builds Dockerfiles before and after dfbot's safe fixes on BuildKit's own daemon, and compares the
// images. It has tests only, and must never build anything but the project's own test data.
package pairs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/dfbot/dfbot/cmd/dfbot/internal/daemon"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/rules"
)

const (
	root      = "../../../.." // of the module
	state     = root + "/.cache/buildkit"
	program   = root + "/.cache/bin/buildkitd"
	buildTime = 10 * time.Minute // for one build
	caseTime  = 2 * time.Minute  // what must be left for another case, or it is not tried

	leastBuilt  = 150 // pairs in all, or the table says too little
	leastOfRule = 5   // pairs of each rule that has a safe fix
)

var update = flag.Bool("update", false, "write docs/buildkit-pairs.md")

// rig is what all pairs share.
type rig struct {
	*daemon.Daemon
	images map[string]digest.Digest // by references, with *
	dfbot  string                   // the program
	config string                   // turns on the rules that are off by default

	pairs   []pair
	untried int // cases for which there was no time
}

// pair is a build before and after safe fixes.
type pair struct {
	name string // of the case
	rule string // whose fixes were applied; allRules for those of several
	verdict
}

// allRules stands for the fixes of all rules together.
const allRules = "all together"

// TestPairs: a safe fix breaks no build, and changes no image but as its rule means to.
func TestPairs(t *testing.T) {
	if os.Getenv("DFBOT_BUILDKIT") == "" {
		t.Skip("builds some hundred images: run make buildkit-test")
	}
	if missing := lacks(); missing != "" {
		t.Skipf("%s: run make buildkit-deps as root", missing)
	}
	r := newRig(t)
	all := cases(t)
	safe := r.safe(t, all)
	t.Run("pairs", func(t *testing.T) {
		for _, c := range all {
			if len(safe[c.name]) == 0 {
				continue
			}
			if deadline, ok := t.Deadline(); ok && time.Until(deadline) < caseTime {
				r.untried++
				continue
			}
			t.Run(c.name, func(t *testing.T) { r.judge(t, c, safe[c.name]) })
		}
	})
	r.sum(t)
}

// lacks says what this machine lacks.
func lacks() string {
	if missing := daemon.Missing(program); missing != "" {
		return missing
	}
	if _, err := os.Stat(filepath.Join(state, "machine", "rootfs.tar")); err != nil {
		return "the base system is not there: " + err.Error()
	}
	return ""
}

func newRig(t *testing.T) *rig {
	t.Helper()
	folder, err := filepath.Abs(state)
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder) // the daemon mounts no folder below a link
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{dfbot: filepath.Join(t.TempDir(), "dfbot"), config: filepath.Join(t.TempDir(), "config.yml")}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", r.dfbot, root+"/cmd/dfbot").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(r.config, everyRule(), 0o600); err != nil {
		t.Fatal(err)
	}
	daemonProgram, err := filepath.Abs(program)
	if err != nil {
		t.Fatal(err)
	}
	r.Daemon, err = daemon.Start(t.Context(), daemonProgram, folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	r.images = bases(t, r.Daemon, folder)
	return r
}

// everyRule is a configuration with no rule off.
func everyRule() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "rules:")
	for _, r := range rules.All {
		if r.Severity == analysis.Off {
			fmt.Fprintf(&b, "  %s: notice\n", r.Name)
		}
	}
	return b.Bytes()
}

// judge builds the case before, and after the safe fixes of each rule by itself and of all rules together.
func (r *rig) judge(t *testing.T, c testCase, safe []string) {
	before := r.build(t, c, c.lay(t, t.TempDir()), true)
	of := map[string][]string{allRules: safe}
	for _, rule := range safe {
		of[rule] = []string{rule}
	}
	if len(safe) == 1 {
		delete(of, allRules)
	}
	for _, rule := range slices.Sorted(maps.Keys(of)) {
		p := pair{name: c.name, rule: rule, verdict: r.compare(t, c, of[rule], &before)}
		t.Logf("%s: %s %s", rule, p.is, p.why)
		if p.is == broken || p.is == wrong {
			t.Fail()
		}
		r.pairs = append(r.pairs, p)
	}
}

// safe are the names of the rules that have a safe fix in each case, sorted. One process reviews all cases.
func (r *rig) safe(t *testing.T, all []testCase) map[string][]string {
	t.Helper()
	dir, args := t.TempDir(), []string{"--format", "json"}
	for i, c := range all {
		folder := strconv.Itoa(i)
		c.lay(t, filepath.Join(dir, folder))
		args = append(args, folder)
	}
	var report struct {
		Findings []struct {
			Path, Rule string
			Fixes      []struct{ Applicability string }
		}
	}
	if err := json.Unmarshal(r.review(t, dir, args...), &report); err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, f := range report.Findings {
		folder, _, _ := strings.Cut(f.Path, "/")
		i, err := strconv.Atoi(folder)
		if err != nil {
			t.Fatal(err)
		}
		name := all[i].name
		for _, fix := range f.Fixes {
			if fix.Applicability == analysis.Safe.String() && !slices.Contains(names[name], f.Rule) {
				names[name] = append(names[name], f.Rule)
			}
		}
	}
	for _, rules := range names {
		slices.Sort(rules)
	}
	return names
}

// review runs dfbot review in the folder.
func (r *rig) review(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	args = append([]string{"review", "--config", r.config, "--min-severity", "notice"}, args...)
	cmd := exec.CommandContext(t.Context(), r.dfbot, args...)
	cmd.Dir = dir
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil // findings
	}
	if err != nil && !strings.HasPrefix(string(out), "{") {
		t.Fatalf("dfbot review %s: %v\n%s", args, err, complaint.Bytes())
	}
	return out
}

// built is a build that has been looked at.
type built struct {
	daemon.Result
	build daemon.Build
	hash  string // of the Dockerfile
	again bool   // it has been built twice
	noise noise  // of builds of the same
	why   string // it does not build
}

// listen builds the case as it is once more, to hear the noise.
func (r *rig) listen(t *testing.T, c testCase, before *built) {
	t.Helper()
	if before.again {
		return
	}
	before.again = true
	if again := r.build(t, c, c.lay(t, t.TempDir()), true); again.why == "" {
		before.noise = noiseOf(before.Files, again.Files)
	}
}

// compare builds the case after the fixes. One that does not build before is worth that only if the rule says that it
// builds then.
func (r *rig) compare(t *testing.T, c testCase, rules []string, before *built) verdict {
	t.Helper()
	stopped := verdict{is: doesNotBuild, why: before.why}
	if before.why != "" && !intended(rules, func(i intent) bool { return i.builds }) {
		return stopped
	}
	dir := c.lay(t, t.TempDir())
	args := []string{"--fix"}
	for _, rule := range rules {
		args = append(args, "--rule", rule)
	}
	r.review(t, dir, args...)
	after := r.build(t, c, dir, false)
	switch {
	case before.why != "" && after.why != "":
		return stopped
	case before.why != "":
		return verdict{is: asIntended, why: "builds, and stopped before at " + before.why}
	case after.why != "":
		return verdict{is: broken, why: after.why}
	}
	v := r.verdict(t, rules, *before, after)
	if v.is != equal {
		r.listen(t, c, before)
		v = r.verdict(t, rules, *before, after)
	}
	if v.is == broken || v.is == wrong {
		v.why += "\n" + c.diff(t, dir)
	}
	return v
}

// build builds the case that is laid out in the folder. The images of a build that failed by chance, such as for the
// network's sake, would be of no use: it has a second try.
func (r *rig) build(t *testing.T, c testCase, dir string, fresh bool) built {
	t.Helper()
	b := daemon.Build{Context: filepath.Join(dir, c.context), File: c.file, Images: r.images, Fresh: fresh, List: true}
	var res daemon.Result
	var err error
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), buildTime)
		res, err = r.Build(ctx, b)
		cancel()
		if err == nil {
			break
		}
		b.Fresh = false // it goes on where it stopped
	}
	if err != nil {
		return built{why: reason(res, err)}
	}
	src, err := os.ReadFile(filepath.Join(b.Context, b.File))
	if err != nil {
		t.Fatal(err)
	}
	return built{Result: res, build: b, hash: fmt.Sprintf("%x", sha256.Sum256(src))}
}

// reason is why a build failed, in a line.
func reason(res daemon.Result, err error) string {
	step, ok := res.Failed()
	if !ok {
		return lastLine(err.Error())
	}
	why := step.Name + ": " + lastLine(step.Error)
	if line := lastLine(step.Log); line != "" {
		why += ": " + line
	}
	return why
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
