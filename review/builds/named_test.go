package builds_test

import (
	"fmt"
	"testing"

	"github.com/dfbot/dfbot/review/builds"
)

// TestNamed: a name counts where all builds that give it mean the same folder of the repository.
func TestNamed(t *testing.T) {
	one := func(kind builds.Kind, value string, known bool) builds.Build {
		return builds.Build{Dockerfile: "Dockerfile", Origin: builds.Origin{Kind: kind},
			Contexts: []builds.Pair{{Name: "shared", Value: value, Known: known}}}
	}
	compose := builds.Compose
	for name, c := range map[string]struct {
		all  []builds.Build
		want string
	}{
		"one":       {[]builds.Build{one(compose, "a", true)}, "map[shared:a]"},
		"two alike": {[]builds.Build{one(compose, "a", true), one(builds.Bake, "a", true)}, "map[shared:a]"},
		"two":       {[]builds.Build{one(compose, "a", true), one(builds.Bake, "b", true)}, "map[]"},
		"three": {[]builds.Build{one(compose, "a", true), one(compose, "b", true), one(compose, "a", true)},
			"map[]"},
		"not all":      {[]builds.Build{one(compose, "a", true), {Dockerfile: "Dockerfile"}}, "map[shared:a]"},
		"unknown":      {[]builds.Build{one(compose, "a", true), one(compose, "", false)}, "map[]"},
		"an image":     {[]builds.Build{one(compose, "docker-image://a", true)}, "map[]"},
		"a target":     {[]builds.Build{one(builds.Bake, "target:a", true)}, "map[]"},
		"a repository": {[]builds.Build{one(compose, "github.com/a/b", true)}, "map[]"},
		"configuration": {[]builds.Build{one(builds.Configuration, "a", true), one(compose, "b", true)},
			"map[shared:a]"},
	} {
		if got := fmt.Sprint(builds.Named(c.all)["Dockerfile"]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
