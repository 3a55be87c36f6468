package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/app/github/githubtest"
	"github.com/dfbot/dfbot/review/analysis"
)

// TestManyIgnoreFiles: a deep folder may have an ignore file on each level. Not all are read, each content once, and
// the check run says so.
func TestManyIgnoreFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it reviews very many files")
	}
	for _, c := range []struct {
		name    string
		folders int
		size    int
		same    bool
		all     bool
	}{
		{"many", 210, 10, false, false},
		{"large", 60, 200 << 10, false, false},
		{"large and the same", 60, 200 << 10, true, true},
		{"few", 60, 10, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			w.rules = []*analysis.Rule{labels}
			w.app = w.bot()
			before, dir := map[string]string{}, ""
			for i := range c.folders {
				dir += "d/"
				text := strings.Repeat("#", c.size)
				if !c.same {
					text += fmt.Sprint(i)
				}
				before[dir+".dockerignore"] = text
			}
			_, run := review(w, before, map[string]string{dir + "Dockerfile": "FROM scratch\n"})
			told := strings.Contains(run.Summary,
				"dfbot reads at most 200 ignore files and 8 MiB of them: there are more above the Dockerfiles")
			if told == c.all || (run.Conclusion == "success") != c.all {
				t.Errorf("the check run is %s:\n%s", run.Conclusion, run.Summary)
			}
		})
	}
}

// TestManyLargeDockerfiles: the Dockerfiles of a pull request are bounded in sum, too.
func TestManyLargeDockerfiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it reviews very many files")
	}
	w := newWorld(t, githubtest.Options{})
	w.rules = []*analysis.Rule{labels}
	w.app = w.bot()
	after := map[string]string{}
	for i := range 36 {
		after[fmt.Sprintf("%02d/Dockerfile", i)] = "FROM scratch\n" +
			strings.Repeat("# "+strings.Repeat("x", 1000)+"\n", 950)
	}
	_, run := review(w, map[string]string{"README.md": ""}, after)
	if run.Conclusion != "neutral" || !strings.Contains(run.Summary, "larger than 32 MiB in total") ||
		!strings.Contains(run.Summary, "35/Dockerfile") {
		t.Errorf("the check run is %s:\n%s", run.Conclusion, run.Summary)
	}
}
