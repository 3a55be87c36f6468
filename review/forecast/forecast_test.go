package forecast_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/builds"
	"github.com/dfbot/dfbot/review/forecast"
	"github.com/dfbot/dfbot/review/layers"
)

func TestMain(m *testing.M) {
	buildkit.Child()
	os.Exit(m.Run())
}

// tree is a tree of files with these texts.
func tree(files map[string]string) *forecast.Tree {
	return &forecast.Tree{
		Paths: slices.Sorted(maps.Keys(files)),
		ID:    func(p string) string { return "of " + files[p] },
		Read: func(p string) ([]byte, bool) {
			text, ok := files[p]
			return []byte(text), ok
		},
	}
}

// changed is the files with others added or put in their place; "-" takes one away.
func changed(files map[string]string, by ...string) map[string]string {
	all := maps.Clone(files)
	for i := 0; i < len(by); i += 2 {
		if all[by[i]] = by[i+1]; by[i+1] == "-" {
			delete(all, by[i])
		}
	}
	return all
}

const (
	good = "FROM node:22\nWORKDIR /app\nCOPY package.json ./\nRUN npm install\nCOPY . .\nRUN npm run build\n"
	bad  = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\nRUN npm run build\n"
)

var shop = map[string]string{"Dockerfile": good, "package.json": "{}", "src/a.js": "1", "src/b.js": "1", "README": "1",
	".dockerignore": "Dockerfile\n"}

func sides(before, after map[string]string) forecast.Sides {
	b := forecast.Build{Dockerfile: "Dockerfile"}
	return forecast.Sides{Before: tree(before), After: tree(after), Was: b, Now: b}
}

func forecaster(t *testing.T) *forecast.Forecaster {
	checks := buildkit.New(buildkit.Options{})
	t.Cleanup(checks.Close)
	return &forecast.Forecaster{Checks: checks}
}

func TestRebuild(t *testing.T) {
	o := forecaster(t)
	for _, test := range []struct {
		name          string
		before, after map[string]string
		sum           string
		dear          bool
		installs      string // their answers
		grown         string // the command and the files
	}{
		{"nothing", shop, shop, "all 5 steps are cached", false, "cached", ""},
		{"a source", shop, changed(shop, "src/a.js", "2"), "runs 2 of 5 steps again", true, "cached", ""},
		{"a manifest", shop, changed(shop, "package.json", "{ }"), "runs 4 of 5 steps again", true, "again", ""},
		{"a file that no COPY takes", shop, changed(shop, "Dockerfile", good+"# x\n"), "all 5 steps are cached", false,
			"cached", ""},
		{"the order", shop, changed(shop, "Dockerfile", bad), "runs 3 of 4 steps again", true, "again",
			"npm install: .dockerignore README src/a.js src/b.js"},
		{"the order of one that has no manifest to itself", changed(shop, "Dockerfile", bad), shop,
			"runs 4 of 5 steps again", true, "again", ""},
		{"a new Dockerfile", changed(shop, "Dockerfile", "-"), shop, "runs 5 of 5 steps again", true, "again", ""},
		{"an ignore file", changed(shop, ".dockerignore", "src\nDockerfile\n", "Dockerfile", bad),
			changed(shop, "Dockerfile", bad), "runs 3 of 4 steps again", true, "again",
			"npm install: src/a.js src/b.js"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := o.Rebuild(t.Context(), sides(test.before, test.after))
			if err != nil {
				t.Fatal(err)
			}
			if r.Sum() != test.sum || r.Dear() != test.dear {
				t.Errorf("%s, dear %t; want %s, dear %t", r.Sum(), r.Dear(), test.sum, test.dear)
			}
			var installs, grown []string
			for _, f := range r.Installs {
				installs = append(installs, f.Answer.String())
			}
			for _, g := range r.Grown {
				grown = append(grown, g.Command+": "+strings.Join(g.Files, " "))
			}
			if got := strings.Join(installs, " "); got != test.installs {
				t.Errorf("installs %s, want %s", got, test.installs)
			}
			if got := strings.Join(grown, " "); got != test.grown {
				t.Errorf("grown %q, want %q", got, test.grown)
			}
		})
	}
}

func TestCost(t *testing.T) {
	o := forecaster(t)
	wrong := changed(shop, "Dockerfile", bad)
	for _, test := range []struct {
		name  string
		after map[string]string
		fixed string
		want  string
	}{
		{"two sources", changed(wrong, "src/a.js", "2", "src/b.js", "2"), good,
			"The 2 files changed under `src/` re-run `npm install` (step 4 of 5). With the suggestion they don't."},
		{"one source", changed(wrong, "src/a.js", "2"), good,
			"The change of `src/a.js` re-runs `npm install` (step 4 of 5). With the suggestion it doesn't."},
		{"files here and there", changed(wrong, "src/a.js", "2", "README", "-"), good,
			"The changes of 2 files, `README` among them, re-run `npm install` (step 4 of 5). With the suggestion " +
				"they don't."},
		{"the manifest too", changed(wrong, "src/a.js", "2", "package.json", "{ }"), good,
			"The changes of 2 files, `package.json` among them, re-run `npm install` (step 4 of 5)."},
		{"no suggestion", changed(wrong, "src/a.js", "2"), "",
			"The change of `src/a.js` re-runs `npm install` (step 4 of 5)."},
		{"no file", wrong, good, ""},
		{"a file that no COPY takes", changed(wrong, ".dockerignore", "Dockerfile\n\n"), good,
			"The change of `.dockerignore` re-runs `npm install` (step 4 of 5). With the suggestion it doesn't."},
	} {
		t.Run(test.name, func(t *testing.T) {
			var fixed []byte
			if test.fixed != "" {
				fixed = []byte(test.fixed)
			}
			got, err := o.Cost(t.Context(), sides(shop, test.after), []int{3, 4}, fixed)
			if err != nil || got.String() != test.want {
				t.Errorf("%s, %v; want %s", got, err, test.want)
			}
		})
	}
}

// TestStopped holds that a Dockerfile that BuildKit refuses has no forecast, and says why.
func TestStopped(t *testing.T) {
	_, err := forecaster(t).Rebuild(t.Context(), sides(shop, changed(shop, "Dockerfile", "FROM node:22\nCOPY\n")))
	stopped := new(forecast.StoppedError)
	if !errors.As(err, &stopped) {
		t.Errorf("got %v", err)
	}
}

func TestStated(t *testing.T) {
	version := builds.Pair{Name: "V", Value: "1", Known: true}
	all := []builds.Build{
		{Dockerfile: "Dockerfile", Context: "a", Args: []builds.Pair{version, {Name: "W"}}},
		{Dockerfile: "Dockerfile", Context: "a", Args: []builds.Pair{version}},
		{Dockerfile: "Dockerfile", Elsewhere: true},
		{Dockerfile: "other/Dockerfile"},
	}
	got := forecast.Stated(all, "Dockerfile")
	if len(got) != 1 || got[0].Context != "a" || !maps.Equal(got[0].Args, map[string]string{"V": "1"}) {
		t.Errorf("got %+v", got)
	}
}

func TestBecause(t *testing.T) {
	file := func(p string) layers.Cause {
		return layers.Cause{Why: layers.AFile, Folder: layers.MainContext, Path: p}
	}
	at := func(why layers.Why, line int) layers.Cause {
		return layers.Cause{Why: why, Step: &layers.Step{First: line}}
	}
	for _, test := range []struct {
		causes []layers.Cause
		want   string
	}{
		{nil, ""},
		{[]layers.Cause{file("a"), file("b")}, "api/a api/b"},
		{[]layers.Cause{file("a"), file("b"), file("c"), file("d")}, "api/a api/b +2"},
		{[]layers.Cause{at(layers.ANewStep, 3), file("a")}, "api/a the instruction in line 3"},
		{[]layers.Cause{at(layers.ABase, 0), at(layers.ABase, 0)}, "the base image"},
		{[]layers.Cause{at(layers.AVariable, 1), at(layers.ANewStep, 2), at(layers.ANewStep, 3),
			at(layers.ANewStep, 4)},
			"variables or settings in line 1 the instruction in line 2 more"},
		{[]layers.Cause{file("a"), {Why: layers.Unknown, Path: forecast.Git}}, "api/a"},
		{[]layers.Cause{{Why: layers.Unknown, Path: forecast.Git}}, "what is in .git, which may have changed"},
	} {
		r := &forecast.Report{Build: forecast.Build{Context: "api"}}
		files, more, others := r.Because(layers.Forecast{Causes: test.causes})
		if more > 0 {
			files = append(files, "+"+string(rune('0'+more)))
		}
		if got := strings.Join(append(files, others...), " "); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
