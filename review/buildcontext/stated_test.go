package buildcontext_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/buildcontext"
)

// TestStated: a context that builds state is known, whatever is there; without one, the nearest that fits is taken,
// and settled only if it is the only one.
func TestStated(t *testing.T) {
	paths := []string{"go.mod", "docker/Dockerfile", "docker/run.sh", "app/run.sh", "app/go.mod", "run.sh"}
	for _, c := range []struct {
		name    string
		stated  []string
		src     string
		dir     string
		known   bool
		settled bool
		above   string
	}{
		{"nearest of two", nil, "FROM a\nCOPY run.sh /\n", "docker", true, false, ""},
		{"the only one", nil, "FROM a\nCOPY docker/run.sh /\n", "", true, true, "unknown"},
		{"all fit", nil, "FROM a\nCOPY . /\n", "docker", true, false, ""},
		{"stated", []string{""}, "FROM a\nCOPY run.sh /\n", "", true, true, "unknown"},
		{"stated beside", []string{"app"}, "FROM a\nCOPY run.sh /\n", "app", true, true, "unknown"},
		{"stated, and a file is made before the build", []string{"app"}, "FROM a\nCOPY dist /\n", "app", true, true,
			"unknown"},
		{"two, and one fits", []string{"app", ""}, "FROM a\nCOPY docker/run.sh /\n", "", true, false, "unknown"},
		{"two that fit", []string{"app", ""}, "FROM a\nCOPY go.mod /\n", "app", true, false, ""},
		{"two, and neither fits", []string{"docker", "app"}, "FROM a\nCOPY go.mod dist /\n", "app", true, false,
			"unknown"},
		{"a folder that is not there", []string{"gone"}, "FROM a\nCOPY go.mod /\n", "", true, true, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := &buildcontext.Tree{Paths: paths, Stated: map[string][]string{"docker/Dockerfile": c.stated}}
			ctx := contextOf(t, "docker/Dockerfile", c.src, tree)
			if ctx.Dir != c.dir || ctx.Known() != c.known || ctx.Settled() != c.settled {
				t.Errorf("%q, known %v, settled %v", ctx.Dir, ctx.Known(), ctx.Settled())
			}
			above := "unknown"
			if larger := ctx.Above(); larger.Known() {
				above = larger.Dir
			}
			if above != c.above {
				t.Errorf("above: %q", above)
			}
		})
	}
}

// TestAsked: what the folder of a context decides counts as asked, and what it does not decide, not.
func TestAsked(t *testing.T) {
	ctx := contextOf(t, "Dockerfile", "FROM a\nCOPY go.mod /\n", &buildcontext.Tree{Paths: []string{"go.mod"}})
	if ctx.Asked(); ctx.Known() && ctx.Asked() {
		t.Error("asked whether it is known")
	}
	for name, ask := range map[string]func(){
		"Has": func() { ctx.Has("a") }, "Ignored": func() { ctx.Ignored("a") }, "Read": func() { ctx.Read("a") },
		"Folder": func() { ctx.Folder("a") }, "Exists": func() { ctx.Exists("a") }, "Match": func() { ctx.Match("a") },
		"Names": func() { ctx.Names("a") }, "Stat": func() { ctx.Stat("a") },
		"Where":    func() { ctx.Where(".", 1, 1, func(string) bool { return true }) },
		"Anywhere": func() { ctx.Anywhere(".", 1, func(string) bool { return true }) },
	} {
		if ask(); !ctx.Asked() || ctx.Asked() {
			t.Errorf("%s: not asked, or asked for good", name)
		}
	}
}
