package analysis_test

import (
	"context"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
)

// TestGapOfTheContext: what keeps the context unknown although the tree is known is said, not passed over.
func TestGapOfTheContext(t *testing.T) {
	deep := strings.Repeat("d/", 400)
	var copies strings.Builder
	for i := range 1000 {
		copies.WriteString("COPY " + strings.Repeat("a", i+1) + " /\n")
	}
	for _, c := range []struct{ dir, ignore, src, want string }{
		{"", "*.md\n", "FROM a\nCOPY . /\n", ""},
		{"", strings.Repeat("**/", 1000) + "a\n", "FROM a\nCOPY . /\n",
			"COPY and ADD were not checked against the build context: `.dockerignore` has too many or too long " +
				"patterns for a repository of this size"},
		{deep, "", "FROM a\n" + copies.String(),
			"COPY and ADD were not checked against the build context: they name too many files for a Dockerfile so " +
				"deep in the repository"},
	} {
		tree := &buildcontext.Tree{Paths: []string{".dockerignore", c.dir + "Dockerfile"},
			Contents: map[string][]byte{".dockerignore": []byte(c.ignore)}}
		res, err := analysis.Run(context.Background(),
			analysis.Unit{Path: c.dir + "Dockerfile", Src: []byte(c.src), Tree: tree})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, gap := range res.Gaps {
			got += gap.String()
		}
		if got != c.want {
			t.Errorf("%.20q: %q, want %q", c.ignore, got, c.want)
		}
	}
}
