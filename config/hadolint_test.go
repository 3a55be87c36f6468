package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
)

// hadolintKnown are rules made up for these tests, with some that take options from a
// .hadolint.yaml.
var hadolintKnown = append(slices.Clone(known),
	&analysis.Rule{
		Name: "untrusted-registry", Doc: "an image of another registry", Severity: analysis.Off,
		Aliases: []string{"DL3026"},
		Options: []analysis.Option{{Name: "trusted-registries", Doc: "Trusted ones.", Default: []string(nil)}},
	},
	&analysis.Rule{
		Name: "label-schema", Doc: "a label of the wrong type", Severity: analysis.Warning,
		Aliases: []string{"DL3050", "DL3058"},
		Options: []analysis.Option{
			{Name: "labels", Doc: "Labels.", Default: []string(nil)},
			{Name: "strict", Doc: "No others.", Default: false},
		},
	},
	&analysis.Rule{
		Name: "missing-label", Doc: "a label is missing", Severity: analysis.Warning, Aliases: []string{"DL3049"},
		Options: []analysis.Option{{Name: "required", Doc: "Labels.", Default: []string(nil)}},
	},
	&analysis.Rule{Name: "unpinned-package", Doc: "no version", Severity: analysis.Off,
		Aliases: []string{"DL3008", "DL3018"}},
	&analysis.Rule{Name: "missing-healthcheck", Doc: "no HEALTHCHECK", Severity: analysis.Off,
		Aliases: []string{"DL3057"}},
)

// TestParseHadolint reads testdata/hadolint/*.txtar: the file, then what is said of it, then what
// is in force.
func TestParseHadolint(t *testing.T) {
	files, err := filepath.Glob("testdata/hadolint/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			repo, problems := config.ParseFile(ar.Files[0].Name, ar.Files[0].Data, hadolintKnown)
			got := []txtar.File{ar.Files[0], {Name: "problems", Data: tell(problems)},
				{Name: "in force", Data: inForce(t, repo)}}
			got = txtar.Parse(txtar.Format(&txtar.Archive{Files: got})).Files
			if *update && !t.Failed() {
				ar.Files = got
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(ar.Files, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

func TestIsHadolint(t *testing.T) {
	for path, want := range map[string]bool{
		".hadolint.yaml": true, ".hadolint.yml": true, "ci/hadolint.yaml": true, "/etc/hadolint.yml": true,
		".dfbot.yml": false, ".github/dfbot.yml": false, ".hadolint.yaml/x": false, "my.hadolint.yaml": false,
		"": false,
	} {
		if got := config.IsHadolint(path); got != want {
			t.Errorf("IsHadolint(%q) = %t", path, got)
		}
	}
	for i, path := range config.Paths {
		if config.IsHadolint(path) != (i >= 2) {
			t.Errorf("%s is in the wrong place: dfbot's own files come first", path)
		}
	}
}

// FuzzParseHadolint: whatever the file, what is said of it fits into it, and what is in force names
// rules that there are.
func FuzzParseHadolint(f *testing.F) {
	files, _ := filepath.Glob("testdata/hadolint/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		repo, problems := config.ParseHadolint(data, hadolintKnown)
		checkProblems(t, data, problems)
		for name, rule := range repo.Rules {
			if !slices.ContainsFunc(hadolintKnown, func(r *analysis.Rule) bool { return r.Name == name }) {
				t.Errorf("%q is no rule", name)
			}
			if rule.Severity == nil && rule.Options == nil {
				t.Errorf("%s is set to nothing", name)
			}
		}
		again, _ := config.ParseHadolint(data, hadolintKnown)
		if d := cmp.Diff(repo, again); d != "" {
			t.Errorf("read again it says something else:\n%s", d)
		}
	})
}
