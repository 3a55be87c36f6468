package ruleset_test

import (
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/ruleset"
)

func TestNear(t *testing.T) {
	all := []string{"Dockerfile", "a/Dockerfile", "a/b/Dockerfile", "z/Dockerfile"}
	for _, c := range []struct {
		name         string
		changed      []string
		most         int
		near, beyond []string
	}{
		{"all", []string{"z/main.go"}, 4,
			[]string{"z/Dockerfile", "Dockerfile", "a/Dockerfile", "a/b/Dockerfile"}, nil},
		{"a file in its folder", []string{"a/b/c/main.go"}, 2, []string{"a/b/Dockerfile", "a/Dockerfile"},
			[]string{"Dockerfile"}},
		{"none beside", []string{"main.go"}, 1, []string{"Dockerfile"}, nil},
		{"no room", []string{"a/main.go"}, 0, nil, []string{"a/Dockerfile", "Dockerfile"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, beyond := ruleset.Near(all, c.changed, c.most)
			if !slices.Equal(near, c.near) || !slices.Equal(beyond, c.beyond) {
				t.Errorf("near %q, beyond %q; want %q and %q", near, beyond, c.near, c.beyond)
			}
		})
	}
}
