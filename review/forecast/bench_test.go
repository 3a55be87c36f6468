package forecast_test

import (
	"fmt"
	"testing"

	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/dockerfile"
	"github.com/dfbot/dfbot/review/forecast"
)

// large is a tree of 20,000 files with an ignore file of 10 patterns.
func large(dockerfile string) map[string]string {
	files := map[string]string{"Dockerfile": dockerfile, "package.json": "{}", "package-lock.json": "{}",
		".dockerignore": "**/*.md\n.git\nnode_modules\n**/dist\n*.log\ncoverage\n!docs/keep.md\ntmp*\n**/.env\n" +
			"test/**/data\n"}
	for i := range 20_000 {
		files[fmt.Sprintf("src/p%d/q%d/file%d.js", i%40, i%7, i)] = "1"
	}
	return files
}

// BenchmarkRebuild is what the forecast of a pull request costs for one build, over a small and a large tree, with what
// the suggestion would change. The child process that makes the graphs is warm. bare is one graph alone.
func BenchmarkRebuild(b *testing.B) {
	checks := buildkit.New(buildkit.Options{})
	defer checks.Close()
	f, err := dockerfile.Parse("Dockerfile", []byte(bad))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := checks.Graph(b.Context(), nil, f, nil, buildkit.Plan{}); err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if _, err := checks.Graph(b.Context(), nil, f, nil, buildkit.Plan{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	trees := map[string]map[string]string{"small": changed(shop, "Dockerfile", bad), "large": large(bad)}
	for name, files := range trees {
		s := sides(files, changed(files, "src/a.js", "2"))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				o := &forecast.Forecaster{Checks: checks}
				if _, err := o.Rebuild(b.Context(), s); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"-with-suggestion", func(b *testing.B) {
			for b.Loop() {
				o := &forecast.Forecaster{Checks: checks}
				if _, err := o.Rebuild(b.Context(), s); err != nil {
					b.Fatal(err)
				}
				if _, err := o.With(b.Context(), s, []byte(good)); err != nil {
					b.Fatal(err)
				}
				if said, err := o.Cost(b.Context(), s, []int{4}, []byte(good)); err != nil || said.Empty() {
					b.Fatal(said, err)
				}
			}
		})
	}
}
