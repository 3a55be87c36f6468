package rules_test

import (
	"slices"
	"testing"

	"github.com/dfbot/dfbot/review/analysis"
	"github.com/dfbot/dfbot/review/buildcontext"
	"github.com/dfbot/dfbot/review/rules"
)

// TestOverlaps gives each pair of the table an instruction of which both would speak: beside the
// table only the one does, without it both. Every pair has its case.
func TestOverlaps(t *testing.T) {
	tree := &buildcontext.Tree{Paths: []string{"app/a", "app/b", "a", "b"}, Contents: map[string][]byte{}}
	seen := map[[2]*analysis.Rule]bool{}
	for _, c := range []struct{ silent, speaks, src, before string }{
		{"apt-lists-kept", "apt-update-alone", "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y make\n", ""},
		{"chmod-layer", "chown-layer", "FROM debian:12\nCOPY app /srv/app\nRUN chown -R 1000:1000 /srv/app && chmod " +
			"-R 750 /srv/app\n", ""},
		{"chmod-layer", "world-writable", "FROM debian:12\nCOPY app /srv/app\nRUN chmod -R 777 /srv/app\n", ""},
		{"copy-several-without-slash", "trailing-comment", "FROM debian:12\nCOPY a b /srv/both # both\n", ""},
		{"copy-from-unknown", "stage-reference-lost",
			"FROM debian:12 AS builds\nFROM debian:12\nCOPY --from=build /a /\n",
			"FROM debian:12 AS build\nFROM debian:12\nCOPY --from=build /a /\n"},
		{"does-not-build", "copy-from-itself", "FROM debian:12 AS build\nCOPY --from=build /a /b\n", ""},
		{"does-not-build", "invalid-expose", "FROM debian:12\nEXPOSE http\n", ""},
		{"does-not-build", "trailing-comment", "FROM debian:12\nEXPOSE 80 # http\n", ""},
		{"does-not-build", "undefined-arg-in-from", "ARG VERSION=12\nFROM debian:$VERSOIN\n", ""},
		{"effect-ends-with-run", "bashism-under-dash", "FROM debian:12\nRUN source /opt/venv/bin/activate\n", ""},
		{"invalid-default-arg-in-from", "undefined-arg-in-from", "ARG VERSION=12\nFROM debian:$VERSOIN\n", ""},
		{"invalid-expose", "trailing-comment", "FROM debian:12\nEXPOSE 80 # http\n", ""},
		{"latest-tag", "end-of-life-image", "FROM centos:latest\n", ""},
		{"legacy-key-value", "swallowed-setting", "FROM debian:12\nENV A 1 B=2\n", ""},
		{"shell-form-command", "shell-missing", "FROM scratch\nCMD /app a\n", ""},
		{"shell-form-command", "trailing-comment", "FROM debian:12\nCMD [\"sleep\", \"9\"] # not long\n", ""},
		{"untagged-image", "end-of-life-image", "FROM centos\n", ""},
	} {
		silent, speaks := rules.ByName(c.silent), rules.ByName(c.speaks)
		if !slices.Contains(rules.Overlaps[silent], speaks) {
			t.Errorf("%s is not silent where %s speaks", c.silent, c.speaks)
		}
		seen[[2]*analysis.Rule{silent, speaks}] = true
		u := unitOf("Dockerfile", []byte(c.src), tree)
		for i := range u.Rules {
			u.Rules[i].Severity = max(u.Rules[i].Severity, analysis.Notice)
		}
		u.Programs = []analysis.Program{dockerChecks.Check}
		if c.before != "" {
			u.BeforePath, u.Before = u.Path, &buildcontext.Tree{Contents: map[string][]byte{u.Path: []byte(c.before)}}
		}
		if said := spoken(u); !said[speaks] || said[silent] {
			t.Errorf("%q: %s speaks: %t, %s is silent: %t", c.src, c.speaks, said[speaks], c.silent, !said[silent])
		}
		u.Overlaps = nil
		if said := spoken(u); !said[speaks] || !said[silent] {
			t.Errorf("%q: %s speaks: %t, %s would: %t", c.src, c.speaks, said[speaks], c.silent, said[silent])
		}
	}
	for silent, all := range rules.Overlaps {
		for _, speaks := range all {
			if !seen[[2]*analysis.Rule{silent, speaks}] {
				t.Errorf("no case for %s, which is silent where %s speaks", silent.Name, speaks.Name)
			}
		}
	}
}

// spoken are the rules that report something.
func spoken(u analysis.Unit) map[*analysis.Rule]bool {
	said := map[*analysis.Rule]bool{}
	for _, d := range judged(u).Diagnostics {
		said[d.Rule] = true
	}
	return said
}
