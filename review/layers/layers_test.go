package layers_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/review/buildkit"
	"github.com/dfbot/dfbot/review/layers"
	"github.com/dfbot/dfbot/review/layers/scenario"
)

var update = flag.Bool("update", false, "rewrite what the scenarios want")

func TestMain(m *testing.M) {
	buildkit.Child()
	os.Exit(m.Run())
}

// TestScenarios predicts each change of testdata. A real daemon agrees: see cmd/dfbot/internal/forecast.
func TestScenarios(t *testing.T) {
	checks := buildkit.New(buildkit.Options{})
	defer checks.Close()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := scenario.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			before, after, err := s.Builds(t.Context(), checks)
			if err != nil {
				t.Fatal(err)
			}
			if before.Graph.Stopped+after.Graph.Stopped != "" {
				t.Fatal(before.Graph.Stopped, after.Graph.Stopped)
			}
			got := scenario.Lines(layers.Predict(nil, before, after))
			if diff := cmp.Diff(s.Want, got); diff != "" && *update {
				rewrite(t, name, data, got)
			} else if diff != "" {
				t.Errorf("-want +got, -update rewrites it\n%s", diff)
			}
		})
	}
}

func rewrite(t *testing.T, name string, data []byte, lines []string) {
	a := txtar.Parse(data)
	for i, f := range a.Files {
		if f.Name == "want" {
			a.Files = append(a.Files[:i], a.Files[i+1:]...)
			break
		}
	}
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(strings.Join(lines, "\n") + "\n")})
	if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}
