package rules_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/rules"
	"github.com/dfbot/dfbot/review/ruleset"
	"golang.org/x/tools/txtar"
)

// assuming are the rules whose fixes depend on what no list can tell: which files a program reads, what a later step
// calls, what the base image does. In testdata/fixes are small builds, many of which such a fix breaks.
var assuming = map[string]bool{
	"apk-cache-kept": true, "apt-lists-kept": true, "cache-mount-defeated": true, "copy-before-install": true,
	"deprecated-production-flag": true, "dnf-cache-kept": true, "package-cache-kept": true, "shell-form-command": true,
	"yum-cache-kept": true, "zypper-cache-kept": true,
}

// TestNoGuessIsSafe: a fix that assumes something is not applied unasked, and says in one sentence what it assumes.
func TestNoGuessIsSafe(t *testing.T) {
	files, err := filepath.Glob("testdata/fixes/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	offered := map[string]int{}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		res, err := analysis.Run(t.Context(), casebookUnit(ar))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range res.Diagnostics {
			if !assuming[d.Rule.Name] || d.Fix == nil {
				continue
			}
			offered[d.Rule.Name]++
			sentence := d.Fix.Caveat.String()
			if d.Fixable(analysis.Safe) || !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, ". ") {
				t.Errorf("%s:%d: %s is %s: %q",
					filepath.Base(file), d.Place.Line, d.Rule.Name, d.Fix.Applicability, sentence)
			}
		}
	}
	for _, rule := range []string{"apt-lists-kept", "cache-mount-defeated", "copy-before-install", "package-cache-kept",
		"shell-form-command"} {
		if offered[rule] == 0 {
			t.Errorf("no case has a fix of %s", rule)
		}
	}
}

// casebookUnit is the case with all rules.
func casebookUnit(ar *txtar.Archive) analysis.Unit {
	u := analysis.Unit{Tree: &buildcontext.Tree{Contents: map[string][]byte{}}, Today: today, Overlaps: rules.Overlaps}
	for _, f := range ar.Files {
		if filepath.Base(f.Name) == "Dockerfile" {
			u.Path, u.Src = f.Name, f.Data
		}
		u.Tree.Paths = append(u.Tree.Paths, f.Name)
		u.Tree.Contents[f.Name] = f.Data
	}
	ruleset.State(nil, u.Tree, config.Repo{}, "")
	for _, r := range rules.All {
		u.Rules = append(u.Rules, analysis.Active{Rule: r, Severity: max(r.Severity, analysis.Notice)})
	}
	return u
}
