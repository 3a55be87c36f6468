package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dfbot/dfbot/config"
	"github.com/dfbot/dfbot/review/analysis"
)

func TestZeroRepoIsTheDefault(t *testing.T) {
	var r config.Repo
	if got := r.Comments.Limit(); got != 5 {
		t.Errorf("%d comments", got)
	}
	if r.Comments.Shows(analysis.Notice) || !r.Comments.Shows(analysis.Warning) || !r.Comments.Shows(analysis.Error) {
		t.Error("comments are for warnings and errors")
	}
	if got := r.Check.Title(); got != "dfbot" {
		t.Errorf("check %q", got)
	}
	if r.Check.Fails(analysis.Warning) || !r.Check.Fails(analysis.Error) {
		t.Error("errors fail the check, warnings do not")
	}
	if got := r.Severity(&analysis.Rule{Name: "apt-recommends", Severity: analysis.Notice}); got != analysis.Notice {
		t.Errorf("severity %q", got)
	}
	if r.Ignored("Dockerfile", "apt-recommends") {
		t.Error("a rule is ignored")
	}
}

func TestComments(t *testing.T) {
	for max, want := range map[int]int{0: 5, 1: 1, 50: 50, 51: 50, config.NoComments: 0, -7: 0} {
		if got := (config.Comments{Max: max}).Limit(); got != want {
			t.Errorf("Max %d: limit %d, want %d", max, got, want)
		}
	}
	all := config.Comments{MinSeverity: analysis.Notice}
	if !all.Shows(analysis.Notice) || all.Shows(analysis.Off) {
		t.Error("from notice on, and nothing that is no severity")
	}
}

func TestCheckFails(t *testing.T) {
	for failOn, want := range map[analysis.Severity]string{
		analysis.Never: "", analysis.Error: "error", analysis.Warning: "warning error",
		analysis.Notice: "notice warning error", 0: "error",
	} {
		var got []string
		for _, s := range []analysis.Severity{analysis.Off, analysis.Notice, analysis.Warning, analysis.Error} {
			if (config.Check{FailOn: failOn}).Fails(s) {
				got = append(got, s.String())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("fail-on %q fails on %v, want %q", failOn, got, want)
		}
	}
}

func TestSeverity(t *testing.T) {
	r := config.Repo{Rules: map[string]config.Rule{
		"a": {Severity: new(analysis.Off)},
		"b": {Options: map[string]any{"strict": true}},
	}}
	for rule, want := range map[string]analysis.Severity{"a": analysis.Off, "b": analysis.Warning,
		"c": analysis.Warning} {
		if got := r.Severity(&analysis.Rule{Name: rule, Severity: analysis.Warning}); got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
}

func TestIgnored(t *testing.T) {
	r := config.Repo{Ignore: []config.Ignore{
		{Paths: []string{"examples/**", "old/*.df"}},
		{Paths: []string{"app/Dockerfile"}, Rules: []string{"a", "b"}},
		{Rules: []string{"c"}},
	}}
	for _, c := range []struct {
		path, rule string
		want       bool
	}{
		{"examples/Dockerfile", "a", true},
		{"examples/deep/down/Dockerfile", "z", true},
		{"my/examples/Dockerfile", "a", false},
		{"old/x.df", "a", true},
		{"old/deep/x.df", "a", false},
		{"app/Dockerfile", "a", true},
		{"app/Dockerfile", "z", false},
		{"app/Dockerfile2", "a", false},
		{"anywhere", "c", true},
	} {
		if got := r.Ignored(c.path, c.rule); got != c.want {
			t.Errorf("Ignored(%q, %q) = %t", c.path, c.rule, got)
		}
	}
}

// TestGlobTime holds the slowest globs that Parse lets through against a path
// as long as git allows.
func TestGlobTime(t *testing.T) {
	path := strings.Repeat("a/", 2047) + "b"
	for _, glob := range []string{
		strings.Repeat("**/a/", 50) + "c",
		strings.Repeat("*a", 120) + "c",
		strings.Repeat("**/*a*/", 36) + "c",
		"**/" + strings.Repeat("{a,*a}", 6) + strings.Repeat("/**/a", 40),
		"{**/a/**/c,**/*a*/**/d,**/a/**/e,**/a/**/f,**/a/**/g,**/a/**/h,**/a/**/i,**/a/**/j}/{a,b,c,d,e,f,g,h}",
	} {
		repo, problems := config.Parse([]byte("files: {include: [\""+glob+"\"]}"), known)
		if len(problems) > 0 {
			t.Errorf("%s: %v", glob, problems)
		}
		began := time.Now()
		if repo.IsDockerfile(path) {
			t.Errorf("%s matches", glob)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", glob, took)
		}
	}
}

// TestRulesVersion: a rule that is newer than the pinned release does not fail the check, unless it is configured.
func TestRulesVersion(t *testing.T) {
	for _, c := range []struct {
		pin, since string
		failOn     analysis.Severity
		rules      map[string]config.Rule
		want       analysis.Severity
	}{
		{pin: "", since: "0.9", want: analysis.Error},
		{pin: "0.1", since: "0.1", want: analysis.Error},
		{pin: "0.1.0", since: "0.1", want: analysis.Error},
		{pin: "0.10", since: "0.9", want: analysis.Error},
		{pin: "1", since: "0.9.3", want: analysis.Error},
		{pin: "0.1", since: "0.1.1", want: analysis.Notice},
		{pin: "0.1", since: "0.2", want: analysis.Notice},
		{pin: "0.9", since: "0.10", want: analysis.Notice},
		{pin: "0.1", since: "0.2", failOn: analysis.Never, want: analysis.Notice},
		{pin: "0.1", since: "0.2", failOn: analysis.Notice, want: analysis.Off},
		{pin: "0.1", since: "0.2", rules: map[string]config.Rule{"new": {Severity: new(analysis.Warning)}},
			want: analysis.Warning},
		{pin: "0.1", since: "0.2", rules: map[string]config.Rule{"new": {Options: map[string]any{"a": true}}},
			want: analysis.Notice},
	} {
		repo := config.Repo{RulesVersion: c.pin, Rules: c.rules, Check: config.Check{FailOn: c.failOn}}
		rule := &analysis.Rule{Name: "new", Since: c.since, Severity: analysis.Error}
		if got := repo.Severity(rule); got != c.want {
			t.Errorf("pinned to %q, a rule since %s: %s, want %s", c.pin, c.since, got, c.want)
		}
	}
	off := &analysis.Rule{Name: "new", Since: "0.2"}
	if got := (config.Repo{RulesVersion: "0.1"}).Severity(off); got != analysis.Off {
		t.Errorf("a rule that is off by default is %s", got)
	}
}
