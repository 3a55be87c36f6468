package ecosystem

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	paths := []string{"a/b/package.json", "a/c/package.json", "a/package.json", "go.mod", "readme.md", "x/y/z/go.mod",
		"x/y/z/w/v/requirements.txt"}
	for _, c := range []struct {
		dockerfiles []string
		most        int
		want        []string
	}{
		{[]string{"a/b/Dockerfile"}, 9,
			[]string{"a/b/package.json", "a/package.json", "a/c/package.json", "go.mod", "x/y/z/go.mod",
				"x/y/z/w/v/requirements.txt"}},
		{[]string{"Dockerfile", "x/y/Dockerfile"}, 4,
			[]string{"go.mod", "a/package.json", "x/y/z/go.mod", "a/b/package.json"}},
		{nil, 9, nil},
	} {
		if got := Nearest(paths, c.dockerfiles, c.most, Wanted); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.dockerfiles, got, c.want)
		}
	}
}

// TestNearestLikeEachDistance holds the steps against those between each two folders.
func TestNearestLikeEachDistance(t *testing.T) {
	parts := func(dir string) []string {
		if dir == "." {
			return nil
		}
		return strings.Split(dir, "/")
	}
	between := func(from, to string) int {
		a, b := parts(from), parts(to)
		same := 0
		for same < len(a) && same < len(b) && a[same] == b[same] {
			same++
		}
		return len(a) + len(b) - 2*same
	}
	var dirs []string
	for i := range 27 {
		dirs = append(dirs,
			strings.Trim(fmt.Sprintf("%.*s", i%4*2,
				strings.Join([]string{string("abc"[i%3]), string("abc"[i/3%3]), string("abc"[i/9])}, "/")+"/"), "/"))
		if dirs[i] == "" {
			dirs[i] = "."
		}
	}
	for i := range dirs {
		files := []string{path.Join(dirs[i], "Dockerfile"), path.Join(dirs[(i*7+3)%27], "Dockerfile")}
		down := stepsDown(files)
		for _, d := range dirs {
			want := min(between(path.Dir(files[0]), d), between(path.Dir(files[1]), d))
			if got := steps(down, d); got != want {
				t.Errorf("from %q to %s: %d, want %d", files, d, got, want)
			}
		}
	}
}
