package config_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dfbot/dfbot/config"
)

const organization = `
scope: all
drafts: skip
rules-version: 0.1
files: {include: [a], exclude: [b], frontends: [c]}
builds: [{dockerfile: a}]
rules:
  apt-recommends: error
  copy-before-install: {severity: error, managers: [npm], min-files: 3}
  SC2086: error
comments: {max: 10, min-severity: notice}
check: {name: org, fail-on: warning, on-unreviewed: failure}
ignore: [{paths: [a]}]
ignore-comments: false
`

// TestOver: what a repository sets replaces what its organization sets, even if it is the default; lists are added to;
// what the repository leaves out is the organization's.
func TestOver(t *testing.T) {
	base, problems := config.Parse([]byte(organization), known)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if d := cmp.Diff(base, config.Repo{}.Over(base), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("nothing over the organization's: -want +got\n%s", d)
	}
	for field := range reflect.TypeFor[config.Repo]().Fields() {
		if reflect.ValueOf(base).FieldByName(field.Name).IsZero() && field.Name != "Extends" {
			t.Errorf("%s is not tried", field.Name)
		}
	}
	own, problems := config.Parse([]byte(`
extends: .github
scope: introduced
drafts: check-only
rules-version: 0.2
files: {include: [d], exclude: [e], frontends: [f]}
builds: [{dockerfile: b}]
rules:
  copy-before-install: {severity: warning, min-files: 1}
  shell-form-command: off
  SC2086: off
comments: {max: 5, min-severity: warning}
check: {name: dfbot, fail-on: error, on-unreviewed: neutral}
ignore: [{paths: [b]}]
ignore-comments: true
`), known)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want, problems := config.Parse([]byte(`
extends: .github
scope: introduced
drafts: check-only
rules-version: 0.2
files: {include: [a, d], exclude: [b, e], frontends: [c, f]}
builds: [{dockerfile: a}, {dockerfile: b}]
rules:
  apt-recommends: error
  copy-before-install: {severity: warning, managers: [npm], min-files: 1}
  shell-form-command: off
  SC2086: off
comments: {max: 5, min-severity: warning}
check: {name: dfbot, fail-on: error, on-unreviewed: neutral}
ignore: [{paths: [a]}, {paths: [b]}]
ignore-comments: true
`), known)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	sameLines := cmpopts.IgnoreFields(config.Build{}, "Line")
	if d := cmp.Diff(want, own.Over(base), cmpopts.EquateEmpty(), sameLines); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
