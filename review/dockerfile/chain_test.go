package dockerfile_test

import (
	"testing"

	"github.com/dfbot/dfbot/review/dockerfile"
)

func TestChain(t *testing.T) {
	for script, links := range map[string]int{
		"a":                          1,
		"a && b && c":                3,
		"a | b && X=1 c > d":         2,
		"! a && b":                   2,
		"a \\\n # note\n && \\\n b":  2,
		"sudo a && b":                2,
		"a; b":                       0,
		"a || b":                     0,
		"a && b || c":                0,
		"a &":                        0,
		"cd /x && a":                 0,
		"a && export B=1":            0,
		"X=1 && a":                   0,
		"$A && b":                    0,
		"(a) && b":                   0,
		"if a; then b; fi && c":      0,
		"a # it ends here":           0,
		"a && b;":                    0,
		"set -e && a":                0,
		"cat <<E && b\nx\nE":         0,
		"exec a":                     0,
		"command cd /x":              0,
		"sudo sh -c 'cd /x'":         1,
		"a && b \\\n \\\n && c \\\n": 3,
	} {
		f, err := dockerfile.Parse("Dockerfile", []byte("FROM x\nRUN "+script+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(f.Instructions()[1].Script.Chain()); got != links {
			t.Errorf("%q: %d links, want %d", script, got, links)
		}
	}
}
